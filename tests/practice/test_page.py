"""The server's own page, and the server as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Practice = Callable[..., Any]
RUN = "from cg_uploader.practice.server import serve; serve(lambda line: print(line, flush=True))"


def page(customer: Any, connect: Practice, **headers: str) -> str:
    got = connect(customer).ask("GET", "/", headers)
    assert got.status == 200
    assert "script" not in got.headers["content-security-policy"]
    return got.body.decode()


def test_it_says_what_it_is(practice: Practice, connect: Practice) -> None:
    text = page(practice(), connect)
    assert "<h1>Practice: a pretend CustomerGauge on this computer</h1>" in text
    assert "<script" not in text
    assert "None so far." in text
    assert "http://127.0.0.1:" in text
    assert "processed-504" in text


def test_it_shows_records_and_says_in_words_what_was_ignored(practice: Practice, connect: Practice) -> None:
    ann = practice()
    ann.put("configuration=survey&record%5BEmail%5D=ann%40x.org&record%5Be-mail%5D=1&record%5BShoe%5D=2")
    ann.put("configuration=survey&record%5BEmail%5D=ann%40x.org")
    text = page(ann, connect)
    assert "<dt>Email</dt><dd>ann@x.org</dd>" in text
    assert "ignored: e-mail (this configuration has Email)" in text
    assert "ignored: Shoe (this configuration has no such field)" in text
    assert "Email:ann@x.org (2 times)" in text
    assert "Ignored fields of survey" in text
    assert "written" not in text
    ann.put("configuration=multi&record%5BEmail%5D=bob%40x.org")
    ann.put("configuration=contact&record%5BEmail%5D=bob%40x.org")
    assert "<td>Contacts or accounts written</td><td>2 (1 different)</td>" in page(ann, connect)


def test_it_shows_the_last_fifty(practice: Practice, connect: Practice) -> None:
    ann = practice()
    for number in range(55):
        ann.contact(f"p{number:02}")
    text = page(ann, connect)
    assert "<dd>p54</dd>" in text
    assert "<dd>p05</dd>" in text
    assert "<dd>p04</dd>" not in text


def test_everything_on_it_is_text(practice: Practice, connect: Practice) -> None:
    ann = practice()
    ann.put("configuration=contact&record%5BEmail%5D=%3Cb%3E%26amp%3B&record%5B%3Ci%3E%22%5D=x")
    ann.put("configuration=%3Cu%3E&record%5BEmail%5D=x")
    text = page(ann, connect)
    assert not any(tag in text for tag in ("<b>&amp;amp;", "<i>", "<u>"))
    assert "&lt;b&gt;&amp;amp;" in text
    assert "ignored: &lt;i&gt;&quot;" in text


@pytest.mark.parametrize("target", ["/", "/ledger"])
def test_a_web_page_from_elsewhere_cannot_read_it(practice: Practice, connect: Practice, target: str) -> None:
    wire = connect(practice())
    wire.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: evil.example:80\r\n\r\n".encode())
    assert wire.read().status == 403


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_as_a_process_it_says_its_addresses_and_ends_when_told(how: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", RUN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = [process.stdout.readline().split() for _ in range(3)]
        assert [line[0] for line in said] == ["auth", "records", "page"]
        assert said[0][1].endswith("/oauth2/token")
        assert said[1][1].endswith("/records/")
        port = int(said[2][1].rstrip("/").rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=60):
            process.send_signal(how)
            assert process.wait(60) == 0
        assert process.stderr.read() == ""

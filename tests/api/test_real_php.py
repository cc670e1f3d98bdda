"""Values and headings arrive in real PHP exactly as they left: the client against ``php -S``."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cg_uploader.api.client import Client
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.enums import Answer
from cg_uploader.model.request import Request

PHP = shutil.which("php")
pytestmark = pytest.mark.skipif(PHP is None, reason="php is not installed here; install php-cli to run the round trip")

ROUTER = """<?php
if (strpos($_SERVER['REQUEST_URI'], '/oauth2/token') === 0) {
    header('Content-Type: application/json');
    echo json_encode(['access_token' => 'abc', 'expires_in' => 3600]);
    return;
}
$pairs = [];
foreach (($_GET['record'] ?? []) as $name => $value) {
    $pairs[] = [base64_encode((string) $name), base64_encode($value)];
}
$line = json_encode([$_SERVER['REQUEST_METHOD'], $_GET['configuration'] ?? null, $pairs, file_get_contents('php://input'),
    $_SERVER['CONTENT_LENGTH'] ?? null, $_SERVER['CONTENT_TYPE'] ?? null, $_SERVER['HTTP_ACCEPT'] ?? null]);
file_put_contents(__DIR__ . '/arrived.jsonl', $line . "\\n", FILE_APPEND);
"""

VALUES = [
    "plain", "two words", "a+b", "%41", "50%25", "R&D", "a=b", "#1", "?x=1", "/../..", "a;b", "[x]", "{y}", '"quoted"',
    "it's", "back\\slash", "é", "e\u0301", "日本語", "🙂", "\u05d0\u202e", "\ufeffbom", "line\nbreak", "cr\r\nlf", "tab\there",
    " leading", "trailing ", "0", "", "-", "=1+1", "@cmd", "\x7f", "\x01", "a\u00a0b", "\u200b", "null", "true", "a" * 3000,
]  # fmt: skip
NAMES = [
    "Email", "First Name", "Acct. Name", "e-mail", "50%", "50%25", "R&D", "a=b", "#No", "it's", '"q"', "日本語", "🙂", "é",
    "e\u0301", " lead", "trail ", "a\tb", "a\nb", "a[b", "2024", "007", "A+B", "configuration", "record", "__proto__",
]  # fmt: skip


@pytest.fixture(scope="module")
def php(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Address]]:
    folder = tmp_path_factory.mktemp("php")
    (folder / "router.php").write_text(ROUTER, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    assert PHP is not None
    with subprocess.Popen(
        [PHP, "-S", place, "router.php"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        host, port = place.split(":")
        deadline = time.monotonic() + 20
        while True:
            with closing(socket.socket()) as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    break
            assert time.monotonic() < deadline, "php does not listen"
        yield folder, Address(f"http://{place}/oauth2/token", f"http://{place}/records/")
        server.terminate()


def arrived(php: tuple[Path, Address], pairs: list[tuple[str, str]], reference: str = "contact") -> list[object]:
    folder, address = php
    log = folder / "arrived.jsonl"
    log.unlink(missing_ok=True)
    with closing(Client(address, Credentials("id", "secret"))) as client:
        reply = client.send(Request(2, address.records, reference, tuple(pairs)))
    assert (reply.answer, reply.status) == (Answer.COMPLETE, 200)
    (line,) = log.read_text(encoding="utf-8").splitlines()
    found: list[object] = json.loads(line)
    found[2] = [[base64.b64decode(part).decode() for part in pair] for pair in found[2]]  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_a_value_arrives_as_it_left(php: tuple[Path, Address], value: str) -> None:
    found = arrived(php, [("Email", value), ("Last", "x")])
    assert found == ["PUT", "contact", [["Email", value], ["Last", "x"]], "", "0", None, "application/json"]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_a_heading_arrives_as_it_left(php: tuple[Path, Address], name: str) -> None:
    assert arrived(php, [(name, "value"), ("Last", "x")])[2] == [[name, "value"], ["Last", "x"]]


def test_all_at_once_in_order_and_a_reference_with_signs(php: tuple[Path, Address]) -> None:
    pairs = [(name, VALUES[at % len(VALUES)][:40]) for at, name in enumerate(NAMES) if name not in ("2024", "007")]
    found = arrived(php, pairs, "a&b=c #1")
    assert found[1] == "a&b=c #1"
    assert found[2] == [list(pair) for pair in pairs]

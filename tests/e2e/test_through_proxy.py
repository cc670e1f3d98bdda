"""The program as a process behind a proxy of an office: which hosts it asks for, whom it trusts, what it tells the proxy.

The proxy ends the tunnels itself, with certificates of a made-up authority, so that a real region's names can be used and
nothing leaves this computer.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority
from fake_proxy import AUTH, RECORDS, FakeProxy, Way, answer
from program import ENOUGH_SECONDS, PROGRAM, Program, workbook

HEADINGS = ("Email", "First Name")
PEOPLE = [("ann@example.com", "Ann"), ("bob@example.com", "Bob"), ("cy@example.com", "Cy"), ("dora@example.com", "Dora")]
HOSTS = {f"{AUTH}:443", f"{RECORDS}:443"}
SECRETS = ("a-very-secret-secret", "tok-123", "p4ssw0rd")
OLD_TLS = b"\x15\x03\x01\x00\x02\x02\x46"
"""The alert with which a server refuses every version of TLS that it was offered."""


class Office:
    """A computer in an office: its program, a file of people, a profile of region EU, and whom it trusts."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "authority")
        self.program = Program(folder)
        self.file = workbook(folder / "people.xlsx", HEADINGS, PEOPLE)
        self.profile = folder / "eu.json"
        fields = [{"heading": "Email", "kind": "email", "identifies": "email"}, {"heading": "First Name"}]
        configuration = {"reference": "contact", "data_type": "contact", "fields": fields}
        self.profile.write_text(json.dumps({"version": 1, "name": "EU", "region": "eu", "configuration": configuration}))
        self.prefer(ca_file=str(self.authority.file))

    def prefer(self, **preferences: Any) -> None:
        home = self.program.folder / "home"
        home.mkdir(exist_ok=True)
        (home / "preferences.json").write_text(json.dumps(preferences))

    def good(self) -> dict[str, Way]:
        return {host: self.authority.server(host) for host in (AUTH, RECORDS)}

    def upload(self, proxy: FakeProxy, *, process: bool = False, **environment: str) -> tuple[int, dict[str, Any], str]:
        """Exit code, the JSON object, and all that was said."""
        self.program.environment = {**proxy.environment, **environment}
        run = self.program.run_process if process else self.program.run
        done = run("upload", self.file, "--profile", self.profile, "--json")
        return done.returncode, json.loads(done.stdout), done.stdout + done.stderr


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def all_that_was_written(office: Office) -> bytes:
    """Every file of the program's home and of the folder it worked in, but what the test itself has put there."""
    ours = {office.file, office.profile}
    folders = (office.program.folder,)
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file() and file not in ours]
    return b"".join(file.read_bytes() for file in files if office.authority.file.parent not in file.parents)


def nothing_secret(office: Office, said: str) -> None:
    written = all_that_was_written(office)
    for secret in SECRETS:
        assert secret not in said
        assert secret.encode() not in written


def test_only_the_two_hosts_of_the_region_are_asked_for(office: Office) -> None:
    with FakeProxy(office.good()) as proxy:
        code, said, text = office.upload(proxy)
    assert (code, said["accepted"]) == (0, 4)
    assert proxy.targets == HOSTS
    assert len(proxy.puts) == 4
    for head in proxy.asked:
        assert b"uthorization" not in head
    for hidden in (b"tok-123", b"a-very-secret-secret", b"ann", b"record", b"configuration"):
        assert hidden not in proxy.seen
    for head in proxy.puts:
        assert b"\r\nAuthorization: Bearer tok-123\r\n" in head
        assert b"\r\nCookie:" not in head
    nothing_secret(office, text)


def test_a_test_of_the_credentials_goes_the_same_way(office: Office) -> None:
    with FakeProxy(office.good()) as proxy:
        office.program.environment = proxy.environment
        done = office.program.run("credentials", "test", office.profile)
        assert (done.returncode, proxy.targets, proxy.puts) == (0, {f"{AUTH}:443"}, [])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_leads_nowhere(office: Office, status: int) -> None:
    ways = {**office.good(), "evil.example": office.authority.server("evil.example")}
    with FakeProxy(ways, records=lambda _: answer(status, b"", "Location: https://evil.example/records/")) as proxy:
        code, said, _ = office.upload(proxy)
    assert code == 5
    assert said["accepted"] == 0
    assert proxy.targets == HOSTS


def bad(office: Office, host: str, kind: str) -> Way:
    authority = office.authority
    ways: dict[str, Callable[[], Way]] = {
        "expired": lambda: authority.server(host, days=(-10, -1)),
        "not yet": lambda: authority.server(host, days=(5, 10)),
        "other host": lambda: authority.server("intranet.example"),
        "self-signed": lambda: authority.self_signed(host),
        "unknown issuer": lambda: Authority(office.program.folder / "other", "Inspecting proxy").server(host),
        "plain": lambda: answer(400, b"<h1>plain HTTP was sent to an HTTPS port</h1>"),
        "old TLS": lambda: OLD_TLS,
    }
    return ways[kind]()


UNTRUSTED = [
    ("expired", "has expired"),
    ("not yet", "is not valid yet"),
    ("other host", "belongs to another name"),
    ("self-signed", "is self-signed"),
    ("unknown issuer", "A proxy of your company may open secure connections"),
    ("plain", "answers without encryption"),
    ("old TLS", "old version of TLS"),
]


@pytest.mark.parametrize(("kind", "sentence"), UNTRUSTED)
def test_a_sign_in_that_is_not_to_be_trusted_ends_everything(office: Office, kind: str, sentence: str) -> None:
    with FakeProxy({**office.good(), AUTH: bad(office, AUTH, kind)}) as proxy:
        code, said, text = office.upload(proxy)
    assert code == 4
    assert sentence in said["error"]["text"]
    assert AUTH in said["error"]["text"]
    assert proxy.inside == []
    assert proxy.targets == {f"{AUTH}:443"}
    assert b"a-very-secret-secret" not in proxy.seen
    nothing_secret(office, text)


@pytest.mark.parametrize(("kind", "sentence"), UNTRUSTED)
def test_records_that_would_go_to_somebody_else_stay_here(office: Office, kind: str, sentence: str) -> None:
    with FakeProxy({**office.good(), RECORDS: bad(office, RECORDS, kind)}) as proxy:
        code, said, text = office.upload(proxy)
    assert (code, said["not_sent"], said["rows"]) == (4, 4, 4)
    assert sentence in said["stopped"]
    assert proxy.puts == []
    for hidden in (b"tok-123", b"ann", b"record%5B"):
        assert hidden not in proxy.seen
    nothing_secret(office, text)


def test_a_file_of_certificates_that_is_gone_is_said(office: Office) -> None:
    office.prefer(ca_file=str(office.program.folder / "gone.pem"))
    with FakeProxy(office.good()) as proxy:
        code, said, _ = office.upload(proxy)
    assert code == 2
    assert "gone.pem cannot be read" in said["error"]["text"]
    assert proxy.asked == []


# ------------------------------------------------------------------ what surrounds the program


@pytest.mark.process
def test_nothing_in_the_surroundings_changes_whom_it_trusts_or_what_it_says(office: Office, tmp_path: Path) -> None:
    """Without the setting the authority is a stranger, whatever the environment says of it."""
    file, keys = str(office.authority.file), tmp_path / "keys.log"
    lax = tmp_path / "lax.cnf"
    lax.write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\nVerifyMode = None\n"
    )
    surprises = {
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), file),
        "SSL_CERT_DIR": str(office.authority.file.parent),
        "SSLKEYLOGFILE": str(keys),
        "PYTHONHTTPSVERIFY": "0",
        "OPENSSL_CONF": str(lax),
    }
    office.prefer()
    with FakeProxy(office.good()) as proxy:
        code, said, _ = office.upload(proxy, process=True, **surprises)
    assert code == 4
    assert "does not trust" in said["error"]["text"]
    assert proxy.inside == []
    office.prefer(ca_file=file)
    with FakeProxy(office.good()) as proxy:
        assert office.upload(proxy, process=True, **surprises)[0] == 0
    assert not keys.exists()


def test_a_netrc_file_and_cookies_have_no_effect(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "person"
    home.mkdir()
    lines = [f"machine {host} login netrc-user password netrc-word\n" for host in (AUTH, RECORDS, "127.0.0.1")]
    netrc = home / ".netrc"
    netrc.write_text("".join(lines) + "default login netrc-user password netrc-word\n")
    netrc.chmod(0o600)
    with FakeProxy(office.good(), records=lambda _: answer(200, b"", "Set-Cookie: crumb=2; Path=/")) as proxy:
        code, _, _ = office.upload(proxy, HOME=str(home), USERPROFILE=str(home), NETRC=str(netrc))
    assert code == 0
    assert len(proxy.puts) == 4
    for head in proxy.inside:
        assert b"Basic" not in head
        assert b"\r\nCookie:" not in head
    assert b"Proxy-Authorization" not in b"".join(proxy.asked)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_is_found_under_every_usual_name(office: Office, name: str) -> None:
    with FakeProxy(office.good()) as proxy:
        office.program.environment = {"HTTP_PROXY": "http://127.0.0.1:1", name: f"  http://127.0.0.1:{proxy.port}/ "}
        assert office.program.run("upload", office.file, "--profile", office.profile).returncode == 0
        assert proxy.targets == HOSTS


@pytest.mark.parametrize(
    ("proxy_setting", "sentence"),
    [
        ("socks5://user:p4ssw0rd@127.0.0.1:1", "SOCKS"),
        ("https://127.0.0.1:1", "https"),
        ("http://:p4ssw0rd", "not the address"),
    ],
)
def test_a_proxy_of_another_kind_is_said_without_its_password(office: Office, proxy_setting: str, sentence: str) -> None:
    with FakeProxy(office.good()) as proxy:
        code, said, text = office.upload(proxy, HTTPS_PROXY=proxy_setting)
    assert code == 4
    assert sentence in said["error"]["text"]
    nothing_secret(office, text)


def test_a_proxy_that_is_named_in_the_settings_goes_before_the_environment(office: Office) -> None:
    with FakeProxy(office.good()) as proxy:
        office.prefer(ca_file=str(office.authority.file), proxy=f"127.0.0.1:{proxy.port}")
        assert office.upload(proxy, HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="*")[0] == 0
        assert proxy.targets == HOSTS


# ------------------------------------------------------------------ a proxy that asks who asks

LOGIN = "jürgen:p4ssw0rd:@"
IN_ADDRESS = "j%C3%BCrgen:p4ssw0rd%3A%40"


def test_a_proxy_that_wants_a_password_is_told_what_the_environment_says(office: Office) -> None:
    with FakeProxy(office.good(), login=LOGIN) as proxy:
        code, said, text = office.upload(proxy, HTTPS_PROXY=f"http://{IN_ADDRESS}@127.0.0.1:{proxy.port}")
    assert (code, said["accepted"]) == (0, 4)
    for head in proxy.inside:
        assert b"Proxy-Authorization" not in head
    nothing_secret(office, text)


@pytest.mark.parametrize(
    ("before", "challenge", "sentence"),
    [
        ("", 'Proxy-Authenticate: Basic realm="x"', "wants a user name and a password"),
        ("", "X: y", "wants a user name and a password"),
        ("ann:p4ssw0rd-wrong@", 'Proxy-Authenticate: Basic realm="x"', "does not accept the user name and the password"),
        ("ann:p4ssw0rd@", "Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate", "not supported (NTLM, Negotiate)"),
        ("", 'Proxy-Authenticate: Digest realm="x, y", nonce = "y"', "not supported (Digest)"),
        ("", 'Proxy-Authenticate: Negotiate, NTLM, basic realm="x"', "wants a user name and a password"),
        ("", "Proxy-Authenticate: Negotiate abc==, Kerberos", "not supported (Negotiate, kerberos)"),
    ],
)
def test_without_a_terminal_a_proxy_that_is_not_content_ends_it(
    office: Office, before: str, challenge: str, sentence: str
) -> None:
    with FakeProxy(office.good(), login=LOGIN, challenge=challenge) as proxy:
        code, said, text = office.upload(proxy, HTTPS_PROXY=f"http://{before}127.0.0.1:{proxy.port}")
    assert code == 4
    assert f"127.0.0.1:{proxy.port}" in said["error"]["text"]
    assert sentence in said["error"]["text"]
    assert (proxy.inside, len(proxy.asked)) == ([], 1)
    nothing_secret(office, text)


def test_a_proxy_that_begins_to_ask_in_mid_run_stops_it(office: Office) -> None:
    """The first row ends its connection; for the next one the proxy wants a password."""
    closing = lambda _: answer(200, b"", "Connection: close")  # noqa: E731
    with FakeProxy(office.good(), login=LOGIN, records=closing, demand_from=3) as proxy:
        office.program.environment = proxy.environment
        done = office.program.run("upload", office.file, "--profile", office.profile, "--json", "--connections", "1")
        said = json.loads(done.stdout)
        assert (done.returncode, said["accepted"], said["not_sent"]) == (4, 1, 3)
        assert "wants a user name and a password" in said["stopped"]
        assert "CustomerGauge says" not in said["stopped"]
        tried = [(row["status"], row["http"], row["attempts"]) for row in said["outcomes"]]
        assert tried == [("accepted", 200, 1), *[("not_sent", None, 0)] * 3], "an attempt is what may have left"
        office.program.environment = {"HTTPS_PROXY": f"http://{IN_ADDRESS}@127.0.0.1:{proxy.port}"}
        code, said = office.program.json("resume")
        assert (code, said["accepted"]) == (0, 4)
        assert len(proxy.puts) == 4


class AtATerminal:
    """The program with a person before it who types lines when asked."""

    def __init__(self, program: Program, *words: str | Path) -> None:
        import pty

        self._mine, its = pty.openpty()
        self._process = subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            cwd=program.folder,
            env=program._environment(),
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        self.text = ""

    def read_until(self, words: str) -> None:
        while words not in self.text.partition("\x00")[2]:
            self.text += self._read().decode("utf-8", "replace")
        self.text += "\x00"  # what follows is new

    def _read(self) -> bytes:
        assert select.select([self._mine], [], [], ENOUGH_SECONDS)[0], self.text
        return os.read(self._mine, 4096)

    def type(self, line: str) -> None:
        self.text = self.text.replace("\x00", "") + "\x00"
        os.write(self._mine, f"{line}\n".encode())

    def end(self) -> int:
        try:
            while data := self._read():
                self.text += data.decode("utf-8", "replace")
        except OSError:  # how Linux says that the other side has gone
            pass
        os.close(self._mine)
        return self._process.wait(ENOUGH_SECONDS)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals to type at")
@pytest.mark.parametrize(("tries", "code", "connects"), [(1, 0, 3), (2, 0, 4), (3, 4, 3)])
def test_at_a_terminal_a_person_is_asked_and_the_run_goes_on(office: Office, tries: int, code: int, connects: int) -> None:
    """At most twice, without echo, and with nothing sent meanwhile."""
    with FakeProxy(office.good(), login=LOGIN) as proxy:
        office.program.environment = proxy.environment
        person = AtATerminal(office.program, "upload", office.file, "--profile", office.profile, "--connections", "1")
        person.text = "\x00"
        for number in range(1, min(tries, 2) + 1):
            person.read_until("User name: ")
            person.type("jürgen")
            person.read_until("not shown): ")
            person.type("p4ssw0rd:@" if number == tries else "p4ssw0rd-wrong")
        assert person.end() == code
    assert len(proxy.asked) == connects
    assert len(proxy.puts) == (4 if code == 0 else 0)
    assert ("does not accept" in person.text) is (code == 4)
    nothing_secret(office, person.text)

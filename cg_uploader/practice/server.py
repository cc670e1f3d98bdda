"""The pretend CustomerGauge: listens on 127.0.0.1, hands out tokens, takes records, shows what it got."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType

from cg_uploader.errors import UsageError
from cg_uploader.model.configuration import Address
from cg_uploader.practice import tokens
from cg_uploader.practice.answers import RECORD_FAULTS, TOKEN_FAULTS, Misbehaviour
from cg_uploader.practice.configurations import READY_MADE, PracticeConfiguration
from cg_uploader.practice.ledger import Arrival, Entry, Ledger, shown_headers
from cg_uploader.practice.page import login_page, show
from cg_uploader.practice.phpquery import parse_query
from cg_uploader.practice.records import Verdict, judge
from cg_uploader.practice.script import Chooser, Script
from cg_uploader.practice.wire import BadRequest, Delivery, PracticeAnswer, PracticeConnection, PracticeRequest, html

HOST = "127.0.0.1"
TOKEN_PATH = "/oauth2/token"  # noqa: S105 - an address, not a secret
RECORD_PATHS = ("/records/", "/records")
_JOIN_SECONDS = 5.0
_NAMES = ("127.0.0.1", "localhost")
_DEFAULT = Misbehaviour("accept")


class PracticeServer:
    """A pretend CustomerGauge on a port of this computer; each connection has a thread.

    ``delay``: seconds from a record's first byte to its answer.  ``ledger_file`` gets one JSON line per request for
    records.  The configurations of the script come on top of ``configurations``.  After ``close`` it can start again:
    port, tokens and ledger stay.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        script: Script | None = None,
        delay: float = 0.0,
        ledger_file: Path | None = None,
        configurations: Iterable[PracticeConfiguration] = READY_MADE,
    ) -> None:
        """Prepare; port 0 takes any free one.  UsageError for a port that is none."""
        if not 0 <= port <= 65_535:
            raise UsageError(f"A port is a number from 1 to 65535 (0 takes a free one), not {port}.")
        self._script = script or Script()
        self._known = {c.reference: c for c in (*configurations, *self._script.configurations)}
        self._chooser = Chooser(self._script)
        self._tokens = tokens.Tokens(self._script.token_calls)
        self._delay = delay
        self._port = port
        self._listener: socket.socket | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._live: dict[int, tuple[socket.socket, threading.Thread]] = {}
        self._connections = 0
        self._acceptor: threading.Thread | None = None
        self.ledger = Ledger(ledger_file, remember=self._script.remember)

    @property
    def port(self) -> int:
        """The port; 0 before the first start if any was fine."""
        return self._port

    @property
    def address(self) -> Address:
        """Where to sign in and where to put records."""
        base = f"http://{HOST}:{self._port}"
        return Address(auth=base + TOKEN_PATH, records=base + RECORD_PATHS[0])

    @property
    def page(self) -> str:
        """The web address of the server's own page."""
        return f"http://{HOST}:{self._port}/"

    def __enter__(self) -> PracticeServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Listen; UsageError when the port is taken, or the ledger's file cannot be written."""
        self.ledger.open()
        try:
            self._listener = socket.create_server((HOST, self._port), backlog=128)
        except OSError as error:
            self.ledger.close()
            reason = os.strerror(error.errno or 0)
            raise UsageError(f"Port {self._port} of this computer cannot be used ({reason}). Choose another.") from error
        self._port = self._listener.getsockname()[1]
        self._closing.clear()
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), name="practice", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening and cut every connection, whatever it is doing; nothing happens when it is closed already."""
        if self._listener is None or self._acceptor is None:
            return
        self._closing.set()
        with contextlib.suppress(OSError):  # it only wakes the acceptor
            socket.create_connection((HOST, self._port), timeout=1).close()
        self._acceptor.join(_JOIN_SECONDS)
        self._listener.close()
        self._listener = None
        with self._lock:
            live = list(self._live.values())
        for connection, _ in live:
            with contextlib.suppress(OSError):  # it went by itself
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in live:
            thread.join(_JOIN_SECONDS)
        self.ledger.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:  # no free file handle, or the client went at once: later ones may do better
                self._closing.wait(0.05)
                continue
            if self._closing.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self._connections), daemon=True)
            with self._lock:
                self._live[self._connections] = (connection, thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        line = PracticeConnection(connection, self._closing.wait, self._script.longest_target)
        try:
            while not self._closing.is_set() and self._one(line, number):
                pass
        except BadRequest as refused:
            with contextlib.suppress(OSError):  # the client need not wait for it
                line.refuse(refused.answer)
        except OSError:  # the client went, or close() cut the connection: both are everyday
            pass
        finally:
            connection.close()
            with self._lock:
                self._live.pop(number, None)

    def _one(self, line: PracticeConnection, number: int) -> bool:
        asked = line.ask()
        if asked is None:
            return False
        if asked.path in RECORD_PATHS:
            return self._records(line, asked, self.ledger.arrive(asked.received, number))
        body = line.body(asked)
        if asked.path == TOKEN_PATH:
            answer = self._token(asked, body)
            self.ledger.sign_in(answer.status)
        else:
            answer = self._elsewhere(asked)
        return line.send(answer, keep_alive=asked.keep_alive)

    def _token(self, asked: PracticeRequest, body: bytes) -> PracticeAnswer:
        if asked.method != "POST":
            return _not_allowed(asked, "POST")
        action = self._chooser.token() or Misbehaviour("usual", expires_in=self._script.expires_in)
        if action.do not in ("usual", "slow"):
            return TOKEN_FAULTS[action.do].answer(action, b"")
        refusal = tokens.refusal(asked.headers, body)
        if refusal is not None:
            return refusal
        answer = self._tokens.issue(action.expires_in)
        if action.do == "slow":
            return PracticeAnswer(
                200, answer.body, answer.headers, Delivery.SLOW, 1.0 if action.seconds is None else action.seconds
            )
        return answer

    def _elsewhere(self, asked: PracticeRequest) -> PracticeAnswer:
        if asked.path != "/ledger":
            self.ledger.visit(asked.method, asked.path)
        if asked.path in ("/", "/ledger") and asked.method == "GET":
            if asked.headers.get("host", HOST).rsplit(":", 1)[0] not in _NAMES:
                return html(403, "403 Forbidden", "This page is for this computer alone.")
            if asked.path == "/":
                return show(self.ledger, self.address, tuple(self._known.values()))
            content = self.ledger.summary()
            if b"summary=1" not in asked.query:
                content["entries"] = [entry.as_json() for entry in self.ledger.entries]
            return PracticeAnswer(200, json.dumps(content).encode())
        if asked.path == "/login":
            return login_page()
        if asked.path == "/moved/":
            return PracticeAnswer(200)
        return PracticeAnswer(404, b'{"message": ""}') if asked.wants_json else html(404, "Not Found")

    def _records(self, line: PracticeConnection, asked: PracticeRequest, arrival: Arrival) -> bool:
        try:
            verdict = judge(parse_query(asked.query), self._known, self._script.style, anything=self._script.open)
            action = self._chooser.record(asked.query, verdict.values)
            answer, processed = self._answer(asked, verdict, action or _DEFAULT)
            if answer.how is not Delivery.RESET_UNREAD:
                line.body(asked)
            self.ledger.enter(_entry(asked, arrival, verdict, answer, action, processed), verdict)
            rest = self._delay - (time.monotonic() - asked.received) if self._delay else 0.0
            if rest > 0 and self._closing.wait(rest):
                return False
            if answer.how is Delivery.HANG:
                return line.send(answer, keep_alive=False)
        finally:
            self.ledger.leave(arrival.ordinal, time.monotonic())
        return line.send(answer, keep_alive=asked.keep_alive)

    def _answer(self, asked: PracticeRequest, verdict: Verdict, action: Misbehaviour) -> tuple[PracticeAnswer, bool]:
        """What an action answers, and whether the record takes effect; what would take effect is checked first."""
        fault = RECORD_FAULTS[action.do]
        processed = fault.processes(action)
        refusal = self._refusal(asked, verdict) if processed else None
        if refusal is not None:
            return refusal, False
        return fault.answer(action, asked.query), processed

    def _refusal(self, asked: PracticeRequest, verdict: Verdict) -> PracticeAnswer | None:
        if asked.method != "PUT":
            return _not_allowed(asked, "PUT")
        if not self._tokens.good(asked.headers.get("authorization", "")):
            return PracticeAnswer(401, b'{"message": "Unauthenticated."}') if asked.wants_json else _redirect("/login")
        if verdict.refusal is not None and not asked.wants_json:
            return _redirect("/")
        return verdict.refusal


def _entry(
    asked: PracticeRequest,
    arrival: Arrival,
    verdict: Verdict,
    answer: PracticeAnswer,
    action: Misbehaviour | None,
    processed: bool,
) -> Entry:
    return Entry(
        ordinal=arrival.ordinal,
        received=arrival.received,
        connection=arrival.connection,
        in_flight=arrival.in_flight,
        method=asked.method,
        path=asked.path,
        query=asked.query,
        headers=shown_headers(asked.headers),
        status=None if answer.how.silent else answer.status,
        did="" if action is None else action.do,
        processed=processed,
        suppressed=processed and action is not None and action.do == "suppressed",
        reference=verdict.reference,
        key=verdict.key,
        ignored=verdict.ignored,
    )


def _not_allowed(asked: PracticeRequest, allowed: str) -> PracticeAnswer:
    message = f"The {asked.method} method is not supported for this route. Supported methods: {allowed}."
    if not asked.wants_json:
        return html(405, "Method Not Allowed", headers=(("Allow", allowed),))
    return PracticeAnswer(405, json.dumps({"message": message}).encode(), (("Allow", allowed),))


def _redirect(where: str) -> PracticeAnswer:
    return html(302, "Redirecting", f'Redirecting to <a href="{where}">{where}</a>.', (("Location", where),))


@contextlib.contextmanager
def _until_told(told: threading.Event) -> Iterator[None]:
    """Set ``told`` on Ctrl-C and on SIGTERM; the signals are as before afterwards."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(
    say: Callable[[str], None],
    *,
    port: int = 0,
    script: Script | None = None,
    delay: float = 0.0,
    ledger_file: Path | None = None,
) -> None:
    """Run until Ctrl-C or SIGTERM; ``say`` gets each address as a line once the server listens.

    ``delay`` is seconds per record.  UsageError for a port or a ledger file that cannot be used.  For the main thread,
    because of the signals.
    """
    told = threading.Event()
    with _until_told(told), PracticeServer(port=port, script=script, delay=delay, ledger_file=ledger_file) as server:
        say(f"auth {server.address.auth}")
        say(f"records {server.address.records}")
        say(f"page {server.page}")
        while not told.wait(0.5):  # with a limit, so that Windows lets Ctrl-C through
            pass

"""The pretend CustomerGauge: a server on 127.0.0.1 that hands out tokens, takes records, and shows what it got."""

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
    """A pretend CustomerGauge on a port of this computer, with a thread for each connection.

    After ``close`` it can start again.  Port, tokens and ledger stay.
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
        """Prepare.  Nothing is listened to yet.

        Args:
            port: 0 takes any free one.
            script: how to misbehave.
            delay: seconds from a record's first byte to its answer.
            ledger_file: gets one JSON line per request for records.
            configurations: those of the script come on top of them.

        Raises:
            UsageError: ``port`` is not a port.
        """
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
        """The port.  0 before the first start when any is fine."""
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
        """Listen.

        Raises:
            UsageError: the port is taken, or the ledger's file cannot be written.
        """
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
        """Stop listening and cut every connection, whatever it is doing."""
        if self._listener is None or self._acceptor is None:
            return
        self._closing.set()
        with contextlib.suppress(OSError):  # this only wakes the acceptor
            socket.create_connection((HOST, self._port), timeout=1).close()
        self._acceptor.join(_JOIN_SECONDS)
        self._listener.close()
        self._listener = None
        with self._lock:
            live = list(self._live.values())
        for connection, _ in live:
            with contextlib.suppress(OSError):  # the client closed it already
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in live:
            thread.join(_JOIN_SECONDS)
        self.ledger.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:  # no free file handle, or the client went at once: the next one may be accepted
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
        line = PracticeConnection(connection, self._closing.wait, self._script.max_target_bytes)
        try:
            while not self._closing.is_set() and self._handle_request(line, number):
                pass
        except BadRequest as error:
            with contextlib.suppress(OSError):  # the client may be gone
                line.refuse(error.answer)
        except OSError:  # the client went, or close() cut the connection: both are ordinary
            pass
        finally:
            connection.close()
            with self._lock:
                self._live.pop(number, None)

    def _handle_request(self, line: PracticeConnection, number: int) -> bool:
        """Answer the next request, and tell whether the connection can take another one."""
        request = line.read_request()
        if request is None:
            return False
        if request.path in RECORD_PATHS:
            return self._handle_record(line, request, self.ledger.arrive(request.received, number))
        body = line.read_body(request)
        if request.path == TOKEN_PATH:
            answer = self._token(request, body)
            self.ledger.sign_in(answer.status)
        else:
            answer = self._elsewhere(request)
        return line.send(answer, keep_alive=request.keep_alive)

    def _token(self, request: PracticeRequest, body: bytes) -> PracticeAnswer:
        if request.method != "POST":
            return _not_allowed(request, "POST")
        action = self._chooser.token() or Misbehaviour("usual", expires_in=self._script.expires_in)
        if action.do not in ("usual", "slow"):
            return TOKEN_FAULTS[action.do].answer(action, b"")
        refusal = tokens.refusal(request.headers, body)
        if refusal is not None:
            return refusal
        answer = self._tokens.issue(action.expires_in)
        if action.do == "slow":
            return PracticeAnswer(
                200, answer.body, answer.headers, Delivery.SLOW, 1.0 if action.seconds is None else action.seconds
            )
        return answer

    def _elsewhere(self, request: PracticeRequest) -> PracticeAnswer:
        if request.path != "/ledger":
            self.ledger.visit(request.method, request.path)
        if request.path in ("/", "/ledger") and request.method == "GET":
            if request.headers.get("host", HOST).rsplit(":", 1)[0] not in _NAMES:
                return html(403, "403 Forbidden", "This page is for this computer alone.")
            if request.path == "/":
                return show(self.ledger, self.address, tuple(self._known.values()))
            content = self.ledger.summary()
            if b"summary=1" not in request.query:
                content["entries"] = [entry.as_json() for entry in self.ledger.entries]
            return PracticeAnswer(200, json.dumps(content).encode())
        if request.path == "/login":
            return login_page()
        if request.path == "/moved/":
            return PracticeAnswer(200)
        return PracticeAnswer(404, b'{"message": ""}') if request.wants_json else html(404, "Not Found")

    def _handle_record(self, line: PracticeConnection, request: PracticeRequest, arrival: Arrival) -> bool:
        try:
            verdict = judge(parse_query(request.query), self._known, self._script.style, is_open=self._script.open)
            action = self._chooser.record(request.query, verdict.values)
            answer, processed = self._answer(request, verdict, action or _DEFAULT)
            if answer.delivery is not Delivery.RESET_UNREAD:
                line.read_body(request)
            self.ledger.enter(_entry(request, arrival, verdict, answer, action, processed), verdict)
            remaining = self._delay - (time.monotonic() - request.received) if self._delay else 0.0
            if remaining > 0 and self._closing.wait(remaining):
                return False
            if answer.delivery is Delivery.HANG:
                return line.send(answer, keep_alive=False)
        finally:
            self.ledger.leave(arrival.ordinal, time.monotonic())
        return line.send(answer, keep_alive=request.keep_alive)

    def _answer(self, request: PracticeRequest, verdict: Verdict, action: Misbehaviour) -> tuple[PracticeAnswer, bool]:
        """Return the answer of an action, and whether the record takes effect.  What would take effect is checked first."""
        fault = RECORD_FAULTS[action.do]
        processed = fault.processes(action)
        refusal = self._refusal(request, verdict) if processed else None
        if refusal is not None:
            return refusal, False
        return fault.answer(action, request.query), processed

    def _refusal(self, request: PracticeRequest, verdict: Verdict) -> PracticeAnswer | None:
        if request.method != "PUT":
            return _not_allowed(request, "PUT")
        if not self._tokens.good(request.headers.get("authorization", "")):
            return PracticeAnswer(401, b'{"message": "Unauthenticated."}') if request.wants_json else _redirect("/login")
        if verdict.refusal is not None and not request.wants_json:
            return _redirect("/")
        return verdict.refusal


def _entry(
    request: PracticeRequest,
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
        method=request.method,
        path=request.path,
        query=request.query,
        headers=shown_headers(request.headers),
        status=None if answer.delivery.silent else answer.status,
        did="" if action is None else action.do,
        processed=processed,
        suppressed=processed and action is not None and action.do == "suppressed",
        reference=verdict.reference,
        key=verdict.key,
        ignored=verdict.ignored,
    )


def _not_allowed(request: PracticeRequest, allowed: str) -> PracticeAnswer:
    message = f"The {request.method} method is not supported for this route. Supported methods: {allowed}."
    if not request.wants_json:
        return html(405, "Method Not Allowed", headers=(("Allow", allowed),))
    return PracticeAnswer(405, json.dumps({"message": message}).encode(), (("Allow", allowed),))


def _redirect(location: str) -> PracticeAnswer:
    return html(302, "Redirecting", f'Redirecting to <a href="{location}">{location}</a>.', (("Location", location),))


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Set ``stop`` on Ctrl-C and SIGTERM.  The earlier handlers are back afterwards."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
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
    """Run until Ctrl-C or SIGTERM, on the main thread because of the signals.

    Args:
        say: gets each address as a line once the server listens.
        port: 0 takes any free one.
        script: how to misbehave.
        delay: seconds per record.
        ledger_file: gets one JSON line per request for records.

    Raises:
        UsageError: the port or the ledger file cannot be used.
    """
    stop = threading.Event()
    with _stopped_by_signals(stop), PracticeServer(port=port, script=script, delay=delay, ledger_file=ledger_file) as server:
        say(f"auth {server.address.auth}")
        say(f"records {server.address.records}")
        say(f"page {server.page}")
        while not stop.wait(0.5):  # with a limit, so that Windows lets Ctrl-C through
            pass

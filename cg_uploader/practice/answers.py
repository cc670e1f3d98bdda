"""The answers of the pretend CustomerGauge to a record or a sign-in, each with one sentence about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from cg_uploader.practice.records import DEFAULT_STYLE, Style
from cg_uploader.practice.wire import Delivery, PracticeAnswer, html


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What a script asks for.  None stands for what the table says."""

    # The name of an entry of the tables below.
    do: str
    status: int | None = None
    body: str | None = None
    # They come on top of those of the table.
    headers: tuple[tuple[str, str], ...] = ()
    # Of Retry-After, or between two bytes of a slow body.
    seconds: float | None = None
    # Heading → sentence, list or object.
    errors: Mapping[str, object] | None = None
    style: Style = DEFAULT_STYLE
    # Whether a redirect repeats the query.
    query: bool = True
    # Whether the record takes effect.
    processed: bool | None = None
    # What a sign-in answers. None: it is left out.
    expires_in: object = 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour."""

    # What it does.
    sentence: str
    # Makes the answer to an action and the query of the request.
    make: Callable[[Misbehaviour, bytes], PracticeAnswer]
    # Whether the record takes effect.
    processed: bool = False

    def answer(self, action: Misbehaviour, query: bytes) -> PracticeAnswer:
        """Return the answer of the table, changed as the action asks."""
        answer = self.make(action, query)
        return replace(
            answer,
            status=answer.status if action.status is None else action.status,
            body=answer.body if action.body is None else action.body.encode(),
            headers=answer.headers + action.headers,
            seconds=answer.seconds if action.seconds is None else action.seconds,
        )

    def processes(self, action: Misbehaviour) -> bool:
        """Tell whether the record takes effect.  A status that the script gives decides by itself."""
        if action.processed is not None:
            return action.processed
        return self.processed and (action.status is None or action.status < 300)


def _json(
    status: int, content: object, *, delivery: Delivery = Delivery.WHOLE
) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    body = b"" if content is None else json.dumps(content).encode()
    return lambda _action, _query: PracticeAnswer(status, body, delivery=delivery)


def _html(status: int, title: str, text: str = "") -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    page = html(status, title, text)
    return lambda _action, _query: page


def _silent(delivery: Delivery) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    return lambda _action, _query: PracticeAnswer(delivery=delivery)


def _refusal(default: Mapping[str, str]) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    def make(action: Misbehaviour, _query: bytes) -> PracticeAnswer:
        errors = default if action.errors is None else action.errors
        named = {k if k in ("configuration", "record") else action.style.key(k): v for k, v in errors.items()}
        return PracticeAnswer(422, action.style.refusal({k: [v] if isinstance(v, str) else v for k, v in named.items()}))

    return make


def _encoded(encoding: str) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    text = json.dumps({"message": "Ungültig.", "errors": {"Email": ["Die Adresse enthält ein ü."]}}, ensure_ascii=False)
    body = text.encode(encoding)
    return lambda _action, _query: PracticeAnswer(422, body)


def _raw(status: int, body: bytes, *headers: tuple[str, str]) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    return lambda _action, _query: PracticeAnswer(status, body, headers)


def _later(status: int, message: str, *, retry_after: str) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    """Return an answer with Retry-After as ``seconds`` (30 by default), ``date``, seconds ``if given``, or ``nothing``."""
    body = json.dumps({"message": message}).encode()

    def make(action: Misbehaviour, _query: bytes) -> PracticeAnswer:
        seconds = 30.0 if action.seconds is None else action.seconds
        if retry_after == "nothing" or (retry_after == "if given" and action.seconds is None):
            return PracticeAnswer(status, body)
        if retry_after == "date":
            value = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        else:
            value = f"{seconds:g}"
        return PracticeAnswer(status, body, (("Retry-After", value),))

    return make


def _moved(status: int, location: str) -> Callable[[Misbehaviour, bytes], PracticeAnswer]:
    def make(action: Misbehaviour, query: bytes) -> PracticeAnswer:
        target = location
        if query and action.query and status not in (302, 303):
            target += "?" + query.decode("latin-1")
        page = html(status, "Redirecting", f'Redirecting to <a href="{location}">{location}</a>.')
        return replace(page, headers=(("Location", target),))

    return make


_ERRORS = {"Email": "The email must be a valid email address."}
_PORTAL = '<form action="/login">Welcome to the guest network. Please accept the terms.</form>'

RECORD_FAULTS: Mapping[str, Fault] = {
    "accept": Fault("Checked, processed, 200 without a body.", _json(200, None), True),
    "201": Fault("Processed, 201 without a body.", _json(201, None), True),
    "202": Fault("Processed, 202 without a body.", _json(202, None), True),
    "204": Fault("Processed, 204.", _json(204, None), True),
    "suppressed": Fault("200, but the invitation is suppressed as a duplicate.", _json(200, None), True),
    "status": Fault(
        "The status, body and headers that the rule gives; processed when the status is a 2xx.", _json(200, None), True
    ),
    "unauthorized": Fault("401 in JSON, although the sign-in is good.", _json(401, {"message": "Unauthenticated."})),
    "refused": Fault("422 that names fields (errors, keys, message choose how).", _refusal(_ERRORS)),
    "refused-configuration": Fault(
        "422 about the configuration.", _refusal({"configuration": "The selected configuration is invalid."})
    ),
    "refused-record": Fault("422 about the record as a whole.", _refusal({"record": "The record field is required."})),
    "400": Fault("400 that names no field.", _json(400, {"message": "Bad Request"})),
    "400-errors": Fault(
        "400 that names a field.", _json(400, {"message": "Bad Request", "errors": {"Email": ["Not an address."]}})
    ),
    "403": Fault("403 as the gateway says it.", _json(403, {"message": "Forbidden"})),
    "404": Fault("404 in JSON.", _json(404, {"message": "No query results for model [Configuration]."})),
    "405": Fault(
        "405 with Allow.", _raw(405, b'{"message": "The PUT method is not supported for this route."}', ("Allow", "POST"))
    ),
    "407": Fault("407 from a proxy.", _html(407, "407 Proxy Authentication Required")),
    "408": Fault("408 in HTML.", _html(408, "408 Request Time-out")),
    "413": Fault("413 in HTML.", _html(413, "413 Request Entity Too Large")),
    "414": Fault("414 in HTML.", _html(414, "414 Request-URI Too Large")),
    "431": Fault("431 in HTML.", _html(431, "431 Request Header Fields Too Large")),
    "429": Fault("429, Retry-After in seconds (30, or seconds).", _later(429, "Too Many Attempts.", retry_after="seconds")),
    "429-date": Fault("429, Retry-After as a date.", _later(429, "Too Many Attempts.", retry_after="date")),
    "429-bare": Fault("429 without Retry-After.", _later(429, "Too Many Requests", retry_after="nothing")),
    "500": Fault("500 in JSON, not processed.", _json(500, {"message": "Server Error"})),
    "500-html": Fault("500 in HTML, not processed.", _html(500, "500 Internal Server Error")),
    "502": Fault("502 in JSON, not processed.", _json(502, {"message": "Internal server error"})),
    "503": Fault("503, with Retry-After when seconds are given.", _later(503, "Service Unavailable", retry_after="if given")),
    "504": Fault("504, not processed.", _json(504, {"message": "Endpoint request timed out"})),
    "processed-504": Fault(
        "Processed, but the gateway gave up: 504.", _json(504, {"message": "Endpoint request timed out"}), True
    ),
    "processed-reset": Fault("Processed, then the connection is reset without an answer.", _silent(Delivery.RESET), True),
    "reset-before": Fault(
        "The connection is reset as soon as the headers are in; not processed.", _silent(Delivery.RESET_UNREAD)
    ),
    "reset": Fault("Read to the end, then the connection is reset; not processed.", _silent(Delivery.RESET)),
    "close": Fault("Read to the end, then the connection is closed without a byte; not processed.", _silent(Delivery.CLOSE)),
    "hang": Fault("No answer until the client goes; not processed.", _silent(Delivery.HANG)),
    "processed-hang": Fault("Processed, then no answer until the client goes.", _silent(Delivery.HANG), True),
    "login": Fault("302 to /login.", _moved(302, "/login")),
    "home": Fault("302 to /.", _moved(302, "/")),
    "301": Fault("301 to /moved/, with the query unless query is false.", _moved(301, "/moved/")),
    "303": Fault("303 to /moved/.", _moved(303, "/moved/")),
    "307": Fault("307 to /moved/, with the query unless query is false.", _moved(307, "/moved/")),
    "308": Fault("308 to /moved/, with the query unless query is false.", _moved(308, "/moved/")),
    "portal": Fault("200 with the HTML page of a network's portal; not processed.", _html(200, "Guest network", _PORTAL)),
    "errors-in-200": Fault(
        "200 whose JSON holds errors; not processed.", _json(200, {"errors": {"Email": ["Not an address."]}})
    ),
    "short-body": Fault(
        "Processed, 200, but the body is shorter than its Content-Length.", _json(200, "Cre", delivery=Delivery.CUT), True
    ),
    "chunked": Fault(
        "Processed, 200 with a chunked body.", _json(200, {"message": "Created."}, delivery=Delivery.CHUNKED), True
    ),
    "chunked-cut": Fault(
        "Processed, 200 with a chunked body that breaks off.",
        _json(200, {"message": "Created."}, delivery=Delivery.CHUNKED_CUT),
        True,
    ),
    "slow-body": Fault(
        "Processed, 200, then the body a byte at a time, seconds (1) apart.",
        _json(200, {"message": "Created, but there is no hurry to say so."}, delivery=Delivery.SLOW),
        True,
    ),
    "103": Fault(
        "Processed, 103 Early Hints, then 200 on the same connection.", _json(200, None, delivery=Delivery.HINTS), True
    ),
    "103-only": Fault("103 Early Hints, then the connection is closed; not processed.", _silent(Delivery.HINTS_ONLY)),
    "bom": Fault("422 in UTF-8 with a byte order mark.", _encoded("utf-8-sig")),
    "latin-1": Fault("422 in Latin-1.", _encoded("latin-1")),
    "utf-16": Fault("422 in UTF-16.", _encoded("utf-16")),
    "list": Fault("422 whose JSON is a list.", _json(422, ["The email is invalid."])),
    "deep": Fault("422 with 100,000 nested lists.", _raw(422, b"[" * 100_000)),
    "gzip": Fault("422 that claims to be gzip and is not.", _raw(422, b'{"message": "plain"}', ("Content-Encoding", "gzip"))),
    "cut-json": Fault("422 whose JSON stops in the middle.", _raw(422, b'{"message": "The given data was inv')),
}

TOKEN_FAULTS: Mapping[str, Fault] = {
    "usual": Fault("A token; expires_in goes out as given (number, text, or null: left out).", _json(200, None)),
    "invalid_client": Fault("400 invalid_client.", _json(400, {"error": "invalid_client"})),
    "unauthorized_client": Fault("400 unauthorized_client.", _json(400, {"error": "unauthorized_client"})),
    "unsupported_grant_type": Fault("400 unsupported_grant_type.", _json(400, {"error": "unsupported_grant_type"})),
    "401": Fault(
        "401 with a description.", _json(401, {"error": "invalid_client", "error_description": "Client authentication failed."})
    ),
    "401-empty": Fault("401 without a body.", _json(401, None)),
    "401-html": Fault("401 in HTML.", _html(401, "401 Unauthorized")),
    "429": Fault("429, Retry-After if seconds are given.", _later(429, "Too Many Requests", retry_after="if given")),
    "503": Fault("503, Retry-After if seconds are given.", _later(503, "Service Unavailable", retry_after="if given")),
    "500-html": Fault("500 in HTML.", _html(500, "500 Internal Server Error")),
    "302": Fault("302 to /login.", _moved(302, "/login")),
    "slow": Fault("A token, its text a byte at a time, seconds (1) apart.", _json(200, None)),
    "hang": Fault("No answer until the client goes.", _silent(Delivery.HANG)),
    "reset": Fault("The connection is reset.", _silent(Delivery.RESET)),
    "empty": Fault("200 without a body.", _json(200, None)),
    "no-json": Fault("200 with a body that is no JSON.", _html(200, "Welcome")),
    "no-token": Fault("200 with JSON that holds no token.", _json(200, {"token_type": "Bearer"})),
}

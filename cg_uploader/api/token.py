"""The one token of a client: fetched when needed, by one thread for all, kept in memory only."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cg_uploader.api.replies import Received, load_object, plain
from cg_uploader.errors import ConnectError, CredentialsRefused, NotReachable
from cg_uploader.model import Reply
from cg_uploader.vocabulary import Answer

_LIFETIME = 3600.0  # seconds, if the answer does not say (vendor's article H5000846993: one hour)
_USABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Clock:
    """Two clocks in seconds: one stops while a computer sleeps, the other can be set back; the older answer counts."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    seconds: float
    wall: float
    monotonic: float


class Token:
    """Signs in through ``ask`` when there is no fresh token; thread-safe, and one sign-in serves all who wait for it."""

    def __init__(self, ask: Callable[[], Received | Reply], clock: Clock) -> None:
        """``ask`` sends one sign-in and never raises for what the network does."""
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._failure: ConnectError | None = None
        self._tries = 0

    def get(self) -> str:
        """A fresh token; CredentialsRefused when the answer is no, NotReachable when there is no usable one."""
        token = self._token
        if token is not None and self._is_fresh(token):
            return token.text
        tries = self._tries
        with self._lock:
            if self._tries != tries and self._failure is not None:
                raise _again(self._failure)
            token = self._token
            if token is None or not self._is_fresh(token):
                token = self._sign_in()
            return token.text

    def discard(self, text: str) -> None:
        """Forget the token if it is still this one."""
        with self._lock:
            if self._token is not None and self._token.text == text:
                self._token = None

    def _is_fresh(self, token: _Token) -> bool:
        age = max(self._clock.wall() - token.wall, self._clock.monotonic() - token.monotonic)
        return age < token.seconds

    def _sign_in(self) -> _Token:
        wall, monotonic = self._clock.wall(), self._clock.monotonic()
        self._token, self._failure = None, None
        try:
            text, lifetime = _read(self._ask())
        except ConnectError as failure:
            self._failure = failure
            raise
        finally:
            self._tries += 1
        self._token = _Token(text, max(lifetime - 300.0, 0.8 * lifetime), wall, monotonic)
        return self._token


def _again(failure: ConnectError) -> ConnectError:
    return type(failure)(failure.sentence, kind=failure.kind)


def _read(answer: Received | Reply) -> tuple[str, float]:
    """(token, lifetime in seconds) of a sign-in's answer; ConnectError if it is anything else."""
    if isinstance(answer, Reply):
        raise _no_answer(answer)
    data = load_object(answer.body)
    if answer.status == 200 and data is not None:
        text = data.get("access_token")
        if isinstance(text, str) and _USABLE.fullmatch(text.strip()):
            return text.strip(), _lifetime(data.get("expires_in"))
    if answer.status in (400, 401) and data is not None:
        raise _refused(data)
    raise NotReachable(_unusable(answer.status), kind="no-token")


def _no_answer(reply: Reply) -> NotReachable:
    if reply.answer is Answer.PROXY_LOGIN:
        return NotReachable(reply.message, kind="proxy-login")
    if reply.answer is Answer.UNTRUSTED:
        return NotReachable(reply.message, kind="untrusted")
    return NotReachable(f"The sign-in did not work. {reply.message}".strip())


def _refused(data: dict[str, object]) -> CredentialsRefused:
    said = next((plain(text) for text in (data.get("error_description"), data.get("message")) if isinstance(text, str)), "")
    detail = f" CustomerGauge says: {said}" if said else ""
    advice = "Check Client ID and secret (Data, Rest APIs, Authentications), and that the region is the one you sign in to."
    return CredentialsRefused(f"CustomerGauge does not accept the Client ID and secret in this region. {advice}{detail}")


def _unusable(status: int) -> str:
    if status == 429:
        return "CustomerGauge gets too many sign-ins at the moment. Try again in a few minutes."
    if status >= 500:
        return "CustomerGauge's sign-in has a failure of its own at the moment. Try again in a few minutes."
    if status == 407:
        return "The proxy of your network wants a user name and a password. Ask whoever looks after the network."
    if 300 <= status < 400:
        return "The sign-in was sent elsewhere, which is not followed: a login page of the network may stand before it."
    return "The sign-in brought no usable answer. Check the region, and whether a proxy or a login page of the network answers."


def _lifetime(value: object) -> float:
    """Seconds from ``expires_in``, a number or its text; an hour if absent or unreadable."""
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else _LIFETIME
    except (ValueError, OverflowError):
        return _LIFETIME
    return seconds if math.isfinite(seconds) and seconds > 0 else _LIFETIME

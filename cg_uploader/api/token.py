"""The token of a client: one thread fetches it for all when it is needed, and it stays in memory only."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cg_uploader.api.messages import ApiMessage
from cg_uploader.api.replies import Received, asked_wait, load_object, plain
from cg_uploader.errors import ConnectError, CredentialsRefused, NotReachable
from cg_uploader.model.enums import Answer
from cg_uploader.model.message import Message, message
from cg_uploader.model.request import Reply

_LIFETIME = 3600.0  # seconds, if the answer does not say (vendor's article H5000846993: one hour)
MAX_REFUSED = 2
# Says whether a request is still wanted.  It is asked when the request is made, and again when its connection stands.
MayLeave = Callable[[], bool]
_USABLE = re.compile(r"[\x21-\x7e]+")


def always() -> bool:
    """Return True: this request cannot be taken back."""
    return True


@dataclass(frozen=True, slots=True)
class Clock:
    """Two clocks in seconds.  Of the two ages that they give a token, the higher one counts."""

    wall: Callable[[], float] = time.time  # can be set back
    monotonic: Callable[[], float] = time.monotonic  # may stop while the computer sleeps


@dataclass(frozen=True, slots=True, eq=False)
class SignedIn:
    """What one sign-in brought."""

    text: str = field(repr=False)  # the token
    seconds: float  # how long it can be used
    wall: float  # when it was asked for, by either clock
    monotonic: float


class Token:
    """Signs in through ``ask`` when there is no fresh token.  Thread-safe: one sign-in serves all threads that wait for it.

    After two tokens in a row with which no row was accepted there is no third.  A break that an answer asks for holds for all
    threads.
    """

    def __init__(self, ask: Callable[[MayLeave], Received | Reply | None], clock: Clock) -> None:
        """``ask`` sends one sign-in and returns None when it did not leave.  It never raises for what the network does."""
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._token: SignedIn | None = None
        self._newest: SignedIn | None = None
        self._refused = 0
        self._failure: ConnectError | None = None
        self._not_before = float("-inf")
        self._tries = 0

    def get(self, may_leave: MayLeave = always) -> SignedIn | None:
        """Return a fresh token, or None when a sign-in was needed and must not leave.

        Raises:
            CredentialsRefused: the credentials are not accepted.
            NotReachable: there is no usable answer.
        """
        token = self._token
        if token is not None and self._is_fresh(token):
            return token
        tries = self._tries
        with self._lock:
            wait = self._not_before - self._clock.monotonic()
            if self._failure is not None and (self._tries != tries or wait > 0):
                raise _again(self._failure, wait)
            token = self._token
            return token if token is not None and self._is_fresh(token) else self._sign_in(may_leave)

    def begin_anew(self) -> None:
        """Forget which tokens were refused: the user wants to try again."""
        with self._lock:
            self._refused = 0

    def discard(self, token: SignedIn) -> None:
        """Forget a token that was refused, if it is still in use."""
        with self._lock:
            if self._token is token:
                self._token = None
                self._refused += 1

    def confirm(self, token: SignedIn) -> None:
        """Note that a row was accepted with the token."""
        if self._refused and token is self._newest:
            with self._lock:
                self._refused = 0

    def _is_fresh(self, token: SignedIn) -> bool:
        age = max(self._clock.wall() - token.wall, self._clock.monotonic() - token.monotonic)
        return age < token.seconds

    def _sign_in(self, may_leave: MayLeave) -> SignedIn | None:
        if self._refused >= MAX_REFUSED:
            raise CredentialsRefused(message(ApiMessage.NOT_FOR_RECORDS))
        wall, monotonic = self._clock.wall(), self._clock.monotonic()
        self._token, self._failure = None, None
        answer = self._ask(may_leave)
        if answer is None:
            return None
        self._tries += 1
        try:
            text, lifetime = _read(answer, datetime.fromtimestamp(self._clock.wall(), UTC))
        except ConnectError as failure:
            self._failure = failure
            if isinstance(failure, NotReachable) and failure.retry_after is not None:
                self._not_before = self._clock.monotonic() + failure.retry_after
            raise
        self._token = self._newest = SignedIn(text, max(lifetime - 300.0, 0.8 * lifetime), wall, monotonic)
        return self._token


def _again(failure: ConnectError, wait: float) -> ConnectError:
    """Return the same failure for the next thread that asks, with what is left of the wait in seconds."""
    if isinstance(failure, NotReachable):
        return NotReachable(failure.message, kind=failure.kind, retry_after=wait if wait > 0 else None)
    return type(failure)(failure.message, kind=failure.kind)


def _read(answer: Received | Reply, now: datetime) -> tuple[str, float]:
    """Return (token, lifetime in seconds) from the answer to a sign-in.

    Raises:
        ConnectError: the answer holds no token.
    """
    if isinstance(answer, Reply):
        raise _no_answer(answer)
    data = load_object(answer.body)
    if answer.status == 200 and data is not None:
        text = data.get("access_token")
        if isinstance(text, str) and _USABLE.fullmatch(text.strip()):
            return text.strip(), _lifetime(data.get("expires_in"))
    # A 401 is a refusal whatever it holds: asking again with the same words may lock the account.
    if answer.status == 401 or (answer.status == 400 and data is not None):
        raise _refused(data or {})
    wait = asked_wait(answer.headers, now) if answer.status in (429, 503) else None
    raise NotReachable(_unusable(answer.status, wait), kind="no-token", retry_after=wait)


def _no_answer(reply: Reply) -> NotReachable:
    if reply.answer is Answer.PROXY_LOGIN:
        return NotReachable(reply.message, kind="proxy-login")
    if reply.answer is Answer.UNTRUSTED:
        return NotReachable(reply.message, kind="untrusted")
    return NotReachable(message(ApiMessage.SIGN_IN_FAILED, why=reply.message))


def _refused(data: dict[str, object]) -> CredentialsRefused:
    texts = (data.get("error_description"), data.get("message"))
    words = next((plain(text) for text in texts if isinstance(text, str)), "")
    return CredentialsRefused(message(ApiMessage.CREDENTIALS_SAID, words=words) if words else message(ApiMessage.CREDENTIALS))


def _unusable(status: int, wait: float | None) -> Message:
    if status == 429 and wait is not None:
        return message(ApiMessage.TOO_MANY_SIGN_INS, seconds=math.ceil(wait))
    if status >= 500 and wait is not None:
        return message(ApiMessage.SIGN_IN_BROKEN, seconds=math.ceil(wait))
    if status == 429:
        return message(ApiMessage.TOO_MANY_SIGN_INS_NOW)
    if status >= 500:
        return message(ApiMessage.SIGN_IN_BROKEN_NOW)
    if status == 407:
        return message(ApiMessage.SIGN_IN_PROXY)
    return message(ApiMessage.SIGN_IN_ELSEWHERE if 300 <= status < 400 else ApiMessage.SIGN_IN_UNUSABLE)


def _lifetime(value: object) -> float:
    """Return the seconds in ``expires_in``, a number or its text.  An hour if absent or unreadable."""
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else _LIFETIME
    except (ValueError, OverflowError):
        return _LIFETIME
    return seconds if math.isfinite(seconds) and seconds > 0 else _LIFETIME

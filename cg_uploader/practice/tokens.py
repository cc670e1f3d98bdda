"""The tokens of the pretend CustomerGauge, for any credentials but the word ``wrong``."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping

from cg_uploader.practice.phpquery import parse_query
from cg_uploader.practice.wire import PracticeAnswer

WRONG = "wrong"
_RANDOM_BYTES = 700  # they make a text of about 1 KB, as a real service does


class Tokens:
    """The tokens in use.  Thread-safe.  Nothing of them is ever shown or written."""

    def __init__(self, calls: int = 0) -> None:
        """Start without any.  Each is good for ``calls`` records, 0 for any number."""
        self._calls = calls
        self._used: Counter[str] = Counter()
        self._ends: dict[str, float] = {}
        self._lock = threading.Lock()

    def issue(self, expires_in: object) -> PracticeAnswer:
        """Return an answer with a new token.

        ``expires_in`` goes out as it is.  None is left out, and the token is good for an hour.
        """
        token = "practice." + secrets.token_urlsafe(_RANDOM_BYTES)
        now = time.monotonic()
        with self._lock:
            self._ends = {known: end for known, end in self._ends.items() if end > now}
            self._ends[token] = now + _seconds(expires_in)
        answer: dict[str, object] = {"access_token": token, "token_type": "Bearer"}
        if expires_in is not None:
            answer["expires_in"] = expires_in
        return PracticeAnswer(200, json.dumps(answer).encode(), (("Cache-Control", "no-store"),))

    def good(self, authorization: str) -> bool:
        """Tell whether an Authorization header carries a good token, and count one of its calls."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return False
        end = self._ends.get(token)
        if end is None or time.monotonic() >= end:
            return False
        if self._calls:
            with self._lock:
                self._used[token] += 1
                return self._used[token] <= self._calls
        return True


def refusal(headers: Mapping[str, str], body: bytes) -> PracticeAnswer | None:
    """Return the refusal of a token request, 400 with Cognito's word, or None when it may have a token."""
    form = parse_query(body) if "application/x-www-form-urlencoded" in headers.get("content-type", "") else {}
    client, secret = form.get("client_id"), form.get("client_secret")
    if headers.get("authorization", "").lower().startswith("basic "):
        client, secret = _basic(headers["authorization"])
    if form.get("grant_type") != "client_credentials":
        return _error("unsupported_grant_type" if "grant_type" in form else "invalid_request")
    if not client or not secret or WRONG in (client, secret):
        return _error("invalid_client")
    return None


def _seconds(expires_in: object) -> float:
    try:
        return float(str(expires_in))
    except ValueError:
        return 3600.0


def _error(word: str) -> PracticeAnswer:
    return PracticeAnswer(400, json.dumps({"error": word}).encode())


def _basic(authorization: str) -> tuple[str, str]:
    try:
        client, _, secret = base64.b64decode(authorization[6:].strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret

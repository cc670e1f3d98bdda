"""A script in memory, and the choice of the rule that acts on a request."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cg_uploader.practice.answers import Misbehaviour
from cg_uploader.practice.configurations import PracticeConfiguration
from cg_uploader.practice.ledger import REMEMBERED
from cg_uploader.practice.records import DEFAULT_STYLE, Style

MAX_TARGET_BYTES = 8_177


@dataclass(frozen=True, slots=True)
class Rule:
    """An action and the requests that get it.  Without ``fields`` and ``record`` every request does."""

    action: Misbehaviour
    # (heading, text) that a record must have.
    fields: tuple[tuple[str, str], ...] = ()
    # The number of a different record, from 1.
    record: int | None = None
    # How often it acts. None: any number of times.
    times: int | None = None

    def matches(self, fields: Mapping[str, str | None], record: int) -> bool:
        """Tell whether a record is meant.  ``record`` is its number, 0 when records are not counted."""
        if self.record is not None:
            return self.record == record
        return all(fields.get(heading) == text for heading, text in self.fields)


@dataclass(frozen=True, slots=True)
class Mix:
    """Misbehaviour by chance."""

    # The same seed gives the same choices.
    seed: int = 1
    # Of the requests, 0 to 1.
    share: float = 0.1
    # One of these acts.
    do: tuple[Misbehaviour, ...] = ()


_NO_MIX = Mix()


@dataclass(frozen=True, slots=True)
class Script:
    """How the server behaves, as ``faults`` describes it.  ``Script()`` is the default behaviour."""

    # For records.
    rules: tuple[Rule, ...] = ()
    # For sign-ins.
    token: tuple[Rule, ...] = ()
    mix: Mix = _NO_MIX
    configurations: tuple[PracticeConfiguration, ...] = ()
    # Seconds, a text, or None to leave it out.
    expires_in: object = 3600
    # How many records a sign-in is good for. 0: any number.
    token_calls: int = 0
    # Whether an unknown reference takes any heading.
    open: bool = False
    style: Style = DEFAULT_STYLE
    max_target_bytes: int = MAX_TARGET_BYTES
    # How many entries the ledger keeps in memory. 0: counts only.
    remember: int = REMEMBERED


class Chooser:
    """Chooses the rule of a script that acts on each request.  Thread-safe."""

    def __init__(self, script: Script) -> None:
        """Start at the beginning of ``script``."""
        self._rules = script.rules
        self._token = script.token
        self._mix = script.mix
        self._lock = threading.Lock()
        self._acted: Counter[int] = Counter()
        self._tokens_acted: Counter[int] = Counter()
        self._seen: dict[bytes, int] = {}
        self._attempts: Counter[bytes] = Counter()
        self._counts = any(rule.record is not None for rule in self._rules)

    def record(self, query: bytes, fields: Mapping[str, str | None]) -> Misbehaviour | None:
        """Return the action for a request with this query, or None for the default behaviour."""
        if not self._rules and not self._mix.do:
            return None
        with self._lock:
            number = self._seen.setdefault(_mark(query), len(self._seen) + 1) if self._counts else 0
            for index, rule in enumerate(self._rules):
                if (rule.times is None or self._acted[index] < rule.times) and rule.matches(fields, number):
                    self._acted[index] += 1
                    return rule.action
            return self._by_chance(query) if self._mix.do else None

    def token(self) -> Misbehaviour | None:
        """Return the action for the next sign-in, or None for the default behaviour."""
        with self._lock:
            for index, rule in enumerate(self._token):
                if self._tokens_acted[index] < (rule.times or 1):
                    self._tokens_acted[index] += 1
                    return rule.action
        return None

    def _by_chance(self, query: bytes) -> Misbehaviour | None:
        mark = _mark(query)
        self._attempts[mark] += 1
        draw = _mark(f"{self._mix.seed} {self._attempts[mark]} ".encode() + mark)
        if int.from_bytes(draw[:8], "big") >= self._mix.share * 2**64:
            return None
        return self._mix.do[int.from_bytes(draw[8:], "big") % len(self._mix.do)]


def _mark(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).digest()

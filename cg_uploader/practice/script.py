"""A script in memory: which rule acts on which request, and how often each one has."""

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
    """An action and when it happens: for records with these ``fields``, for the nth ``record``, or for everything."""

    action: Misbehaviour
    fields: tuple[tuple[str, str], ...] = ()
    record: int | None = None
    times: int | None = None

    def matches(self, fields: Mapping[str, str | None], record: int) -> bool:
        """Whether a record is meant; ``record`` is its number, 0 when nobody counts."""
        if self.record is not None:
            return self.record == record
        return all(fields.get(heading) == text for heading, text in self.fields)


@dataclass(frozen=True, slots=True)
class Mix:
    """Misbehaviour by chance: this ``share`` (0 to 1) of the requests gets one of ``do``; ``seed`` makes it repeatable."""

    seed: int = 1
    share: float = 0.1
    do: tuple[Misbehaviour, ...] = ()


_NO_MIX = Mix()


@dataclass(frozen=True, slots=True)
class Script:
    """How the server behaves; ``Script()`` is the usual way, ``faults.read`` and ``faults.parse`` know JSON."""

    rules: tuple[Rule, ...] = ()
    token: tuple[Rule, ...] = ()
    mix: Mix = _NO_MIX
    configurations: tuple[PracticeConfiguration, ...] = ()
    expires_in: object = 3600
    token_calls: int = 0
    open: bool = False
    style: Style = DEFAULT_STYLE
    longest_target: int = MAX_TARGET_BYTES
    remember: int = REMEMBERED


class Chooser:
    """Walks through a script as requests come in; thread-safe."""

    def __init__(self, script: Script) -> None:
        """Start at the beginning: its rules for records, its mix where none acts, its token actions in turn."""
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
        """The action for a request with this query, or None for the usual."""
        if not self._rules and not self._mix.do:
            return None
        with self._lock:
            number = self._seen.setdefault(_mark(query), len(self._seen) + 1) if self._counts else 0
            for place, rule in enumerate(self._rules):
                if (rule.times is None or self._acted[place] < rule.times) and rule.matches(fields, number):
                    self._acted[place] += 1
                    return rule.action
            return self._by_chance(query) if self._mix.do else None

    def token(self) -> Misbehaviour | None:
        """The action for the next sign-in, or None for the usual."""
        with self._lock:
            for place, rule in enumerate(self._token):
                if self._tokens_acted[place] < (rule.times or 1):
                    self._tokens_acted[place] += 1
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

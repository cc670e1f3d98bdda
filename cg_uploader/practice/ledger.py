"""The ledger of the pretend CustomerGauge: requests, answers and their effects, such as invitations and updates."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from cg_uploader.errors import UsageError
from cg_uploader.practice.configurations import EFFECTS, Effect
from cg_uploader.practice.phpquery import parse_query
from cg_uploader.practice.records import Verdict, pairs_of

REMEMBERED = 20_000
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request for records that has begun."""

    # Its number among these requests, from 1.
    ordinal: int
    # Monotonic seconds at its first byte.
    received: float
    # The number of its connection.
    connection: int
    # How many requests were under way, this one included.
    in_flight: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One request for records.  The names of its fields are those of the JSON lines."""

    # As in ``Arrival``.
    ordinal: int
    received: float
    connection: int
    in_flight: int
    method: str
    path: str
    query: bytes
    headers: tuple[tuple[str, str], ...]
    # Of the answer. None: there was none.
    status: int | None
    # The name of the misbehaviour. Empty: there was none.
    did: str = ""
    # Whether the record took effect.
    processed: bool = False
    # Whether it did so without its invitation.
    suppressed: bool = False
    reference: str | None = None
    # What the record is about.
    key: str | None = None
    # Headings that the configuration does not know.
    ignored: tuple[str, ...] = ()
    # Monotonic seconds just before the answer left. None while it is under way.
    answered: float | None = None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Heading and value of every field as PHP hands them over, in order, before anything is trimmed."""
        record = parse_query(self.query).get("record")
        return pairs_of(record) if isinstance(record, dict) else ()

    @property
    def fields(self) -> dict[str, str]:
        """``pairs`` by heading."""
        return dict(self.pairs)

    def as_json(self) -> dict[str, object]:
        """Return the entry as a JSON object."""
        plain: dict[str, object] = {name: getattr(self, name) for name in _PLAIN}
        return plain | {"query": self.query.decode("latin-1"), "headers": dict(self.headers), "pairs": self.pairs}


_PLAIN = tuple(name for name in Entry.__slots__ if name not in ("query", "headers"))


def shown_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return header lines without secrets.  Of an Authorization only its scheme remains."""
    return tuple((name, _without_secret(name, value)) for name, value in headers.items())


def _without_secret(name: str, value: str) -> str:
    if name not in _SECRET_HEADERS:
        return value
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} (left out)" if blank and name != "cookie" else "(left out)"


class Ledger:
    """Requests, answers and their effects.  Thread-safe: the server writes, tests and pages read."""

    def __init__(self, file: Path | None = None, *, remember: int = REMEMBERED) -> None:
        """Start empty.  Nothing is written before ``open``.

        Args:
            file: gets every entry as one JSON line, before the record is answered.
            remember: how many of the last entries stay in memory.  With 0 there are counts alone, and memory does not grow.
                Repeated keys are not known then.
        """
        self._file = file
        self._out: IO[bytes] | None = None
        self._remember = remember
        self._lock = threading.Lock()
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._effects: dict[Effect, Counter[str | None]] = {effect: Counter() for effect in Effect}
        self._ignored: dict[str, Counter[str]] = {}
        self._statuses: Counter[str] = Counter()
        self._sign_ins: Counter[str] = Counter()
        self._visits: Counter[str] = Counter()
        self._received = self._processed = self._suppressed = self._in_flight = self._max_in_flight = 0
        self._first: float | None = None
        self._last: float | None = None
        self._answered: float | None = None

    def arrive(self, received: float, connection: int) -> Arrival:
        """Note that a request for records has begun."""
        with self._lock:
            self._received += 1
            self._in_flight += 1
            self._max_in_flight = max(self._max_in_flight, self._in_flight)
            self._first = received if self._first is None else min(self._first, received)
            self._last = received if self._last is None else max(self._last, received)
            return Arrival(self._received, received, connection, self._in_flight)

    def enter(self, entry: Entry, verdict: Verdict | None) -> None:
        """Add an entry, its effect, and its line in the file, before anything is answered."""
        line = b"" if self._out is None else json.dumps(entry.as_json()).encode() + b"\n"
        with self._lock:
            self._statuses[str(entry.status) if entry.status is not None else "none"] += 1
            if self._remember:
                self._entries[entry.ordinal] = entry
                if len(self._entries) > self._remember:
                    self._entries.popitem(last=False)
            if entry.processed:
                self._take_effect(entry, verdict)
            if self._out is not None:
                self._out.write(line)

    def _take_effect(self, entry: Entry, verdict: Verdict | None) -> None:
        self._processed += 1
        self._suppressed += entry.suppressed
        if verdict is None or verdict.configuration is None:
            return
        for effect in EFFECTS[verdict.configuration.data_type]:
            if not (entry.suppressed and effect is Effect.INVITATION):
                self._effects[effect][entry.key if self._remember else None] += 1
        if entry.ignored:
            self._ignored.setdefault(verdict.configuration.reference, Counter()).update(entry.ignored)

    def leave(self, ordinal: int, answered: float) -> None:
        """Note when an entry's answer left."""
        with self._lock:
            self._in_flight -= 1
            self._answered = answered if self._answered is None else max(self._answered, answered)
            entry = self._entries.get(ordinal)
            if entry is not None:
                self._entries[ordinal] = replace(entry, answered=answered)

    def sign_in(self, status: int) -> None:
        """Count one answer of the sign-in address."""
        with self._lock:
            self._sign_ins[str(status)] += 1

    def visit(self, method: str, path: str) -> None:
        """Count a request for any other address but the ledger's, such as one that a redirect named."""
        with self._lock:
            self._visits[f"{method} {path}"] += 1

    def open(self) -> None:
        """Open the file, if there is one, to add to it.

        Raises:
            UsageError: it cannot be written.
        """
        if self._file is None:
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            handle = os.open(self._file, flags, 0o600)  # what arrives may be of real people; a pipe may have no reader
            if os.name == "posix":
                os.set_blocking(handle, True)
            self._out = os.fdopen(handle, "ab", buffering=0)
        except OSError as error:
            raise UsageError(f"The ledger {self._file} cannot be written ({error.strerror}). Choose another file.") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._out is not None:
                self._out.close()
                self._out = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The remembered entries, oldest first."""
        with self._lock:
            return tuple(self._entries.values())

    def last(self, count: int) -> tuple[Entry, ...]:
        """Return the newest entries, newest first."""
        with self._lock:
            newest = reversed(self._entries.values())
            return tuple(entry for entry, _ in zip(newest, range(count), strict=False))

    @property
    def received(self) -> int:
        """Requests for records so far."""
        return self._received

    @property
    def processed(self) -> int:
        """Records that took effect."""
        return self._processed

    @property
    def max_in_flight(self) -> int:
        """The largest number of requests for records that were under way together."""
        return self._max_in_flight

    @property
    def sign_ins(self) -> dict[str, int]:
        """Answers of the sign-in address by status."""
        with self._lock:
            return dict(self._sign_ins)

    @property
    def visits(self) -> dict[str, int]:
        """Requests for other addresses, ``GET /login`` and the like."""
        with self._lock:
            return dict(self._visits)

    def effects(self, effect: Effect) -> dict[str | None, int]:
        """Return how often each key had an effect.  Records without a key are counted under None."""
        with self._lock:
            return dict(self._effects[effect])

    @property
    def invitations(self) -> int:
        """Invitations that went out."""
        return sum(self.effects(Effect.INVITATION).values())

    def repeated(self, effect: Effect) -> dict[str, int]:
        """Return the keys that had an effect more than once, and how often."""
        return {key: count for key, count in self.effects(effect).items() if key is not None and count > 1}

    @property
    def invited_twice(self) -> dict[str, int]:
        """Keys that were invited more than once, and how often."""
        return self.repeated(Effect.INVITATION)

    @property
    def ignored(self) -> dict[str, dict[str, int]]:
        """Per reference the headings that were ignored, and in how many records."""
        with self._lock:
            return {reference: dict(counts) for reference, counts in self._ignored.items()}

    def summary(self) -> dict[str, object]:
        """Return the counts as a JSON object.

        ``keys`` is how many different keys had each effect, ``repeated`` those that had it more than once.  ``rate`` is
        requests a second between the arrivals of the first and the last one.
        """
        has_keys = self._remember > 0
        effects = {effect.value: sum(self.effects(effect).values()) for effect in Effect}
        keys = {effect.value: len(self.effects(effect)) for effect in Effect} if has_keys else None
        repeated = {effect.value: counts for effect in Effect if (counts := self.repeated(effect))} if has_keys else None
        ignored = self.ignored
        with self._lock:
            span = self._last - self._first if self._first is not None and self._last is not None else 0.0
            return {
                "received": self._received,
                "processed": self._processed,
                "by_status": dict(self._statuses),
                "sign_ins": dict(self._sign_ins),
                "visits": dict(self._visits),
                "effects": effects,
                "keys": keys,
                "repeated": repeated,
                "invitations": effects[Effect.INVITATION],
                "invited_twice": None if repeated is None else repeated.get(Effect.INVITATION.value, {}),
                "suppressed": self._suppressed,
                "ignored": ignored,
                "most_in_flight": self._max_in_flight,
                "remembered": len(self._entries),
                "first_received": self._first,
                "last_received": self._last,
                "last_answered": self._answered,
                "rate": (self._received - 1) / span if span else None,
            }


def overlapping(entries: Iterable[Entry]) -> tuple[tuple[Entry, Entry], ...]:
    """Return the pairs of entries with one key that were under way at the same time."""
    latest: dict[str, Entry] = {}
    pairs = []
    for entry in sorted(entries, key=lambda e: e.received):
        if entry.key is None:
            continue
        before = latest.get(entry.key)
        if before is not None and (before.answered is None or before.answered > entry.received):
            pairs.append((before, entry))
        latest[entry.key] = entry
    return tuple(pairs)

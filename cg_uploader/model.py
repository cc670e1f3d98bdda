"""The nouns: what crosses a layer or a thread.  Frozen; closed sets are enumerations; nothing here does input or output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from cg_uploader.errors import MappingError, UsageError
from cg_uploader.origin import Origin
from cg_uploader.vocabulary import BLANKS, Activity, Answer, BlankCells, Body, DataType, FieldKind, Identity, Region, RowStatus

MOST_FIELDS = 900
LONGEST_URL = 7_900
MOST_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Note:
    """What the sent text alone does not show: ``row`` as Excel shows it, heading of the ``column``, a word for its ``kind``."""

    row: int | None
    column: str | None
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its heading to the letter, and its letter as Excel shows it (``A``, ``AB``)."""

    heading: str
    letter: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One visible, non-empty row below the header: its number as Excel shows it, one text per column."""

    number: int
    cells: tuple[str, ...]


class Rows(Protocol):
    """The rows of a table: walked as often as wanted, fetched by position (0 is the first), never all in memory at once."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[Row]:
        """Walk them from the first, in file order; several walks may be under way, from several threads."""

    def __getitem__(self, position: int) -> Row:
        """The row at a position; IndexError beyond the end."""

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""

    def close(self) -> None:
        """Give temporary space back; the rows are gone after that."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A reading that only a person can tell from the table's: what to choose for it; a few lines of both, headings first."""

    encoding: str | None
    delimiter: str | None
    own: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as the person sees it: headings, and rows of text with their numbers.

    ``digest`` is the SHA-256 of the file's bytes in hexadecimal; ``sheets`` are names, visible ones first, and empty for
    delimited text; ``header_row`` as Excel shows it; ``hidden_rows`` and ``empty_rows`` were left out; ``alternative``: only a
    person can tell which reading is right; ``origin``: the run whose failed rows these are, or None; ``above``: the last few
    rows over the header row, texts cut short, to be looked at.
    """

    file: Path
    digest: str
    sheet: str | None
    sheets: tuple[str, ...]
    header_row: int
    columns: tuple[Column, ...]
    rows: Rows
    notes: Sequence[Note] = ()
    hidden_rows: int = 0
    empty_rows: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    origin: Origin | None = None
    alternative: Alternative | None = None
    above: tuple[Row, ...] = ()

    def position(self, source: Source) -> int:
        """Index of the one column that ``source`` names; MappingError when there is none, or more than one."""
        if source.letter is not None:
            found = [i for i, column in enumerate(self.columns) if column.letter == source.letter]
            name = f"column {source.letter}"
        else:
            found = [i for i, column in enumerate(self.columns) if column.heading == source.column]
            name = f"a column “{source.column}”"
        if len(found) == 1:
            return found[0]
        if not found:
            raise MappingError(f"{self.file.name} has not {name}. Choose another column for this field.")
        letters = " and ".join(self.columns[i].letter for i in found)
        raise MappingError(f"{self.file.name} has {name} more than once ({letters}). Choose one by its letter.")


@dataclass(frozen=True, slots=True)
class Field:
    """One field heading of a configuration, to the letter, and what is known about it."""

    heading: str
    required: bool = False
    kind: FieldKind = FieldKind.TEXT
    max_length: int | None = None
    identifies: Identity | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """CustomerGauge's side: the reference of an import configuration, its data type, its field headings."""

    reference: str
    data_type: DataType
    fields: tuple[Field, ...]

    def field(self, heading: str) -> Field | None:
        """The field with exactly this heading."""
        return next((f for f in self.fields if f.heading == heading), None)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's text comes from: a column by heading, a column by letter, or one constant for all rows."""

    column: str | None = None
    letter: str | None = None
    constant: str | None = None

    def __post_init__(self) -> None:
        """Exactly one of the three; UsageError otherwise."""
        if sum(x is not None for x in (self.column, self.letter, self.constant)) != 1:
            raise UsageError("A mapping names one column or one constant for a field.")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which source feeds which field heading; fields that are not here are not sent."""

    sources: tuple[tuple[str, Source], ...] = ()

    def source(self, heading: str) -> Source | None:
        """The source of a heading, or None."""
        return next((source for name, source in self.sources if name == heading), None)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to sign in and where to put records: two absolute URLs; ``records`` ends with a slash."""

    auth: str
    records: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """A Client ID and its secret; in memory only, and never in a text."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is carried out.  ``rows`` limits it to row numbers from–to, both included."""

    blank_cells: BlankCells = BlankCells.LEAVE_OUT
    connections: int = 4
    rows: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """UsageError that names the option out of bounds."""
        if not 1 <= self.connections <= MOST_CONNECTIONS:
            raise UsageError(f"connections must be from 1 to {MOST_CONNECTIONS}, not {self.connections}.")
        if self.rows is not None and not 1 <= self.rows[0] <= self.rows[1]:
            raise UsageError(f"rows must be two row numbers, the smaller first, not {self.rows[0]}-{self.rows[1]}.")


@dataclass(frozen=True, slots=True)
class Profile:
    """A named connection: where, which configuration, which mapping; never a secret.

    ``mapping`` None: only what matches automatically is sent.  ``address`` None: the region's own.
    """

    name: str
    region: Region
    configuration: Configuration
    address: Address | None = None
    mapping: Mapping | None = None
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run sends: what the check showed is what goes out.

    ``edits``: row number → {column position: text}, over the file's own text.  ``left_out``: row numbers a person left out.
    ``trusted``: row numbers whose notes a person has accepted as they are.  ``consent``: a person agreed to invitations.
    ``skip_accepted``: rows that were accepted before are skipped (True) or sent again (False); None: nobody has chosen.
    """

    table: Table
    profile: str
    region: Region
    address: Address
    configuration: Configuration
    mapping: Mapping
    options: Options = Options()
    edits: Dict[int, Dict[int, str]] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    trusted: frozenset[int] = frozenset()
    consent: bool = False
    skip_accepted: bool | None = None
    wires: tuple[tuple[str, int | None, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find every mapped column once: (heading, column position or None, constant), in file column order, constants last.

        MappingError when a column is missing or twice, or a heading is not one of the configuration's.
        """
        known = {f.heading for f in self.configuration.fields}
        wires: list[tuple[str, int | None, str]] = []
        for heading, source in self.mapping.sources:
            if heading not in known:
                raise MappingError(f"The configuration has no field “{heading}”. Take it out of the mapping, or add the field.")
            position = self.table.position(source) if source.constant is None else None
            wires.append((heading, position, (source.constant or "").strip(BLANKS)))
        last = len(self.table.columns)
        wires.sort(key=lambda wire: last if wire[1] is None else wire[1])
        object.__setattr__(self, "wires", tuple(wires))

    def leaves_out(self, number: int) -> bool:
        """Whether a person wants the row with this number not to be sent: left out, or outside the range."""
        first, last = self.options.rows or (number, number)
        return number in self.left_out or not first <= number <= last

    def cells(self, row: Row) -> tuple[str, ...]:
        """The row's texts, one per column, with a person's edits in place."""
        edits = self.edits.get(row.number)
        return tuple(edits.get(position, text) for position, text in enumerate(row.cells)) if edits else row.cells

    def request(self, row: Row) -> Request:
        """What would go out for ``row``."""
        cells = self.cells(row)
        pairs = [(heading, constant if at is None else cells[at]) for heading, at, constant in self.wires]
        if self.options.blank_cells is BlankCells.LEAVE_OUT:
            pairs = [pair for pair in pairs if pair[1]]
        return Request(row.number, self.address.records, self.configuration.reference, tuple(pairs))


@lru_cache(maxsize=4 * MOST_FIELDS)
def _encoded_name(heading: str) -> str:
    return f"&record%5B{quote(heading, safe='')}%5D="


@dataclass(frozen=True, slots=True)
class Request:
    """One row as it goes out: ordered (heading, value) pairs for one configuration at one address."""

    row: int
    records: str
    reference: str
    pairs: tuple[tuple[str, str], ...]

    def query(self) -> str:
        """The query string, percent-encoded, brackets and spaces too; UnicodeEncodeError for a lone surrogate."""
        start = "configuration=" + quote(self.reference, safe="")
        return start + "".join([_encoded_name(heading) + quote(value, safe="") for heading, value in self.pairs])

    @property
    def fingerprint(self) -> bytes:
        """16 bytes that are equal for equal destination, reference and ordered pairs."""
        text = json.dumps([self.records, self.reference, self.pairs], ensure_ascii=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one attempt, independent of the HTTP library.

    ``status`` is known for COMPLETE and BODY_LOST.  NOTHING (reset, silence, 1xx only) proves neither arrival nor the lack of
    it; every other answer is certain that nothing of the row left.  ``errors``: (key as CustomerGauge wrote it, sentence).
    ``message``: one plain line.  ``retry_after``: seconds, clamped; None when absent or unreadable.
    """

    answer: Answer
    status: int | None = None
    body: Body = Body.BLANK
    errors: tuple[tuple[str, str], ...] = ()
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row.

    ``messages``: (heading, or "" for the row as a whole; sentence).  ``who``: its identifier, for people.
    """

    row: int
    status: RowStatus
    http: int | None = None
    messages: tuple[tuple[str, str], ...] = ()
    attempts: int = 0
    who: str = ""
    fingerprint: bytes = b""

    @property
    def message(self) -> str:
        """All sentences in one line."""
        return " ".join(f"{heading}: {text}" if heading else text for heading, text in self.messages)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run announces, at most about ten times a second; everything in it is on disk."""

    rows: int  # what the totals will add up to
    counts: Dict[RowStatus, int]  # totals so far
    outcomes: tuple[Outcome, ...] = ()
    activity: Activity = Activity.SENDING
    detail: str = ""  # why it waits
    run: int = 0  # not recorded yet
    before: Dict[RowStatus, int] = field(default_factory=dict)  # totals before the run, or its continuation, sent anything

    @property
    def settled(self) -> int:
        """How many rows have an outcome."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ended before its last row: a sentence, and the exit code that says so to programs."""

    reason: str
    exit_code: int = 5


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run stands; the six counts always add up to ``rows``.  ``values_deleted``: since when it cannot be continued."""

    run: int
    file: str
    profile: str
    region: Region
    rows: int
    counts: Dict[RowStatus, int]
    started: datetime
    finished: datetime | None = None
    stopped: Stop | None = None
    sent_by: str = ""
    values_deleted: datetime | None = None

    def __post_init__(self) -> None:
        """Totals that do not add up are a bug, not a report."""
        if sum(self.counts.values()) != self.rows:
            raise ValueError(f"{dict(self.counts)} do not add up to {self.rows} rows")

    @property
    def attention(self) -> int:
        """How many rows somebody has to look at."""
        return sum(count for status, count in self.counts.items() if status.needs_attention)

    @property
    def exit_code(self) -> int:
        """0 everything accepted or skipped, 1 some rows need attention, else the reason's own."""
        if self.stopped is not None:
            return self.stopped.exit_code
        return 1 if self.attention else 0

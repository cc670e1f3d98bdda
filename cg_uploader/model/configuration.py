"""CustomerGauge's side: a configuration with its fields, the mapping that feeds them, and the profile that names both."""

from __future__ import annotations

from dataclasses import dataclass, field

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Identity, Region
from cg_uploader.translation import _

MAX_CONNECTIONS = 16


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
            raise UsageError(_("A mapping names one column or one constant for a field."))


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
        if not 1 <= self.connections <= MAX_CONNECTIONS:
            text = _("“connections” must be from 1 to {max_connections}, not {connections}.")
            raise UsageError(text.format(max_connections=MAX_CONNECTIONS, connections=self.connections))
        if self.rows is not None and not 1 <= self.rows[0] <= self.rows[1]:
            text = _("“rows” must be two row numbers, the smaller first, not {first}-{last}.")
            raise UsageError(text.format(first=self.rows[0], last=self.rows[1]))


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
    options: Options = field(default_factory=Options)

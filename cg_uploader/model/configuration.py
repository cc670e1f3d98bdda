"""CustomerGauge's side: a configuration with its fields, the mapping that feeds them, and the profile that names both."""

from __future__ import annotations

from dataclasses import dataclass, field

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Identity, Region
from cg_uploader.translation import _

MAX_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a configuration."""

    # To the letter.
    heading: str
    required: bool = False
    kind: FieldKind = FieldKind.TEXT
    # Characters. None: not known.
    max_length: int | None = None
    # What its text identifies. None: nothing.
    identifies: Identity | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """An import configuration, which CustomerGauge knows by its reference."""

    reference: str
    data_type: DataType
    fields: tuple[Field, ...]

    def field(self, heading: str) -> Field | None:
        """Return the field with exactly this heading, or None."""
        return next((f for f in self.fields if f.heading == heading), None)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's text comes from.  Exactly one of the three is given."""

    # A column by its heading.
    column: str | None = None
    # A column by its letter, as Excel shows it.
    letter: str | None = None
    # One text for all rows.
    constant: str | None = None

    def __post_init__(self) -> None:
        """Check that exactly one is given.

        Raises:
            UsageError: none is, or more than one.
        """
        if sum(x is not None for x in (self.column, self.letter, self.constant)) != 1:
            raise UsageError(_("A mapping names one column or one constant for a field."))


@dataclass(frozen=True, slots=True)
class Mapping:
    """The source of each field heading.  Fields that are not here are not sent."""

    sources: tuple[tuple[str, Source], ...] = ()

    def source(self, heading: str) -> Source | None:
        """Return the source of a heading, or None."""
        return next((source for name, source in self.sources if name == heading), None)


@dataclass(frozen=True, slots=True)
class Address:
    """Two absolute URLs."""

    # Where to sign in.
    auth: str
    # Where to put records. It ends with a slash.
    records: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """A Client ID and its secret, in memory only and never in a text."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is carried out."""

    blank_cells: BlankCells = BlankCells.LEAVE_OUT
    # How many rows may be under way at once.
    connections: int = 4
    # First and last row number, both included. None: all rows.
    rows: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            UsageError: an option is out of bounds. The sentence names it.
        """
        if not 1 <= self.connections <= MAX_CONNECTIONS:
            text = _("“connections” must be from 1 to {max_connections}, not {connections}.")
            raise UsageError(text.format(max_connections=MAX_CONNECTIONS, connections=self.connections))
        if self.rows is not None and not 1 <= self.rows[0] <= self.rows[1]:
            text = _("“rows” must be two row numbers, the smaller first, not {first}-{last}.")
            raise UsageError(text.format(first=self.rows[0], last=self.rows[1]))


@dataclass(frozen=True, slots=True)
class Profile:
    """A named region with configuration and mapping.  It holds no secret."""

    name: str
    region: Region
    configuration: Configuration
    # None: the region's own.
    address: Address | None = None
    # None: only what matches automatically is sent.
    mapping: Mapping | None = None
    options: Options = field(default_factory=Options)

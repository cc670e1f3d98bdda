"""What the tests of fields share: tables in memory, configurations and plans in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Options, Source
from cg_uploader.model.enums import BlankCells, DataType, Identity, Region
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.model.table import Column, Note, Row, Table

ADDRESS = Address("http://127.0.0.1:9/oauth2/token", "http://127.0.0.1:9/records/")


class ListedRows(list[Row]):
    """Rows in a list."""

    def walk(self, start: int) -> Iterator[Row]:
        return iter(self[start:])

    def close(self) -> None:
        self.clear()


def columns(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, chr(ord("A") + at)) for at, heading in enumerate(headings))


def configuration(*fields: str | Field, data_type: DataType = DataType.CONTACT, reference: str = "contact") -> Configuration:
    made = tuple(field if isinstance(field, Field) else Field(field) for field in fields)
    return Configuration(reference, data_type, made)


def marked(heading: str, identity: Identity) -> Field:
    return Field(heading, identifies=identity)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], notes: tuple[Note, ...] = ()) -> Table:
    """The first row has number 2."""
    listed = ListedRows(Row(number, tuple(cells)) for number, cells in enumerate(rows, 2))
    return Table(Path("people.xlsx"), "0" * 64, "Sheet1", ("Sheet1",), 1, columns(*headings), listed, notes)


def plan(
    fields: Configuration,
    rows: Sequence[Sequence[str]],
    *,
    mapping: Mapping | None = None,
    notes: tuple[Note, ...] = (),
    edits: dict[int, dict[int, str]] | None = None,
    left_out: frozenset[int] = frozenset(),
    trusted: frozenset[int] = frozenset(),
    blank_cells: BlankCells = BlankCells.LEAVE_OUT,
    limits: tuple[int, int] | None = None,
) -> Plan:
    """A plan over columns called like the configuration's fields, all of them mapped unless ``mapping`` says otherwise."""
    headings = [field.heading for field in fields.fields]
    if mapping is None:
        mapping = Mapping(tuple((heading, Source(column=heading)) for heading in headings))
    return Plan(
        table=table(headings, rows, notes),
        profile="test",
        region=Region.PRACTICE,
        address=ADDRESS,
        configuration=fields,
        mapping=mapping,
        options=Options(blank_cells=blank_cells, rows=limits),
        edits=edits or {},
        left_out=left_out,
        trusted=trusted,
    )


def request(**values: str) -> Request:
    """A request whose headings are the names with ``_`` as a blank."""
    pairs = tuple((name.replace("_", " "), value) for name, value in values.items())
    return Request(2, ADDRESS.records, "contact", pairs)

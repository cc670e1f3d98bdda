"""The plan of a run: a table, a configuration and a mapping, with the user's changes and consent."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from cg_uploader.errors import MappingError
from cg_uploader.model.configuration import (
    Address,
    Configuration,
    Mapping,
    Options,
)
from cg_uploader.model.enums import BLANKS, BlankCells, Region
from cg_uploader.model.request import Request
from cg_uploader.model.table import Row, Table
from cg_uploader.translation import _


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run sends.  It is what the check showed."""

    table: Table
    profile: str
    region: Region
    address: Address
    configuration: Configuration
    mapping: Mapping
    options: Options = field(default_factory=Options)
    # Row number → {column position: text}, in place of the file's text.
    edits: Dict[int, Dict[int, str]] = field(default_factory=dict)
    # Numbers of rows that the user leaves out.
    left_out: frozenset[int] = frozenset()
    # Numbers of rows whose notes the user has accepted.
    trusted: frozenset[int] = frozenset()
    # Whether the user agrees to invitations.
    consent: bool = False
    # Whether rows that were accepted before are skipped (True) or sent again (False). None: the user has not chosen.
    skip_accepted: bool | None = None
    # (heading, column position or None, constant) of each mapped field, in file column order, constants last.
    bindings: tuple[tuple[str, int | None, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the column of every mapped field once.

        Raises:
            MappingError: a column is missing or there twice, or a heading is not one of the configuration's.
        """
        known = {f.heading for f in self.configuration.fields}
        bindings: list[tuple[str, int | None, str]] = []
        for heading, source in self.mapping.sources:
            if heading not in known:
                raise MappingError(
                    _("The configuration has no field “{heading}”. Remove it from the mapping, or add the field.").format(
                        heading=heading
                    )
                )
            position = self.table.position(source) if source.constant is None else None
            bindings.append((heading, position, (source.constant or "").strip(BLANKS)))
        last = len(self.table.columns)
        bindings.sort(key=lambda binding: last if binding[1] is None else binding[1])
        object.__setattr__(self, "bindings", tuple(bindings))

    def leaves_out(self, number: int) -> bool:
        """Tell whether the user keeps the row with this number from being sent: left out, or outside the range."""
        first, last = self.options.rows or (number, number)
        return number in self.left_out or not first <= number <= last

    def cells(self, row: Row) -> tuple[str, ...]:
        """Return the row's texts, one per column, with the user's edits."""
        edits = self.edits.get(row.number)
        return tuple(edits.get(position, text) for position, text in enumerate(row.cells)) if edits else row.cells

    def request(self, row: Row) -> Request:
        """Return what goes out for ``row``."""
        cells = self.cells(row)
        pairs = [(heading, constant if position is None else cells[position]) for heading, position, constant in self.bindings]
        if self.options.blank_cells is BlankCells.LEAVE_OUT:
            pairs = [pair for pair in pairs if pair[1]]
        return Request(row.number, self.address.records, self.configuration.reference, tuple(pairs))

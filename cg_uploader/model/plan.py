"""What a run sends: a table, a configuration and a mapping, with what the user changed and agreed to."""

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
    options: Options = field(default_factory=Options)
    edits: Dict[int, Dict[int, str]] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    trusted: frozenset[int] = frozenset()
    consent: bool = False
    skip_accepted: bool | None = None
    bindings: tuple[tuple[str, int | None, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find every mapped column once: (heading, column position or None, constant), in file column order, constants last.

        MappingError when a column is missing or twice, or a heading is not one of the configuration's.
        """
        known = {f.heading for f in self.configuration.fields}
        bindings: list[tuple[str, int | None, str]] = []
        for heading, source in self.mapping.sources:
            if heading not in known:
                raise MappingError(
                    _("The configuration has no field “{heading}”. Take it out of the mapping, or add the field.").format(
                        heading=heading
                    )
                )
            position = self.table.position(source) if source.constant is None else None
            bindings.append((heading, position, (source.constant or "").strip(BLANKS)))
        last = len(self.table.columns)
        bindings.sort(key=lambda wire: last if wire[1] is None else wire[1])
        object.__setattr__(self, "bindings", tuple(bindings))

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
        pairs = [(heading, constant if at is None else cells[at]) for heading, at, constant in self.bindings]
        if self.options.blank_cells is BlankCells.LEAVE_OUT:
            pairs = [pair for pair in pairs if pair[1]]
        return Request(row.number, self.address.records, self.configuration.reference, tuple(pairs))

"""The rows until the header row is clear: those that are candidates, and those above it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import starmap

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import BLANKS
from cg_uploader.model.table import Row
from cg_uploader.sheets.cells.converter import CellConverter, CellKind
from cg_uploader.sheets.table.cell_layout import BufferedRow
from cg_uploader.sheets.table.header_finder import RowPreview, find_header_row, find_merged_headings
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.translation import _

# So many rows that hold anything are compared.
HEADER_CANDIDATES = 30
# So many rows above the header row are shown, those nearest to it.
MAX_ROWS_ABOVE = 12
_MAX_CHARS_ABOVE = 100
_TEXT_KINDS = (CellKind.SHARED, CellKind.TEXT, CellKind.VERBATIM, CellKind.FIELD)


class HeaderSearch:
    """Takes rows from the first one until one is the header row."""

    def __init__(self, cells: CellConverter, wanted: int | None) -> None:
        """``wanted`` is the number of the header row, if the user chose it."""
        # Returns the merged cells of the sheet. It is called at most once, and only where they decide about headings.
        self.merged: Callable[[], Sequence[Area]] = tuple
        # Whether anything in the rows so far can be seen.
        self.has_visible_rows = False
        # How many rows above the header row hold something and cannot be seen.
        self.hidden_rows = 0
        self._cells = cells
        self._wanted = wanted
        self._candidates: list[BufferedRow] = []
        self._previews: list[RowPreview] = []
        self._above: deque[BufferedRow] = deque(maxlen=MAX_ROWS_ABOVE)

    def take(self, row: BufferedRow) -> int:
        """Take the next row, and return the number of the header row, or 0 while it is not clear.

        Raises:
            UsageError: when the row that the user chose holds no headings.
        """
        if self._wanted is not None:
            return self._take_until_wanted(row, self._wanted)
        preview = self._preview(row)
        self._candidates.append(row)
        if preview.texts and not row.hidden:
            self.has_visible_rows = True
            self._previews.append(preview)
        return self.decide() if len(self._previews) == HEADER_CANDIDATES else 0

    def _take_until_wanted(self, row: BufferedRow, wanted: int) -> int:
        above = row.number < wanted
        if above and not row.hidden:
            self._above.append(row)
            if self.has_visible_rows:  # no more has to be known of it
                return 0
        holds_text = bool(self._preview(row).texts)
        self.has_visible_rows = self.has_visible_rows or (holds_text and not row.hidden)
        if above:
            self.hidden_rows += row.hidden and holds_text
            return 0
        if row.number == wanted and holds_text:
            self._candidates.append(row)
            return wanted
        return self.decide()

    def decide(self) -> int:
        """Return the number of the header row among the rows that have come, or 0 when there is none.

        Raises:
            UsageError: when the row that the user chose holds no headings.
        """
        if self._wanted is not None:
            if not self.has_visible_rows:  # the sheet may hold nothing that can be seen
                return 0
            sentence = _("Row {row} holds no headings. Name the row that the headings stand in, as Excel numbers it.")
            raise UsageError(sentence.format(row=self._wanted), kind="header-row")
        return find_header_row(self._previews, self.merged) if self._previews else 0

    def release(self, header_row: int) -> tuple[dict[int, str], list[BufferedRow]]:
        """Return the headings by column, blank ones left out, and the rows below the header row that have come."""
        candidates, self._candidates, self._previews = self._candidates, [], []
        headings: dict[int, str] = {}
        for row in candidates:
            if row.number < header_row and row.hidden:
                self.hidden_rows += bool(self._preview(row).texts)
            elif row.number < header_row:
                self._above.append(row)
            elif row.number == header_row:
                headings = self._read_headings(row)
        return headings, [row for row in candidates if row.number > header_row]

    def rows_above(self, columns: Sequence[int]) -> Iterator[Row]:
        """Yield the rows above the header row that hold anything in these columns, with texts cut to a length for display."""
        for row in self._above:
            texts = self._preview(row).texts
            cells = tuple(texts.get(column, "")[:_MAX_CHARS_ABOVE] for column in columns)
            if any(cells):
                yield Row(row.number, cells)

    def _preview(self, row: BufferedRow) -> RowPreview:
        layout = row.layout
        formatters = [self._cells.make_formatter(c, *kind) for c, kind in zip(layout.columns, layout.kinds, strict=True)]
        texts = [formatter(value) for formatter, value in zip(formatters, row.values, strict=True)]
        self._cells.notes.take()
        are_words = all(kind[0] in _TEXT_KINDS for kind, text in zip(layout.kinds, texts, strict=True) if text)
        return RowPreview(row.number, {c: text for c, text in zip(layout.columns, texts, strict=True) if text}, are_words)

    def _read_headings(self, header: BufferedRow) -> dict[int, str]:
        headings = self._heading_texts(header)
        above = {row.number: row for row in self._above}
        previews = [self._preview(row) for row in above.values()]
        preview = RowPreview(header.number, {column: text for column, text in headings.items() if text.strip(BLANKS)})
        for column, number in find_merged_headings(preview, previews, self.merged).items():
            headings[column] = self._heading_texts(above[number])[column]
        return {column: text for column, text in headings.items() if text.strip(BLANKS)}

    def _heading_texts(self, row: BufferedRow) -> dict[int, str]:
        formatters = starmap(self._cells.make_heading_formatter, row.layout.kinds)
        cells = zip(row.layout.columns, formatters, row.values, strict=True)
        texts = {column: formatter(value) for column, formatter, value in cells}
        self._cells.notes.take()
        return texts

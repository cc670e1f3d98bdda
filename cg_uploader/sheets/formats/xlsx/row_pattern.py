"""The regular expressions that take many rows of plain form at once, and how the form is learned from rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from cg_uploader.sheets.cells.clean_text import column_position
from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.formats.xlsx.attributes import is_row_hidden, parse_kind
from cg_uploader.sheets.formats.xlsx.shared_strings import XML_TEXT
from cg_uploader.sheets.table.cell_layout import CellLayout, KindAndStyle

ROW_END = "</row>"
_FORMULA = r"(?:<f[^>]*(?:/>|>[^<]*</f>))?"
_INLINE = r'<is><t(?: xml:space="preserve")?>'
_EMPTY_INLINE = "<is><t></t></is></c>"
_VALUE = rf"(?:{_FORMULA}(?:<v>|{_INLINE})(?!<)({XML_TEXT})(?:</v>|</t></is>)</c>|{_EMPTY_INLINE})"
_ROW_START = r'\s*(?:<row [^>]*/>\s*)*<row r="([0-9]+)"((?: [\w:]+="[^"<>&/]*")*)>'
# The start of a row: its number, its attributes.
ROW = re.compile(_ROW_START)
# A cell: its column, its attributes, its value.
CELL = re.compile(rf'<c r="([A-Z]+)[0-9]+"([^>]*)>(?:(?<!/>){_VALUE}|(?<=/>))')
_ATTRIBUTE = re.compile(r' ([\w:]+)="([^"<>&]*)"')

# A pattern is made after so many rows that bring nothing new, and is forgotten after so many rows that it does not fit.
_MIN_ALIKE = 8
_MAX_OTHERS = 64
_MAX_PATTERNS = 64
_MAX_COLUMNS = 256
_MAX_ROW_ATTRIBUTES = 10_000

# The columns of a row's cells as letters, and the attributes of each cell as XML.
RowForm = tuple[tuple[str, ...], tuple[str, ...]]


class RowPattern:
    """Rows of cells that may be there or not, as regular expressions that are made when they are needed."""

    def __init__(self, cells: dict[str, dict[bool, str]], layout: CellLayout) -> None:
        """``cells``: by column, in order, the attributes of blank cells (True) and of others. ``layout``: of the others."""
        self.layout = layout
        self._cells = cells
        self._compiled: dict[tuple[bool, bool], re.Pattern[str]] = {}

    def compile(self, *, only_named_entities: bool, formulas: bool) -> re.Pattern[str]:
        """Return the expression, whose groups are number and attributes of the row, and the value of each cell.

        Without entities that have no name, whatever is no tag is text. Without ``formulas`` none are expected.
        """
        compiled = self._compiled.get((only_named_entities, formulas))
        if compiled is None:
            text = "[^<]+" if only_named_entities else f"(?!<){XML_TEXT}"
            formula = _FORMULA if formulas else ""
            value = f"{formula}<v>({text})</v></c>"
            inline = f"(?:{formula}{_INLINE}({text})</t></is></c>|{_EMPTY_INLINE})"
            cells = [self._cell(column, kinds, value, inline) for column, kinds in self._cells.items()]
            compiled = re.compile("".join([_ROW_START, *cells, ROW_END]))
            self._compiled[only_named_entities, formulas] = compiled
        return compiled

    @staticmethod
    def _cell(column: str, kinds: dict[bool, str], value: str, inline: str) -> str:
        """Return the expression for one cell, or none. It is possessive, so that rows of another form cost little."""
        either = [
            f"{re.escape(attributes)}>" + ("" if blank else inline if ' t="inlineStr"' in attributes else value)
            for blank, attributes in sorted(kinds.items())
        ]
        return f'(?:<c r="{column}[0-9]+"(?:{"|".join(either)}))?+'


class RowPatternLearner:
    """Learns from rows of plain form what the rows that follow may look like.

    ``pattern`` is what was learned. It is None at first, and again when too many rows are of other forms.
    """

    def __init__(self, make_layout: Callable[[list[int], list[KindAndStyle]], CellLayout]) -> None:
        self.pattern: RowPattern | None = None
        self._make_layout = make_layout
        self._cells: dict[str, dict[bool, str]] = {}
        self._alike = self._others = self._patterns = 0

    def note_match(self) -> None:
        """Note that rows fit the pattern."""
        self._others = 0

    def learn(self, form: RowForm) -> None:
        """Learn from a row that was of plain form, but did not fit the pattern."""
        self._others += 1
        if self._others > _MAX_OTHERS:
            self._cells, self.pattern, self._others = {}, None, 0
        if self._widen(form):
            self.pattern, self._alike = None, 0
            return
        self._alike += 1
        is_new = self.pattern is None and self._alike >= _MIN_ALIKE
        if is_new and len(self._cells) <= _MAX_COLUMNS and self._patterns < _MAX_PATTERNS:
            self._patterns += 1
            self.pattern = self._make_pattern()

    def _widen(self, form: RowForm) -> bool:
        """Add the cells of a row to those that are known, and return whether any is new."""
        is_new = False
        for column, attributes in zip(*form, strict=True):
            known = self._cells.setdefault(column, {})
            is_blank = attributes.endswith("/")
            if is_blank not in known:
                known[is_blank] = attributes
                is_new = True
        return is_new

    def _make_pattern(self) -> RowPattern:
        cells = dict(sorted(self._cells.items(), key=lambda cell: column_position(cell[0])))
        filled = [(column, kinds[False]) for column, kinds in cells.items() if False in kinds]
        kinds = [kind for _column, attributes in filled if (kind := parse_plain_kind(attributes))]
        return RowPattern(cells, self._make_layout([column_position(column) for column, _attributes in filled], kinds))


class HiddenRowCache(dict[str, bool]):
    """Whether a row cannot be seen, by its attributes as XML."""

    def __missing__(self, attributes: str) -> bool:
        """Look at attributes that were not seen before. The cache is emptied when there are many, such as heights."""
        if len(self) > _MAX_ROW_ATTRIBUTES:
            self.clear()
        self[attributes] = hidden = is_row_hidden(dict(_ATTRIBUTE.findall(attributes)))
        return hidden


def parse_plain_kind(attributes: str) -> KindAndStyle | None:
    """Return the kind of a cell by its attributes as XML, or None when they are not of plain form."""
    pairs = _ATTRIBUTE.findall(attributes.removesuffix("/"))
    if "".join(f' {name}="{value}"' for name, value in pairs) != attributes.removesuffix("/"):
        return None
    kind, style = parse_kind(dict(pairs))
    return (CellKind.BLANK, style) if attributes.endswith("/") else (kind, style)

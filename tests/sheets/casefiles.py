"""What the cases of the sheets room have in common: what a file holds, what is expected of it, and writers of their own.

Nothing here shares code with the product: what is expected is written down, not computed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.read_progress import ReadControl

Note = tuple[int | None, str | None, str]
"""Row, heading, kind."""


@dataclass(frozen=True)
class Expected:
    """What a file becomes: headings, rows (number, texts), and all notes; or why it is refused."""

    headings: Sequence[str] = ()
    rows: Sequence[tuple[int, tuple[str, ...]]] = ()
    notes: Sequence[Note] = ()
    refused: str = ""

    def __post_init__(self) -> None:
        for name in ("headings", "rows", "notes"):
            object.__setattr__(self, name, list(getattr(self, name)))
        self.notes.sort(key=str)  # type: ignore[attr-defined]


def found_in(path: Path, **options: object) -> Expected:
    """What a file becomes; the sheet is left to who wants to know."""
    try:
        table: Table = parse(path, ReadOptions(**options), ReadControl())  # type: ignore[arg-type]
    except FileError as error:
        return Expected(refused=error.kind)
    rows = [(row.number, row.cells) for row in table.rows]
    table.rows.close()
    notes = [(note.row, note.column, note.kind) for note in table.notes]
    return Expected([column.heading for column in table.columns], rows, notes)


# ------------------------------------------------------------------------------------------------------------ xlsx

_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def text(value: str, place: str = "") -> str:
    """A cell that holds a text itself."""
    where = f' r="{place}"' if place else ""
    return f'<c{where} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(value: object, style: int = 0, place: str = "") -> str:
    """A cell with a number under a style."""
    where = f' r="{place}"' if place else ""
    return f'<c{where} s="{style}"><v>{value}</v></c>'


def row(*cells: str, at: int | None = None, more: str = "") -> str:
    """A row of such cells."""
    where = f' r="{at}"' if at else ""
    return f"<row{where}{more}>{''.join(cells)}</row>"


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    """A worksheet."""
    return f'<worksheet xmlns="{_SPREADSHEET}">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


def workbook(
    path: Path,
    sheets: dict[str, str] | str,
    *,
    formats: Sequence[str | int] = (),
    hidden: Sequence[str] = (),
    properties: str = "",
    calculation: str = "",
    tables: str = "",
) -> Path:
    """An xlsx file; styles 1, 2, … have these formats, by code or by the number of a built-in one."""
    if isinstance(sheets, str):
        sheets = {"Data": sheets}
    own = [(200 + i, code) if isinstance(code, str) else (code, "") for i, code in enumerate(formats)]
    codes = "".join(f"<numFmt numFmtId='{i}' formatCode={quoteattr(code)}/>" for i, code in own if code)
    styles = "".join(f'<xf numFmtId="{i}" applyNumberFormat="1"/>' for i, _ in [(0, ""), *own])
    states = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="r{i}"{states.get(name, "")}/>' for i, name in enumerate(sheets, 1)
    )
    parts = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    parts += f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("[Content_Types].xml", _content_types(len(sheets)))
        out.writestr("_rels/.rels", _links(f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'))
        out.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}">{properties}<sheets>{listed}</sheets>'
            f"{calculation}</workbook>",
        )
        out.writestr("xl/_rels/workbook.xml.rels", _links(parts))
        out.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_SPREADSHEET}"><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        )
        for i, xml in enumerate(sheets.values(), 1):
            out.writestr(f"xl/worksheets/sheet{i}.xml", xml)
        if tables:
            link = f'<Relationship Id="t1" Type="{_OFFICE}/table" Target="../tables/table1.xml"/>'
            out.writestr("xl/worksheets/_rels/sheet1.xml.rels", _links(link))
            out.writestr("xl/tables/table1.xml", f'<table xmlns="{_SPREADSHEET}" {tables}/>')
    return path


def _content_types(sheets: int) -> str:
    kinds = {"xl/workbook.xml": "sheet.main", "xl/styles.xml": "styles", "xl/tables/table1.xml": "table"}
    kinds |= {f"xl/worksheets/sheet{i}.xml": "worksheet" for i in range(1, sheets + 1)}
    named = "".join(
        f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        for part, kind in kinds.items()
    )
    links = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{links}{named}</Types>'


def _links(inside: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}">{inside}</Relationships>'


def ods_cell(inside: str = "", attributes: str = 'office:value-type="string"') -> str:
    """A cell of an OpenDocument table."""
    return f"<table:table-cell {attributes}>{inside}</table:table-cell>"


def ods_text(content: str) -> str:
    """A cell with one paragraph."""
    return ods_cell(f"<text:p>{content}</text:p>")


def ods_row(*cells: str, more: str = "") -> str:
    """A row of such cells."""
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


Maker = Callable[[Path], Path]
"""Writes a file into a folder and says where."""

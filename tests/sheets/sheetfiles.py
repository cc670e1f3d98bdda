"""Makes spreadsheet files for the tests, byte by byte where a library would be too polite."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from cg_uploader.model.table import Table
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import AS_FOUND, ReadOptions
from cg_uploader.sheets.table.read_progress import ReadControl, ReadProgress

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def read(
    file: Path,
    options: ReadOptions = AS_FOUND,
    *,
    progress: Callable[[ReadProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Table:
    """Read a file in this process: what the texts are does not depend on the process that makes them."""
    return parse(file, options, ReadControl(progress, cancelled, options.limit))


class Cell:
    """A cell with a number format: ``xml`` is what stands inside ``<c>``."""

    def __init__(self, xml: str, *, kind: str = "n", style: int = 0) -> None:
        self.xml = xml
        self.kind = kind
        self.style = style


def number(value: object, style: int = 0) -> Cell:
    return Cell(f"<v>{value}</v>", style=style)


def row_xml(row: int, cells: Sequence[object], attributes: str = "") -> str:
    """One row of a sheet: None is no cell, a str an inline text, a number itself, a Cell itself."""
    out = []
    for position, value in enumerate(cells):
        place = f"{column_letter(position)}{row}"
        if isinstance(value, str):
            out.append(f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>')
        elif isinstance(value, Cell):
            out.append(f'<c r="{place}" s="{value.style}" t="{value.kind}">{value.xml}</c>')
        elif value is not None:
            out.append(f'<c r="{place}"><v>{value}</v></c>')
    return f'<row r="{row}"{attributes}>{"".join(out)}</row>'


def sheet_xml(rows: Sequence[Sequence[object]] | str, *, before: str = "", after: str = "") -> str:
    """A whole sheet; ``rows`` from row 1 on, or the XML of all rows."""
    data = rows if isinstance(rows, str) else "".join(row_xml(i, cells) for i, cells in enumerate(rows, 1))
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{declared}<worksheet xmlns="{MAIN}">{before}<sheetData>{data}</sheetData>{after}</worksheet>'


def relations(targets: Mapping[str, tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{part}"/>' for key, (kind, part) in targets.items()
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">{items}</Relationships>'


def excel(
    path: Path,
    sheets: Mapping[str, str] | str,
    *,
    formats: Sequence[str | int] = (),
    shared: Sequence[str] = (),
    properties: str = "",
    states: Mapping[str, str] | None = None,
    parts: Mapping[str, str] | None = None,
) -> Path:
    """An xlsx file.  ``sheets``: name → XML.  ``formats``: the code or id of style 1, 2, …; ``parts``: others by name."""
    if isinstance(sheets, str):
        sheets = {"Data": sheets}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" state="{(states or {}).get(name, "visible")}" r:id="s{i}"/>'
        for i, name in enumerate(sheets, 1)
    )
    codes = [(163 + i, code) if isinstance(code, str) else (code, None) for i, code in enumerate(formats, 1)]
    own = "".join(f'<numFmt numFmtId="{i}" formatCode={quoteattr(code)}/>' for i, code in codes if code is not None)
    styles = "".join(f'<xf numFmtId="{i}"/>' for i, _ in [(0, ""), *codes])
    texts = "".join(text if text.startswith("<si>") else f"<si><t>{escape(text)}</t></si>" for text in shared)
    targets = {f"s{i}": ("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)}
    targets |= {"st": ("styles", "styles.xml"), "sh": ("sharedStrings", "sharedStrings.xml")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        out.writestr("_rels/.rels", relations({"r1": ("officeDocument", "xl/workbook.xml")}))
        out.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>{listed}</sheets></workbook>'
        )
        out.writestr("xl/_rels/workbook.xml.rels", relations(targets))
        out.writestr(
            "xl/styles.xml", f'<styleSheet xmlns="{MAIN}"><numFmts>{own}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'
        )
        out.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{texts}</sst>')
        for i, xml in enumerate(sheets.values(), 1):
            out.writestr(f"xl/worksheets/sheet{i}.xml", xml)
        for name, text in (parts or {}).items():
            out.writestr(name, text)
    return path


# ------------------------------------------------------------------------------------------------------------- ods

_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {"office": "office", "table": "table", "text": "text", "style": "style", "number": "datastyle"}.items()
)


def open_document(path: Path, tables: str, *, styles: str = "", manifest: str = "<manifest/>") -> Path:
    """An ods file: ``tables`` is the XML inside ``office:spreadsheet``."""
    content = (
        f'<office:document-content {_SPACES} xmlns:calcext="urn:calcext">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("META-INF/manifest.xml", manifest)
        out.writestr("content.xml", content)
    return path


# ------------------------------------------------------------------------------------------------------------ xlsb


def _record12(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(data), b""
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return head + length + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_cell(column: int, value: object, style: int = 0) -> bytes:
    """A cell of an xlsb sheet: bool, int (packed), float, text, or an error code as bytes."""
    head = struct.pack("<II", column, style)
    if isinstance(value, bool):
        return _record12(4, head + bytes([value]))
    if isinstance(value, int):
        return _record12(2, head + struct.pack("<I", (value << 2 | 2) & 0xFFFFFFFF))
    if isinstance(value, float):
        return _record12(5, head + struct.pack("<d", value))
    if isinstance(value, bytes):
        return _record12(3, head + value)
    return _record12(6, head + _wide(str(value)))


def short_cell(value: str, style: int = 0) -> bytes:
    """A cell of an xlsb sheet that stands right of the one before."""
    return _record12(17, struct.pack("<I", style) + _wide(value))


def excel_binary(path: Path, rows: Sequence[tuple[int, bool, bytes]], *, formats: Sequence[str] = (), end: bool = True) -> Path:
    """An xlsb file with one sheet *Data*: rows are (number, hidden, cells)."""
    styles = b"".join(_record12(44, struct.pack("<H", 164 + i) + _wide(code)) for i, code in enumerate(formats))
    styles += _record12(617) + _record12(47, struct.pack("<HH", 0, 0))
    styles += b"".join(_record12(47, struct.pack("<HH", 0, 164 + i)) for i in range(len(formats))) + _record12(618)
    body = b"".join(
        _record12(0, struct.pack("<IIHBB", number - 1, 0, 300, 0, 0x10 if hidden else 0) + bytes(5)) + cells
        for number, hidden, cells in rows
    )
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        out.writestr("xl/workbook.bin", _record12(156, struct.pack("<II", 0, 1) + _wide("s1") + _wide("Data")))
        parts = {"s1": ("worksheet", "worksheets/sheet1.bin"), "st": ("styles", "styles.bin")}
        out.writestr("xl/_rels/workbook.bin.rels", relations(parts))
        out.writestr("xl/styles.bin", styles)
        out.writestr(
            "xl/worksheets/sheet1.bin",
            _record12(129) + _record12(145) + body + _record12(146) + (_record12(130) if end else b""),
        )
    return path


# ------------------------------------------------------------------------------------------------------------- xls


def record8(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def text8(text: str, length: str = "<H") -> bytes:
    return struct.pack(length, len(text)) + b"\x01" + text.encode("utf-16-le")


def compound(path: Path, streams: Mapping[str, bytes]) -> Path:
    """An OLE file whose streams are all in large sectors."""
    sectors: list[bytes] = []
    following: list[int] = []
    entries = []

    def store(data: bytes) -> int:
        first, pieces = len(sectors), [data[i : i + 512] for i in range(0, max(len(data), 1), 512)]
        for i, piece in enumerate(pieces):
            sectors.append(piece.ljust(512, b"\0"))
            following.append(first + i + 1 if i < len(pieces) - 1 else 0xFFFFFFFE)
        return first

    def entry(name: str, kind: int, start: int, size: int) -> bytes:
        wide = (name + "\0").encode("utf-16-le")
        head = wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1) + b"\xff" * 12
        return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)

    for name, data in streams.items():
        padded = data.ljust(4096, b"\0")
        entries.append(entry(name, 2, store(padded), len(padded)))
    directory = store(b"".join([entry("Root Entry", 5, 0xFFFFFFFE, 0), *entries]))
    table = len(sectors)
    numbers = [*following, 0xFFFFFFFD]
    sectors.append(b"".join(struct.pack("<I", n) for n in numbers).ljust(512, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0") + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head = head.ljust(44, b"\0") + struct.pack("<IIIIIIII", 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", table)
    path.write_bytes(head.ljust(512, b"\xff") + b"".join(sectors))
    return path


CALCULATED = record8(0x1C1, struct.pack("<HHI", 0x1C1, 0, 191_029))
"""Excel calculated the workbook."""


def excel_old(path: Path, cells: bytes, *, formats: Sequence[str] = (), shared: bytes = b"", extra: bytes = CALCULATED) -> Path:
    """An xls file with one sheet *Data* whose records are ``cells``; ``extra`` goes into the common part."""
    bof = record8(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    common = b"".join(record8(0x41E, struct.pack("<H", 164 + i) + text8(code)) for i, code in enumerate(formats))
    common += b"".join(record8(0xE0, struct.pack("<HH", 0, i).ljust(20, b"\0")) for i in [0, *range(164, 164 + len(formats))])
    name = struct.pack("<BB", 4, 0) + b"Data"
    length = len(bof + extra + common + shared) + 4 + 6 + len(name) + 4
    sheet = record8(0x85, struct.pack("<IBB", length, 0, 0) + name)
    body = record8(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells + record8(0x0A)
    return compound(path, {"Workbook": bof + extra + common + sheet + shared + record8(0x0A) + body})

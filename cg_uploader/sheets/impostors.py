"""Owns naming what a file is that is no spreadsheet, and how to get one from it."""

from __future__ import annotations

import re
from collections.abc import Collection

from cg_uploader.errors import FileError

_ANOTHER = "Choose an Excel, OpenDocument or CSV file."
_AS_XLSX = "Open it in Excel, save it as .xlsx, and choose that file."
_COPY = "Copy its table into an empty Excel workbook, save that as .xlsx, and choose it."
_MADE_FROM = "Ask for the spreadsheet that it was made from."
_UNPACK = "Unpack it, and choose the spreadsheet that is in it."
_EXPORT = "Export the table from the program that made it, as .xlsx or .csv."
_MAC = "Open it on a Mac, choose File > Export To > Excel, and choose that file."

_DATABASE = ("a database", _EXPORT)
_PACKED = ("a packed file", _UNPACK)
_PICTURE = ("a picture", _MADE_FROM)
_PROGRAM = ("a program", _ANOTHER)
_SOUND = ("sound or video", _ANOTHER)
_OLD_EXCEL = ("a workbook of Excel 4 or older", _AS_XLSX)
_IMPORT = "Import it into Outlook or Google Contacts, and export it from there as CSV."
_SHORTCUT = ("only a link to a file elsewhere", "Follow the link, download the spreadsheet itself, and choose that.")

What = tuple[str, str]
"""What a file is, and what to do about it."""

_BINARY: dict[bytes, What] = {
    b"%PDF": ("a PDF document", _MADE_FROM),
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"BM": _PICTURE,
    b"II*\0": _PICTURE,
    b"MM\0*": _PICTURE,
    b"\0\0\1\0": _PICTURE,
    b"RIFF": _SOUND,
    b"ID3": _SOUND,
    b"OggS": _SOUND,
    b"\x1f\x8b": _PACKED,
    b"7z\xbc\xaf": _PACKED,
    b"Rar!": _PACKED,
    b"BZh": _PACKED,
    b"\xfd7zXZ": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    b"{\\rtf": ("a text document", _COPY),
    b"\x7fELF": _PROGRAM,
    b"MZ": _PROGRAM,
    b"SQLite format 3": _DATABASE,
    b"\0\1\0\0Standard ": _DATABASE,
    b"PAR1": ("a Parquet data file", _EXPORT),
    b"\x09\0\4\0": _OLD_EXCEL,
    b"\x09\2\6\0": _OLD_EXCEL,
    b"\x09\4\6\0": _OLD_EXCEL,
    b"\0\0\2\0\6\4": ("a Lotus 1-2-3 worksheet", _AS_XLSX),
    b"bplist00": _SHORTCUT,
    b"L\0\0\0\1\x14\2\0": _SHORTCUT,
}
_ALSO_TEXT = frozenset([b"BM", b"MZ", b"ID3", b"BZh", b"RIFF", b"OggS", b"GIF8", b"PAR1", b"Rar!"])
"""Text may begin so too, in any language; these are what they seem when bytes follow that no text holds."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_GOOGLE = (
    "only a link to a Google document",
    "Open it in Google Sheets, choose File > Download > Microsoft Excel, and choose that.",
)
_JSON = ("a JSON data file", _EXPORT)
_TEXT: tuple[tuple[re.Pattern[str], What], ...] = (
    (re.compile(r'\{\s*"(?:[^"]*"\s*:[^}]*)?(?:doc_id|docs\.google\.com)'), _GOOGLE),
    (re.compile(r'\{\s*(?:"[^"\n]*"\s*:|\}\s*$)|\[\s*(?:\{|\[\s*["\d\[{]|\]\s*$)'), _JSON),
    (re.compile(r"BEGIN:VCARD\s", re.IGNORECASE), ("a file of contact cards", _IMPORT)),
    (re.compile(r"BEGIN:VCALENDAR\s", re.IGNORECASE), ("a calendar", _ANOTHER)),
    (re.compile(r"\[InternetShortcut\]\s", re.IGNORECASE), _SHORTCUT),
    (re.compile(r"ID;P[^\n]*\n[PFBCEO];"), ("in the SYLK format", _AS_XLSX)),
    (re.compile(r"TABLE\r?\n0,1\r?\n"), ("in the DIF format", _AS_XLSX)),
    (re.compile(r"-----BEGIN [A-Z ]+-----\s"), ("a key or certificate", _ANOTHER)),
)  # fmt: skip
_IN_PACKAGE: tuple[tuple[str, What], ...] = (
    ("word/", ("a Word document", _COPY)),
    ("ppt/", ("a PowerPoint presentation", _COPY)),
    ("visio/", ("a Visio drawing", _COPY)),
)
_IN_CONTAINER: dict[str, What] = {
    "WordDocument": ("a Word document", _COPY),
    "PowerPoint Document": ("a PowerPoint presentation", _COPY),
    "VisioDocument": ("a Visio drawing", _COPY),
    "__properties_version1.0": ("an Outlook message", "Save the file that is attached to it, and choose that."),
    "DRMContent": ("protected by rights management", _ANOTHER),
}
_OF_OPEN_DOCUMENT = {"text": "a text document", "presentation": "a presentation", "graphics": "a drawing"}
_SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv", ".txt")


def no_spreadsheet(name: str, what: What) -> FileError:
    """The failure for a file that holds something else."""
    return FileError(f"{name} is {what[0]}, not a spreadsheet. {what[1]}", kind="not-a-spreadsheet")


def unknown(name: str, what: str) -> FileError:
    """The failure for what is no spreadsheet, and of which no more is known."""
    return no_spreadsheet(name, (what, _ANOTHER))


def by_first_bytes(head: bytes) -> What | None:
    """What a file is that begins so; None when the first bytes do not say."""
    if head[4:8] == b"ftyp":
        return _PICTURE if head[8:11] in (b"hei", b"mif", b"avi") else _SOUND
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _PICTURE
    for magic, what in _BINARY.items():
        if head.startswith(magic) and (magic not in _ALSO_TEXT or _CONTROL.search(head[:64])):
            return what
    return None


def by_first_words(text: str) -> What | None:
    """What a text is that begins so; None when it may be delimited text."""
    return next((what for pattern, what in _TEXT if pattern.match(text)), None)


def in_package(parts: Collection[str], kind: str) -> What | None:
    """What a ZIP file is, by the names of its parts (small letters) and what it says of itself (``mimetype``).

    None when it looks like a workbook of Excel.
    """
    for folder, what in _IN_PACKAGE:
        if any(part.startswith(folder) for part in parts):
            return what
    if (
        any(part.startswith("index/") and part.endswith(".iwa") for part in parts)
        or "index.zip" in parts
        or "index.apxl" in parts
    ):
        tables = any("calculationengine" in part or part.startswith("index/tables/") for part in parts)
        return ("a Numbers document" if tables else "a document of Numbers, Pages or Keynote", _MAC)
    if kind.startswith("application/vnd.oasis.opendocument."):
        word = kind.removeprefix("application/vnd.oasis.opendocument.").partition("-")[0]
        return _OF_OPEN_DOCUMENT.get(word, "an OpenDocument file of another kind"), _COPY
    if any(part.startswith("xl/") for part in parts):
        return None
    if any(part.endswith(_SHEETS) for part in parts):
        return "a packed folder", _UNPACK
    return "a packed file of something else", _ANOTHER


def in_container(streams: Collection[str]) -> What:
    """What an OLE file is, by the names of its streams."""
    found = (what for stream, what in _IN_CONTAINER.items() if stream in streams)
    return next(found, ("a document of another program", _ANOTHER))


def is_rights_managed(streams: Collection[str]) -> bool:
    """Whether an OLE file is encrypted for those who have been given the right to read it."""
    return any("DRM" in stream for stream in streams)


def rights_managed(name: str) -> FileError:
    """The failure for such a file."""
    return FileError(
        f"{name} is protected by rights management. Open it in Excel with an account that may change it, take the protection "
        "off under File > Info, save a copy, and choose that.",
        kind="password",
    )

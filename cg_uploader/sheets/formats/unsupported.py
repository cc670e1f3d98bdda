"""Owns naming what a file is that is no spreadsheet, and how to get one from it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection
from struct import unpack_from

from cg_uploader.errors import FileError

ANOTHER = "Choose an Excel, OpenDocument or CSV file."
AS_XLSX = "Open it in Excel, save it as .xlsx, and choose that file."
COPY = "Copy its table into an empty Excel workbook, save that as .xlsx, and choose it."
MADE_FROM = "Ask for the spreadsheet that it was made from."
_UNPACK = "Unpack it, and choose the spreadsheet that is in it."
EXPORT = "Export the table from the program that made it, as .xlsx or .csv."
_MAC = "Open it on a Mac, choose File > Export To > Excel, and choose that file."

_DATABASE = ("a database", EXPORT)
_DATA = ("a data file of another program", EXPORT)
_DUMP = ("a database dump", EXPORT)
_DBASE = ("a dBase table", AS_XLSX)
_MAILBOX = ("a mailbox of Outlook", "Save the file that is attached to a message in it, and choose that.")
_ENCRYPTED = ("encrypted", "Decrypt it, and choose what comes out.")
_TWIN = ("what a Mac keeps beside a file", "Choose the file of the same name without ._ before it.")
_OWNER = ("the owner file that Office keeps beside an open document", "Choose the workbook itself, without ~$ in its name.")
_LOCK = ("the lock file of an open document", "Choose the workbook itself, without .~lock. in its name.")
_PACKED = ("a packed file", _UNPACK)
SOMETHING_ELSE = ("a packed file of something else", ANOTHER)
_PICTURE = ("a picture", MADE_FROM)
_PROGRAM = ("a program", ANOTHER)
_SOUND = ("sound or video", ANOTHER)
_OLD_EXCEL = ("a workbook of Excel 4 or older", AS_XLSX)
_IMPORT = "Import it into Outlook or Google Contacts, and export it from there as CSV."
_SHORTCUT = ("only a link to a file elsewhere", "Follow the link, download the spreadsheet itself, and choose that.")

# What a file is, and what to do about it.
OtherFile = tuple[str, str]

_BINARY: dict[bytes, OtherFile] = {
    b"%PDF-": ("a PDF document", MADE_FROM),
    b"%!PS": ("a document for a printer", MADE_FROM),
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"BM": _PICTURE,
    b"II*\0": _PICTURE,
    b"MM\0*": _PICTURE,
    b"\0\0\1\0": _PICTURE,
    b"8BPS\0": _PICTURE,
    b"RIFF": _SOUND,
    b"ID3": _SOUND,
    b"OggS": _SOUND,
    b"\x1f\x8b": _PACKED,
    b"7z\xbc\xaf": _PACKED,
    b"Rar!": _PACKED,
    b"BZh": _PACKED,
    b"\xfd7zXZ": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    b"\x04\x22\x4d\x18": _PACKED,
    b"\x1f\x9d": _PACKED,
    b"MSCF\0": _PACKED,
    b"LZIP\1": _PACKED,
    b"{\\rtf": ("a text document", COPY),
    b"\x7fELF": _PROGRAM,
    b"MZ": _PROGRAM,
    b"SQLite format 3": _DATABASE,
    b"\0\1\0\0Standard ": _DATABASE,
    b"PGDMP": _DUMP,
    b"!BDN": _MAILBOX,
    b"\x78\x9f\x3e\x22": ("an attachment of Outlook (winmail.dat)", "Ask for the spreadsheet itself."),
    b"\0\5\x16\7": _TWIN,
    b"Obj\1": _DATA,
    b"ARROW1": _DATA,
    b"ORC": _DATA,
    b"<stata_dta><header>": _DATA,
    b"\x89HDF": _DATA,
    b"$FL2": _DATA,
    b"$FL3": _DATA,
    b"Salted__": _ENCRYPTED,
    b"PAR1": ("a Parquet data file", EXPORT),
    b"\x09\0\4\0": _OLD_EXCEL,
    b"\x09\2\6\0": _OLD_EXCEL,
    b"\x09\4\6\0": _OLD_EXCEL,
    b"\0\0\2\0\6\4": ("a Lotus 1-2-3 worksheet", AS_XLSX),
    b"bplist00": _SHORTCUT,
    b"L\0\0\0\1\x14\2\0": _SHORTCUT,
}
# Text may begin so too, in any language; these are what they seem when bytes follow that no text holds.
_ALSO_TEXT = frozenset([
    b"BM", b"MZ", b"ID3", b"BZh", b"RIFF", b"OggS", b"GIF8", b"PAR1", b"Rar!", b"PGDMP", b"!BDN", b"ORC", b"ARROW1", b"$FL2",
    b"$FL3", b"Salted__",
])  # fmt: skip
_BY_PLACE: tuple[tuple[int, bytes, OtherFile], ...] = ((257, b"ustar", _PACKED), (0x8001, b"CD001", _PACKED))
_DBASE_KINDS = b"\3\x30\x31\x32\x43\x83\x8b\xf5"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_BEFORE_PDF = codecs.BOM_UTF8 + b" \t\r\n"
# The sizes of Word's file and of Excel's, and how wide the name in it is.
_OWNER_SIZES = {162: 53, 165: 54}
_LONGEST_LOCK = 1 << 12
_LOCK_LINE = re.compile(rb"(?:(?:[^,\\\n]|\\.)*,){3}\d\d\.\d\d\.\d{4} \d\d:\d\d,(?:file:|vnd\.)?[^,\n]*;")

_GOOGLE = (
    "only a link to a Google document",
    "Open it in Google Sheets, choose File > Download > Microsoft Excel, and choose that.",
)
JSON = ("a JSON data file", EXPORT)
_TEXT: tuple[tuple[re.Pattern[str], OtherFile], ...] = (
    (re.compile(r'\{\s*"(?:[^"]*"\s*:[^}]*)?(?:doc_id|docs\.google\.com)'), _GOOGLE),
    (re.compile(r"BEGIN:VCARD\s", re.IGNORECASE), ("a file of contact cards", _IMPORT)),
    (re.compile(r"BEGIN:VCALENDAR\s", re.IGNORECASE), ("a calendar", ANOTHER)),
    (re.compile(r"\[InternetShortcut\]\s", re.IGNORECASE), _SHORTCUT),
    (re.compile(r"ID;P[^\n]*\n[PFBCEO];"), ("in the SYLK format", AS_XLSX)),
    (re.compile(r"TABLE\r?\n0,1\r?\n"), ("in the DIF format", AS_XLSX)),
    (re.compile(r"-----BEGIN PGP MESSAGE-----\s|age-encryption\.org/v1\n"), _ENCRYPTED),
    (re.compile(r"begin(?:-base64)? [0-7]{3} \S[^\n]*\n[!-`]{2,}\r?\n"), _PACKED),
    (re.compile(r"HTTP/[\d.]+ \d{3}\b[^\n]*\n[A-Za-z-]+:"), ("the answer of a web server", EXPORT)),
    (re.compile(r"(?:version: ?1\s+)?dn::? ?[A-Za-z][^\n]*=[^\n]*\n[A-Za-z;-]+::? "), ("a file of contacts (LDIF)", _IMPORT)),
    (re.compile(r"-----BEGIN [A-Z ]+-----\s"), ("a key or certificate", ANOTHER)),
)  # fmt: skip
_DECODER = json.JSONDecoder()
_BROKEN_JSON = re.compile(r'\{\s*(?:"[^"\n]*"\s*:|\}\s*$)|\[\s*(?:\{|\[\s*["\d\[{]|\]\s*$)')
_IN_PACKAGE: tuple[tuple[str, OtherFile], ...] = (
    ("word/", ("a Word document", COPY)),
    ("ppt/", ("a PowerPoint presentation", COPY)),
    ("visio/", ("a Visio drawing", COPY)),
)
_IN_CONTAINER: dict[str, OtherFile] = {
    "WordDocument": ("a Word document", COPY),
    "PowerPoint Document": ("a PowerPoint presentation", COPY),
    "VisioDocument": ("a Visio drawing", COPY),
    "__properties_version1.0": ("an Outlook message", "Save the file that is attached to it, and choose that."),
    "DRMContent": ("protected by rights management", ANOTHER),
}
_OASIS = "application/vnd.oasis.opendocument."
_OF_OPEN_DOCUMENT = {"text": "a text document", "presentation": "a presentation", "graphics": "a drawing"}


def not_a_spreadsheet_error(name: str, what: OtherFile) -> FileError:
    """The failure for a file that holds something else."""
    return FileError(f"{name} is {what[0]}, not a spreadsheet. {what[1]}", kind="not-a-spreadsheet")


def unknown_content_error(name: str, what: str) -> FileError:
    """The failure for what is no spreadsheet, and of which no more is known."""
    return not_a_spreadsheet_error(name, (what, ANOTHER))


def identify_by_first_bytes(head: bytes) -> OtherFile | None:
    """What a file is that begins so; None when the first bytes do not say."""
    if head[4:8] == b"ftyp":
        return _PICTURE if head[8:11] in (b"hei", b"mif", b"avi") else _SOUND
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _PICTURE
    for magic, what in _BINARY.items():
        if head.startswith(magic) and (magic not in _ALSO_TEXT or _CONTROL.search(head[:64])):
            return what
    if head.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
        return _BINARY[b"%PDF-"]
    for place, magic, what in _BY_PLACE:
        if head[place:].startswith(magic):
            return what
    return _DBASE if _is_dbase(head) else None


def _is_dbase(head: bytes) -> bool:
    """Whether bytes begin a dBase table: its kind, a month and a day, and an end mark behind the list of its fields."""
    if len(head) < 65 or head[0] not in _DBASE_KINDS or not 1 <= head[2] <= 12 or not 1 <= head[3] <= 31:
        return False
    return head[12:14] == b"\0\0" and 0x0D in head[64 : unpack_from("<H", head, 8)[0] : 32]


def identify_companion(head: bytes, size: int) -> OtherFile | None:
    """What a small file is that a program keeps beside a document that is open in it; None when it is none.

    Office writes the user's name twice, in bytes and in UTF-16, each behind its length and filled up to a fixed width.
    LibreOffice writes names, a time and a folder in one line.
    """
    if (
        size in _OWNER_SIZES
        and head[0] <= (width := _OWNER_SIZES[size])
        and 0 <= head[width + 1] <= head[0]
        and not head[width + 2]
    ):
        name = head[width + 3 :][: 2 * head[width + 1]].decode("utf-16-le", "replace")
        return _OWNER if name.isprintable() else None
    return _LOCK if size < _LONGEST_LOCK and _LOCK_LINE.fullmatch(head.rstrip(b"\r\n")) else None


def identify_by_first_words(text: str) -> OtherFile | None:
    """What a text is that begins so; None when it may be delimited text."""
    return next((what for pattern, what in _TEXT if pattern.match(text)), None)


def is_json(text: str) -> bool:
    """Whether a text begins with a list or an object of JSON, behind which there is nothing or another one."""
    if not text.startswith(("[", "{")):
        return False
    try:
        end = _DECODER.raw_decode(text)[1]
    except (ValueError, RecursionError):  # it may only be cut off
        return bool(_BROKEN_JSON.match(text))
    following = text[end:].lstrip(" ")
    return not following.startswith("\t") and following.lstrip()[:1] in ("", "[", "{")


def identify_zip(parts: Collection[str], kind: str, spreadsheets: tuple[str, ...]) -> OtherFile | None:
    """What a ZIP file is, by the names of its parts (small letters) and what it says of itself (``mimetype``).

    ``spreadsheets``: the suffixes of files that could be read if they were unpacked.

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
    if kind.startswith(_OASIS):
        return identify_open_document(kind)
    if kind.startswith("application/vnd.sun.xml.calc"):
        return "a spreadsheet of OpenOffice 1", "Open it in LibreOffice, save it as .xlsx, and choose that file."
    if kind == "application/epub+zip":
        return "an electronic book", MADE_FROM
    if any(part.startswith("xl/") for part in parts):
        return None
    if any(part.endswith(spreadsheets) for part in parts):
        return "a packed folder", _UNPACK
    return SOMETHING_ELSE


def identify_open_document(kind: str) -> OtherFile:
    """What an OpenDocument file of this type is, other than a spreadsheet."""
    word = kind.removeprefix(_OASIS).partition("-")[0]
    return _OF_OPEN_DOCUMENT.get(word, "an OpenDocument file of another kind"), COPY


def identify_ole(streams: Collection[str]) -> OtherFile:
    """What an OLE file is, by the names of its streams."""
    found = (what for stream, what in _IN_CONTAINER.items() if stream in streams)
    return next(found, ("a document of another program", ANOTHER))


def is_rights_managed(streams: Collection[str]) -> bool:
    """Whether an OLE file is encrypted for those who have been given the right to read it."""
    return any("DRM" in stream for stream in streams)


def rights_managed_error(name: str) -> FileError:
    """The failure for such a file."""
    return FileError(
        f"{name} is protected by rights management. Open it in Excel with an account that may change it, take the protection "
        "off under File > Info, save a copy, and choose that.",
        kind="password",
    )

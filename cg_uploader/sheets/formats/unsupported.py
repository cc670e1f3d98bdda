"""What a file that is not a spreadsheet is called, and how the user gets a spreadsheet from it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection
from struct import unpack_from
from typing import NamedTuple

from cg_uploader.errors import FileError
from cg_uploader.translation import N_, _

ANOTHER = N_("Choose an Excel, OpenDocument or CSV file.")
AS_XLSX = N_("Open it in Excel, save it as .xlsx, and choose that file.")
COPY = N_("Copy its table into an empty Excel workbook, save that as .xlsx, and choose it.")
MADE_FROM = N_("Ask for the spreadsheet that it was made from.")
EXPORT = N_("Export the table from the program that made it, as .xlsx or .csv.")
_UNPACK = N_("Unpack it, and choose the spreadsheet that is in it.")
_MAC = N_("Open it on a Mac, choose File > Export To > Excel, and choose that file.")
_IMPORT = N_("Import it into Outlook or Google Contacts, and export it from there as CSV.")
ATTACHMENT = N_("Save the file that is attached to it, and choose that.")


class OtherFile(NamedTuple):
    """A kind of file that is not a spreadsheet, in texts that are marked for translation."""

    # Completes “The file is …, not a spreadsheet.”
    description: str
    # What the user can do to get a spreadsheet from it.
    advice: str


_DATABASE = OtherFile(N_("a database"), EXPORT)
_DATA = OtherFile(N_("a data file of another program"), EXPORT)
DUMP = OtherFile(N_("a database dump"), EXPORT)
_DBASE = OtherFile(N_("a dBase table"), AS_XLSX)
_MAILBOX = OtherFile(N_("a mailbox of Outlook"), N_("Save the file that is attached to a message in it, and choose that."))
_ENCRYPTED = OtherFile(N_("encrypted"), N_("Decrypt it, and choose what comes out."))
_MAC_COMPANION = OtherFile(
    N_("a companion that a Mac keeps beside a file"), N_("Choose the file of the same name without ._ before it.")
)
_OWNER = OtherFile(
    N_("the owner file that Office keeps beside an open document"), N_("Choose the workbook itself, without ~$ in its name.")
)
_LOCK = OtherFile(N_("the lock file of an open document"), N_("Choose the workbook itself, without .~lock. in its name."))
_PACKED = OtherFile(N_("a packed file"), _UNPACK)
SOMETHING_ELSE = OtherFile(N_("a packed file of something else"), ANOTHER)
_PDF = OtherFile(N_("a PDF document"), MADE_FROM)
PICTURE = OtherFile(N_("a picture"), MADE_FROM)
PROGRAM = OtherFile(N_("a program"), ANOTHER)
_SOUND = OtherFile(N_("sound or video"), ANOTHER)
_OLD_EXCEL = OtherFile(N_("a workbook of Excel 4 or older"), AS_XLSX)
_SHORTCUT = OtherFile(
    N_("only a link to a file elsewhere"), N_("Follow the link, download the spreadsheet itself, and choose that.")
)
TEXT_DOCUMENT = OtherFile(N_("a text document"), COPY)
WORD = OtherFile(N_("a Word document"), COPY)
POWERPOINT = OtherFile(N_("a PowerPoint presentation"), COPY)
_VISIO = OtherFile(N_("a Visio drawing"), COPY)

_BY_MAGIC: dict[bytes, OtherFile] = {
    b"%PDF-": _PDF,
    b"%!PS": OtherFile(N_("a document for a printer"), MADE_FROM),
    b"\x89PNG": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"BM": PICTURE,
    b"II*\0": PICTURE,
    b"MM\0*": PICTURE,
    b"\0\0\1\0": PICTURE,
    b"8BPS\0": PICTURE,
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
    b"{\\rtf": TEXT_DOCUMENT,
    b"\x7fELF": PROGRAM,
    b"MZ": PROGRAM,
    b"SQLite format 3": _DATABASE,
    b"\0\1\0\0Standard ": _DATABASE,
    b"PGDMP": DUMP,
    b"!BDN": _MAILBOX,
    b"\x78\x9f\x3e\x22": OtherFile(N_("an attachment of Outlook (winmail.dat)"), N_("Ask for the spreadsheet itself.")),
    b"\0\5\x16\7": _MAC_COMPANION,
    b"Obj\1": _DATA,
    b"ARROW1": _DATA,
    b"ORC": _DATA,
    b"<stata_dta><header>": _DATA,
    b"\x89HDF": _DATA,
    b"$FL2": _DATA,
    b"$FL3": _DATA,
    b"Salted__": _ENCRYPTED,
    b"PAR1": OtherFile(N_("a Parquet data file"), EXPORT),
    b"\x09\0\4\0": _OLD_EXCEL,
    b"\x09\2\6\0": _OLD_EXCEL,
    b"\x09\4\6\0": _OLD_EXCEL,
    b"\0\0\2\0\6\4": OtherFile(N_("a Lotus 1-2-3 worksheet"), AS_XLSX),
    b"bplist00": _SHORTCUT,
    b"L\0\0\0\1\x14\2\0": _SHORTCUT,
}
# Text in any language may begin like these. They mean what they say only when bytes follow that no text holds.
_ALSO_TEXT = frozenset([
    b"BM", b"MZ", b"ID3", b"BZh", b"RIFF", b"OggS", b"GIF8", b"PAR1", b"Rar!", b"PGDMP", b"!BDN", b"ORC", b"ARROW1", b"$FL2",
    b"$FL3", b"Salted__",
])  # fmt: skip
_BY_OFFSET: tuple[tuple[int, bytes, OtherFile], ...] = ((257, b"ustar", _PACKED), (0x8001, b"CD001", _PACKED))
_DBASE_KINDS = b"\3\x30\x31\x32\x43\x83\x8b\xf5"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_BEFORE_PDF = codecs.BOM_UTF8 + b" \t\r\n"
# Size of the owner file of Word and of Excel: width of the name in it, in bytes.
_OWNER_SIZES = {162: 53, 165: 54}
_MAX_LOCK_BYTES = 1 << 12
_LOCK_LINE = re.compile(rb"(?:(?:[^,\\\n]|\\.)*,){3}\d\d\.\d\d\.\d{4} \d\d:\d\d,(?:file:|vnd\.)?[^,\n]*;")

_GOOGLE = OtherFile(
    N_("only a link to a Google document"),
    N_("Open it in Google Sheets, choose File > Download > Microsoft Excel, and choose that."),
)
JSON = OtherFile(N_("a JSON data file"), EXPORT)
_BY_FIRST_WORDS: tuple[tuple[re.Pattern[str], OtherFile], ...] = (
    (re.compile(r'\{\s*"(?:[^"]*"\s*:[^}]*)?(?:doc_id|docs\.google\.com)'), _GOOGLE),
    (re.compile(r"BEGIN:VCARD\s", re.IGNORECASE), OtherFile(N_("a file of contact cards"), _IMPORT)),
    (re.compile(r"BEGIN:VCALENDAR\s", re.IGNORECASE), OtherFile(N_("a calendar"), ANOTHER)),
    (re.compile(r"\[InternetShortcut\]\s", re.IGNORECASE), _SHORTCUT),
    (re.compile(r"ID;P[^\n]*\n[PFBCEO];"), OtherFile(N_("in the SYLK format"), AS_XLSX)),
    (re.compile(r"TABLE\r?\n0,1\r?\n"), OtherFile(N_("in the DIF format"), AS_XLSX)),
    (re.compile(r"-----BEGIN PGP MESSAGE-----\s|age-encryption\.org/v1\n"), _ENCRYPTED),
    (re.compile(r"begin(?:-base64)? [0-7]{3} \S[^\n]*\n[!-`]{2,}\r?\n"), _PACKED),
    (re.compile(r"HTTP/[\d.]+ \d{3}\b[^\n]*\n[A-Za-z-]+:"), OtherFile(N_("the answer of a web server"), EXPORT)),
    (
        re.compile(r"(?:version: ?1\s+)?dn::? ?[A-Za-z][^\n]*=[^\n]*\n[A-Za-z;-]+::? "),
        OtherFile(N_("a file of contacts (LDIF)"), _IMPORT),
    ),
    (re.compile(r"-----BEGIN [A-Z ]+-----\s"), OtherFile(N_("a key or certificate"), ANOTHER)),
)
_DECODER = json.JSONDecoder()
_BROKEN_JSON = re.compile(r'\{\s*(?:"[^"\n]*"\s*:|\}\s*$)|\[\s*(?:\{|\[\s*["\d\[{]|\]\s*$)')
_BY_FOLDER: tuple[tuple[str, OtherFile], ...] = (("word/", WORD), ("ppt/", POWERPOINT), ("visio/", _VISIO))
_NUMBERS = OtherFile(N_("a Numbers document"), _MAC)
_IWORK = OtherFile(N_("a document of Numbers, Pages or Keynote"), _MAC)
_OLD_CALC = OtherFile(
    N_("a spreadsheet of OpenOffice 1"), N_("Open it in LibreOffice, save it as .xlsx, and choose that file.")
)
_BOOK = OtherFile(N_("an electronic book"), MADE_FROM)
_FOLDER = OtherFile(N_("a packed folder"), _UNPACK)
_BY_STREAM: dict[str, OtherFile] = {
    "WordDocument": WORD,
    "PowerPoint Document": POWERPOINT,
    "VisioDocument": _VISIO,
    "__properties_version1.0": OtherFile(N_("an Outlook message"), ATTACHMENT),
    "DRMContent": OtherFile(N_("protected by rights management"), ANOTHER),
}
_ANOTHER_PROGRAM = OtherFile(N_("a document of another program"), ANOTHER)
_OASIS = "application/vnd.oasis.opendocument."
_BY_OASIS_TYPE = {
    "text": TEXT_DOCUMENT,
    "presentation": OtherFile(N_("a presentation"), COPY),
    "graphics": OtherFile(N_("a drawing"), COPY),
}
_OTHER_OPEN_DOCUMENT = OtherFile(N_("an OpenDocument file of another kind"), COPY)
UNKNOWN_CONTENT = OtherFile(N_("something else than a table"), ANOTHER)
DEVICE = OtherFile(N_("a device"), ANOTHER)


def not_a_spreadsheet_error(name: str, other: OtherFile) -> FileError:
    """Return the error for a file that holds something else."""
    sentence = _("{name} is {description}, not a spreadsheet. {advice}")
    sentence = sentence.format(name=name, description=_(other.description), advice=_(other.advice))
    return FileError(sentence, kind="not-a-spreadsheet")


def identify_by_first_bytes(head: bytes) -> OtherFile | None:
    """Return what a file is that begins so, or None when the first bytes do not say."""
    other = _identify_media(head) or _identify_by_magic(head)
    if other is not None:
        return other
    if head.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
        return _PDF
    for offset, magic, other in _BY_OFFSET:
        if head[offset:].startswith(magic):
            return other
    return _DBASE if _is_dbase(head) else None


def _identify_media(head: bytes) -> OtherFile | None:
    """Return what a file is whose first bytes name a container of pictures, sound or video."""
    if head[4:8] == b"ftyp":
        return PICTURE if head[8:11] in (b"hei", b"mif", b"avi") else _SOUND
    return PICTURE if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def _identify_by_magic(head: bytes) -> OtherFile | None:
    for magic, other in _BY_MAGIC.items():
        if head.startswith(magic) and (magic not in _ALSO_TEXT or _CONTROL.search(head[:64])):
            return other
    return None


def _is_dbase(head: bytes) -> bool:
    """Return whether bytes begin a dBase table: its kind, a month and a day, and an end mark behind the list of fields."""
    if len(head) < 65 or head[0] not in _DBASE_KINDS or not 1 <= head[2] <= 12 or not 1 <= head[3] <= 31:
        return False
    return head[12:14] == b"\0\0" and 0x0D in head[64 : unpack_from("<H", head, 8)[0] : 32]


def identify_companion(head: bytes, size: int) -> OtherFile | None:
    """Return what a small file is that a program keeps beside an open document, or None when it is none.

    Office writes the user's name twice, in bytes and in UTF-16, each behind its length and filled up to a fixed width.
    LibreOffice writes names, a time and a folder in one line.
    """
    width = _OWNER_SIZES.get(size)
    if width is not None and head[0] <= width and 0 <= head[width + 1] <= head[0] and not head[width + 2]:
        name = head[width + 3 :][: 2 * head[width + 1]].decode("utf-16-le", "replace")
        return _OWNER if name.isprintable() else None
    return _LOCK if size < _MAX_LOCK_BYTES and _LOCK_LINE.fullmatch(head.rstrip(b"\r\n")) else None


def identify_by_first_words(text: str) -> OtherFile | None:
    """Return what a text is that begins so, or None when it may be delimited text."""
    return next((other for pattern, other in _BY_FIRST_WORDS if pattern.match(text)), None)


def is_json(text: str) -> bool:
    """Return whether a text begins with a list or an object of JSON, behind which there is nothing or another one."""
    if not text.startswith(("[", "{")):
        return False
    try:
        end = _DECODER.raw_decode(text)[1]
    except (ValueError, RecursionError):  # it may only be cut off
        return bool(_BROKEN_JSON.match(text))
    following = text[end:].lstrip(" ")
    return not following.startswith("\t") and following.lstrip()[:1] in ("", "[", "{")


def identify_zip(part_names: Collection[str], mimetype: str, read_suffixes: tuple[str, ...]) -> OtherFile | None:
    """Return what a ZIP file is, or None when it looks like a workbook of Excel.

    ``part_names`` are in small letters, ``mimetype`` is what the file states. ``read_suffixes`` are those of files that could
    be read if they were unpacked.
    """
    for folder, other in _BY_FOLDER:
        if any(name.startswith(folder) for name in part_names):
            return other
    if _is_iwork(part_names):
        has_tables = any("calculationengine" in name or name.startswith("index/tables/") for name in part_names)
        return _NUMBERS if has_tables else _IWORK
    return _identify_by_mimetype(mimetype) or _identify_packed(part_names, read_suffixes)


def _is_iwork(part_names: Collection[str]) -> bool:
    if "index.zip" in part_names or "index.apxl" in part_names:
        return True
    return any(name.startswith("index/") and name.endswith(".iwa") for name in part_names)


def _identify_by_mimetype(mimetype: str) -> OtherFile | None:
    if mimetype.startswith(_OASIS):
        return identify_open_document(mimetype)
    if mimetype.startswith("application/vnd.sun.xml.calc"):
        return _OLD_CALC
    return _BOOK if mimetype == "application/epub+zip" else None


def _identify_packed(part_names: Collection[str], read_suffixes: tuple[str, ...]) -> OtherFile | None:
    if any(name.startswith("xl/") for name in part_names):
        return None
    return _FOLDER if any(name.endswith(read_suffixes) for name in part_names) else SOMETHING_ELSE


def identify_open_document(mimetype: str) -> OtherFile:
    """Return what an OpenDocument file of this type is, other than a spreadsheet."""
    return _BY_OASIS_TYPE.get(mimetype.removeprefix(_OASIS).partition("-")[0], _OTHER_OPEN_DOCUMENT)


def identify_ole(names: Collection[str]) -> OtherFile:
    """Return what an OLE compound file is, by the names of its streams."""
    return next((other for stream, other in _BY_STREAM.items() if stream in names), _ANOTHER_PROGRAM)


def is_rights_managed(names: Collection[str]) -> bool:
    """Return whether an OLE compound file is encrypted for those who were given the right to read it."""
    return any("DRM" in name for name in names)


def rights_managed_error(name: str) -> FileError:
    """Return the error for a file that is encrypted by rights management."""
    sentence = _(
        "{name} is protected by rights management. Open it in Excel with an account that may change it. Remove the protection "
        "under File > Info, save a copy, and choose that copy."
    )
    return FileError(sentence.format(name=name), kind="password")

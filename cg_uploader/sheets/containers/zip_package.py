"""Owns the ZIP container of a workbook: parts by name, relationships, and what is refused before anything is unpacked."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from errno import EINVAL
from functools import lru_cache
from typing import IO
from urllib.parse import unquote
from xml.parsers import expat

from cg_uploader.errors import FileError

MAX_PART_BYTES = 4 << 30
MAX_UNCHECKED_BYTES = 256 << 20
MAX_RATIO = 100
CHUNK_BYTES = 1 << 18
# The words of the XML parser and of zlib for too little memory.
_NO_MEMORY = ("out of memory", "Error -4 ")

StartHandler = Callable[[str, dict[str, str]], None]


@contextmanager
def damage_as_file_error() -> Iterator[None]:
    """Turn what broken containers and broken XML raise into a FileError of the kind ``damaged``."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, expat.ExpatError, UnicodeDecodeError, NotImplementedError) as error:
        if str(error).startswith(_NO_MEMORY):
            raise MemoryError from error
        raise damaged_error("a part of it cannot be read to its end") from error
    except (LookupError, ValueError) as error:
        if "encoding" not in str(error):  # only what expat says about an encoding that it does not know
            raise
        raise damaged_error("a part of it is in an unknown encoding") from error
    except OSError as error:
        if error.errno != EINVAL:  # the directory names a place before the beginning
            raise
        raise damaged_error("its directory leads nowhere") from error


@contextmanager
def truncation_as_file_error() -> Iterator[None]:
    """Turn what unpacking raises, when a binary record is shorter than it must be, into a FileError of the kind ``damaged``."""
    try:
        yield
    except (struct.error, IndexError) as error:
        raise damaged_error("a record in it is cut off") from error


def damaged_error(why: str, name: str = "The file") -> FileError:
    """The failure for a file that is not whole."""
    return FileError(f"{name} is damaged: {why}. Open it in Excel, save it again, or ask for a new copy.", kind="damaged")


def password_error() -> FileError:
    """The failure for a file that cannot be opened without a password."""
    return FileError("The file is protected by a password. Save a copy without one, and choose that.", kind="password")


class ZipPackage:
    """The parts of a ZIP file, found whatever way their names are written."""

    def __init__(self, handle: IO[bytes]) -> None:
        """Read the directory of the open file; FileError when it is broken, encrypted, or unreasonably large unpacked."""
        with damage_as_file_error():
            self._zip = zipfile.ZipFile(handle)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.flag_bits & 1:
                raise password_error()
            if info.file_size > MAX_PART_BYTES or (
                info.file_size > MAX_UNCHECKED_BYTES and info.file_size > MAX_RATIO * info.compress_size
            ):
                size = f"{info.file_size >> 20:,} MB"
                raise FileError(f"The file would need {size} unpacked. Copy the part that is meant.", kind="too-big")
            before = self._parts.setdefault(_plain(info.filename), info)
            if (before.CRC, before.file_size) != (info.CRC, info.file_size):
                raise damaged_error(f"it holds {info.filename} twice, with different contents")

    def __contains__(self, name: str) -> bool:
        """Whether there is such a part."""
        return _plain(name) in self._parts

    def open(self, name: str) -> IO[bytes]:
        """A part, to be read once from its start; FileError when it is missing."""
        info = self._parts.get(_plain(name))
        if info is None:
            raise damaged_error(f"its part {name} is missing")
        with damage_as_file_error():
            return self._zip.open(info)

    def size(self, name: str) -> int:
        """How many bytes a part has, as the directory says; 0 when it is missing."""
        info = self._parts.get(_plain(name))
        return info.file_size if info is not None else 0

    def read(self, name: str) -> bytes:
        """A whole small part."""
        with self.open(name) as part, damage_as_file_error():
            return part.read()

    @property
    def parts(self) -> Collection[str]:
        """Names of all parts, in small letters."""
        return self._parts.keys()

    @property
    def kind(self) -> str:
        """What an OpenDocument file says of itself; nothing for others."""
        return self.read("mimetype").strip().decode("latin-1") if "mimetype" in self else ""

    def is_open_document(self) -> bool:
        """Whether this is an OpenDocument spreadsheet; FileError when it is encrypted."""
        if not self.kind.startswith("application/vnd.oasis.opendocument.spreadsheet"):
            return False
        if "META-INF/manifest.xml" in self and b"encryption-data" in self.read("META-INF/manifest.xml"):
            raise password_error()
        return True

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Relationships of a part (``""``: of the package): id → (last word of the type, name of the other part)."""
        folder, base = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", base + ".rels")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").replace("\\", "/")
                kind = attributes.get("Type", "").rsplit("/", 1)[-1]
                part = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
                found[attributes.get("Id", "")] = kind, part if part in self else unquote(part)

        if rels in self:
            walk_elements(self.read(rels), start)
        return found


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def create_xml_parser() -> expat.XMLParserType:
    """An XML parser that refuses document types, and with them every entity that somebody could define."""

    def refuse(*_: object) -> None:
        raise damaged_error("it holds XML declarations that no spreadsheet has")

    made = expat.ParserCreate()
    made.StartDoctypeDeclHandler = refuse
    made.EntityDeclHandler = refuse
    made.buffer_text = True
    return made


@lru_cache(maxsize=2_000)
def local_name(tag: str) -> str:
    """The name of a tag or attribute without its prefix."""
    return tag.rpartition(":")[2]


def walk_elements(data: bytes, start: StartHandler) -> None:
    """Call ``start`` for each element of a small document, with names and attribute names without prefixes.

    What stands in an extension (``extLst``) is left out: newer programs keep elements there that have the names of those that
    are meant.
    """
    reader = create_xml_parser()
    extension = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal extension
        name = local_name(tag)
        if extension or name == "extLst":
            extension += 1
        else:
            start(name, {local_name(key): text for key, text in attributes.items()})

    def end(_: str) -> None:
        nonlocal extension
        extension -= extension > 0

    reader.StartElementHandler = begin
    reader.EndElementHandler = end
    with damage_as_file_error():
        reader.Parse(data, True)

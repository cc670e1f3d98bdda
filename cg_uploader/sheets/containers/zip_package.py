"""The ZIP container of a workbook: its parts, their relationships, and what is refused before it is unpacked."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Collection
from typing import IO
from urllib.parse import unquote

from cg_uploader.errors import FileError
from cg_uploader.sheets.containers.errors import damage_as_file_error, damaged_error, password_error
from cg_uploader.sheets.containers.xml_parser import walk_elements
from cg_uploader.translation import _

# How many bytes of a part are read at a time.
CHUNK_BYTES = 1 << 18
# No part may be larger than this when it is unpacked.
MAX_PART_BYTES = 4 << 30
# A part that is larger than this may be so many times its packed size at most.
MAX_UNCHECKED_BYTES = 256 << 20
MAX_RATIO = 100


class ZipPackage:
    """The parts of a ZIP file, by name. The case of letters and the kind of slashes make no difference."""

    def __init__(self, handle: IO[bytes]) -> None:
        """Read the directory of the open file.

        Raises:
            FileError: kind ``damaged``, ``password``, or ``too-big`` when a part would be unreasonably large unpacked.
        """
        with damage_as_file_error():
            self._zip = zipfile.ZipFile(handle)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.flag_bits & 1:
                raise password_error()
            _check_size(info)
            before = self._parts.setdefault(_normalize(info.filename), info)
            if (before.CRC, before.file_size) != (info.CRC, info.file_size):
                raise damaged_error(_("it holds {part} twice, with different contents").format(part=info.filename))

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a part."""
        return _normalize(name) in self._parts

    def open(self, name: str) -> IO[bytes]:
        """Open a part, to be read once from its start.

        Raises:
            FileError: kind ``damaged``, when there is no such part.
        """
        info = self._parts.get(_normalize(name))
        if info is None:
            raise damaged_error(_("its part {part} is missing").format(part=name))
        with damage_as_file_error():
            return self._zip.open(info)

    def size(self, name: str) -> int:
        """Return how many bytes a part has according to the directory, or 0 when there is no such part."""
        info = self._parts.get(_normalize(name))
        return info.file_size if info is not None else 0

    def read(self, name: str) -> bytes:
        """Read a whole small part.

        Raises:
            FileError: kind ``damaged``, when the part is missing or broken.
        """
        with self.open(name) as part, damage_as_file_error():
            return part.read()

    @property
    def part_names(self) -> Collection[str]:
        """Names of all parts, in small letters."""
        return self._parts.keys()

    @property
    def mimetype(self) -> str:
        """The type that an OpenDocument file states, or an empty text for other files."""
        return self.read("mimetype").strip().decode("latin-1") if "mimetype" in self else ""

    def is_ods(self) -> bool:
        """Return whether this is an OpenDocument spreadsheet.

        Raises:
            FileError: kind ``password``, when it is encrypted.
        """
        if not self.mimetype.startswith("application/vnd.oasis.opendocument.spreadsheet"):
            return False
        if "META-INF/manifest.xml" in self and b"encryption-data" in self.read("META-INF/manifest.xml"):
            raise password_error()
        return True

    def relationships(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the relationships of a part, or of the package for an empty name.

        By id: the last word of the relationship's type, and the name of the part that it leads to.
        """
        folder, base = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", base + ".rels")
        targets: dict[str, tuple[str, str]] = {}

        def on_start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").replace("\\", "/")
                kind = attributes.get("Type", "").rsplit("/", 1)[-1]
                part = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
                targets[attributes.get("Id", "")] = kind, part if part in self else unquote(part)

        if rels in self:
            walk_elements(self.read(rels), on_start)
        return targets


def _normalize(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _check_size(info: zipfile.ZipInfo) -> None:
    is_bomb = info.file_size > MAX_UNCHECKED_BYTES and info.file_size > MAX_RATIO * info.compress_size
    if info.file_size > MAX_PART_BYTES or is_bomb:
        sentence = _("The file would need {size} MB unpacked. Copy the part that you need into a new workbook.")
        raise FileError(sentence.format(size=f"{info.file_size >> 20:,}"), kind="too-big")

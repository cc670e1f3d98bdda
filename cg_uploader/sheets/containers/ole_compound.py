"""The OLE compound file that holds an old workbook: finding a stream, and putting its sectors together."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from struct import unpack_from
from typing import IO

from cg_uploader.errors import FileError
from cg_uploader.sheets.containers.errors import damaged_error
from cg_uploader.translation import _

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Numbers from here on are no sectors: end of chain, free sector, and so on.
_NO_SECTOR = 0xFFFFFFFA
_MAX_STREAM_BYTES = 1 << 30
_MAX_TABLE_SECTORS = 100_000
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_MINI_SECTOR_BYTES = 64
# Kinds of entries in the directory.
_STORAGE, _STREAM, _ROOT = 1, 2, 5

# Name, kind, first sector and size in bytes of an entry in the directory.
_Entry = tuple[str, int, int, int]


class OleCompoundFile:
    """An open compound file. ``names`` are those of its streams and of its storages, which are folders."""

    def __init__(self, handle: IO[bytes]) -> None:
        """Read the directory.

        Raises:
            FileError: kind ``damaged``.
        """
        self._handle = handle
        handle.seek(0)
        header = handle.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(MAGIC):
            raise damaged_error(_("its beginning is cut off"))
        sector_shift, mini_sector_shift = unpack_from("<HH", header, 30)
        if sector_shift not in (9, 12) or mini_sector_shift != 6:
            raise damaged_error(_("its sectors have an impossible size"))
        self._sector_bytes = 1 << sector_shift
        self._mini_stream_limit = unpack_from("<I", header, 56)[0]
        self._table = self._read_table(header)
        self._mini_table = _read_numbers(self._read_chain_if_any(unpack_from("<I", header, 60)[0]))
        entries = list(self._read_directory(unpack_from("<I", header, 48)[0]))
        self._streams: dict[str, tuple[int, int]] = {}
        for name, kind, start, size in entries:
            if kind == _STREAM:
                self._streams.setdefault(name, (start, size))
        self.names = frozenset(self._streams) | {entry[0] for entry in entries if entry[1] == _STORAGE}
        roots = [entry[2:] for entry in entries if entry[1] == _ROOT]
        start, size = roots[-1] if roots else (0, 0)
        self._mini_stream = self._read_chain_if_any(start)[:size]

    def read(self, name: str) -> bytes:
        """Read a whole stream.

        Raises:
            FileError: kind ``damaged``, when it is not whole.
        """
        start, size = self._streams[name]
        is_mini = size < self._mini_stream_limit
        if is_mini and not size:
            return b""
        data = self._read_mini_chain(start) if is_mini else self._read_chain(start)
        if len(data) < size:
            raise damaged_error(_("a part of it is missing"))
        return data[:size]

    def _read_directory(self, start: int) -> Iterator[_Entry]:
        directory = self._read_chain(start)
        for offset in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            length, kind = unpack_from("<HB", directory, offset + 64)
            name = directory[offset : offset + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            start_sector, size = unpack_from("<II", directory, offset + 116)
            yield name, kind, start_sector, size

    def _read_sector(self, number: int) -> bytes:
        self._handle.seek((number + 1) * self._sector_bytes)
        return self._handle.read(self._sector_bytes)

    def _read_table(self, header: bytes) -> array[int]:
        """Return which sector follows which, for the whole file."""
        sectors = [number for number in unpack_from("<109I", header, 76) if number < _NO_SECTOR]
        following, seen = unpack_from("<I", header, 68)[0], 0
        while following < _NO_SECTOR and seen < _MAX_TABLE_SECTORS:
            seen += 1
            numbers = _read_numbers(self._read_sector(following))
            if len(numbers) * 4 != self._sector_bytes:
                raise damaged_error(_("its list of sectors is cut off"))
            sectors += [number for number in numbers[:-1] if number < _NO_SECTOR]
            following = numbers[-1]
        return _read_numbers(b"".join(map(self._read_sector, sectors)))

    def _read_chain(self, start: int) -> bytes:
        """Return the sectors from ``start`` on, put together."""
        parts, size = [], 0
        for number in _follow(self._table, start):
            part = self._read_sector(number)
            if not part:
                raise damaged_error(_("it is cut off"))
            parts.append(part)
            size += len(part)
            if size > _MAX_STREAM_BYTES:
                raise damaged_error(_("its sectors never end"))
        return b"".join(parts)

    def _read_chain_if_any(self, start: int) -> bytes:
        return self._read_chain(start) if start < _NO_SECTOR else b""

    def _read_mini_chain(self, start: int) -> bytes:
        offsets = [_MINI_SECTOR_BYTES * number for number in _follow(self._mini_table, start)]
        return b"".join(self._mini_stream[offset : offset + _MINI_SECTOR_BYTES] for offset in offsets)


def _read_numbers(data: bytes) -> array[int]:
    numbers = array("I", data[: len(data) & ~3])
    if numbers.itemsize != 4:
        raise FileError(_("This computer cannot read old workbooks. Save the file as .xlsx, and choose that."), kind="damaged")
    return numbers


def _follow(table: array[int], start: int) -> list[int]:
    """Return the sectors of a chain.

    Raises:
        FileError: kind ``damaged``, when the chain leaves the file or comes back to itself.
    """
    sectors: list[int] = []
    while start < _NO_SECTOR:
        if start >= len(table) or len(sectors) > len(table):
            raise damaged_error(_("its sectors do not belong together"))
        sectors.append(start)
        start = table[start]
    return sectors

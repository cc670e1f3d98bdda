"""Owns the OLE compound file that old workbooks are kept in: finding a stream and putting its sectors together."""

from __future__ import annotations

from array import array
from struct import unpack_from
from typing import IO

from cg_uploader.sheets.containers.zip_package import damaged_error

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA
_MOST = 1 << 30


class OleCompoundFile:
    """An open compound file; ``names`` are its streams and the folders in it."""

    def __init__(self, handle: IO[bytes]) -> None:
        """Read the directory; FileError when it is broken."""
        self._handle = handle
        handle.seek(0)
        head = handle.read(512)
        if len(head) < 512 or not head.startswith(MAGIC):
            raise damaged_error("its beginning is cut off")
        shift, small_shift = unpack_from("<HH", head, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise damaged_error("its sectors have a size that cannot be")
        self._size = 1 << shift
        self._small_limit = unpack_from("<I", head, 56)[0]
        self._table = self._sector_table(head)
        first_small = unpack_from("<I", head, 60)[0]
        self._small_table = _numbers(self._chain(first_small) if first_small < _END else b"")
        self._entries: dict[str, tuple[int, int]] = {}
        folders: set[str] = set()
        root = (0, 0)
        directory = self._chain(unpack_from("<I", head, 48)[0])
        for place in range(0, len(directory) - 127, 128):
            length, kind = unpack_from("<HB", directory, place + 64)
            name = directory[place : place + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            start, size = unpack_from("<II", directory, place + 116)
            if kind == 5:
                root = start, size
            elif kind == 2:
                self._entries.setdefault(name, (start, size))
            elif kind == 1:
                folders.add(name)
        self.names = frozenset(self._entries) | folders
        self._small = self._chain(root[0])[: root[1]] if root[0] < _END else b""

    def read(self, name: str) -> bytes:
        """A whole stream; FileError when it is not whole."""
        start, size = self._entries[name]
        if size >= self._small_limit:
            data = self._chain(start)
        else:
            data = b"".join(self._small[64 * i : 64 * i + 64] for i in _walk(self._small_table, start)) if size else b""
        if len(data) < size:
            raise damaged_error("a part of it is missing")
        return data[:size]

    def _sector(self, number: int) -> bytes:
        self._handle.seek((number + 1) * self._size)
        return self._handle.read(self._size)

    def _sector_table(self, head: bytes) -> array[int]:
        """Which sector follows which, for the whole file."""
        sectors = [number for number in unpack_from("<109I", head, 76) if number < _END]
        more, seen = unpack_from("<I", head, 68)[0], 0
        while more < _END and seen < 100_000:
            seen += 1
            numbers = _numbers(self._sector(more))
            if len(numbers) * 4 != self._size:
                raise damaged_error("its list of sectors is cut off")
            sectors += [number for number in numbers[:-1] if number < _END]
            more = numbers[-1]
        return _numbers(b"".join(map(self._sector, sectors)))

    def _chain(self, start: int) -> bytes:
        """All sectors from ``start`` on, put together."""
        parts, size = [], 0
        for number in _walk(self._table, start):
            part = self._sector(number)
            if not part:
                raise damaged_error("it is cut off")
            parts.append(part)
            size += len(part)
            if size > _MOST:
                raise damaged_error("its sectors go on for ever")
        return b"".join(parts)


def _numbers(data: bytes) -> array[int]:
    numbers = array("I", data[: len(data) & ~3])
    if numbers.itemsize != 4:
        raise damaged_error("this computer has no numbers of four bytes")
    return numbers


def _walk(table: array[int], start: int) -> list[int]:
    """The sectors of a chain; FileError when it leaves the file or bites its tail."""
    found: list[int] = []
    while start < _END:
        if start >= len(table) or len(found) > len(table):
            raise damaged_error("its sectors do not hang together")
        found.append(start)
        start = table[start]
    return found

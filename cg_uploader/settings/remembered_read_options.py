"""The read options that the user chose for a file, remembered as marks of its path and headings, never with what it holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cg_uploader.settings.paths import read_private, write_private

# Files that are remembered, the newest ones.
MAX_FILES = 200
_MAX_CHARS = 4 << 20
_MAX_HEADINGS = 100
# The share of the headings by which a file counts as the same.
_MIN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class RememberedOptions:
    """The read options that the user chose for one file. None: as found.

    They belong to a path, because the path is known before anything is read, and stays the same when the file is exported
    again every month. They fit while the headings are about the same.
    """

    sheet: str | None = None
    # The number of the header row, from 1.
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    # Marks of the headings that were read with these options.
    headings: tuple[str, ...] = ()

    def fits(self, headings: Sequence[str]) -> bool:
        """Tell whether ``headings``, read with these options, still hold at least half of those of the last time."""
        marks = set(map(_mark, headings))
        return sum(mark in marks for mark in self.headings) >= _MIN_SHARE * len(self.headings)


class RememberedOptionsStore:
    """Reads and writes the read options in one private file. What is damaged there counts as not there."""

    def __init__(self, file: Path) -> None:
        """Take the options from ``file``, which need not be there yet."""
        self._file = file

    def find(self, file: Path) -> RememberedOptions | None:
        """Return what was chosen for ``file`` the last time, None when nothing was."""
        saved = _files(self._load()).get(_mark(_name(file)))
        if not isinstance(saved, dict):
            return None
        sheet, row, encoding, delimiter, headings = (
            saved.get(name) for name in ("sheet", "header_row", "encoding", "delimiter", "headings")
        )
        texts = [text for text in (sheet, encoding, delimiter) if text is not None]
        if not all(isinstance(text, str) for text in texts) or not isinstance(headings, list):
            return None
        if row is not None and (type(row) is not int or row < 1):
            return None
        return RememberedOptions(sheet, row, encoding, delimiter, tuple(map(str, headings)))

    def save(self, file: Path, options: RememberedOptions, headings: Sequence[str]) -> None:
        """Remember ``options`` for ``file``, with the headings that were read.

        Raises:
            UploaderError: The folder cannot be written.
        """
        entry = {
            "sheet": options.sheet,
            "header_row": options.header_row,
            "encoding": options.encoding,
            "delimiter": options.delimiter,
            "headings": tuple(map(_mark, headings[:_MAX_HEADINGS])),
        }
        saved = self._load()
        files = _files(saved)
        before = files.pop(_mark(_name(file)), None)
        files[_mark(_name(file))] = {**before, **entry} if isinstance(before, dict) else entry
        self._save(saved, files)

    def forget(self, file: Path) -> None:
        """Remember nothing about ``file``.

        Raises:
            UploaderError: The folder cannot be written.
        """
        saved = self._load()
        files = _files(saved)
        if files.pop(_mark(_name(file)), None) is not None:
            self._save(saved, files)

    def _load(self) -> dict[str, Any]:
        """Return everything that the file holds, known or not. Empty where it holds no options of this version."""
        try:
            data = json.loads(read_private(self._file, _MAX_CHARS))
        except (OSError, ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) and data.get("version") == 1 else {}

    def _save(self, saved: dict[str, Any], files: dict[str, Any]) -> None:
        """Write ``files`` in the place of those in ``saved``. Its other keys stay."""
        newest = dict(list(files.items())[-MAX_FILES:])
        write_private(self._file, json.dumps({**saved, "version": 1, "files": newest}) + "\n")


def _files(saved: dict[str, Any]) -> dict[str, Any]:
    files = saved.get("files")
    return dict(files) if isinstance(files, dict) else {}


def _name(file: Path) -> str:
    return str(file.absolute())


def _mark(text: str) -> str:
    """Return a hash of ``text``: equal texts have equal marks, and a mark does not show its text."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()

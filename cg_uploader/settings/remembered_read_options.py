"""How a person wants to have files read, remembered on this computer: marks of paths and headings, never what files hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cg_uploader.settings.paths import read_private, write_private

MAX_FILES = 200
_MAX_CHARS = 4 << 20
_MAX_HEADINGS = 100
_LIKE = 0.5


@dataclass(frozen=True, slots=True)
class RememberedOptions:
    """What a person chose about the reading of one file; None where it is as found.

    ``headings``: marks of the headings that were found so.  A choice belongs to a path, because that is known before anything
    is read and stays the same when the file is exported anew every month; it holds while the headings are about the same.
    """

    sheet: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    headings: tuple[str, ...] = ()

    def holds(self, headings: Sequence[str]) -> bool:
        """Whether a file that was read so still has at least half of the headings."""
        found = set(map(_mark, headings))
        return sum(mark in found for mark in self.headings) >= _LIKE * len(self.headings)


class RememberedOptionsStore:
    """Reads and writes the choices of one private file; nothing depends on them, so what is damaged counts as not there."""

    def __init__(self, file: Path) -> None:
        """``file`` need not be there yet."""
        self._file = file

    def find(self, file: Path) -> RememberedOptions | None:
        """What was chosen for ``file`` the last time."""
        kept = _files(self._load()).get(_mark(_name(file)))
        if not isinstance(kept, dict):
            return None
        sheet, row, encoding, delimiter, headings = (
            kept.get(name) for name in ("sheet", "header_row", "encoding", "delimiter", "headings")
        )
        texts = [text for text in (sheet, encoding, delimiter) if text is not None]
        if not all(isinstance(text, str) for text in texts) or not isinstance(headings, list):
            return None
        if row is not None and (type(row) is not int or row < 1):
            return None
        return RememberedOptions(sheet, row, encoding, delimiter, tuple(map(str, headings)))

    def keep(self, file: Path, choice: RememberedOptions, headings: Sequence[str]) -> None:
        """Remember ``choice`` for ``file``, with these headings; UploaderError when the folder cannot be written."""
        choice = replace(choice, headings=tuple(map(_mark, headings[:_MAX_HEADINGS])))
        kept = {
            "sheet": choice.sheet,
            "header_row": choice.header_row,
            "encoding": choice.encoding,
            "delimiter": choice.delimiter,
            "headings": choice.headings,
        }
        saved = self._load()
        files = _files(saved)
        before = files.pop(_mark(_name(file)), None)
        files[_mark(_name(file))] = {**before, **kept} if isinstance(before, dict) else kept
        self._save(saved, files)

    def forget(self, file: Path) -> None:
        """Remember nothing about ``file``; UploaderError when the folder cannot be written."""
        saved = self._load()
        files = _files(saved)
        if files.pop(_mark(_name(file)), None) is not None:
            self._save(saved, files)

    def _load(self) -> dict[str, Any]:
        """Everything that the file holds, known or not; empty where it holds no choices of this version."""
        try:
            data = json.loads(read_private(self._file, _MAX_CHARS))
        except (OSError, ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) and data.get("version") == 1 else {}

    def _save(self, saved: dict[str, Any], files: dict[str, Any]) -> None:
        """Write ``files`` in the place of those in ``saved``, whose other keys stay."""
        newest = dict(list(files.items())[-MAX_FILES:])
        write_private(self._file, json.dumps({**saved, "version": 1, "files": newest}) + "\n")


def _files(saved: dict[str, Any]) -> dict[str, Any]:
    files = saved.get("files")
    return dict(files) if isinstance(files, dict) else {}


def _name(file: Path) -> str:
    return str(file.absolute())


def _mark(text: str) -> str:
    """A text that tells whether two others are equal, and nothing else of them to whoever has no guess."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()

"""The user's preferences: a small private file, and defaults for what it does not say."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from cg_uploader.model.enums import BlankCells
from cg_uploader.settings.paths import read_private, write_private

THEMES = ("system", "light", "dark")
MAX_DAYS = 3650
# Characters of the file that are read.
MAX_CHARS = 64 << 10
PROXY_WORDS = ("system", "none")
_HOST_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user has chosen in the settings, or the defaults."""

    # One of ``THEMES``.
    theme: str = "system"
    # What becomes of cells without text, for a new profile.
    blank_cells: BlankCells = BlankCells.LEAVE_OUT
    # For how many days row values are kept after a run: 0 to ``MAX_DAYS``.
    keep_days: int = 30
    # The profile that was used last. Empty: none.
    last_profile: str = ""
    # *system*, *none*, or the host:port of one proxy for everything, never with a password.
    proxy: str = "system"
    # A file with certificates to trust beside the system's. Empty: none.
    ca_file: str = ""
    # The language of messages, such as *de* or *pt_BR*. Empty: the system's.
    language: str = ""


class PreferenceStore:
    """Reads and writes the preferences of one file."""

    def __init__(self, file: Path) -> None:
        """Take the preferences from ``file``, which need not be there yet."""
        self._file = file

    def load(self) -> Preferences:
        """Return what was saved, with the default for each that is missing or cannot be used."""
        data = self._saved()
        known = {field.name: data[field.name] for field in fields(Preferences) if _usable(field.name, data.get(field.name))}
        if "blank_cells" in known:
            known["blank_cells"] = BlankCells(known["blank_cells"])
        return Preferences(**known)

    def save(self, preferences: Preferences) -> None:
        """Write ``preferences``, and keep what another version has saved beside them.

        Raises:
            UploaderError: The folder cannot be written.
        """
        own = asdict(preferences)
        try:
            text = _as_text({**self._saved(), **own})
        except (ValueError, RecursionError):  # half a character, or hundreds of lists in each other
            text = _as_text(own)
        write_private(self._file, text)

    def _saved(self) -> dict[str, Any]:
        """Return everything that the file holds, known or not. Empty where it holds no preferences."""
        try:
            data = json.loads(read_private(self._file, MAX_CHARS))
        except (OSError, ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}


def _as_text(data: dict[str, Any]) -> str:
    """Return ``data`` as JSON.

    Raises:
        ValueError: It holds half of a character, which no file can hold.
        RecursionError: Its lists are too deep.
    """
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    text.encode()
    return text


def _usable(name: str, value: Any) -> bool:
    if name == "theme":
        return value in THEMES
    if name == "blank_cells":
        return value in list(BlankCells)
    if name == "keep_days":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_DAYS
    if name == "proxy":
        return isinstance(value, str) and (value in PROXY_WORDS or _HOST_PORT.fullmatch(value) is not None)
    return isinstance(value, str)

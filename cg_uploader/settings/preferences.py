"""What a person prefers on this computer: a small private file, and usual values wherever it says nothing usable."""

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
MAX_CHARS = 64 << 10
PROXY_WORDS = ("system", "none")
_PLACE = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Preferences:
    """``keep_days``: how long row values are kept after a run, 0 to 3,650; ``last_profile``: empty when there was none.

    ``proxy``: *system*, *none*, or the host:port of one for everything, never with a password.  ``ca_file``: a file with
    certificates to trust beside the system's, or empty.  ``language``: of messages, such as *de* or *pt_BR*, or empty for
    the system's.
    """

    theme: str = "system"
    blank_cells: BlankCells = BlankCells.LEAVE_OUT
    keep_days: int = 30
    last_profile: str = ""
    proxy: str = "system"
    ca_file: str = ""
    language: str = ""


class PreferenceStore:
    """Reads and writes the preferences of one file."""

    def __init__(self, file: Path) -> None:
        """``file`` need not be there yet."""
        self._file = file

    def load(self) -> Preferences:
        """What was saved; the usual value for whatever is missing, unknown or damaged, for nothing depends on it."""
        data = self._saved()
        known = {field.name: data[field.name] for field in fields(Preferences) if _usable(field.name, data.get(field.name))}
        if "blank_cells" in known:
            known["blank_cells"] = BlankCells(known["blank_cells"])
        return Preferences(**known)

    def save(self, preferences: Preferences) -> None:
        """Keep ``preferences``, and what another version has saved beside them.

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
        """Everything that the file holds, known or not; empty where it holds no settings."""
        try:
            data = json.loads(read_private(self._file, MAX_CHARS))
        except (OSError, ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}


def _as_text(data: dict[str, Any]) -> str:
    """JSON; ValueError or RecursionError for what no text file can hold."""
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
        return isinstance(value, str) and (value in PROXY_WORDS or _PLACE.fullmatch(value) is not None)
    return isinstance(value, str)

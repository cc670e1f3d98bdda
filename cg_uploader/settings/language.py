"""The language of messages: what the environment, the user and the system say, in this order."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from cg_uploader import translation
from cg_uploader.settings.paths import AppPaths, resource
from cg_uploader.settings.preferences import PreferenceStore

# How a desktop tells the system's language: the first one that is set.
_SYSTEM_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_MAC_SETTINGS = "Library/Preferences/.GlobalPreferences.plist"


def catalogue_for(environment: Mapping[str, str], paths: AppPaths) -> Path | None:
    """Return the catalogue of messages for this user, None for English.

    ``LANGUAGE`` comes before the user's preference, because it is set for one call. The system's own language comes after
    both.
    """
    languages = [word for word in environment.get("LANGUAGE", "").split(":") if word]
    if preferred := PreferenceStore(paths.preferences).load().language:
        languages.append(preferred)
    return translation.catalogue([*languages, *_system_languages(environment)], resource("locale"))


def _system_languages(environment: Mapping[str, str]) -> list[str]:
    for name in _SYSTEM_VARIABLES:
        if environment.get(name):
            return [environment[name]]
    if sys.platform == "win32":
        import ctypes
        import locale

        language = locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage())
        return [language] if language else []
    return _mac_languages(Path.home()) if sys.platform == "darwin" else []


def _mac_languages(home: Path) -> list[str]:
    """Return the languages of macOS's settings, as POSIX names them: ``de_DE`` for ``de-DE``, the most wanted first."""
    import plistlib  # other systems need not wait for it

    try:
        with (home / _MAC_SETTINGS).open("rb") as stream:
            languages = list(plistlib.load(stream)["AppleLanguages"])
    except (OSError, ValueError, LookupError, TypeError, plistlib.InvalidFileException):
        return []
    return [language.replace("-", "_") for language in languages if isinstance(language, str)]

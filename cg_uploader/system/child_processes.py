"""The programs that this one starts: each gets an absolute path, and an environment without secrets.

Only these are started: this program itself to read a file or to ask Qt for a proxy, ``caffeinate``, ``gsettings`` and
``scutil`` of the system, and ``xdg-open`` for a page or a folder.
"""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

# Where the system's own programs lie. The user's own folders are not among them.
SYSTEM_FOLDERS = ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/run/current-system/sw/bin")
_NEEDED = ("SYSTEMROOT", "LD_LIBRARY_PATH")
# What a program of the user's desktop needs, beside all names that begin as `_DESKTOP_PREFIXES`.
_DESKTOP = (
    *("HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"),
    *("DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "GNOME_DESKTOP_SESSION_ID", "KDE_FULL_SESSION", "KDE_SESSION_VERSION"),
    *(
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "SYSTEMDRIVE",
        "TEMP",
        "TMP",
        "USERDOMAIN",
        "USERNAME",
        "USERPROFILE",
        "WINDIR",
    ),
)
_DESKTOP_PREFIXES = ("XDG_", "LC_")
# Where the programs of all users of a Linux computer lie, such as a browser.
_SHARED_PROGRAMS = ("/usr/local/bin", "/usr/bin", "/bin", "/snap/bin", "/var/lib/flatpak/exports/bin")


def system_path() -> str:
    """Return the ``PATH`` that finds the system's own programs and nothing else."""
    if sys.platform == "win32":
        root = os.environ.get("SYSTEMROOT") or r"C:\Windows"
        return rf"{root}\System32;{root}"
    return ":".join(SYSTEM_FOLDERS)


def reading_environment() -> dict[str, str]:
    """Return the environment of a program that needs nothing of the user's."""
    return {name: os.environ[name] for name in _NEEDED if name in os.environ}


def desktop_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a program that asks the user's desktop, or opens something there.

    It holds no secret and no password.

    ``environment``: what it is taken from. None: this program's own.
    """
    given = os.environ if environment is None else environment
    needed = {name: text for name, text in given.items() if _is_for_the_desktop(name, text)}
    return needed | {"PATH": system_path() if sys.platform == "win32" else ":".join(_SHARED_PROGRAMS)}


def _is_for_the_desktop(name: str, text: str) -> bool:
    """Tell whether the desktop needs a variable. That of a proxy counts, unless its address holds a user name."""
    known = name in (*_DESKTOP, *_NEEDED) or name.startswith(_DESKTOP_PREFIXES)
    return known or (name.lower().endswith("_proxy") and "@" not in text)


def system_program(name: str) -> str | None:
    """Return the absolute path of one of the system's own programs, None where it is not installed."""
    paths = (Path(folder) / name for folder in SYSTEM_FOLDERS)
    return next((str(path) for path in paths if os.access(path, os.X_OK) and path.is_file()), None)


def ask_no_program_for_the_system() -> None:
    """Keep Python's ``platform``, which libraries ask as they load, from starting ``cmd`` on Windows.

    Before Python 3.12 it does so to learn the version, which ``sys.getwindowsversion`` knows too.
    """
    if sys.platform == "win32" and sys.version_info < (3, 12) and hasattr(platform, "_syscmd_ver"):
        platform._syscmd_ver = lambda system="", release="", version="", **_: (system, release, version)  # noqa: SLF001


def system_name() -> str:
    """Return the system's name and version, without the ``uname`` that ``platform.platform`` would start."""
    if sys.platform == "win32":
        return "Windows " + ".".join(map(str, sys.getwindowsversion()[:3]))
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}, {os.uname().machine}"
    return f"{os.uname().sysname} {os.uname().release}, {os.uname().machine}"


def computer_name() -> str:
    """Return this computer's name in its network, empty when it has none."""
    return socket.gethostname()

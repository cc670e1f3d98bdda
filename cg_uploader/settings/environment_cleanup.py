"""What the program removes from its environment when it starts, so that no library obeys it and no child inherits it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping

from cg_uploader.settings.credentials import CODE_VARIABLE, ID_VARIABLE, SECRET_VARIABLE
from cg_uploader.system.child_processes import ask_no_program_for_the_system, system_path

# They would add certificates to trust, write down the keys of connections, or load code into this program. The way to add
# certificates is the setting for it.
_REMOVED = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"),
    *("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES"),
    *("GTK_MODULES", "GTK3_MODULES", "GTK_PATH", "GTK_EXE_PREFIX", "GTK_IM_MODULE_FILE", "GDK_PIXBUF_MODULE_FILE"),
    *("GIO_EXTRA_MODULES", "GIO_MODULE_DIR", "XLOCALEDIR"),
)
# How the names of variables begin that Qt and its binding obey. Many of them load code or write a file.
_QT_PREFIXES = ("QT_", "QTWEBENGINE", "QML", "QSG_", "QV4_", "QUICK", "PYSIDE", "SHIBOKEN")
_QT_KEPT = frozenset(
    (
        *("QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS", "QT_SCALE_FACTOR_ROUNDING_POLICY", "QT_ENABLE_HIGHDPI_SCALING"),
        *("QT_AUTO_SCREEN_SCALE_FACTOR", "QT_DEVICE_PIXEL_RATIO", "QT_FONT_DPI", "QT_USE_PHYSICAL_DPI"),
        *("QT_ACCESSIBILITY", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON"),
    )
)
# Variables that name parts of Qt → the names that they may hold, with semicolons between them.
_QT_NAMES = {
    "QT_QPA_PLATFORM": frozenset(("xcb", "wayland", "wayland-egl", "offscreen", "minimal", "windows", "cocoa")),
    "QT_IM_MODULE": frozenset(("", "simple", "none", "compose", "xim", "ibus", "fcitx", "fcitx5", "wayland")),
}
_LIBRARIES, _LIBRARIES_BEFORE = "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG"


def clean(environment: MutableMapping[str, str], *, frozen: bool | None = None) -> Mapping[str, str]:
    """Remove the secrets and return them, remove what loads code, and let ``PATH`` find the system's own programs alone.

    The start of an installed program changes where libraries are found. That is undone for the programs that it starts.

    ``frozen``: whether this is an installed program. None: find out.
    """
    taken = {name: environment.pop(name) for name in (ID_VARIABLE, SECRET_VARIABLE, CODE_VARIABLE) if name in environment}
    for name in [name for name in environment if not _may_stay(name, environment[name])]:
        del environment[name]
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        before = environment.pop(_LIBRARIES_BEFORE, "")
        environment.pop(_LIBRARIES, None)
        if before:
            environment[_LIBRARIES] = before
    environment["PATH"] = system_path()
    ask_no_program_for_the_system()
    return taken


def _may_stay(name: str, text: str) -> bool:
    if name in _QT_NAMES:
        return _QT_NAMES[name].issuperset(text.split(";"))
    return name in _QT_KEPT or not (name in _REMOVED or name.startswith(_QT_PREFIXES))

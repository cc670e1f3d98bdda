"""The language of messages: marks texts for translation, and translates them with the catalogue in use.

``use`` is called once, when the program starts.  The catalogue in use is the one module state of the product.
English is what stands in the code and needs no catalogue.
"""

from __future__ import annotations

import gettext
import re
import struct
from collections.abc import Sequence
from pathlib import Path

DOMAIN = "cg_uploader"

# A language's name becomes part of a path.
_NAME = re.compile(r"[A-Za-z]{1,8}[A-Za-z0-9_.@-]*")

# What reading a broken catalogue raises, beside what reading any file raises.
_BROKEN = (OSError, ValueError, LookupError, TypeError, struct.error, MemoryError)


class _InUse:
    """The catalogue in use."""

    # None for English.
    file: Path | None = None
    texts: gettext.NullTranslations = gettext.NullTranslations()


def use(file: Path | None) -> None:
    """Translate with the catalogue ``file`` (``.mo``) from now on.  English for None and for one that cannot be used."""
    _InUse.file, _InUse.texts = None, gettext.NullTranslations()
    if file is None:
        return
    try:
        with file.open("rb") as stream:
            texts = gettext.GNUTranslations(stream)
        texts.ngettext(DOMAIN, DOMAIN, 1)  # the plural formula is first tried here
    except (*_BROKEN, ArithmeticError):
        return
    _InUse.file, _InUse.texts = file, texts


def in_use() -> Path | None:
    """Return the file of the catalogue in use.  None for English."""
    return _InUse.file


def language() -> str:
    """Return the language of messages as HTML names it, such as ``de`` or ``pt-BR``."""
    if _InUse.file is None:
        return "en"
    name = _InUse.file.parent.parent.name
    return name.partition(".")[0].partition("@")[0].replace("_", "-")


def catalogue(languages: Sequence[str], folder: Path) -> Path | None:
    """Return the catalogue of the first of ``languages`` that has one below ``folder``.  None for English.

    Languages are named as POSIX does, such as ``de`` or ``pt_BR.UTF-8``.
    """
    for language in languages:
        if language.partition(".")[0].partition("_")[0] in ("", "C", "POSIX", "en"):
            return None
        if _NAME.fullmatch(language) and (file := gettext.find(DOMAIN, str(folder), [language])):
            return Path(file)
    return None


def _(text: str) -> str:
    """Translate ``text``, a literal.  What varies is a ``{name}`` in it, filled in afterwards with ``format``."""
    return _InUse.texts.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate the form of the text that ``count`` needs.  Both are literals with the same ``{name}``."""
    return _InUse.texts.ngettext(one, many, count)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name
    """Mark ``text`` for translation and return it unchanged.  ``_`` translates it when it is shown."""
    return text

"""The errors for damaged and password-protected files, and how what broken containers raise becomes one of them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from xml.parsers import expat

from cg_uploader.errors import FileError
from cg_uploader.translation import _

# How the message of zlib begins when memory ran out. It has no code.
_NO_MEMORY = "Error -4 "


def damaged_error(reason: str, name: str | None = None) -> FileError:
    """Return the error for a file that is not whole. ``reason`` is a translated clause that says what is wrong."""
    sentence = _("{name} is damaged: {reason}. Open it in Excel and save it again, or ask for a new copy.")
    return FileError(sentence.format(name=name or _("The file"), reason=reason), kind="damaged")


def truncated_record_error() -> FileError:
    """Return the error for a binary record that is shorter than it says."""
    return damaged_error(_("a record in it is cut off"))


def truncated_text_error() -> FileError:
    """Return the error for a text in a binary record that is shorter than it says."""
    return damaged_error(_("a text in it is cut off"))


def password_error() -> FileError:
    """Return the error for a file that opens with a password only."""
    sentence = _("The file is protected by a password. Save a copy without one, and choose that.")
    return FileError(sentence, kind="password")


@contextmanager
def damage_as_file_error() -> Iterator[None]:
    """Turn what broken containers and broken XML raise into the FileError ``damaged``.

    Raises:
        FileError: kind ``damaged``, in the place of the library's error.
        MemoryError: when the library failed for want of memory.
    """
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, expat.ExpatError, UnicodeDecodeError, NotImplementedError) as error:
        if _lacks_memory(error):
            raise MemoryError from error
        raise damaged_error(_("a part of it cannot be read to its end")) from error
    except (LookupError, ValueError) as error:
        if "encoding" not in str(error):  # only what expat raises for an encoding that it does not know
            raise
        raise damaged_error(_("a part of it is in an unknown encoding")) from error
    except OSError as error:
        if error.errno != EINVAL:  # the directory names a place before the beginning
            raise
        raise damaged_error(_("its directory leads nowhere")) from error


def _lacks_memory(error: Exception) -> bool:
    if isinstance(error, expat.ExpatError):
        return getattr(error, "code", None) == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
    return isinstance(error, zlib.error) and str(error).startswith(_NO_MEMORY)


@contextmanager
def truncation_as_file_error() -> Iterator[None]:
    """Turn what unpacking a binary record raises, when the record is too short, into the FileError ``damaged``."""
    try:
        yield
    except (struct.error, IndexError) as error:
        raise truncated_record_error() from error

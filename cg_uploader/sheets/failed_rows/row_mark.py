"""What a file of failed rows says in columns: which columns it adds, and the mark that each row has in the first one.

Both are free of language, and they outlast what spreadsheet programs do to a file: another delimiter or encoding, another
format, sorted rows, moved columns.  A mark holds no value of its row.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from cg_uploader.model.enums import BLANKS, RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.sheets.cells.clean_text import column_letter, column_position


class AddedColumn(StrEnum):
    """The columns that a file of failed rows adds to those of the original file."""

    ROW = "row"
    STATUS = "status"
    PROBLEM = "problem"
    WHAT_TO_DO = "to-do"
    SENT = "sent"
    IDENTIFIER = "identifier"


# What the mark of a row says has become of it, other than a status: it is only to be looked up, and never sent by itself.
LOOK_UP = "look_up"

# A program that does not know byte order marks takes the first heading for one with quotation marks in it.
_ADDED_HEADING = re.compile(rf"\[cg-({'|'.join(AddedColumn)})\][{BLANKS}\"]*$")
# Row numbers with more digits do not exist.
_MAX_DIGITS = 9
_MAX_RUN = 1 << 31
_MAX_COLUMNS = 16_384
_BETWEEN = "/"
_WORDS = frozenset([*(status.value for status in RowStatus), LOOK_UP])
# Stands for the digest at the beginning of ``Provenance.content``.
_SAME_FILE = "~"
_GUARDED = "guarded"
_LETTERS = re.compile("([A-Z]{1,3})(?:-([A-Z]{1,3}))?")


@dataclass(frozen=True, slots=True)
class RowMark:
    """What the first column of a file of failed rows says of one row."""

    # The number that the original file shows for the row.
    number: int
    # A value of ``RowStatus``, or ``LOOK_UP``.
    word: str
    # What ``upload_text`` has made of the upload: the same in all rows of one file.
    upload: str


@dataclass(frozen=True, slots=True)
class UploadMark:
    """What the mark of a row says of the upload that the row comes from."""

    # Without columns, sources and constants.
    origin: Provenance
    # The letters of the original file's columns, in the order of the file of failed rows.
    letters: tuple[str, ...]
    # What ``headings_digest`` has made of their headings.
    headings: str
    # Whether an apostrophe stands before texts that look like a formula.
    guarded: bool


def heading_of(column: AddedColumn, label: str = "") -> str:
    """Return the heading of an added column: its label for people, and the token by which it is recognised."""
    return f"{label} [cg-{column}]".strip()


def added_column(heading: str) -> AddedColumn | None:
    """Return which added column has this heading, in any language.  None: the column is the original file's own."""
    token = _ADDED_HEADING.search(heading)
    return AddedColumn(token[1]) if token is not None else None


def mark_text(number: int, word: str, upload: str) -> str:
    """Return the mark of a row as it stands in a cell."""
    return _BETWEEN.join((str(number), word, upload))


def parse_mark(text: str) -> RowMark | None:
    """Return what a mark says.  None: the text is none, or is not as it was written."""
    number, _, rest = text.partition(_BETWEEN)
    word, _, upload = rest.partition(_BETWEEN)
    if not (number.isascii() and number.isdecimal() and len(number) <= _MAX_DIGITS and int(number) and word in _WORDS):
        return None
    return RowMark(int(number), word, upload)


def upload_text(origin: Provenance, *, guarded: bool) -> str:
    """Return what the marks of all rows of one file say of their upload."""
    content = origin.content
    if origin.digest and content.startswith(origin.digest):
        content = _SAME_FILE + content.removeprefix(origin.digest)
    texts = (
        str(origin.run),
        str(origin.last),
        origin.started,
        origin.digest,
        content,
        origin.file,
        origin.profile,
        origin.reference,
        _ranges(column_position(letter) for letter, _ in origin.columns),
        headings_digest([heading for _, heading in origin.columns]),
        _GUARDED if guarded else "",
    )
    return _BETWEEN.join(quote(text, safe=":+~", errors="replace") for text in texts)


def parse_upload(text: str) -> UploadMark | None:
    """Return what ``upload_text`` was given.  None: the text is not as it was written."""
    try:
        run, last, started, digest, content, file, profile, reference, letters, headings, guarded = map(
            unquote, text.split(_BETWEEN)
        )
        numbers = _number(run), _number(last)
        columns = tuple(_letters(letters))
    except ValueError:
        return None
    if content.startswith(_SAME_FILE):
        content = digest + content.removeprefix(_SAME_FILE)
    origin = Provenance(
        run=numbers[0],
        last=numbers[1],
        started=started,
        profile=profile,
        reference=reference,
        file=file,
        digest=digest,
        content=content,
    )
    return UploadMark(origin, columns, headings, guarded == _GUARDED)


def headings_digest(headings: Sequence[str]) -> str:
    """Return what tells one order of headings from others, whatever blanks a program has taken from their ends."""
    text = json.dumps([heading.strip(BLANKS) for heading in headings])
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_MAX_RUN)) or int(text) >= _MAX_RUN:
        raise ValueError("not a number of a run or a row")
    return int(text)


def _ranges(positions: Iterable[int]) -> str:
    """Return the letters of columns as ``A-C.E``."""
    ranges: list[tuple[int, int]] = []
    for position in positions:
        if ranges and position == ranges[-1][1] + 1:
            ranges[-1] = ranges[-1][0], position
        else:
            ranges.append((position, position))
    return ".".join(
        column_letter(first) if first == last else f"{column_letter(first)}-{column_letter(last)}" for first, last in ranges
    )


def _letters(ranges: str) -> Iterator[str]:
    """Yield the letters of columns.

    Raises:
        ValueError: They are not as ``_ranges`` has written them.
    """
    count = 0
    for part in ranges.split(".") if ranges else ():
        letters = _LETTERS.fullmatch(part)
        if letters is None:
            raise ValueError("not a range of columns")
        positions = range(column_position(letters[1]), column_position(letters[2] or letters[1]) + 1)
        count += len(positions)
        if not positions or count > _MAX_COLUMNS:
            raise ValueError("not the columns of a sheet")
        yield from map(column_letter, positions)

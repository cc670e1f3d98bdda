"""Owns delimited text (csv, tsv, txt): from bytes to rows, with encoding and delimiter found out."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import IO

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import ENCODINGS, NoteKind
from cg_uploader.model.table import Alternative, Table
from cg_uploader.sheets.delimited.alternative import alternative
from cg_uploader.sheets.delimited.dialect import NONE, Dialect, find_dialect
from cg_uploader.sheets.delimited.encoding import Encoding, find
from cg_uploader.sheets.delimited.row_builder import LinesBuilder
from cg_uploader.sheets.delimited.tokenizer import Records
from cg_uploader.sheets.table.read_progress import Watch
from cg_uploader.sheets.table.sheet_reading import until_enough

_PREVIEW = 4 << 20
_BLOCK = 1 << 18
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "none": NONE}
_TAKEN_OUT = str.maketrans("", "", "\0\x1c\x1d\x1e\x1f")
_END_MARK = "\x1a"
# Byte order marks, also those that were read as western letters and saved again.
_ORDER_MARKS = re.compile("\\A(?:\ufeff|\xef\xbb\xbf)+")


@dataclass(frozen=True, slots=True)
class TextReading:
    """Delimited text that has been read: its builder, and how the text was understood."""

    builder: LinesBuilder
    encoding: Encoding
    dialect: Dialect
    alternative: Alternative | None

    def table(self, file: Path) -> Table:
        """The table; the builder takes no more rows."""
        table = self.builder.table(file, self.encoding.digest, self.builder.columns())
        delimiter = None if self.dialect.char == NONE else self.dialect.char
        return replace(table, encoding=self.encoding.name, delimiter=delimiter, alternative=self.alternative)


def read(
    handle: IO[bytes], *, encoding: str | None, delimiter: str | None, header_row: int | None, watch: Watch
) -> TextReading | None:
    """Read delimited text; None when it holds nothing.  UsageError for a choice that is not there."""
    wanted = None if delimiter is None else _char(delimiter)
    builder = LinesBuilder(watch, header_row)
    found = find(handle, wanted=encoding, most=_PREVIEW if watch.limit is not None else None, tick=lambda: watch.tick(0))
    text = io.TextIOWrapper(handle, found.name, found.errors, newline=None)
    watch.follow(handle.tell, os.fstat(handle.fileno()).st_size)
    try:
        blocks = _blocks(text, found, builder)
        sample = [line for block in islice(blocks, 1) for line in block.split("\n")]
        dialect = find_dialect(sample, wanted)
        first = ["\n".join(sample[dialect.declared :])] if len(sample) > dialect.declared else []
        records = Records(chain(first, blocks), dialect)
        until_enough(lambda: _take(records, builder))
    finally:
        text.detach()
    if not builder.close_rows():
        return None
    _say_what_was_guessed(builder, found, dialect)
    return TextReading(builder, found, dialect, alternative(handle, found, dialect, sample, builder.header_row))


def _blocks(text: io.TextIOWrapper, encoding: Encoding, builder: LinesBuilder) -> Iterator[str]:
    """Whole lines in blocks, without the end of the last one; characters that no file of texts holds are taken out."""
    begun, first = [""], True
    while block := text.read(_BLOCK):
        if encoding.marks:
            block = _cleaned(block, builder)
        if first:
            block = _ORDER_MARKS.sub("", block)
        first = False
        lines, end, rest = block.rpartition("\n")
        if end:
            yield "".join([*begun, lines])
            begun = []
        begun.append(rest)
    last = "".join(begun)
    if last.endswith(_END_MARK):
        last = _cleaned(last, builder, _END_MARK)
    if last:
        yield last


def _cleaned(text: str, builder: LinesBuilder, end: str = "") -> str:
    """The text without what separates things for machines, which is said."""
    clean = text.translate(_TAKEN_OUT).removesuffix(end)
    if len(clean) < len(text):
        builder.notes.once(NoteKind.CONTROL_CHARACTERS, "The file holds zero bytes or an end mark; they were taken out.")
    return clean


def _take(records: Records, builder: LinesBuilder) -> None:
    for batch, unclosed in records:
        if unclosed:
            builder.add_unclosed(batch[0])
        elif batch:
            builder.add_records(batch)


def _char(wanted: str) -> str:
    char = _NAMES.get(wanted.lower(), wanted)
    if char == NONE:
        return char
    if len(char) != 1 or char in '"\n\r' or not (char.isprintable() or char == "\t"):
        raise UsageError("A delimiter is one character, or tab, or none.", kind="delimiter")  # it may be a secret
    return char


def _say_what_was_guessed(builder: LinesBuilder, encoding: Encoding, dialect: Dialect) -> None:
    if encoding.guessed:
        name, other = (ENCODINGS.get(one, one) for one in (encoding.name, encoding.rival))
        rival = f"{other} (--encoding {encoding.rival})" if encoding.rival else ""
        what = f"The encoding is a guess: {name}"
        if encoding.name.startswith("utf-8"):
            what = "The text is UTF-8 but for some bytes, which were read as western letters"
        builder.notes.once(NoteKind.ENCODING_GUESSED, f"{what}. {_or_else(rival, 'letters')}")
    if dialect.guessed:
        option = next((name for name, char in _NAMES.items() if char == dialect.rival), dialect.rival)
        rival = f"{_in_words(dialect.rival)} (--delimiter {option})" if dialect.rival else ""
        builder.notes.once(
            NoteKind.DELIMITER_GUESSED, f"The delimiter is a guess: {_in_words(dialect.char)}. {_or_else(rival, 'columns')}"
        )


def _or_else(rival: str, what: str) -> str:
    """What to do when the guess is wrong."""
    if rival:
        return f"With {rival} the file reads about as well; choose that if {what} look wrong."
    return f"If {what} look wrong, choose another one."


def _in_words(delimiter: str) -> str:
    return {NONE: "none, one column", "\t": "a tab"}.get(delimiter, f"“{delimiter}”")

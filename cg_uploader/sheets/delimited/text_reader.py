"""The reading of delimited text (csv, tsv, txt): from bytes to rows, with encoding and delimiter found out."""

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
from cg_uploader.sheets.delimited.alternative import find_alternative
from cg_uploader.sheets.delimited.dialect import NO_DELIMITER, Dialect, find_dialect
from cg_uploader.sheets.delimited.encoding import Encoding, detect_encoding
from cg_uploader.sheets.delimited.row_builder import RowBuilder
from cg_uploader.sheets.delimited.tokenizer import Tokenizer
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import run_to_limit
from cg_uploader.translation import _

_PREVIEW_BYTES = 4 << 20
_BLOCK_CHARS = 1 << 18
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "none": NO_DELIMITER}
_TAKEN_OUT = str.maketrans("", "", "\0\x1c\x1d\x1e\x1f")
_END_MARK = "\x1a"
# Byte order marks, also those that were read as western letters and saved again.
_ORDER_MARKS = re.compile("\\A(?:\ufeff|\xef\xbb\xbf)+")


@dataclass(frozen=True, slots=True)
class TextReading:
    """Delimited text that has been read, and how it was understood."""

    # Holds the rows.
    builder: RowBuilder
    encoding: Encoding
    dialect: Dialect
    # Another reading that is about as good. None when there is none.
    alternative: Alternative | None

    def table(self, file: Path) -> Table:
        """Make the table. The builder takes no more rows."""
        table = self.builder.table(file, self.encoding.digest, self.builder.columns())
        delimiter = None if self.dialect.char == NO_DELIMITER else self.dialect.char
        return replace(table, encoding=self.encoding.name, delimiter=delimiter, alternative=self.alternative)


def read(
    handle: IO[bytes], *, encoding: str | None, delimiter: str | None, header_row: int | None, control: ReadControl
) -> TextReading | None:
    """Read delimited text. None when it is blank. ``encoding``, ``delimiter`` and ``header_row``: what the user chose.

    Raises:
        UsageError: There is no such encoding, delimiter or header row.
    """
    chosen = None if delimiter is None else _parse_delimiter(delimiter)
    builder = RowBuilder(control, header_row)
    max_bytes = _PREVIEW_BYTES if control.limit is not None else None
    detected = detect_encoding(handle, chosen=encoding, max_bytes=max_bytes, tick=lambda: control.tick(0))
    text = io.TextIOWrapper(handle, detected.name, detected.errors, newline=None)
    control.follow(handle.tell, os.fstat(handle.fileno()).st_size)
    try:
        blocks = _read_blocks(text, detected, builder)
        sample = [line for block in islice(blocks, 1) for line in block.split("\n")]
        dialect = find_dialect(sample, chosen)
        first = ["\n".join(sample[dialect.declared :])] if len(sample) > dialect.declared else []
        tokenizer = Tokenizer(chain(first, blocks), dialect)
        run_to_limit(lambda: _add_records(tokenizer, builder))
    finally:
        text.detach()
    if not builder.close_rows():
        return None
    _note_guesses(builder, detected, dialect)
    alternative = find_alternative(handle, detected, dialect, sample, builder.header_row)
    return TextReading(builder, detected, dialect, alternative)


def _read_blocks(text: io.TextIOWrapper, encoding: Encoding, builder: RowBuilder) -> Iterator[str]:
    """Read whole lines in blocks, without the end of the last one. Characters that no text should hold are taken out."""
    begun, first = [""], True
    while block := text.read(_BLOCK_CHARS):
        if encoding.marks:
            block = _clean_block(block, builder)
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
        last = _clean_block(last, builder, _END_MARK)
    if last:
        yield last


def _clean_block(text: str, builder: RowBuilder, end_mark: str = "") -> str:
    """Take out what separates things for machines, which is noted."""
    clean = text.translate(_TAKEN_OUT).removesuffix(end_mark)
    if len(clean) < len(text):
        message = _("The file contains zero bytes or an end mark; they were taken out.")
        builder.notes.add_of_file(NoteKind.CONTROL_CHARACTERS, message)
    return clean


def _add_records(tokenizer: Tokenizer, builder: RowBuilder) -> None:
    for batch, unclosed in tokenizer:
        if unclosed:
            builder.add_unclosed(batch[0])
        elif batch:
            builder.add_records(batch)


def _parse_delimiter(text: str) -> str:
    """Give the character that the user means by a delimiter's name, or by itself.

    Raises:
        UsageError: It can be no delimiter.
    """
    char = _NAMES.get(text.lower(), text)
    if char == NO_DELIMITER:
        return char
    if len(char) != 1 or char in '"\n\r' or not (char.isprintable() or char == "\t"):
        # What was typed may be a secret.
        raise UsageError(_("A delimiter is one character, or tab, or none."), kind="delimiter")
    return char


def _note_guesses(builder: RowBuilder, encoding: Encoding, dialect: Dialect) -> None:
    if encoding.guessed:
        builder.notes.add_of_file(NoteKind.ENCODING_GUESSED, _describe_encoding_guess(encoding))
    if dialect.guessed:
        builder.notes.add_of_file(NoteKind.DELIMITER_GUESSED, _describe_delimiter_guess(dialect))


def _describe_encoding_guess(encoding: Encoding) -> str:
    if encoding.name.startswith("utf-8"):
        guess = _("The text is UTF-8 but for some bytes, which were read as western letters.")
    else:
        guess = _("The encoding is a guess: {encoding}.").format(encoding=_name_encoding(encoding.name))
    advice = _("If letters look wrong, choose another one.")
    if encoding.rival:
        text = _("With {encoding} the file reads about as well. Choose that if letters look wrong.")
        advice = text.format(encoding=_name_encoding(encoding.rival))
    return " ".join([guess, advice])


def _describe_delimiter_guess(dialect: Dialect) -> str:
    guess = _("The delimiter is a guess: {delimiter}.").format(delimiter=_name_delimiter(dialect.char))
    advice = _("If columns look wrong, choose another one.")
    if dialect.rival:
        text = _("With {delimiter} the file reads about as well. Choose that if columns look wrong.")
        advice = text.format(delimiter=_name_delimiter(dialect.rival))
    return " ".join([guess, advice])


def _name_encoding(name: str) -> str:
    return _(ENCODINGS[name]) if name in ENCODINGS else name


def _name_delimiter(char: str) -> str:
    names = {NO_DELIMITER: _("none, one column"), "\t": _("a tab")}
    return names.get(char, f"“{char}”")

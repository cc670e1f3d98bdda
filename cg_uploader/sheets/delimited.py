"""Owns delimited text (csv, tsv, txt): from bytes to rows, with encoding and delimiter found out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path
from typing import IO

from cg_uploader.errors import UsageError
from cg_uploader.model import Table
from cg_uploader.sheets.book import until_enough
from cg_uploader.sheets.cells import CellTexts, Kind
from cg_uploader.sheets.dialect import NONE, Delimiter, Records, find_delimiter
from cg_uploader.sheets.encoding import Encoding, find
from cg_uploader.sheets.table import Shape, TableBuilder, Watch, check_place

_PREVIEW = 4 << 20
_BLOCK = 1 << 18
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class TextReading:
    """Delimited text that has been read: its builder, and how the text was understood."""

    builder: TableBuilder
    encoding: Encoding
    delimiter: Delimiter

    def table(self, file: Path) -> Table:
        """The table; the builder takes no more rows."""
        table = self.builder.table(file, self.encoding.digest, self.builder.columns())
        delimiter = None if self.delimiter.char == NONE else self.delimiter.char
        return replace(table, encoding=self.encoding.name, delimiter=delimiter)


def read(
    handle: IO[bytes], *, encoding: str | None, delimiter: str | None, header_row: int | None, watch: Watch
) -> TextReading | None:
    """Read delimited text; None when it holds nothing.  UsageError for a choice that is not there."""
    builder = TableBuilder(CellTexts([]), watch, header_row)
    found = find(handle, wanted=encoding, most=_PREVIEW if watch.limit is not None else None, tick=lambda: watch.tick(0))
    text = io.TextIOWrapper(handle, found.name, found.errors, newline=None)
    try:
        blocks = _blocks(text, found, builder)
        sample = next(blocks, [])
        cut = find_delimiter(sample)
        if delimiter is not None:
            cut = Delimiter(_char(delimiter), declared=cut.declared)
        rows = Records(chain([sample[cut.declared :]], blocks), cut.char)
        until_enough(lambda: _take_rows(rows, builder))
    finally:
        text.detach()
    if not builder.close_rows():
        return None
    _say_what_was_guessed(builder, found, cut)
    return TextReading(builder, found, cut)


def _blocks(text: io.TextIOWrapper, encoding: Encoding, builder: TableBuilder) -> Iterator[list[str]]:
    """The lines in blocks, each line ended by LF; NULs and a last Ctrl-Z are taken out."""
    while lines := text.readlines(_BLOCK):
        if encoding.marks:
            clean = [line.replace("\0", "").removesuffix("\x1a").removeprefix("\ufeff") for line in lines]
            if sum(map(len, clean)) < sum(map(len, lines)) - lines[0].startswith("\ufeff"):
                builder.notes.once("control-characters", "The file holds zero bytes or an end mark; they were taken out.")
            lines = list(filter(None, clean))
        yield lines


def _take_rows(rows: Records, builder: TableBuilder) -> None:
    """Hand the records over: one row each, as many at once as have the same number of fields."""
    shapes: dict[int, Shape] = {}
    builder.ragged = True
    number = 1
    for records, unclosed in rows:
        if unclosed:
            builder.unclosed.add(number)
        for width, group in groupby(records, len):
            batch = list(group)
            if width not in shapes:
                check_place(1, width - 1)
                shapes[width] = Shape(range(width), [(Kind.FIELD, 0)] * width)
            if width:
                numbers = range(number, number + len(batch))
                builder.add_many(numbers, False, shapes[width], list(zip(*batch, strict=True)))
            number += len(batch)


def _char(wanted: str) -> str:
    char = _NAMES.get(wanted.lower(), wanted)
    if len(char) != 1 or char in '"\n\r\0':
        raise UsageError(f"A delimiter is one character, or tab; not “{wanted}”.", kind="delimiter")
    return char


def _say_what_was_guessed(builder: TableBuilder, encoding: Encoding, delimiter: Delimiter) -> None:
    if encoding.guessed:
        builder.notes.once(
            "encoding-guessed", f"The encoding is a guess: {encoding.name}. If letters look wrong, choose another one."
        )
    if delimiter.guessed:
        shown = {NONE: "none, one column", "\t": "a tab"}.get(delimiter.char, f"“{delimiter.char}”")
        builder.notes.once(
            "delimiter-guessed", f"The delimiter is a guess: {shown}. If columns look wrong, choose another one."
        )

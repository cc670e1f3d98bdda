"""Makes some 2,300 polluted variants of one clean CSV file and scores how they are read; the idea is HPI's Pollock benchmark.

    python tests/sheets/delimited/polluted.py [--worst N]

The variants: files (encodings, byte order marks, delimiters, quotation marks, escapes, ends of lines), tables (title lines, two
or three header rows, none, footers, a second table) and every row with one delimiter too many or too few in each place, an
unescaped quotation mark in each cell, or another delimiter.

The score of a variant is the benchmark's: 1 for success, and precision, recall and F1 of headings, of records (a record is its
cells put together) and of cells: at most 10.  Blank cells do not count, because a table here has as many cells in each row as
it has columns.  Nothing is told to the reader.  What is expected is the benchmark's, but in these places, where this program
has decided otherwise and the decision is what is expected:
- an empty file is refused with that reason;
- of two or three header rows the first is the header row, the others are rows, and nothing is put together;
- a second table below the first, and footer lines, are rows;
- a file without header row is not known as such: the first row is taken for headings.  It is scored as the benchmark does,
  so that row is lost;
- a blank is no delimiter.  That is scored as the benchmark does too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROWS, COLUMNS = 84, 9
HEADINGS = ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "ProductDescription", "URL", "Comments"]
ALWAYS_QUOTED = (6, 7)
_THINGS = ["Hiking Boots", "Café Chair, Wooden", "Men's Vest", 'Bike, 24"', "Mäkinen Hat", "Fly Rod 8 Wt.", "Tee, Long-Sleeve"]
_PRAISE = ["light and quick", "soft, warm, stretchy", "made since 1912", "50+ sun protection", "it won't chip, peel or crack"]


@dataclass(frozen=True)
class Line:
    """A record as it is written: fields, what stands between them, and which are quoted whatever they hold."""

    cells: list[str]
    delimiter: str = ","
    quoted: frozenset[int] = frozenset(ALWAYS_QUOTED)
    extra: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    stray: int | None = None

    def text(self, quote: str, escape: str) -> str:
        out = []
        for place, cell in enumerate(self.cells):
            out.append(self.delimiter * ((place > 0) - (place in self.missing) + (place in self.extra)))
            needs = place in self.quoted or any(mark in cell for mark in (quote, self.delimiter, "\n"))
            written = cell.replace(quote, escape + quote) if needs else cell
            written = quote + written if place == self.stray else written
            out.append(f"{quote}{written}{quote}" if needs else written)
        return "".join(out)


@dataclass(frozen=True)
class Variant:
    """A polluted file, and what is expected of it; ``headings`` None: there are none; ``refused``: why it is not read."""

    name: str
    lines: list[Line]
    headings: list[str] | None
    rows: list[list[str]]
    quote: str = '"'
    escape: str = '"'
    ending: str = "\r\n"
    encoding: str = "utf-8"
    before: str = ""
    last: str | None = None
    refused: str = ""
    family: str = field(default="file", compare=False)

    def content(self) -> bytes:
        text = self.ending.join(line.text(self.quote, self.escape) for line in self.lines)
        last = self.ending if self.last is None else self.last
        return (self.before + text + (last if self.lines else "")).encode(self.encoding)


def clean_table() -> list[list[str]]:
    """The header row and the rows below it."""
    table = [list(HEADINGS)]
    for i in range(1, ROWS):
        thing, praise = _THINGS[i % len(_THINGS)], _PRAISE[i % len(_PRAISE)]
        code = f"{'MRCBYHAZG'[i % 9]}{'GICHYKNX'[i % 8]}-{1000 + i * 37}"
        table.append(
            [
                f"{i % 28 + 1:02d}/{i % 12 + 1:02d}/2018",
                f"{i // 4 % 24:02d}:{i % 4 * 15:02d}",
                str(i % 7),
                code,
                f"${i * 7.31 % 90:.2f}",
                thing,
                f"This {thing} is {praise}, whatever you do with it.",
                f"https://www.example.com/product/{code}.html",
                "",
            ]
        )
    return table


def variants() -> Iterator[Variant]:
    """All of them, the clean file first."""
    table = clean_table()
    lines = [Line(cells) for cells in table]
    clean = Variant("clean", lines, table[0], table[1:])
    yield clean
    yield from _file_level(clean, table)
    yield from _table_level(clean, table)
    for row in range(ROWS):
        yield from _row_level(clean, table, row)


def _file_level(clean: Variant, table: list[list[str]]) -> Iterator[Variant]:
    yield replace(clean, name="no_payload", lines=[], refused="empty")
    yield replace(clean, name="no_trailing_newline", last="")
    yield replace(clean, name="double_trailing_newline", last="\r\n\r\n")
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"):
        yield replace(clean, name=f"encoding_{encoding}", encoding=encoding)
    for ending in ("\n", "\r"):
        yield replace(clean, name=f"record_delimiter_{ending!r}", ending=ending)
    for delimiter in (";", "\t", "|", "^", ", ", " "):
        yield replace(clean, name=f"field_delimiter_{delimiter!r}", lines=[Line(cells, delimiter) for cells in table])
    yield replace(clean, name="declared_delimiter", before="sep=;\r\n", lines=[Line(cells, ";") for cells in table])
    yield replace(clean, name="quotation_mark_apostrophe", quote="'", escape="'")
    everything = frozenset(range(COLUMNS))
    yield replace(clean, name="all_quoted", lines=[Line(cells, quoted=everything) for cells in table])
    yield replace(clean, name="escape_backslash", escape="\\")
    yield replace(clean, name="escape_missing", escape="")
    for text in ("\0", "\x1a"):
        yield replace(clean, name=f"ends_with_{text!r}", last=f"\r\n{text}")


def _table_level(clean: Variant, table: list[list[str]]) -> Iterator[Variant]:
    head, rows = table[0], table[1:]
    data = clean.lines[1:]
    yield replace(clean, name="no_header", lines=data, headings=None)
    for more in (1, 2):
        yield replace(
            clean, name=f"header_rows_{more + 1}", lines=[clean.lines[0]] * more + clean.lines, rows=[head] * more + rows
        )
    title, blank = Line(["PREAMBLE", *[""] * 8], quoted=frozenset()), Line([""], quoted=frozenset())
    yield replace(clean, name="preamble_delimited", lines=[title] * 3 + clean.lines)
    yield replace(clean, name="preamble_line", lines=[Line(["PREAMBLE"]), blank, *clean.lines])
    foot = ["FOOTNOTE"]
    yield replace(clean, name="footer_line", lines=[*clean.lines, blank, Line(foot)], rows=[*rows, foot])
    for name, width in (("less", 8), ("same", 9), ("more", 10)):
        second = [[*cells, "extra"][:width] for cells in table]
        yield replace(
            clean, name=f"second_table_{name}", lines=clean.lines + [Line(cells) for cells in second], rows=rows + second
        )
    yield replace(clean, name="header_only", lines=clean.lines[:1], rows=[])
    yield replace(clean, name="one_data_row", lines=clean.lines[:2], rows=rows[:1])


def _row_level(clean: Variant, table: list[list[str]], row: int) -> Iterator[Variant]:
    def changed(family: str, name: str, line: Line, cells: list[str] | None = None) -> Variant:
        lines = [*clean.lines[:row], line, *clean.lines[row + 1 :]]
        rows = [*table[:row], cells or table[row], *table[row + 1 :]]
        return replace(clean, name=f"{family}_row{row}{name}", lines=lines, headings=rows[0], rows=rows[1:], family=family)

    line = clean.lines[row]
    for col in range(COLUMNS):
        yield changed("one_delimiter_more", f"_col{col}", replace(line, extra=(col,)))
        if col:
            yield changed("one_delimiter_less", f"_col{col}", replace(line, missing=(col,)))
        cells = [f'"{cell}' if place == col else cell for place, cell in enumerate(line.cells)]
        yield changed("one_quote_more", f"_col{col}", replace(line, stray=col), cells)
    yield changed("other_delimiter", "", replace(line, delimiter=" "))


# --------------------------------------------------------------------------------------------------------- scoring


def score(variant: Variant, folder: Path) -> float:
    """Read a variant and score it, from 0 to 10."""
    from cg_uploader.errors import UploaderError
    from cg_uploader.sheets.open_file import parse
    from cg_uploader.sheets.options import ReadOptions
    from cg_uploader.sheets.table.read_progress import ReadControl

    path = folder / "polluted.csv"
    path.write_bytes(variant.content())
    try:
        table = parse(path, ReadOptions(), ReadControl())
    except UploaderError as error:
        return 10.0 * (error.kind == variant.refused)
    headings = [column.heading.strip() for column in table.columns]
    rows = [list(row.cells) for row in table.rows]
    table.rows.close()
    if variant.refused:
        return 0.0
    header = (1.0, 1.0, 1.0) if variant.headings is None else _measures(filter(None, variant.headings), filter(None, headings))
    records = _measures(map("".join, variant.rows), map("".join, rows))
    return 1.0 + sum(header) + sum(records) + sum(_measures(_filled(variant.rows), _filled(rows)))


def _filled(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    return (cell for row in rows for cell in row if cell)


def _measures(expected: Iterable[str], found: Iterable[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of two heaps of texts."""
    wanted, got = Counter(expected), Counter(found)
    if not wanted:
        return (1.0, 1.0, 1.0) if not got else (0.0, 0.0, 0.0)
    both = (wanted & got).total()
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / got.total(), both / wanted.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def main() -> None:
    """Print the scores."""
    options = argparse.ArgumentParser(description="Score how polluted CSV files are read.")
    options.add_argument("--worst", type=int, default=10, help="how many of the worst to list")
    sys.path.insert(0, str(Path(__file__).parents[2]))
    worst = options.parse_args().worst
    families: dict[str, list[tuple[float, str]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for variant in variants():
            families[variant.family].append((score(variant, Path(folder)), variant.name))
    everything = sorted(found for scores in families.values() for found in scores)
    out = [_summary(family, scores) for family, scores in [*families.items(), ("all", everything)]]
    out += [f"  {value:7.4f}  {name}" for value, name in everything[:worst]]
    sys.stdout.write("\n".join(out) + "\n")


def _summary(family: str, scores: list[tuple[float, str]]) -> str:
    return f"{family:20} {len(scores):5}  {sum(value for value, _ in scores) / len(scores):7.4f}"


if __name__ == "__main__":
    main()

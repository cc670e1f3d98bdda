"""Reads or checks one file in one way and prints the rows and the seconds that took: ``readers.py WAY FILE``.

Each way runs in a process of its own, so that its memory can be told from the others'.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

FIRST = 100
_START_SECONDS = 1.0

Way = Callable[[Path], int]


def product() -> Way:
    """The program's reader: a Table of texts with row numbers, types and formats applied."""
    from cg_uploader.sheets.reader import read

    return lambda file: len(read(file).rows)


def running() -> Way:
    """The same in a program that runs: a process for it is ready."""
    return _ready(None)


def first() -> Way:
    """The first rows in a program that runs."""
    return _ready(FIRST)


def _ready(limit: int | None) -> Way:
    from cg_uploader.sheets.reader import Readers, ReadOptions

    readers = Readers()
    readers.prepare()
    time.sleep(_START_SECONDS)

    def read(file: Path) -> int:
        return len(readers.read(file, ReadOptions(limit=limit)).rows)

    return read


def check() -> Way:
    """The check of all rows, once they are read."""
    from people import TWELVE, profile

    from cg_uploader.fields.checks import check
    from cg_uploader.settings.profiles import parse
    from cg_uploader.sheets.reader import read
    from cg_uploader.uploads.planning.plan_builder import make_plan

    nowhere = "http://127.0.0.1:9"
    plan = make_plan(parse(profile(nowhere, nowhere, TWELVE, 4)), read(Path(sys.argv[2])))
    return lambda _: check(plan).rows


def calamine() -> Way:
    """python-calamine alone: lists of values, which are not yet the texts a person sees."""
    from python_calamine import CalamineWorkbook

    return lambda file: len(CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()) - 1


def pandas() -> Way:
    """pandas with openpyxl: a data frame."""
    import pandas as pd

    return lambda file: len(pd.read_excel(file, engine="openpyxl"))


def module() -> Way:
    """Python's csv module alone: lists of texts, each forgotten when the next one comes."""
    import csv

    def read(file: Path) -> int:
        with file.open(newline="", encoding="utf-8") as lines:
            return sum(1 for _ in csv.reader(lines)) - 1

    return read


WAYS = {way.__name__: way for way in (product, running, first, check, calamine, pandas, module)}


def main() -> None:
    """Import first, then read, and time only the reading."""
    read = WAYS[sys.argv[1]]()
    file = Path(sys.argv[2])
    begun = time.perf_counter()
    rows = read(file)
    print(rows, time.perf_counter() - begun, flush=True)


if __name__ == "__main__":
    main()

"""Reads one workbook in one way and prints the seconds that took: ``readers.py product|calamine|pandas FILE``.

Each way runs in a process of its own, so that its memory can be told from the others'.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path


def product() -> Callable[[Path], int]:
    """The program's reader: a Table of texts with row numbers, types and formats applied."""
    from cg_uploader.sheets.reader import read

    return lambda file: len(read(file).rows)


def calamine() -> Callable[[Path], int]:
    """python-calamine alone: lists of values, which are not yet the texts a person sees."""
    from python_calamine import CalamineWorkbook

    return lambda file: len(CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()) - 1


def pandas() -> Callable[[Path], int]:
    """pandas with openpyxl: a data frame."""
    import pandas as pd

    return lambda file: len(pd.read_excel(file, engine="openpyxl"))


def main() -> None:
    """Import first, then read, and time only the reading."""
    kind, file = sys.argv[1], Path(sys.argv[2])
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    read = {"product": product, "calamine": calamine, "pandas": pandas}[kind]()
    begun = time.perf_counter()
    rows = read(file)
    print(rows, time.perf_counter() - begun)


if __name__ == "__main__":
    main()

"""What the benchmarks send and read: rows of people, the files that hold them, and the profile that sends them."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

EIGHT = ("Email", "First Name", "Last Name", "Phone", "Country", "Language", "Job Title", "Source")
TWELVE = (
    *("Email", "First Name", "Last Name", "Phone", "Country", "Job Title"),
    *("Customer Number", "Employees", "Revenue", "Discount", "Customer Since", "Last Contact"),
)
FIRST_NAMES = ("Anna", "Björn", "Chloé", "Dmitri", "Eva Maria", "Farid", "Zoë")
COUNTRIES = ("Netherlands", "Deutschland", "España", "United States", "Australia")
JOBS = ("Head of Procurement", "Büroleitung", "IT & Operations", "Buyer")

_DAY = datetime(2015, 1, 1, tzinfo=UTC).replace(tzinfo=None)
CACHE = Path(tempfile.gettempdir()) / "cg-uploader-benchmarks"
_STRINGS = 6


def person(number: int) -> tuple[str, ...]:
    """Eight texts for the fields of ``EIGHT``; no two people share an address or a telephone number."""
    return (
        f"person{number}@example.com",
        FIRST_NAMES[number % len(FIRST_NAMES)],
        f"Van den Berg {number}",
        f"+31 20 {number:07d}",
        COUNTRIES[number % len(COUNTRIES)],
        "en",
        JOBS[number % len(JOBS)],
        "CRM export",
    )


def mixed(number: int) -> tuple[Any, ...]:
    """Twelve values for ``TWELVE``: six texts, then numbers, money, a share, a date, a date with time."""
    email, first, last, phone, country, _, job, _ = person(number)
    return (
        *(email, first, last, phone, country, job),
        number % 100_000,
        number % 997,
        number * 1.37 % 90_000,
        number % 100 / 400,
        _DAY + timedelta(days=number % 3_650),
        _DAY + timedelta(minutes=number % 5_000_000),
    )


_FORMATS = ("00000", "0", "#,##0.00", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm")


def eight_columns(rows: int) -> Path:
    """A workbook of ``rows`` people with the columns of ``EIGHT``."""
    return _workbook(f"eight-{rows}.xlsx", EIGHT, person, rows, inline=False)


def twelve_columns(rows: int, *, inline: bool) -> Path:
    """A workbook of ``rows`` mixed rows; texts stand in the cells (``inline``), or in one shared list as Excel writes them."""
    return _workbook(f"twelve-{rows}-{'inline' if inline else 'shared'}.xlsx", TWELVE, mixed, rows, inline=inline)


def csv_file(rows: int, *, quoted: bool = False) -> Path:
    """A CSV file of ``rows`` mixed rows with the columns of ``TWELVE``; ``quoted``: all of it in quotation marks."""
    file = CACHE / f"twelve-{rows}{'-quoted' if quoted else ''}.csv"
    if file.exists():
        return file
    CACHE.mkdir(exist_ok=True)
    beside = file.with_suffix(".part")
    print(f"  (making {file.name})", flush=True)
    with beside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
        writer.writerow(TWELVE)
        writer.writerows(map(mixed, range(1, rows + 1)))
    beside.replace(file)
    return file


def _workbook(name: str, heads: Sequence[str], row_of: Callable[[int], Sequence[Any]], rows: int, *, inline: bool) -> Path:
    file = CACHE / name
    if file.exists():
        return file
    import xlsxwriter  # type: ignore[import-untyped]

    CACHE.mkdir(exist_ok=True)
    beside = file.with_suffix(".part")
    print(f"  (making {name})", flush=True)
    book = xlsxwriter.Workbook(str(beside), {"constant_memory": inline})
    formats = [None] * _STRINGS + [book.add_format({"num_format": form}) for form in _FORMATS]
    sheet = book.add_worksheet("People")
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head)
    for number in range(1, rows + 1):
        for column, value in enumerate(row_of(number)):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(number, column, value, formats[column])
            else:
                sheet.write_number(number, column, value, formats[column])
    book.close()
    beside.replace(file)
    return file


def profile(auth: str, records: str, headings: Sequence[str], connections: int) -> str:
    """The profile, as JSON, that sends these headings as contacts to an address of this computer."""
    known = [{"heading": heading} for heading in headings[1:]]
    return json.dumps(
        {
            "version": 1,
            "name": "Benchmark",
            "region": "practice",
            "address": {"auth": auth, "records": records},
            "configuration": {
                "reference": "contact",
                "data_type": "contact",
                "fields": [{"heading": headings[0], "required": True, "kind": "email", "identifies": "email"}, *known],
            },
            "mapping": {heading: {"column": heading} for heading in headings},
            "options": {"blank_cells": "leave_out", "connections": connections},
        }
    )

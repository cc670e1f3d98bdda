"""The same table in every format that LibreOffice writes, read back: each text is what other code than ours computes."""

from __future__ import annotations

import random
import shutil
import subprocess
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.read_progress import ReadControl

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"
FORMATS = ["xlsx", "xls", "ods", "fods"]
HEADINGS = ("Text", "Whole", "Two", "Zip", "Share", "Day", "Moment", "Yes", "Long")
CODES = {"Two": "#,##0.00", "Zip": "00000", "Share": "0.0%", "Day": "dd.mm.yyyy", "Moment": "d/m/yyyy hh:mm:ss"}
WORDS = ("00123", "Ärger", "東京", "1E5", "=no", "TRUE", "a\nb", "4111111111111111", "x & <y>", "'t Hart", "😀", "1,5")
HALVES = (2.675, 1.005, 9.995)
ROWS = 120

UNUSUAL = (
    "#,##0.00;[Red]-#,##0.00", "#,##0.00_);(#,##0.00)", '#,##0.00\\ "€";\\-#,##0.00\\ "€"',
    "[$€-407] #,##0.00;-[$€-407] #,##0.00",
    '"R$"\\ #,##0.00;\\-"R$"\\ #,##0.00', '_-* #,##0\\ "kr"_-;\\-* #,##0\\ "kr"_-;_-* "-"\\ "kr"_-;_-@_-', "0.0%;(0.0%)",
    "0.00%;[Red]-0.00%", '0"%"', "0\\%", "0;0-", "General;-General", "[>100]0.0;-0", "[<100]0.0;[>=1000]0.00;0", "###-####",
    "[<=9999999]###-####;(###) ###-####", "000-00-0000", '00\\:00', "# ##0", "#'##0", '#\\,##0', '0.0"x"0', "0.0 0 0", ".00",
    "0.0##",
    "0.00;;", ";;;", '0;-0;;@', '[=1]"Yes";[=0]"No";0', '"+"0;"-"0;"±"0', "0.00E+00", "# ??/16", '0.0,,"M"', "0 [$kg]",
    "* 0_)",
    "h:mm", "[h]:mm", "[mm]:ss", "mm:ss.00", "h:mm:ss AM/PM", "yyyy-mm-dd", "d. mmmm yyyy", 'yyyy/mm/dd "at" hh:mm', "mmm yy",
    "dddd",
    "[$-411]ggge\"年\"m\"月\"d\"日\"", "[$-F800]dddd, mmmm dd, yyyy", "[<100]0;yyyy-mm-dd", "yyyy-mm-dd;@",
)  # fmt: skip
AMOUNTS = (0, 1, 5, -5, 0.5, -0.5, 12, 99.95, 1234.5, -1234.567, 7654321, 2125551234, 0.125, 61, 45296, 45296.75, -0.001)
DATES, CLOCKS = ("y", "dd", "mmm", "ggg"), ("h", "s")
"""LibreOffice has dates below 61 that Excel has not, and loses count of hours beyond 2^31; they are left out."""

Line = tuple[str, int, float, int, float, datetime, datetime, bool, int]


def lines(seed: int) -> list[Line]:
    chance = random.Random(seed)

    def moment() -> datetime:
        return datetime(1950, 1, 1) + timedelta(seconds=chance.randrange(3_000_000_000))  # noqa: DTZ001 - a clock on the wall

    return [
        (
            f"{chance.choice(WORDS)}{i}", chance.randint(-(10**9), 10**9),
            chance.choice([*HALVES, round(chance.uniform(-5e4, 5e4), 3)]), chance.randint(0, 99_999),
            chance.randint(-2_000, 2_000) / 1000, moment().replace(hour=0, minute=0, second=0),
            moment(), chance.random() < 0.5, chance.randint(10**11, 10**12 - 1),
        )
        for i in range(ROWS)
    ]  # fmt: skip


def expected(line: Line) -> tuple[str, ...]:
    text, whole, two, code, share, day, moment, yes, long = line
    rounded = Decimal(str(two)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    percent = (Decimal(str(share)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return (
        text, str(whole), f"{rounded:f}", str(code).zfill(5), f"{percent:f}%" if percent else "0.0%", day.strftime("%Y-%m-%d"),
        moment.strftime("%Y-%m-%d %H:%M:%S"), "TRUE" if yes else "FALSE", str(long),
    )  # fmt: skip


def written(path: Path, table: list[Line]) -> Path:
    """The table as xlsxwriter writes it, each third row hidden."""
    with Workbook(path) as book:
        page = book.add_worksheet("Data")
        page.write_row(0, 0, HEADINGS)
        forms = {heading: book.add_format({"num_format": code}) for heading, code in CODES.items()}
        for place, line in enumerate(table, 1):
            for column, (heading, value) in enumerate(zip(HEADINGS, line, strict=True)):
                form = forms.get(heading)
                if isinstance(value, str):
                    page.write_string(place, column, value)
                elif isinstance(value, bool):
                    page.write_boolean(place, column, value)
                elif isinstance(value, datetime):
                    page.write_datetime(place, column, value, form)
                else:
                    page.write_number(place, column, value, form)
            if place % 3 == 0:
                page.set_row(place, None, None, {"hidden": True})
    return path


def converted(path: Path, form: str, folder: Path) -> Path:
    done = subprocess.run(
        [
            str(OFFICE),
            "--headless",
            f"-env:UserInstallation={folder.as_uri()}/office",
            "--convert-to",
            form,
            "--outdir",
            folder,
            path,
        ],
        timeout=180,
        capture_output=True,
        check=True,
    )
    made = folder / f"{path.stem}.{form.partition(':')[0]}"
    assert made.exists(), done.stderr
    return made


def texts(path: Path) -> list[tuple[int, tuple[str, ...]]]:
    table = parse(path, ReadOptions(), ReadControl())
    found = [(row.number, row.cells) for row in table.rows]
    table.rows.close()
    return found


def visible(table: list[Line]) -> list[tuple[int, tuple[str, ...]]]:
    return [(place + 1, expected(line)) for place, line in enumerate(table, 1) if place % 3]


@pytest.mark.parametrize("seed", range(5))
def test_what_xlsxwriter_writes_with_formats(tmp_path: Path, seed: int) -> None:
    table = lines(seed)
    assert texts(written(tmp_path / "book.xlsx", table)) == visible(table)


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed; with it, what it writes in four formats is read back")
@pytest.mark.parametrize("form", FORMATS)
def test_what_libreoffice_writes(tmp_path: Path, form: str) -> None:
    table = lines(len(form))
    (tmp_path / "made").mkdir()
    path = converted(written(tmp_path / "book.xlsx", table), form, tmp_path / "made")
    assert texts(path) == visible(table)


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed; with it, its own CSV of a workbook is compared")
def test_what_libreoffice_shows(tmp_path: Path) -> None:
    path = tmp_path / "shown.xlsx"
    with Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Text", "Plain", "Two", "Zip", "Share"])
        forms = [book.add_format({"num_format": code}) for code in ("0.00", "00000", "0.0%")]
        for i in range(1, 50):
            page.write_row(i, 0, [f"00{i}", i * 3])
            page.write_number(i, 2, i * 1.25, forms[0])
            page.write_number(i, 3, i, forms[1])
            page.write_number(i, 4, i / 8, forms[2])
    assert texts(converted(path, AS_SHOWN, tmp_path)) == texts(path)


def written_oddly(path: Path) -> Path:
    """Each of the unusual formats in a row of its own, over all amounts for which LibreOffice and Excel agree."""
    with Workbook(path) as book:
        page = book.add_worksheet("Data")
        page.write_row(0, 0, ["Format", *map(str, AMOUNTS)])
        for place, code in enumerate(UNUSUAL, 1):
            form = book.add_format({"num_format": code})
            page.write_string(place, 0, f"format {place}")
            for column, amount in enumerate(AMOUNTS, 1):
                least = 61 if any(part in code for part in DATES) else -(10**9)
                most = 10**7 if any(part in code for part in (*DATES, *CLOCKS)) else 10**10
                if least <= amount <= most:
                    page.write_number(place, column, amount, form)
    return path


@pytest.mark.slow
@pytest.mark.skipif(
    OFFICE is None, reason="LibreOffice is not installed; with it, what it writes in three formats is read back"
)
@pytest.mark.parametrize("form", ["xls", "ods", "fods"])
def test_unusual_formats_are_the_same_whoever_wrote_the_file(tmp_path: Path, form: str) -> None:
    path = written_oddly(tmp_path / "odd.xlsx")
    (tmp_path / "made").mkdir()
    found = dict(texts(converted(path, form, tmp_path / "made")))
    for number, cells in texts(path):
        assert (UNUSUAL[number - 2], found[number]) == (UNUSUAL[number - 2], cells)

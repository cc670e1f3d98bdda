"""What is said about a file beside its texts: each kind with its place, its sentence, and how much it matters to the Check."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from casefiles import Expected, found_in, number, row, sheet, text, workbook
from openpyxl import Workbook
from sheetfiles import read
from xlsxwriter import Workbook as Writer

from cg_uploader.fields.problems import describe_todo
from cg_uploader.model.enums import Level, NoteKind
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.mixed_dates import EVERY, WHOLE_BLOCKS
from cg_uploader.sheets.table.spool import BLOCK_ROWS


def said(path: Path, content: bytes | str, **options: object) -> list[tuple[str, str]]:
    """Kind and sentence of all notes of a text."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = read(path, ReadOptions(**options))  # type: ignore[arg-type]
    table.rows.close()
    return [(note.kind, note.text) for note in table.notes]


def forms(folder: Path, *dates: str) -> str | None:
    """What is said about a column of these dates; None when nothing is."""
    found = said(folder / "dates.csv", "Key,Date\n" + "".join(f"k,{date}\n" for date in dates))
    assert {kind for kind, _ in found} <= {"mixed-dates"}
    return found[0][1] if found else None


# --------------------------------------------------------------------------------------------------------- mixed dates


@pytest.mark.parametrize(
    ("dates", "ways"),
    [
        (("03/04/2024", "2024-04-03"), "03/04/2024 in B2 and 2024-04-03 in B3"),
        (("25/12/2024", "12/25/2024"), "25/12/2024 in B2 and 12/25/2024 in B3"),
        (("25.12.2024", "25/12/2024"), "25.12.2024 in B2 and 25/12/2024 in B3"),
        (("1/2/24", "1/2/2024"), "1/2/24 in B2 and 1/2/2024 in B3"),
        (("2024-04-03", "2024/04/03 10:00"), "2024-04-03 in B2 and 2024/04/03 in B3"),
        (("2024-04-03T10:00:00Z", "", "soon", "3.4.2024"), "2024-04-03 in B2 and 3.4.2024 in B5"),
    ],
)
def test_dates_of_one_column_that_are_written_in_different_ways(tmp_path: Path, dates: tuple[str, ...], ways: str) -> None:
    assert forms(tmp_path, *dates) == f"Column B has dates written in several ways, such as {ways}. Write all as 2024-05-31."


@pytest.mark.parametrize(
    "dates",
    [
        ("03/04/2024", "25/12/2024", "1/2/2024"),
        ("12/25/2024", "3/4/2024"),
        ("2024-04-03", "2024-12-25 10:30:00", "2023-1-5"),
        ("1.2.3", "10.20.3", "2024-04-03"),
        ("555-12-1234", "12-34-5678", "2024-04-03"),
        ("192.168.1.10", "2024-13-01", "2024-04-03"),
        ("0/1/2024", "2024-04-03"),
        ("from 03/04/2024 on", "2024-04-03"),
    ],
)
def test_columns_in_which_dates_are_alike_or_are_none(tmp_path: Path, dates: tuple[str, ...]) -> None:
    assert forms(tmp_path, *dates) is None


def test_dates_of_excel_among_dates_that_stayed_text(tmp_path: Path) -> None:
    rows = [row(text("Key"), text("Born")), row(text("a"), number(45295, 1)), row(text("b"), text("25/12/2024"))]
    found = found_in(workbook(tmp_path / "a.xlsx", sheet(*rows), formats=["dd/mm/yyyy"]))
    assert found == Expected(
        ["Key", "Born"], [(2, ("a", "2024-01-04")), (3, ("b", "25/12/2024"))], [(None, "Born", "mixed-dates")]
    )


def test_a_column_left_of_others_and_short_rows(tmp_path: Path) -> None:
    found = said(tmp_path / "a.csv", "Date,A,B\n2024-04-03,1\n3.4.2024,1,2\n3.4.2024\n")
    (kind, sentence), *more = found
    assert (kind, more) == ("mixed-dates", [])
    assert "several ways, such as 2024-04-03 in A2 and 3.4.2024 in A3. " in sentence


@pytest.mark.parametrize("odd", [WHOLE_BLOCKS * BLOCK_ROWS - 1, 5 * WHOLE_BLOCKS * BLOCK_ROWS])
def test_a_long_file(tmp_path: Path, odd: int) -> None:
    """Of the first rows each is looked at; far below, a share of other dates that a person would call a mixture is found."""
    count = 6 * WHOLE_BLOCKS * BLOCK_ROWS
    dates = ["2024-04-03"] * count
    dates[odd : odd + (1 if odd < WHOLE_BLOCKS * BLOCK_ROWS else 2 * EVERY * BLOCK_ROWS)] = ["03/04/2024"] * (
        1 if odd < WHOLE_BLOCKS * BLOCK_ROWS else 2 * EVERY * BLOCK_ROWS
    )
    assert forms(tmp_path, *dates) is not None
    assert forms(tmp_path, *["2024-04-03"] * count) is None


# ------------------------------------------------------------------------------------------- numbers, bytes, characters


@pytest.mark.parametrize("number_text", ["1.23457E+11", "4,91701E+11", "-1.2E+05", "1E+11", " 1.23457E+11 ", "1E+100"])
def test_what_is_left_of_a_long_number(tmp_path: Path, number_text: str) -> None:
    expected = Expected(["Name", "Phone"], [(2, ("Ann", number_text.strip()))], [(2, "Phone", "truncated-number")])
    (tmp_path / "a.csv").write_text(f'Name,Phone\nAnn,"{number_text}"\n')
    assert found_in(tmp_path / "a.csv") == expected
    rows = [row(text("Name"), text("Phone")), row(text("Ann"), text(number_text))]
    assert found_in(workbook(tmp_path / "a.xlsx", sheet(*rows))) == expected


@pytest.mark.parametrize("written", ["1E5", "E+11", "12E+11", "JOE+11@X.COM", "1.5E+1", "1.23457E+11 EUR", "1.E+11"])
def test_what_only_looks_a_little_like_it(tmp_path: Path, written: str) -> None:
    assert said(tmp_path / "a.csv", f"Name,Phone\nAnn,{written}\n") == []


def test_such_numbers_in_any_writer_s_file(tmp_path: Path) -> None:
    book = Workbook()
    for cells in (["Name", "Phone"], *[["Ann", "491701234567"]] * 200, ["Bo", "4.91701E+11"]):
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert found_in(tmp_path / "a.xlsx").notes == [(202, "Phone", "truncated-number")]


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        ("4.91701E+11,x", "truncated-number"),
        ("#N/A,x", "error-text"),
        ("M\ufffdller,x", "lost-character"),
        ('"Ann,x', "unclosed-quote"),
    ],
)
def test_one_odd_row_far_down(tmp_path: Path, odd: str, kind: str) -> None:
    """Rows that come many at once are looked at as closely as the first ones."""
    (tmp_path / "a.csv").write_text("Name,City\n" + "Ann,Oslo\n" * 3_000 + odd + "\n" + "Bo,Rome\n" * 20, encoding="utf-8")
    assert found_in(tmp_path / "a.csv").notes == [(3_002, "Name", kind)]


def test_one_odd_text_among_many_that_cells_share(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        for i, name in enumerate(["Phone", *[f"4917012345{i:05}" for i in range(30_000)], "4.91701E+11"]):
            page.write_string(i, 0, name)
    assert found_in(tmp_path / "a.xlsx").notes == [(30_002, "Phone", "truncated-number")]


def test_a_byte_that_does_not_fit_is_named_with_its_cell(tmp_path: Path) -> None:
    many = "Ärger,Öl\n".encode() * 4
    content = b"K\xf6rner,B\n" + many + b'J\xf6rg,x\nAnn,"l\xe9\nl\xe9"\n' + many + b"a,\x81b\n"
    (tmp_path / "a.csv").write_bytes(content)
    found = found_in(tmp_path / "a.csv")
    assert found.headings == ["Körner", "B"]
    assert [cells for _, cells in found.rows if cells != ("Ärger", "Öl")] == [("Jörg", "x"), ("Ann", "lé\nlé"), ("a", "b")]
    assert found.notes == [
        (11 + 1, "B", "control-characters"),
        (6, "Körner", "replaced-byte"),
        (7, "B", "replaced-byte"),
        (None, None, "encoding-guessed"),
    ]
    sentence = dict(said(tmp_path / "a.csv", content))["encoding-guessed"]
    assert sentence.startswith("The text is UTF-8 but for some bytes, which were read as western letters.")


def test_a_character_that_was_lost(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name,City\nM�ller,Köln\n", encoding="utf-8")
    expected = Expected(["Name", "City"], [(2, ("M�ller", "Köln"))], [(2, "Name", "lost-character")])
    assert found_in(tmp_path / "a.csv") == expected
    rows = [row(text("Name"), text("City")), row(text("M�ller"), text("Köln"))]
    assert found_in(workbook(tmp_path / "a.xlsx", sheet(*rows))) == expected


def test_a_character_that_is_lost_because_a_person_chose_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Name,City\nMüller,Ulm\n".encode("cp1252"))
    assert found_in(tmp_path / "a.csv", encoding="utf-8") == Expected(
        ["Name", "City"], [(2, ("M�ller", "Ulm"))], [(2, "Name", "lost-character")]
    )


# --------------------------------------------------------------------------------------------------------- 1904


def test_days_from_1904_are_said_where_days_are_shown(tmp_path: Path) -> None:
    rows = [row(text("No"), text("Day"), text("Time")), *[row(number(i), number(i, 1), number(0.5, 2)) for i in (1, 2)]]
    path = workbook(tmp_path / "a.xlsx", sheet(*rows), formats=["d.m.yyyy", "h:mm"], properties='<workbookPr date1904="1"/>')
    assert found_in(path).rows[0] == (2, ("1", "1904-01-02", "12:00:00"))
    assert found_in(path).notes == [(None, "Day", "date-system")]
    assert [note.text for note in read(path).notes] == [
        "Column B counts days from 1904, as the file says. B2 and others are sent as shown."
    ]


def test_a_file_from_1904_without_days_has_nothing_to_say(tmp_path: Path) -> None:
    rows = [row(text("No"), text("Name")), row(number(1), text("Ann"))]
    assert found_in(workbook(tmp_path / "a.xlsx", sheet(*rows), properties='<workbookPr date1904="1"/>')).notes == []


# ------------------------------------------------------------------------------------------------ everywhere the same


def test_how_much_the_new_kinds_matter_and_what_the_check_calls_them() -> None:
    lost = ("truncated-number", "replaced-byte", "lost-character")
    assert {NoteKind(kind).level for kind in lost} == {Level.ERROR}, "a row that has lost something is held back"
    assert {NoteKind(kind).level for kind in ("mixed-dates", "date-system")} == {Level.WARNING}
    for kind in lost:
        assert f"rows: {kind.replace('-', ' ')}" not in describe_todo(kind, "Phone", 2, 128)


def test_preview_tells_sheet_row_column_kind_and_sentence_of_each(tmp_path: Path) -> None:
    after = '<mergeCells><mergeCell ref="A5:B5"/></mergeCells>'
    rows = [
        row(text("Name"), text("Value"), text("When")),
        row(text("Ann"), number(1.239, 1), number(40000, 2)),
        row(text("Bo"), '<c t="e"><v>#REF!</v></c>', text("3.4.2024")),
        row(text("Cy"), "<c><f>A1</f></c>", text("")),
        row(text("Di"), text("1.23457E+11"), text("")),
    ]
    path = workbook(
        tmp_path / "book.xlsx",
        {"Kunden": sheet(*rows, after=after)},
        formats=["0.00", "d.m.yyyy"],
        properties='<workbookPr date1904="1"/>',
    )
    words = [sys.executable, "-P", "-m", "cg_uploader", "preview", str(path), "--as", "json"]
    done = subprocess.run(words, capture_output=True, check=True, timeout=60)
    notes = json.loads(done.stdout)["notes"]
    assert {(note["sheet"], note["row"], note["column"], note["kind"]) for note in notes} == {
        ("Kunden", None, "Value", "rounded"),
        ("Kunden", None, "When", "date-system"),
        ("Kunden", None, "When", "mixed-dates"),
        ("Kunden", None, None, "merged-cells"),
        ("Kunden", 3, "Value", "error-value"),
        ("Kunden", 4, "Value", "not-calculated"),
        ("Kunden", 5, "Value", "truncated-number"),
    }
    assert all(note["text"].endswith(".") for note in notes)

"""What stands before the first heading, or in it, and is no text that anybody typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sheetfiles import read

from cg_uploader.errors import FileError

MARK = b"\xef\xbb\xbf"
LINES = "Name;City\r\nÄnn;Oslo, N\r\n"
TABLE = (["Name", "City"], [("Änn", "Oslo, N")])


def found(folder: Path, content: bytes) -> tuple[tuple[list[str], list[tuple[str, ...]]], list[str]]:
    (folder / "a.csv").write_bytes(content)
    table = read(folder / "a.csv")
    rows = [row.cells for row in table.rows]
    table.rows.close()
    return ([column.heading for column in table.columns], rows), [note.kind for note in table.notes]


@pytest.mark.parametrize(
    "content",
    [
        MARK + LINES.encode(),
        MARK * 2 + LINES.encode(),
        MARK * 2 + b"sep=;\r\n" + LINES.encode(),
        MARK * 2 + b'"Name";"City"\r\n"\xc3\x84nn";"Oslo, N"\r\n',
        MARK.decode("cp1252").encode() + LINES.encode(),
        MARK + MARK.decode("cp1252").encode() + LINES.encode(),
        ("\ufeff" + LINES).encode("utf-16"),
        ("\ufeff" + LINES).encode("utf-32"),
        b"sep=;\r\n" + LINES.encode(),
        b'"SEP=;"\r\n' + LINES.encode(),
        ("sep=;\r\n" + LINES).encode("utf-16"),
    ],
)
def test_marks_before_the_first_heading_are_no_part_of_it(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, content) == (TABLE, [])


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode() + bytes(200),
        LINES.encode() + bytes(200_000),
        bytes(2) + LINES.encode(),
        LINES.encode().replace(b"O", b"\0O\0"),
        LINES.encode() + b"\x1a",
    ],
)
def test_zero_bytes_in_front_between_and_behind_are_taken_out(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, content) == (TABLE, ["control-characters"])


def test_a_few_zero_bytes_among_ascii_letters_make_no_utf_16(tmp_path: Path) -> None:
    assert found(tmp_path, b"Name,City\n\0,\0\nAnn,Oslo\n") == ((["Name", "City"], [("Ann", "Oslo")]), ["control-characters"])


def test_zero_bytes_alone_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileError) as failure:
        found(tmp_path, bytes(5000))
    assert failure.value.kind == "not-a-spreadsheet"


@pytest.mark.parametrize("lines", [2, 3000])
@pytest.mark.parametrize("headings", ['"Name,City', 'Name,"City'])
def test_a_quotation_mark_in_the_headings_that_never_closes_takes_no_rows(tmp_path: Path, headings: str, lines: int) -> None:
    text = headings + "\n" + "Ann the first of many with a long name,Oslo in the north of Europe\n" * lines
    (names, rows), _ = found(tmp_path, text.encode())
    assert names == headings.split(",")
    assert rows == [("Ann the first of many with a long name", "Oslo in the north of Europe")] * lines


def test_headings_with_breaks_in_them_are_left_as_they_are(tmp_path: Path) -> None:
    assert found(tmp_path, b'"Name\n(full)","City\n(or town)"\nAnn,Oslo\n')[0] == (
        ["Name\n(full)", "City\n(or town)"],
        [("Ann", "Oslo")],
    )

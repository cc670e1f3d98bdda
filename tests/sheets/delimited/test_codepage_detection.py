"""Code pages that are told by the letters of a language alone, and what is asked when two of them explain a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from cg_uploader.model.enums import ENCODINGS
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.reader import read

ROWS = {
    "cp874": ("สมชาย ใจดี;เชียงใหม่", "สุดา รักไทย;กรุงเทพฯ", "วิไล ทองคำ;ภูเก็ต", "นภา พงษ์ไพร;อุดรธานี"),
    "iso8859-7": ("Ελένη Άννα;Θεσσαλονίκη", "Άγγελος Παππάς;Αθήνα", "Νίκος Ώρας;Πάτρα", "Μαρία Δήμου;Άργος"),
    "cp1253": ("Ελένη Άννα;Θεσσαλονίκη", "Άγγελος Παππάς;Αθήνα", "Νίκος Ώρας;Πάτρα", "Μαρία Δήμου;Άργος"),
    "koi8-r": ("Иванов;Москва", "Смирнова;Екатеринбург", "Щукин;Уфа"),
}
OFFERED = (
    "utf-8 utf-16 cp874 cp932 gb18030 cp949 big5 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp850 cp866 koi8-r "
    "mac_roman iso8859-2 iso8859-7 euc_jp"
)


def found(folder: Path, content: bytes, options: ReadOptions | None = None) -> tuple[str, str, list[str]]:
    """The encoding, the one that is asked about, and the first column."""
    (folder / "a.csv").write_bytes(content)
    table = read(folder / "a.csv", options or ReadOptions())
    names = [row.cells[0] for row in table.rows]
    table.rows.close()
    return table.encoding or "", (table.alternative.encoding or "") if table.alternative else "", names


@pytest.mark.parametrize("page", ROWS)
@pytest.mark.parametrize("times", [1, 100])
def test_the_letters_of_a_language_tell_the_page(tmp_path: Path, page: str, times: int) -> None:
    lines = ["Name;City", *ROWS[page] * times]
    names = [row.split(";")[0] for row in ROWS[page]] * times
    assert found(tmp_path, "\r\n".join(lines).encode(page)) == (page, "", names)


@pytest.mark.parametrize("page", ["cp874", "iso8859-7"])
def test_a_few_such_names_among_many_others_tell_it_too(tmp_path: Path, page: str) -> None:
    lines = ["Name;City", *["Ann;Oslo"] * 50, ROWS[page][0], *["Bo;Rome"] * 50]
    assert found(tmp_path, "\n".join(lines).encode(page))[:2] == (page, "")


def test_greek_without_the_letter_that_parts_the_pages_is_that_of_windows(tmp_path: Path) -> None:
    assert found(tmp_path, "Name;City\nΝίκος;Πάτρα\nΜαρία;Αθήνα\n".encode("iso8859-7"))[:2] == ("cp1253", "")


def test_letters_that_the_language_of_one_page_uses_more_tell_it(tmp_path: Path) -> None:
    content = "Name;City\nΆγγελος;x\n".encode("cp1253")
    assert found(tmp_path, content) == ("cp1253", "", ["Άγγελος"])


def test_capitals_of_one_page_that_are_small_letters_of_another_are_asked_about(tmp_path: Path) -> None:
    content = "NAME;CITY\nОРЛОВА;УФА\nЩУКИН;МОСКВА\n".encode("koi8-r")
    encoding, asked, names = found(tmp_path, content)
    assert "koi8-r" in (encoding, asked)
    assert found(tmp_path, content, ReadOptions(encoding="koi8-r"))[2] == ["ОРЛОВА", "ЩУКИН"]
    assert asked or names == ["ОРЛОВА", "ЩУКИН"]


@pytest.mark.parametrize(("page", "name"), [("gb18030", "王芳"), ("big5", "李明"), ("cp949", "김민수")])
def test_one_name_of_east_asia_is_asked_about(tmp_path: Path, page: str, name: str) -> None:
    content = f"Name;City\nAnn;Oslo\n{name};Rome\n".encode(page)
    assert found(tmp_path, content)[1] == page
    assert found(tmp_path, content, ReadOptions(encoding=page))[2] == ["Ann", name]


@pytest.mark.parametrize("text", ["ORGANIZAÇÃO", "Citroën", "ÅÄÖ", "½ ± 3 m²", "Noëë", "«x»"])
def test_few_western_letters_side_by_side_raise_no_question(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, f"Name;City\n{text};Rome\n".encode("cp1252")) == ("cp1252", "", [text])


def test_every_page_that_is_guessed_can_be_chosen() -> None:
    assert set(OFFERED.split()) == set(ENCODINGS)

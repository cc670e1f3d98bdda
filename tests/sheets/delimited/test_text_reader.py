from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import ENCODINGS
from cg_uploader.model.table import Table
from cg_uploader.sheets.cells.separators import CELL
from cg_uploader.sheets.delimited.dialect import Dialect, find_dialect
from cg_uploader.sheets.delimited.encoding import detect_encoding
from cg_uploader.sheets.delimited.tokenizer import Tokenizer, parse_record
from cg_uploader.sheets.reader import ReadOptions, read

Reader = Callable[..., Table]


@pytest.fixture
def table(tmp_path: Path) -> Reader:
    def make(content: str | bytes, *, name: str = "file.csv", **options: object) -> Table:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, ReadOptions(**options))  # type: ignore[arg-type]

    return make


def texts(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def headings(table: Table) -> list[str]:
    return [column.heading for column in table.columns]


def kinds(table: Table) -> list[str]:
    return [note.kind for note in table.notes]


def test_values_are_verbatim(table: Reader) -> None:
    found = table("Id,Num,Date,Flag\n00123,1.50,03/04/2024,TRUE\n+49,(5),5-Jan,NA\n1E5,null, x ,\n")
    assert texts(found) == [("00123", "1.50", "03/04/2024", "TRUE"), ("+49", "(5)", "5-Jan", "NA"), ("1E5", "null", "x", "")]
    assert (found.header_row, found.encoding, found.delimiter, found.sheet, found.sheets) == (1, "utf-8", ",", None, ())
    assert [(column.heading, column.letter) for column in found.columns][:2] == [("Id", "A"), ("Num", "B")]


@pytest.mark.parametrize("delimiter", list(",;\t|^"))
def test_delimiters_are_found(table: Reader, delimiter: str) -> None:
    lines = [["Name", "Amount", "Note"], ["A", "1.234,50", "x"], ["B", "2,75", "y, z"]]
    text = "\n".join(delimiter.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines)
    assert texts(table(text)) == [("A", "1.234,50", "x"), ("B", "2,75", "y, z")]


def test_decimal_commas_do_not_make_the_comma_a_delimiter() -> None:
    assert find_dialect(["Name;Betrag;Menge", "A;1.234,50;1,5", "B;2,75;3,25"]).char == ";"


def test_a_line_that_names_the_delimiter_is_no_row(table: Reader) -> None:
    found = table("sep=;\nName;City\nA;Oslo, N\n")
    assert (headings(found), texts(found), found.header_row) == (["Name", "City"], [("A", "Oslo, N")], 1)


def test_one_column(table: Reader) -> None:
    found = table("Email\na@example.com\nb@example.com\n")
    assert (headings(found), texts(found), found.delimiter) == (["Email"], [("a@example.com",), ("b@example.com",)], None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_certain_encodings(table: Reader, encoding: str) -> None:
    found = table("Name;City\nMüller;Köln\nBeyoncé;東京\n".encode(encoding))
    assert (headings(found), texts(found)) == (["Name", "City"], [("Müller", "Köln"), ("Beyoncé", "東京")])
    assert "encoding-guessed" not in kinds(found)


def test_guessed_encodings_are_said(table: Reader) -> None:
    western = table("Name;City\nMüller;Köln\n".encode("cp1252"))
    mixed = table(b"Name;City\n" + "Müller;Köln ä ö ü é\n".encode() * 3 + b"M\xfcller;x\n", name="mixed.csv")
    assert texts(western) == [("Müller", "Köln")]
    assert texts(mixed)[-1] == ("Müller", "x")
    assert kinds(western) == ["encoding-guessed"]
    assert kinds(mixed) == ["encoding-guessed", "replaced-byte"]


def test_a_person_can_choose(table: Reader) -> None:
    found = table("Имя,x;Город\nА,1;Б\n".encode("cp1251"), encoding="cp1251", delimiter=";")
    assert (headings(found), texts(found)) == (["Имя,x", "Город"], [("А,1", "Б")])
    assert table("a\tb\n1\t2\n", delimiter="tab").delimiter == "\t"
    with pytest.raises(UsageError, match="no encoding of that name"):
        table("a,b\n1,2\n", encoding="martian")
    with pytest.raises(UsageError, match="one character"):
        table("a,b\n1,2\n", delimiter=";;")


def test_two_readings_that_are_about_as_good_are_both_given(table: Reader) -> None:
    content = "Title\n\nName,Team;Office,City\nAnn,Red;North,Oslo\nBob,Blue;South,Rome\nCid,Red;East,Bonn\n"
    found = table(content)
    other = found.alternative
    assert other is not None
    assert (found.delimiter, other.encoding, other.delimiter) == (";", None, ",")
    assert other.own[:2] == (("Name,Team", "Office,City"), ("Ann,Red", "North,Oslo"))
    assert other.other[:2] == (("Name", "Team;Office", "City"), ("Ann", "Red;North", "Oslo"))
    (note,) = found.notes
    assert note.text.startswith("The delimiter is a guess: “;”. With “,” the file reads about as well. ")
    for delimiter in (";", "comma", "none"):
        chosen = table(content, delimiter=delimiter)
        assert (chosen.alternative, kinds(chosen)) == (None, [])


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp1250", "Małgorzata"), ("mac_roman", "René"), ("cp1251", "Имя"), ("cp1250", "Dvořák")]
)
def test_few_letters_that_another_encoding_explains_better_are_asked_about(table: Reader, encoding: str, name: str) -> None:
    found = table(("Name;City\n" + "Ann;Oslo\n" * 9000 + f"{name};Rome\n").encode(encoding))
    assert found.encoding == "cp1252"
    assert found.alternative is not None
    assert (found.alternative.encoding, found.alternative.delimiter) == (encoding, None)
    assert found.alternative.own == (("Name", "City"), (name.encode(encoding).decode("cp1252", "replace"), "Rome"))
    assert found.alternative.other == (("Name", "City"), (name, "Rome"))
    assert f"With {ENCODINGS[encoding]} the file reads" in found.notes[0].text


@pytest.mark.parametrize("text", ["René", "São Paulo", "Jørgen Ærø", "Peña", "Jürgen Groß", "Zoë – “x” 5 €", "Œuvre", "µ ± 3°"])
def test_western_letters_are_not_asked_about(table: Reader, text: str) -> None:
    found = table(f"Name;City\n{text};Oslo\n".encode("cp1252"))
    assert (found.encoding, found.alternative, texts(found)) == ("cp1252", None, [(text, "Oslo")])


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_breaks_inside_quotes(table: Reader, ending: str) -> None:
    found = table(ending.join(["a,b", '1,"x', 'y"', "", "3,4"]))
    assert [(row.number, row.cells) for row in found.rows] == [(2, ("1", "x\ny")), (4, ("3", "4"))]
    assert found.empty_rows == 1


def test_a_quote_that_never_closes_is_a_character(table: Reader) -> None:
    found = table('a,b\n1,2\n3,"open\n5,6\n')
    assert texts(found) == [("1", "2"), ("3", '"open'), ("5", "6")]
    assert [(note.row, note.kind) for note in found.notes] == [(3, "unclosed-quote")]
    assert texts(table('a,b\n1,"open')) == [("1", '"open')]


def test_a_quoted_text_may_be_longer_than_the_csv_module_likes(table: Reader) -> None:
    long = "line\n" * 60_000
    found = table(f'a,b\n1,"{long}"\n2,3\n')
    assert texts(found) == [("1", long.strip()), ("2", "3")]
    found = table('a,b\n1,"' + long)
    assert (len(found.rows), found.rows[1].cells) == (60_000, ("line", ""))
    assert kinds(found) == ["unclosed-quote"]


def test_long_and_short_rows(table: Reader) -> None:
    found = table("a,b\n1,2\n3\n4,5,6\n7,8,,\n")
    assert headings(found) == ["a", "b", ""]
    assert texts(found) == [("1", "2", ""), ("3", "", ""), ("4", "5", "6"), ("7", "8", "")]
    assert [(note.row, note.kind, note.text.count("C4")) for note in found.notes if note.kind == "long-row"] == [
        (4, "long-row", 1)
    ]


def test_the_trick_with_the_equals_sign(table: Reader) -> None:
    found = table('Id,Name\n="00123",A\n"=""0,5""",B\n=1+1,C\n')
    assert texts(found) == [("00123", "A"), ("0,5", "B"), ("=1+1", "C")]


def test_zero_bytes_and_the_end_mark_go(table: Reader) -> None:
    found = table(b"a,b\n1\x00,2\n3,4\n\x1a")
    assert texts(found) == [("1", "2"), ("3", "4")]
    assert kinds(found) == ["control-characters"]


def test_a_title_and_rows_beyond_the_first_thirty(table: Reader) -> None:
    lines = ["Report", "", "Name,Email,City"] + [f"n{i},e{i},c{i}" for i in range(3000)]
    found = table("\n".join(lines))
    assert (found.header_row, len(found.rows), found.rows[2999].number) == (3, 3000, 3003)
    assert found.rows[2999].cells == ("n2999", "e2999", "c2999")
    assert [(row.number, row.cells) for row in found.above] == [(1, ("Report", "", ""))]


def test_a_preview_stops_early(table: Reader) -> None:
    found = table("a,b\n" + "1,2\n" * 5000, limit=7)
    assert (len(found.rows), found.digest) == (7, "")


FIELD = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",\n;'), max_size=6)
COMMA = Dialect(",")


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("cp1252", ["Namn;Ort", "Åsa;Åre", "Åke;Åmål", "Per;Lund"]),
        ("cp1252", ["Navn;By", "Åge;Ålborg", "Åse;Århus"]),
        ("cp1252", ["Item;Size", "Box;10×20 cm", "Can;¾ in", "Tin;± 5 µm", "Jar;10÷2", "Cup;5¢"]),
        ("cp1252", ["Name;Straße;Betrag", "Meier;Hauptstraße 5;1,50 €", "Klein;Am Ring 2;3,00 €"]),
        ("cp1252", ["Nom;Prénom;Prix", "Lefèvre;Zoé;1,50", "Garçon;Luc;2,00"]),
        ("cp932", ["氏名;電話", "山田太郎;03-1234", "鈴木次郎;06-1111"]),
        ("big5", ["姓名;城市", "王芳;台中", "李明;台北", "張偉;高雄"]),
    ],
)
@pytest.mark.parametrize("times", [1, 200])
def test_ordinary_files_of_excel_raise_no_question(table: Reader, encoding: str, lines: list[str], times: int) -> None:
    found = table("\r\n".join([lines[0], *lines[1:] * times]).encode(encoding))
    assert (found.encoding, found.delimiter, found.alternative) == (encoding, ";", None)
    assert texts(found) == [tuple(line.split(";")) for line in lines[1:]] * times


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(("letters", "unicode"), [("ééé", False), ("éééé", True), ("€€€", False), ("€é€😀", True)])
def test_letters_are_counted_alike_wherever_the_bytes_are_parted(
    monkeypatch: pytest.MonkeyPatch, size: int, letters: str, unicode: bool
) -> None:
    monkeypatch.setattr("cg_uploader.sheets.delimited.encoding.CHUNK", size)
    # more than three letters for each fault are needed to believe in UTF-8
    found = detect_encoding(io.BytesIO(letters.encode() + b"a,b\xff,c\n"), chosen=None, max_bytes=None, tick=lambda: None)
    assert (found.name == "utf-8") is unicode


def lines_of(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def cut(text: str, size: int, dialect: Dialect = COMMA) -> list[list[str]]:
    lines = lines_of(text)
    blocks = iter(["\n".join(lines[i : i + size]) for i in range(0, len(lines), size)])
    return [record.split(CELL) for batch, _ in Tokenizer(blocks, dialect) for record in batch]


def exactly(text: str, dialect: Dialect = COMMA) -> list[list[str]]:
    """Every record cut by hand, one after the other."""
    text = "".join(f"{line}\n" for line in lines_of(text))
    found = []
    while text:
        record = parse_record(text, dialect)
        found.append(record.fields)
        text = text[record.end :]
    return found


@given(st.lists(st.lists(FIELD, min_size=2, max_size=4), min_size=1, max_size=12))
def test_what_the_csv_module_writes_is_cut_as_it_was(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    assert cut(out.getvalue(), 1000) == rows == exactly(out.getvalue())


@given(st.lists(st.lists(FIELD, min_size=2, max_size=4), min_size=1, max_size=12))
def test_what_it_writes_all_in_quotation_marks_is_cut_as_it_was(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    assert cut(out.getvalue(), 1000) == rows == exactly(out.getvalue())


@given(st.lists(st.sampled_from(['"', '"', '","', '"\n"', "a", ",", "\n", '""']), max_size=14).map("".join), st.integers(1, 4))
@example('","""', 4)
@example('"', 4)
@example('"a","b"\n"c","d"', 4)
def test_fields_that_look_as_if_all_were_quoted_are_cut_as_if_by_hand(text: str, size: int) -> None:
    dialect, text = Dialect(",", width=1000), f'"{text}"'
    assert cut(text, 1000, dialect) == cut(text, size, dialect) == exactly(text, dialect)


@given(st.text('a",\n', max_size=40), st.integers(1, 4))
def test_any_text_is_cut_as_if_by_hand_in_one_block_or_many(text: str, size: int) -> None:
    # no record is as wide as the dialect says, so that none is mended
    dialect = Dialect(",", width=1000)
    assert cut(text, 1000, dialect) == cut(text, size, dialect) == exactly(text, dialect)


@given(st.text("a', \n", max_size=40), st.integers(1, 4), st.booleans())
def test_other_quotation_marks_are_cut_alike(text: str, size: int, skip: bool) -> None:
    dialect = Dialect(",", quote="'", skip=skip, width=1000)
    assert [[field.strip() for field in fields] for fields in cut(text, size, dialect)] == [
        [field.strip() for field in fields] for fields in exactly(text, dialect)
    ]


WORD = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="#=_\xa0\u200b"), min_size=1, max_size=8
).filter(str.strip)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(st.tuples(WORD, WORD, WORD), min_size=2, max_size=8))
def test_a_written_file_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path_factory.mktemp("csv") / "round.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([("Key", "One", "Two"), *rows])
    found = read(path, ReadOptions(delimiter=",", header_row=1))
    assert texts(found) == [tuple(read_text.strip() for read_text in row) for row in rows]
    found.rows.close()


def test_a_heading_over_what_may_be_one_column_or_two_is_shown_both_ways(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name\nLee, Ann\nRay, Bo\n")
    found = read(tmp_path / "a.csv")
    assert found.alternative is not None
    assert found.alternative.delimiter == "none"
    assert found.alternative.own == (("Lee", " Ann"), ("Ray", " Bo"))
    assert found.alternative.other == (("Name",), ("Lee, Ann",), ("Ray, Bo",))
    chosen = read(tmp_path / "a.csv", ReadOptions(delimiter="none"))
    assert [column.heading for column in chosen.columns] == ["Name"]
    assert [row.cells for row in chosen.rows] == [("Lee, Ann",), ("Ray, Bo",)]


@pytest.mark.parametrize(
    "numbers",
    [("12,50", "13"), ("12", "13,5"), ("-1,50 €", "2,00 €"), ("1.234,50", "12,5"), ("12,5%", "13,0 %"), ("€ 1,50", "€ 2,00")],
)
def test_numbers_with_decimal_commas_below_one_heading_are_one_column(tmp_path: Path, numbers: tuple[str, ...]) -> None:
    (tmp_path / "a.csv").write_text("\n".join(["Betrag", *numbers, ""]), encoding="utf-8")
    found = read(tmp_path / "a.csv")
    assert [column.heading for column in found.columns] == ["Betrag"]
    assert [row.cells for row in found.rows] == [(number,) for number in numbers]
    assert found.alternative is None


@pytest.mark.parametrize(
    "text",
    [
        "Customers\n\nFirst,Last\nAnn,Lee\nBo,Ray\n",
        "Email\na@x.de,\nb@y.de,\n",
        'Customers\nWho,Where\nAnn,"Rome, Italy"\nBo,Bonn\n',
        "Customers\nName,Phone\nAnn,+49 30 123456\nBo,\nCy,+49 30 123457\n",
    ],
)
def test_a_title_over_what_is_clearly_a_table_of_two_columns_raises_no_question(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    found = read(tmp_path / "a.csv")
    assert found.alternative is None
    assert found.delimiter == ","


def test_dates_and_numbers_below_one_heading_stay_two_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Datum\n01.02.2024,9\n11.02.2024,10\n")
    assert read(tmp_path / "a.csv").delimiter == ","

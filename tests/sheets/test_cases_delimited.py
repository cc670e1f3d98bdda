"""What delimited text becomes: for each, the bytes of the file, and all headings, rows and notes expected."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_cases_cells
import test_cases_sheets
from casefiles import Expected, Note, found_in

GUESSED: list[Note] = [(None, None, "encoding-guessed")]
NO_DELIMITER: list[Note] = [(None, None, "delimiter-guessed")]
CONTROLS: list[Note] = [(None, None, "control-characters")]


def two(*rows: tuple[str, str], notes: list[Note] | None = None, first: int = 2) -> Expected:
    """Rows below *Name* and *City*."""
    return Expected(["Name", "City"], list(enumerate(rows, first)), notes or [])


def names(encoding: str, *people: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("Name;City", *people)).encode(encoding)


MANY = {
    "cp1250": ("Dvořák;Plzeň", "Černý;Děčín", "Růžička;Brno-město", "Němec;Žďár"),
    "iso8859-2": ("Łukasz;Łódź", "Świątek;Wrocław", "Józef;Gdańsk", "Źdźbło;Częstochowa"),
    "cp1251": ("Иванов;Москва", "Смирнова;Екатеринбург", "Щукин;Дом"),
    "cp1253": ("Παπαδόπουλος;Αθήνα", "Γεώργιος;Πάτρα", "Ελένη;Θεσσαλονίκη"),
    "cp1254": ("Yıldız;İstanbul", "Şahin;Eskişehir", "Öztürk;Ağrı", "Çelik;Muş"),
    "cp1255": ("שלום;תל אביב", "משה כהן;ירושלים", "רחל לוי;חיפה"),
    "cp1256": ("محمد علي;القاهرة", "فاطمة;الرياض", "خالد;دبي"),
    "cp1257": ("Kęstutis;Šiauliai", "Jūratė;Panevėžys", "Ąžuolas;Mažeikiai", "Jonušė;Kėdainiai"),
    "koi8-r": ("Иванов;Москва", "Смирнова;Екатеринбург", "Щукин;Дом"),
    "cp866": ("Иванов;Москва", "Смирнова;Екатеринбург", "Щукин;Дом"),
    "cp850": ("Müller;Köln", "Jäger;München", "Weiß;Düsseldorf", "Schäfer;Lübeck"),
    "shift_jis": ("ﾔﾏﾀﾞ ﾀﾛｳ;ﾄｳｷｮｳﾄ", "ｽｽﾞｷ ﾊﾅｺ;ｵｵｻｶ", "ｶ)ﾐﾂﾎﾞｼ;ﾅｺﾞﾔ"),
    "cp932": ("山田太郎;東京", "鈴木さくら;大阪市", "トヨタ;名古屋"),
    "gb18030": ("王小明;北京", "李娜;上海市", "有限公司;深圳"),
    "cp949": ("김철수;서울", "이영희;부산", "박지민;대전"),
    "big5": ("王小明;台北市", "陳美玲;高雄", "林志豪;臺中"),
    "mac_roman": ("Müller;Köln", "Jäger;München", "Weiß;Düsseldorf"),
}


def guessed(encoding: str) -> tuple[bytes, Expected]:
    rows = [tuple(line.split(";")) for line in MANY[encoding]]
    return names(encoding, *MANY[encoding]), Expected(["Name", "City"], list(enumerate(rows, 2)), GUESSED)  # type: ignore[arg-type]


LATE = ("Name,City\n" + "Ann,Oslo\n" * 30_000).encode() + "Jörg,Köln\n".encode("cp1252")
LONG = "Name,City\n" + "Ann,Oslo\n" * 10

CASES: dict[str, dict[str, tuple[bytes, Expected]]] = {
    "the encoding is found by a mark, by zeros, by its form, or guessed and said": {
        "UTF-8": (names("utf-8", "Müller;東京"), two(("Müller", "東京"))),
        "UTF-8 with a mark": (names("utf-8-sig", "Müller;東京"), two(("Müller", "東京"))),
        "UTF-16 with a mark": (names("utf-16", "Müller;東京"), two(("Müller", "東京"))),
        "UTF-16, little end first, without a mark": (names("utf-16-le", "Müller;Köln"), two(("Müller", "Köln"))),
        "UTF-16, big end first, without a mark": (names("utf-16-be", "Müller;Köln"), two(("Müller", "Köln"))),
        "UTF-32 with a mark": (names("utf-32", "Müller;東京"), two(("Müller", "東京"))),
        "UTF-32 without a mark": (names("utf-32-le", "Müller;Köln"), two(("Müller", "Köln"))),
        "western": (names("cp1252", "Müller;Köln"), two(("Müller", "Köln"), notes=GUESSED)),
        "western of many languages": (
            names("cp1252", "Søren;Ålborg", "José;Córdoba", "François;Besançon", "João;São Paulo", "Weiß;Köln"),
            two(
                ("Søren", "Ålborg"), ("José", "Córdoba"), ("François", "Besançon"), ("João", "São Paulo"), ("Weiß", "Köln"),
                notes=GUESSED,
            ),
        ),
        **{
            f"by its zeros, though there are few: {encoding}": (
                ("Name;City\r\n" + "Иванов Пётр Сергеевич;Санкт-Петербург\r\n" * 9).encode(encoding),
                two(*[("Иванов Пётр Сергеевич", "Санкт-Петербург")] * 9),
            )
            for encoding in ("utf-16-le", "utf-16-be")
        },
        **{
            f"western, with curly signs between letters: {sign}": (
                names("cp1252", *[f"O{sign}Brien;It{sign}ta", f"D{sign}Arcy;Bo", f"Ann;we{sign}re"]),
                two((f"O{sign}Brien", f"It{sign}ta"), (f"D{sign}Arcy", "Bo"), ("Ann", f"we{sign}re"), notes=GUESSED),
            )
            for sign in "’‘“”•–—"
        },
        **{f"by its letters: {encoding}": guessed(encoding) for encoding in MANY},
        "a bad byte in UTF-8": (
            names("utf-8", *["Müller;Köln"] * 3) + b"J\xf6rg;Ulm\r\n",
            two(*[("Müller", "Köln")] * 3, ("Jörg", "Ulm"), notes=[*GUESSED, (5, "Name", "replaced-byte")]),
        ),
        "the first odd byte comes late": (
            LATE,
            two(*[("Ann", "Oslo")] * 30_000, ("Jörg", "Köln"), notes=GUESSED),
        ),
    },
    "the delimiter is found by consistency": {
        **{
            f"by {char!r}": (f"Name{char}City\nAnn{char}Oslo\nBo{char}Rome\n".encode(), two(("Ann", "Oslo"), ("Bo", "Rome")))
            for char in ",;\t|^"
        },
        "decimal commas": (
            b"Name;Price;Tax\nA;1.234,50;2,5\nB;2,75;3,5\n",
            Expected(["Name", "Price", "Tax"], [(2, ("A", "1.234,50", "2,5")), (3, ("B", "2,75", "3,5"))]),
        ),
        "commas in quotations": (
            b'Name;City\n"Lee, Ann";Oslo\n"Ray, Bo";Rome\n', two(("Lee, Ann", "Oslo"), ("Ray, Bo", "Rome")),
        ),
        "a line that says so": (b"sep=;\nName;City\nAnn;Oslo, N\n", two(("Ann", "Oslo, N"))),
        "a line that says so, of a strange one": (b"sep=#\nName#City\nAnn#Oslo\n", two(("Ann", "Oslo"))),
        "none": (
            b"Email\na@example.com\nb@example.com\n", Expected(["Email"], [(2, ("a@example.com",)), (3, ("b@example.com",))]),
        ),
        "one column of decimal commas": (
            b"Amount\n10,50\n-11,50\n", Expected(["Amount"], [(2, ("10,50",)), (3, ("-11,50",))]),
        ),
        "a heading over what may be one column or two": (
            b"Name\nLee, Ann\nRay, Bo\nKay, Cy\n",
            Expected(["Lee", " Ann"], [(3, ("Ray", "Bo")), (4, ("Kay", "Cy"))], NO_DELIMITER),
        ),
        "a title over headings": (
            b"Report\nName,Born\nAnn,2001-01-02\nBo,2002-03-04\n",
            Expected(["Name", "Born"], [(3, ("Ann", "2001-01-02")), (4, ("Bo", "2002-03-04"))]),
        ),
        "two that are as good": (
            b"Name;City,Land\nAnn;Oslo,Norway\nBo;Rome,Italy\n",
            Expected(["Name", "City,Land"], [(2, ("Ann", "Oslo,Norway")), (3, ("Bo", "Rome,Italy"))], NO_DELIMITER),
        ),
        "title lines": (b"Report\n\nName;City\nAnn;Oslo\nBo;Rome\n", two(("Ann", "Oslo"), ("Bo", "Rome"), first=4)),
    },
    "quotation marks, breaks inside them, and what never closes": {
        "doubled": (b'Name,City\n"Ann ""A"" Lee",Oslo\n', two(('Ann "A" Lee', "Oslo"))),
        "inside an unquoted text": (b'Name,City\n5" disk,Oslo\n', two(('5" disk', "Oslo"))),
        "text after the closing one": (b'Name,City\n"Ann" Lee,Oslo\n', two(("Ann Lee", "Oslo"))),
        "a break inside": (b'Name,City\r\n"Ann\r\nLee",Oslo\r\nBo,Rome\r\n', two(("Ann\nLee", "Oslo"), ("Bo", "Rome"))),
        "CR alone": (b'Name,City\rAnn,"Os\rlo"\rBo,Rome\r', two(("Ann", "Os\nlo"), ("Bo", "Rome"))),
        "mixed ends of lines": (
            b"Name,City\nAnn,Oslo\r\nBo,Rome\rCy,Lima", two(("Ann", "Oslo"), ("Bo", "Rome"), ("Cy", "Lima")),
        ),
        "one that never closes": (
            b'Name,City\n"Ann,Oslo\nBo,Rome\n',
            two(('"Ann', "Oslo"), ("Bo", "Rome"), notes=[(2, "Name", "unclosed-quote")]),
        ),
        "one that would swallow the next row": (
            LONG.encode() + b'Bo,"Rome\n"Cy",Lima\nDi,Kiev\n',
            two(
                *[("Ann", "Oslo")] * 10, ("Bo", '"Rome'), ("Cy", "Lima"), ("Di", "Kiev"),
                notes=[(12, "Name", "unclosed-quote")],
            ),
        ),
        "some inside a quotation that are not doubled": (
            LONG.encode() + b'"Bo, the "big, fat" one",Rome\n',
            two(*[("Ann", "Oslo")] * 10, ('Bo, the "big, fat" one', "Rome"), notes=[(12, "Name", "unclosed-quote")]),
        ),
        "some inside a quotation that cost no column": (b'Name,City\n"the "big" one",Oslo\n', two(('the big" one"', "Oslo"))),
        "apostrophes everywhere": (
            b"'Name','City'\n'Lee, Ann','Oslo'\n'Bo','Rome, IT'\n'Cy','Lima'\n",
            two(("Lee, Ann", "Oslo"), ("Bo", "Rome, IT"), ("Cy", "Lima")),
        ),
        "an apostrophe in a name": (b"Name,City\n'Ann,Oslo\nBo,'t Hart\n", two(("'Ann", "Oslo"), ("Bo", "'t Hart"))),
        "a backslash before marks": (
            b'Name,City\n"Ann \\"A\\" Lee, PhD",Oslo\n"Bo \\"B\\" Ray, MD",Rome\n"C:\\dir",Lima\n',
            two(('Ann "A" Lee, PhD', "Oslo"), ('Bo "B" Ray, MD', "Rome"), ("C:\\dir", "Lima")),
        ),
        "a backslash at the end of a quotation": (
            b'Name,City\n"C:\\dir\\",Oslo\n"D:\\",Rome\n', two(("C:\\dir\\", "Oslo"), ("D:\\", "Rome")),
        ),
        "a blank before quotations": (
            b'Name, City\n"Lee, Ann", "Oslo, N"\n"Ray, Bo", "Rome, IT"\n',
            Expected(["Name", " City"], [(2, ("Lee, Ann", "Oslo, N")), (3, ("Ray, Bo", "Rome, IT"))]),
        ),
        "zero bytes": (b"Name,City\nA\0nn,Oslo\n", two(("Ann", "Oslo"), notes=CONTROLS)),
        "an end mark": (b"Name,City\nAnn,Oslo\n\x1a", two(("Ann", "Oslo"), notes=CONTROLS)),
        "a bell in a text": (b"Name,City\nA\x07nn,Oslo\n", two(("Ann", "Oslo"), notes=[(2, "Name", "control-characters")])),
        "separators for machines": (b"Name,City\nA\x1fnn,Os\x1elo\n", two(("Ann", "Oslo"), notes=CONTROLS)),
    },
    "values are sent as they are": {
        "no numbers, dates, booleans": (
            b"Name,City\n1.50,03/04/2024\nTRUE,NA\n(5),12%\n", two(("1.50", "03/04/2024"), ("TRUE", "NA"), ("(5)", "12%")),
        ),
        "Excel's trick": (b'Name,City\n="00123","=""0,5"""\n', two(("00123", "0,5"))),
        "a formula is text": (b"Name,City\n=1+1,@x\n", two(("=1+1", "@x"))),
        "ends are trimmed": ("Name,City\n Ann ,\u3000Oslo\xa0\n".encode(), two(("Ann", "Oslo"))),
        "the text of an error": (b"Name,City\n#N/A,Oslo\n", two(("#N/A", "Oslo"), notes=[(2, "Name", "error-text")])),
        "no escapes of Excel": (b"Name,City\n_x0041_,Oslo\n", two(("_x0041_", "Oslo"))),
    },
    "row numbers are Excel's, short and long rows": {
        "blank lines count": (
            b"Name,City\n\nAnn,Oslo\n\n\nBo,Rome\n", Expected(["Name", "City"], [(3, ("Ann", "Oslo")), (6, ("Bo", "Rome"))]),
        ),
        "a record is one row": (
            b'Name,City\n"A\nB\nC",Oslo\nBo,Rome\n', two(("A\nB\nC", "Oslo"), ("Bo", "Rome")),
        ),
        "short": (b"Name,City\nAnn\nBo,Rome\n", two(("Ann", ""), ("Bo", "Rome"))),
        "long": (
            b"Name,City\nAnn,Oslo,x\nBo,Rome\n",
            Expected(
                ["Name", "City", ""], [(2, ("Ann", "Oslo", "x")), (3, ("Bo", "Rome", ""))],
                [(2, "", "long-row"), (None, "", "empty-heading")],
            ),
        ),
        "a delimiter at each end": (b"Name,City,\nAnn,Oslo,\nBo,Rome,\n", two(("Ann", "Oslo"), ("Bo", "Rome"))),
        "a delimiter at the end of rows only": (b"Name,City\nAnn,Oslo,\nBo,Rome,\n", two(("Ann", "Oslo"), ("Bo", "Rome"))),
        "footers are rows": (b"Name,City\nAnn,Oslo\nBo,Rome\n\nTotal: 2\n", Expected(
            ["Name", "City"], [(2, ("Ann", "Oslo")), (3, ("Bo", "Rome")), (5, ("Total: 2", ""))],
        )),
        "header only": (b"Name,City\n", two()),
        "rows of nothing but delimiters": (b"Name,City\n,\nAnn,Oslo\n,\n", Expected(["Name", "City"], [(3, ("Ann", "Oslo"))])),
        "nothing": (b"", Expected(refused="empty")),
        "nothing but blanks": (b" \n\n,,\n", Expected(refused="empty")),
    },
}  # fmt: skip
ALL = [pytest.param(*case, id=f"{decision}: {name}") for decision, cases in CASES.items() for name, case in cases.items()]


@pytest.mark.parametrize(("content", "expected"), ALL)
def test_a_text_becomes(tmp_path: Path, content: bytes, expected: Expected) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    assert found_in(path) == expected


def test_a_person_may_know_better(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Имя,x;Город\nА,1;Б\n".encode("koi8-r"))
    expected = Expected(["Имя,x", "Город"], [(2, ("А,1", "Б"))])
    assert found_in(path, encoding="koi8-r", delimiter="semicolon") == expected
    assert found_in(path, encoding="cp1251", delimiter=";").headings != ["Имя,x", "Город"]


def test_every_decision_has_its_cases() -> None:
    tables = [test_cases_cells.CASES, test_cases_sheets.CASES, CASES]
    assert sum(map(len, tables)) == 36
    assert sum(len(cases) for table in tables for cases in table.values()) > 200

from __future__ import annotations

import gzip
import os
import random
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

import pytest
from sheetfiles import binary_cell, compound, excel, excel_binary, open_document, read, row_xml, sheet_xml

from cg_uploader.errors import Cancelled, FileError, UploaderError
from cg_uploader.sheets.containers.errors import damage_as_file_error
from cg_uploader.sheets.options import ReadOptions

SHEET = sheet_xml([["Name", "Email"], *([f"n{i}", f"e{i}@example.com"] for i in range(400))])


def refused(path: Path) -> FileError:
    with pytest.raises(FileError) as failure:
        read(path).rows.close()
    assert failure.value.exit_code == 3
    assert failure.value.sentence.endswith((".", "…"))
    assert "Traceback" not in failure.value.sentence
    return failure.value


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("empty.xlsx", b"", "empty"),
        ("blank.csv", b"\n\n \n", "empty"),
        ("commas.csv", b",,\n,,\n", "empty"),
        ("page.xls", b"<html><body><table><tr><td>a</td></tr></table></body></html>", "web-page"),
        ("page.xls", b"\xef\xbb\xbf  <!DOCTYPE html>\n<html></html>", "web-page"),
        ("page.xls", "<html>".encode("utf-16"), "web-page"),
        ("mht.xls", b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "web-page"),
        ("x.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "xml-2003"),
        ("x.xlsx", b'<?xml version="1.0"?><note/>', "not-a-spreadsheet"),
        ("doc.xlsx", b"%PDF-1.7\n%\xe2\xe3\n", "not-a-spreadsheet"),
        ("pic.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100), "not-a-spreadsheet"),
        ("z.csv", gzip.compress(b"a,b\n1,2\n", mtime=0), "not-a-spreadsheet"),
        ("bin.csv", random.Random(1).randbytes(5000), "not-a-spreadsheet"),
        ("pk.xlsx", b"PK\x03\x04 and nothing", "damaged"),
        ("ole.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and nothing", "damaged"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_with_a_reason(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path).kind == kind


def test_other_containers(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as out:
        out.writestr("letter.txt", "dear")
    assert refused(tmp_path / "a.xlsx").kind == "not-a-spreadsheet"
    assert refused(compound(tmp_path / "d.xls", {"WordDocument": b"x"})).kind == "not-a-spreadsheet"
    assert refused(compound(tmp_path / "p.xlsx", {"EncryptionInfo": b"x", "EncryptedPackage": b"y"})).kind == "password"


def test_what_is_not_there_or_not_to_be_read(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.xlsx").kind == "missing"
    assert refused(Path("bad\0name.csv")).kind == "missing"
    assert refused(tmp_path).kind == "not-a-spreadsheet"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        assert refused(tmp_path / "pipe.csv").kind == "not-a-spreadsheet"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_a_file_that_nobody_may_read(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b\n1,2\n")
    (tmp_path / "f.csv").chmod(0)
    assert refused(tmp_path / "f.csv").kind == "locked"


@pytest.mark.parametrize("change", [lambda path: path.write_text("a,b\n9,9\n"), Path.unlink])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = tmp_path / "f.csv"
    path.write_text("a,b\n" + "1,2\n" * 5000)
    once: list[object] = []

    def cancelled() -> bool:
        if not once:
            once.append(change(path))
        return False

    with pytest.raises(FileError) as failure:
        read(path, cancelled=cancelled)
    assert failure.value.kind == "changed"


def test_a_person_can_stop_the_reading(tmp_path: Path) -> None:
    path = excel(tmp_path / "f.xlsx", sheet_xml([["a", "b"]] + [["x", i] for i in range(30_000)]))
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        read(path, cancelled=cancelled)


def test_the_wrong_extension_is_said_and_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "export.xls"
    path.write_text("Name,Email\na,b\n")
    table = read(path)
    assert [note.kind for note in table.notes] == ["wrong-extension"]
    assert table.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    book = excel(tmp_path / "book.csv", SHEET)
    assert [note.kind for note in read(book).notes] == ["wrong-extension"]
    assert read(book).digest == hashlib.sha256(book.read_bytes()).hexdigest()


# ---------------------------------------------------------------------------------------------------------- bad intent


@pytest.mark.parametrize(
    "xml",
    [
        SHEET.replace("<worksheet", '<!DOCTYPE x [<!ENTITY e "x">]><worksheet').replace("n1<", "&e;<"),
        SHEET.replace("<worksheet", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet'),
        SHEET[: len(SHEET) // 2],
        SHEET.replace("</row>", "", 1),
        SHEET.replace("n5<", "\x01<"),
        SHEET.replace("n5<", "&no;<"),
        "",
        "<worksheet>",
    ],
)
def test_bad_xml_is_damage(tmp_path: Path, xml: str) -> None:
    assert refused(excel(tmp_path / "f.xlsx", xml)).kind == "damaged"


def test_half_a_file_is_damage(tmp_path: Path) -> None:
    data = excel(tmp_path / "f.xlsx", SHEET).read_bytes()
    for part in (0.3, 0.6, 0.99):
        (tmp_path / "half.xlsx").write_bytes(data[: int(len(data) * part)])
        assert refused(tmp_path / "half.xlsx").kind == "damaged"


def test_a_zip_bomb_is_too_big_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        with out.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(260):
                part.write(bytes(1 << 20))
    assert refused(path).kind == "too-big"


@pytest.mark.parametrize("cell", ['<c r="ZZZZ1"><v>1</v></c>', '<c r="XFE1"><v>1</v></c>'])
def test_cells_that_stand_nowhere_are_too_big(tmp_path: Path, cell: str) -> None:
    rows = row_xml(1, ["a", "b"]) + f'<row r="2">{cell}</row>'
    assert refused(excel(tmp_path / "f.xlsx", sheet_xml(rows))).kind == "too-big"
    assert (
        refused(excel(tmp_path / "f.xlsx", sheet_xml('<row r="1048577"><c r="A1048577"><v>1</v></c></row>'))).kind == "too-big"
    )


@pytest.mark.parametrize("place", ["5", "-1", "x"])
def test_shared_texts_that_are_not_there_are_damage(tmp_path: Path, place: str) -> None:
    rows = row_xml(1, ["a", "b"]) + f'<row r="2"><c r="A2" t="s"><v>{place}</v></c></row>'
    assert refused(excel(tmp_path / "f.xlsx", sheet_xml(rows), shared=["one"])).kind == "damaged"


# ---------------------------------------------------------------------------------------------------------- any bytes


def made(folder: Path) -> list[Path]:
    csv = folder / "f.csv"
    csv.write_bytes('Name;Email;"No ""te"\nÄ;b;"c\nd"\n="1";2;3\n'.encode("utf-8-sig") * 20)
    cells = binary_cell(0, "Key") + binary_cell(1, "Value")
    return [
        excel(folder / "f.xlsx", SHEET, formats=["00000"], shared=["a"]),
        excel_binary(folder / "f.xlsb", [(i, False, cells) for i in range(1, 20)]),
        open_document(
            folder / "f.ods",
            '<table:table table:name="T"><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p>'
            "</table:table-cell></table:table-row></table:table>",
        ),
        compound(folder / "f.xls", {"Workbook": b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12) + b"\x0a\0\0\0"}),
        csv,
    ]


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """``data`` with a few bytes changed, taken out or put in, or cut off."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed)) if changed else 0
        what = chance.randrange(4)
        if what == 0 and changed:
            changed[place] = chance.randrange(256)
        elif what == 1:
            changed[place:place] = chance.choice([b'"', b"<", b"&", b"\xff\xff", b"\0", b"</row>", b"<!--", b"99999999"])
        elif what == 2:
            del changed[place : place + chance.randint(1, 30)]
        else:
            del changed[chance.randint(len(changed) // 2, len(changed)) :]
    return bytes(changed)


@pytest.mark.parametrize("seed", range(6))
def test_any_bytes_give_a_table_or_a_sentence(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for path in made(tmp_path):
        original = path.read_bytes()
        for round_ in range(24):
            if path.suffix in (".xlsx", ".xlsb", ".ods") and round_ % 3:
                path.write_bytes(original)
                parts = unpacked(path)
                name = chance.choice(sorted(parts))
                parts[name] = spoilt(parts[name], chance)
                with zipfile.ZipFile(path, "w") as out:
                    for part, data in parts.items():
                        out.writestr(part, data)
            else:
                path.write_bytes(spoilt(original, chance))
            with suppress(UploaderError):
                table = read(path, ReadOptions(limit=3 if round_ % 5 == 0 else None))
                assert all(len(row.cells) == len(table.columns) for row in table.rows)
                assert all(note.text for note in table.notes)
                table.rows.close()


def out_of_memory() -> expat.ExpatError:
    error = expat.ExpatError("in words of any language")
    error.code = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
    return error


@pytest.mark.parametrize("error", [zlib.error("Error -4 while decompressing data"), out_of_memory()])
def test_too_little_memory_is_no_damage(error: Exception) -> None:
    with pytest.raises(MemoryError), damage_as_file_error():
        raise error
    with pytest.raises(FileError), damage_as_file_error():
        raise type(error)("Error -3 while decompressing data")

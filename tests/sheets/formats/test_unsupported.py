"""Files that are no spreadsheets, or not those that their names say: named for what they are, with what to do about them."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from struct import pack

import pytest
from casefiles import Expected, found_in, number, ods_row, ods_text, row, sheet, text, workbook
from program import Program
from sheetfiles import compound, open_document, read

from cg_uploader.errors import FileError

NAMES = row(text("Name"), text("City"))
ANN = row(text("Ann"), text("Oslo"))
PLAIN = Expected(["Name", "City"], [(2, ("Ann", "Oslo"))])


def packed(parts: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, content in parts.items():
            out.writestr(name, content)
    return buffer.getvalue()


def database(folder: Path) -> bytes:
    connection = sqlite3.connect(folder / "made.db")
    connection.execute("create table people (name text)")
    connection.commit()
    connection.close()
    return (folder / "made.db").read_bytes()


def office(folder: str) -> bytes:
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{relation}" Target="{folder}/main.xml"/></Relationships>'
    )
    return packed({"[Content_Types].xml": "<Types/>", "_rels/.rels": links, f"{folder}/main.xml": "<x/>"})


def owner(name: str, width: int) -> bytes:
    """The file that Office keeps beside an open document: the user's name twice, in fields of fixed widths."""
    narrow, wide = name.encode("cp932" if name > "\u3000" else "cp1252"), name.ljust(width).encode("utf-16-le")
    return bytes([len(narrow)]) + narrow.ljust(width) + pack("<H", len(name)) + wide


def tarred(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        out.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


HTML = b"<html><head><meta charset=utf-8></head><body><table><tr><td>Name</td></tr></table></body></html>"
XML_2003 = (
    b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
GOOGLE = json.dumps({"doc_id": "1a2b", "email": "ann@example.com"}).encode()
GOOGLE_OLD = json.dumps({"url": "https://docs.google.com/open?id=1a2b", "doc": "1"}).encode()

REFUSED: dict[str, tuple[str, bytes, str, str, str]] = {
    "a web page": ("a.xls", HTML, "web-page", "is a web page", "save it as .xlsx"),
    "the XML of 2003": ("a.xls", XML_2003, "xml-2003", "XML format of Excel 2003", "save it as .xlsx"),
    "other XML": ("a.xlsx", b"<?xml version='1.0'?><rows/>", "not-a-spreadsheet", "an XML document", "Open it in Excel"),
    "a PDF": ("a.xlsx", b"%PDF-1.7\n%\xe2\xe3", "not-a-spreadsheet", "a PDF document", "Ask for the spreadsheet"),
    "a Numbers document": (
        "a.numbers", packed({"Index/Document.iwa": b"x", "Index/CalculationEngine.iwa": b"x", "Data/a.jpg": b"x"}),
        "not-a-spreadsheet", "a Numbers document", "Export To > Excel",
    ),
    "an old Numbers document": (
        "a.xlsx", packed({"Index.zip": b"x", "preview.jpg": b"x"}), "not-a-spreadsheet", "Pages or Keynote", "Export To",
    ),
    "a Google shortcut": ("a.gsheet", GOOGLE, "not-a-spreadsheet", "a link to a Google document", "File > Download"),
    "an older Google shortcut": ("a.csv", GOOGLE_OLD, "not-a-spreadsheet", "a link to a Google document", "File > Download"),
    "a Word document": ("a.xlsx", office("word"), "not-a-spreadsheet", "a Word document", "empty Excel workbook"),
    "a presentation": ("a.xlsx", office("ppt"), "not-a-spreadsheet", "a PowerPoint presentation", "empty Excel workbook"),
    "a drawing": ("a.xlsx", office("visio"), "not-a-spreadsheet", "a Visio drawing", "empty Excel workbook"),
    "a text of LibreOffice": (
        "a.ods", packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
        "not-a-spreadsheet", "a text document", "empty Excel workbook",
    ),
    "a packed table": ("a.xlsx", packed({"export/data.csv": "a,b\n"}), "not-a-spreadsheet", "a packed folder", "Unpack it"),
    "something else packed": ("a.xlsx", packed({"x.class": b"y"}), "not-a-spreadsheet", "packed file of some", "Choose"),
    "packed by gzip": ("a.csv", b"\x1f\x8b\x08\0\0\0\0\0\0\3x", "not-a-spreadsheet", "a packed file", "Unpack it"),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not-a-spreadsheet", "a picture", "Ask for the spreadsheet"),
    "a photo of a telephone": ("a.csv", b"\0\0\0\x18ftypheic\0\0\0\0mif1", "not-a-spreadsheet", "a picture", "Ask for"),
    "a picture of the web": ("a.csv", b"RIFF\x10\0\0\0WEBPVP8 \0\0", "not-a-spreadsheet", "a picture", "Ask for"),
    "a film": ("a.csv", b"\0\0\0\x18ftypisom\0\0\2\0isom", "not-a-spreadsheet", "sound or video", "Choose"),
    "JSON": ("a.csv", b'{"rows": [1, 2]}', "not-a-spreadsheet", "a JSON data file", "as .xlsx or .csv"),
    "JSON of many": ("a.txt", b'\n[\n  {"a": 1},\n  {"a": 2}\n]', "not-a-spreadsheet", "a JSON data file", "as .xlsx or .csv"),
    "Parquet": ("a.csv", b"PAR1\x15\0\x15\x80\0\0\0PAR1", "not-a-spreadsheet", "a Parquet data file", "as .xlsx or .csv"),
    "contact cards": ("a.csv", b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "not-a-spreadsheet", "contact cards", "as CSV"),
    "a link": ("a.csv", b"[InternetShortcut]\r\nURL=https://example.com/\r\n", "not-a-spreadsheet", "a link", "download"),
    "a workbook of 1992": ("a.xls", b"\x09\x04\x06\0\0\0\x10\0\0\0", "not-a-spreadsheet", "Excel 4 or older", "as .xlsx"),
    "a worksheet of Lotus": ("a.xls", b"\0\0\2\0\6\4\6\0", "not-a-spreadsheet", "Lotus 1-2-3", "save it as .xlsx"),
    "SYLK": ("a.xls", b"ID;PWXL;N;E\r\nP;PGeneral\r\n", "not-a-spreadsheet", "the SYLK format", "save it as .xlsx"),
    "a rich text": ("a.csv", b"{\\rtf1\\ansi hello}", "not-a-spreadsheet", "a text document", "empty Excel workbook"),
    "the owner file of Excel": ("~$a.xlsx", owner("Ann Lee", 54), "not-a-spreadsheet", "the owner file", "the workbook itself"),
    "the owner file of Word": ("a.csv", owner("Ågot", 53), "not-a-spreadsheet", "the owner file", "the workbook itself"),
    "the owner file of nobody": ("a.csv", owner("", 54), "not-a-spreadsheet", "the owner file", "the workbook itself"),
    "an owner file of Japan": ("a.csv", owner("山田太郎", 54), "not-a-spreadsheet", "the owner file", "the workbook itself"),
    "the lock file of LibreOffice": (
        ".~lock.a.ods#", b",ann,pc,30.11.2026 10:00,file:///home/ann/.config/libreoffice/4;",
        "not-a-spreadsheet", "the lock file", "the workbook itself",
    ),
    "a lock file of two words": (
        "a.csv", b"Ann\\, Lee,PC/ann,pc,01.02.2026 10:00,file:///C:/Users/ann/AppData/Roaming/LibreOffice/4;",
        "not-a-spreadsheet", "the lock file", "the workbook itself",
    ),
    "a twin of a Mac": ("._a.xlsx", b"\0\5\x16\7\0\2\0\0Mac OS X", "not-a-spreadsheet", "a Mac keeps", "without ._"),
    "packed by tar": ("a.csv", tarred("a.csv", b"a,b\n1,2\n"), "not-a-spreadsheet", "a packed file", "Unpack it"),
    "a PDF behind a blank line": ("a.csv", b"\r\n%PDF-1.4\n%\xe2\xe3", "not-a-spreadsheet", "a PDF document", "Ask for"),
    "a table of dBase": (
        "a.csv", b"\3\x7c\5\x0a" + pack("<IHH", 1, 65, 11) + bytes(20) + b"NAME\0\0\0\0\0\0\0C" + bytes(20) + b"\r Ann",
        "not-a-spreadsheet", "a dBase table", "as .xlsx",
    ),
    "a dump of PostgreSQL": ("a.csv", b"PGDMP\1\x0e\0\4\x08", "not-a-spreadsheet", "a database dump", "as .xlsx or .csv"),
    "a database of Access": ("a.csv", b"\0\1\0\0Standard ACE DB\0", "not-a-spreadsheet", "a database", "as .xlsx or .csv"),
    "a data file of Stata": ("a.csv", b"<stata_dta><header><release>118\0", "not-a-spreadsheet", "data file", "as .xlsx"),
    "a book": ("a.xlsx", packed({"mimetype": "application/epub+zip"}), "not-a-spreadsheet", "an electronic book", "Ask"),
    "nothing": ("a.xlsx", b"", "empty", "is empty", "another file"),
    "nothing but blanks": ("a.csv", b"\n \n", "empty", "is empty", "another file"),
}  # fmt: skip
CONTAINERS: dict[str, tuple[Mapping[str, bytes], str, str, str]] = {
    "an old Word document": ({"WordDocument": b"x"}, "not-a-spreadsheet", "a Word document", "empty Excel workbook"),
    "an old presentation": ({"PowerPoint Document": b"x"}, "not-a-spreadsheet", "PowerPoint", "empty Excel workbook"),
    "a message": ({"__properties_version1.0": b"x"}, "not-a-spreadsheet", "an Outlook message", "attached"),
    "something else": ({"Contents": b"x"}, "not-a-spreadsheet", "another program", "Choose an Excel"),
    "a password": ({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}, "password", "protected by a password", "without one"),
    "rights of a new workbook": (
        {"EncryptedPackage": b"y", "DRMEncryptedDataSpace": b"x"}, "password", "rights management", "File > Info",
    ),
    "rights of an old workbook": ({"Workbook": b"x", "\tDRMContent": b"y"}, "password", "rights management", "File > Info"),
}  # fmt: skip


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as failure:
        read(path)
    return failure.value


def is_told(sentence: str, name: str, what: str, how: str) -> None:
    assert sentence.startswith(name), sentence
    assert what in sentence, sentence
    assert how in sentence, sentence
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence.strip(), sentence


@pytest.mark.parametrize("case", REFUSED)
def test_what_it_really_is(tmp_path: Path, case: str) -> None:
    name, content, kind, what, how = REFUSED[case]
    (tmp_path / name).write_bytes(content)
    failure = refusal(tmp_path / name)
    assert failure.kind == kind
    is_told(failure.sentence, name, what, how)


@pytest.mark.parametrize("case", CONTAINERS)
def test_what_a_container_really_is(tmp_path: Path, case: str) -> None:
    streams, kind, what, how = CONTAINERS[case]
    failure = refusal(compound(tmp_path / "a.xls", streams))
    assert failure.kind == kind
    is_told(failure.sentence, "a.xls", what, how)


def test_a_database(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(database(tmp_path))
    is_told(refusal(tmp_path / "a.csv").sentence, "a.csv", "a database", "as .xlsx or .csv")


@pytest.mark.parametrize(
    "content",
    [
        b"BM,City\nAnn,Oslo\n",
        b"MZ,City\nAnn,Oslo\n",
        b"ID3,City\nAnn,Oslo\n",
        "BMI,Größe\nAnn,Oslo\n".encode(),
        "MZ,Größe\nAnn,Oslo\n".encode("cp1252"),
        b"ID;City\nAnn;Oslo\n",
        b"ID;Place\nAnn;Oslo\n",
        b"PAR1,City\nAnn,Oslo\n",
        b"RIFF,City\nAnn,Oslo\n",
        b"[Name],City\nAnn,Oslo\n",
        b"[],City\nAnn,Oslo\n",
        b"{Name},City\nAnn,Oslo\n",
        b"TABLE,City\nAnn,Oslo\n",
        b'["Name"],City\nAnn,Oslo\n',
        b"<Name>,City\nAnn,Oslo\n",
        b"%PDF,City\nAnn,Oslo\n",
        b"ORC,City\nAnn,Oslo\n",
        b"PGDMP,City\nAnn,Oslo\n",
        "ブName,City\nAnn,Oslo\n".encode("cp932"),
        b"Name,City\nAnn,Oslo".ljust(162) + b"\n",
    ],
)
def test_text_that_only_begins_like_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert found_in(tmp_path / "a.csv").rows == PLAIN.rows


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.ods", "a.txt", "a.csv", "a", "a.data"])
def test_a_text_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"Name,City\nAnn,Oslo\n")
    expected = [] if name in ("a.txt", "a.csv", "a") else [(None, None, "wrong-extension")]
    assert found_in(tmp_path / name) == Expected(PLAIN.headings, PLAIN.rows, expected)


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.xltx", "a.xltm", "a.xls", "a.csv"])
def test_a_workbook_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    expected = [(None, None, "wrong-extension")] if name in ("a.xls", "a.csv") else []
    assert found_in(workbook(tmp_path / name, sheet(NAMES, ANN))) == Expected(PLAIN.headings, PLAIN.rows, expected)


# ------------------------------------------------------------------------------------- OpenDocument in one XML file


def flat(folder: Path, *rows: str) -> Path:
    """The same XML as in an ods file, its root named as in a file that is XML alone."""
    table = f'<table:table table:name="Data">{"".join(rows)}</table:table>'
    source = open_document(folder / "source.ods", table)
    with zipfile.ZipFile(source) as package:
        xml = package.read("content.xml").decode()
    kind = 'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"'
    path = folder / "book.fods"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + xml.replace("<office:document-content", f"<office:document {kind}").replace(
            "office:document-content>", "office:document>"
        ),
        encoding="utf-8",
    )
    return path


def test_a_spreadsheet_in_one_xml_file(tmp_path: Path) -> None:
    path = flat(tmp_path, ods_row(ods_text("Name"), ods_text("City")), ods_row(ods_text("Ann"), ods_text("Oslo")))
    assert found_in(path) == PLAIN
    assert read(path).digest == read(path.rename(tmp_path / "other.xml")).digest != ""
    assert [note.kind for note in read(tmp_path / "other.xml").notes] == ["wrong-extension"]


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_half_of_such_a_file(tmp_path: Path, share: float) -> None:
    rows = [ods_row(ods_text("Name"), ods_text("City")), *[ods_row(ods_text("Ann"), ods_text("Oslo"))] * 300]
    path = flat(tmp_path, *rows)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refusal(path).kind == "damaged"


def test_an_entity_in_such_a_file(tmp_path: Path) -> None:
    path = flat(tmp_path, ods_row(ods_text("Name"), ods_text("City")), ods_row(ods_text("&e;"), ods_text("Oslo")))
    declared = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><office:document '
    path.write_text(path.read_text().replace("<office:document ", declared, 1))
    assert refusal(path).kind == "damaged"


# ------------------------------------------------------------------------------------------------- from outside


def test_the_program_says_it_in_one_sentence(tmp_path: Path) -> None:
    program = Program(tmp_path)
    for case in ("a web page", "a Numbers document", "a Google shortcut", "a PDF", "JSON", "nothing"):
        name, content, kind, what, how = REFUSED[case]
        (tmp_path / name).write_bytes(content)
        done = program.run("preview", tmp_path / name)
        assert (done.returncode, done.stdout) == (3, "")
        is_told(done.stderr.strip().removeprefix("cg-uploader: "), name, what, how)
        done = program.run("preview", tmp_path / name, "--as", "json")
        error = json.loads(done.stdout)["error"]
        assert (done.returncode, error["kind"], error["exit"]) == (3, kind, 3)
    good = workbook(tmp_path / "good.xls", sheet(NAMES, row(text("Ann"), number(1))))
    assert program.run("preview", good, "--as", "csv").stdout.split() == ["Name,City", "Ann,1"]

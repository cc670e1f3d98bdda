"""What a file holds, whatever its name says."""

from __future__ import annotations

import io

import pytest

from cg_uploader.errors import FileError
from cg_uploader.sheets.formats.detection import decode_head, detect_content
from cg_uploader.sheets.formats.registry import FileContent

FLAT = (
    '<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"></office:document>'
)


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"PK\x03\x04 whatever", FileContent.ZIP),
        (b"PK\x05\x06", FileContent.ZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileContent.OLE),
        (b"Name;City\nAnn;Oslo\n", FileContent.TEXT),
        (b"\n", FileContent.TEXT),
        ("Имя;Город\n".encode("cp1251"), FileContent.TEXT),
        ("Name;City\n".encode("utf-16"), FileContent.TEXT),
        (b"Name;City\n" + bytes(5_000), FileContent.TEXT),  # a disk may fill up a text with zero bytes
        (FLAT.encode(), FileContent.FLAT),
    ],
)
def test_the_first_bytes_decide(data: bytes, content: FileContent) -> None:
    handle = io.BytesIO(data)
    assert detect_content(handle, "a.xyz") is content
    assert handle.tell() == 0


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"<html><body><table></table></body></html>", "web-page"),
        (b"\xef\xbb\xbf \n<!doctype html><p>", "web-page"),
        ("<html><body></body></html>".encode("utf-16"), "web-page"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook></Workbook>', "xml-2003"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not-a-spreadsheet"),
        (b"%PDF-1.7\n", "not-a-spreadsheet"),
        (b'{"name": "Ann"}', "not-a-spreadsheet"),
        (bytes(range(1, 32)) * 40, "not-a-spreadsheet"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_by_its_own_word(data: bytes, kind: str) -> None:
    with pytest.raises(FileError, match=r"people\.xlsx") as caught:
        detect_content(io.BytesIO(data), "people.xlsx")
    assert caught.value.kind == kind


def test_the_beginning_as_text_is_without_any_mark() -> None:
    assert decode_head("é".encode("utf-16-le") * 2 + b"x\0") == "ééx"
    assert decode_head(b"\xef\xbb\xbf\xef\xbb\xbf<a>") == "<a>"
    assert decode_head(b"\xff\xff") == "ÿÿ"

"""The ZIP container of a workbook: parts under any spelling, relationships, and what is refused."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from cg_uploader.errors import FileError
from cg_uploader.sheets.containers import zip_package
from cg_uploader.sheets.containers.xml_parser import walk_elements
from cg_uploader.sheets.containers.zip_package import ZipPackage


def package(**parts: str) -> ZipPackage:
    return ZipPackage(packed({name.replace("__", "/"): text for name, text in parts.items()}))


def packed(parts: dict[str, str]) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in parts.items():
            out.writestr(name, text)
    return made


def test_a_part_is_found_whatever_way_its_name_is_written() -> None:
    found = ZipPackage(packed({"XL\\Workbook.xml": "<a/>"}))
    for name in ("xl/workbook.xml", "/xl/workbook.XML", "xl\\workbook.xml"):
        assert name in found
        assert found.read(name) == b"<a/>"
        assert found.size(name) == 4
    assert "xl/other.xml" not in found
    assert found.size("xl/other.xml") == 0
    assert set(found.part_names) == {"xl/workbook.xml"}


def test_a_part_that_is_missing_is_damage() -> None:
    with pytest.raises(FileError, match=r"its part xl/other\.xml is missing") as caught:
        package().open("xl/other.xml")
    assert caught.value.kind == "damaged"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twice", ["a.xml", "A.XML"])
def test_a_part_that_is_there_twice_must_be_the_same(twice: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        out.writestr("a.xml", "<a/>")
        out.writestr(twice, "<b/>")
    with pytest.raises(FileError, match="twice, with different contents"):
        ZipPackage(made)


def test_what_would_be_unreasonably_large_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_package, "MAX_UNCHECKED_BYTES", 1_000)
    assert ZipPackage(packed({"a.xml": "x" * 900})).size("a.xml") == 900
    with pytest.raises(FileError) as caught:
        ZipPackage(packed({"a.xml": "x" * 100_000}))
    assert caught.value.kind == "too-big"
    monkeypatch.setattr(zip_package, "MAX_UNCHECKED_BYTES", 1 << 30)
    monkeypatch.setattr(zip_package, "MAX_PART_BYTES", 1_000)
    with pytest.raises(FileError, match="unpacked"):
        ZipPackage(packed({"a.xml": "x" * 1_001}))


@pytest.mark.parametrize("cut", [10, 60, -30])
def test_what_is_cut_off_is_damage(cut: int) -> None:
    with pytest.raises(FileError) as caught:
        ZipPackage(io.BytesIO(packed({"a.xml": "x" * 500}).getvalue()[:cut]))
    assert caught.value.kind == "damaged"


def relations(target: str, more: str = "") -> dict[str, tuple[str, str]]:
    text = f'<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="{target}"{more}/></Relationships>'
    found = ZipPackage(packed({"xl/_rels/workbook.xml.rels": text, "xl/sheets/one two.xml": "", "xl/a.xml": "", "top.xml": ""}))
    return found.relationships("xl/workbook.xml")


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("a.xml", "xl/a.xml"),
        ("/top.xml", "top.xml"),
        ("../top.xml", "top.xml"),
        ("sheets\\one two.xml", "xl/sheets/one two.xml"),
        ("sheets/one%20two.xml", "xl/sheets/one two.xml"),
    ],
)
def test_a_relationship_leads_to_a_part(target: str, part: str) -> None:
    assert relations(target) == {"r1": ("worksheet", part)}


def test_what_lies_elsewhere_is_not_followed() -> None:
    assert relations("http://example.org/", ' TargetMode="External"') == {}
    assert package().relationships("xl/workbook.xml") == {}


def test_an_open_document_says_what_it_is_and_whether_it_is_encrypted() -> None:
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    assert package(mimetype=kind).is_ods()
    assert not package(mimetype="application/epub+zip").is_ods()
    assert not package(a="").is_ods()
    with pytest.raises(FileError) as caught:
        ZipPackage(packed({"mimetype": kind, "META-INF/manifest.xml": "<m:encryption-data/>"})).is_ods()
    assert caught.value.kind == "password"


def test_elements_are_told_without_prefixes_and_those_of_extensions_not_at_all() -> None:
    seen: list[tuple[str, dict[str, Any]]] = []
    text = b'<x:a x:k="1"><extLst><a k="2"/><extLst/></extLst><b/></x:a>'
    walk_elements(text, lambda tag, attributes: seen.append((tag, attributes)))
    assert seen == [("a", {"k": "1"}), ("b", {})]


@pytest.mark.parametrize(
    "text", [b"<a>", b"<a></b>", b"", b'<?xml version="1.0" encoding="no-such"?><a/>', b"<!DOCTYPE a><a/>"]
)
def test_broken_xml_and_document_types_are_damage(text: bytes) -> None:
    with pytest.raises(FileError) as caught:
        walk_elements(text, lambda *_: None)
    assert caught.value.kind == "damaged"

"""The cutting of a stream of XML where an element ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.sheets.containers.xml_stream import XmlChunkDecoder

XML = "<s>" + "".join(f"<row>{text}</row>" for text in ("a", "é", "日本", "🙂", "")) + "<end/></s>"
DATA = XML.encode()


def decoded(chunks: list[bytes]) -> tuple[XmlChunkDecoder, list[str | bytes]]:
    decoder = XmlChunkDecoder("</row>")
    return decoder, [*(decoder.decode(chunk) for chunk in chunks), decoder.rest()]


@given(st.lists(st.integers(0, len(DATA))).map(sorted))
def test_wherever_the_chunks_end_the_texts_end_with_an_element_and_nothing_is_lost(cuts: list[int]) -> None:
    places = [0, *cuts, len(DATA)]
    decoder, texts = decoded([DATA[a:b] for a, b in pairwise(places)])
    assert decoder.simple
    assert "".join(map(str, texts)) == XML
    assert all(text == "" or str(text).endswith("</row>") for text in texts[:-1])


@pytest.mark.parametrize("odd", ["<!-- x -->", "<![CDATA[x]]>", "\x0c", "]]>"])
def test_what_only_a_parser_understands_ends_the_simple_way_and_loses_nothing(odd: str) -> None:
    decoder, texts = decoded([b"<s><row>a</row><row>", f"{odd}</row>".encode(), b"<row>b</row></s>"])
    assert not decoder.simple
    assert "".join(map(str, texts)) == f"<s><row>a</row><row>{odd}</row><row>b</row></s>"


@pytest.mark.parametrize("kind", ["iso-8859-1", "utf-16"])
def test_another_encoding_is_left_to_the_parser(kind: str) -> None:
    data = f'<?xml version="1.0" encoding="{kind}"?><row>é</row>'.encode(kind)
    decoder, texts = decoded([data[:50], data[50:]])
    assert not decoder.simple
    assert texts == [data[:50], data[50:], b""]


def test_a_byte_order_mark_is_no_text() -> None:
    _, texts = decoded([b"\xef\xbb\xbf<row/></row>"])
    assert texts == ["<row/></row>", ""]


def test_bytes_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded([b"<row>\xff</row>"])
    with pytest.raises(UnicodeDecodeError):
        decoded([b"<row>\xc3"])


def test_an_element_that_never_ends_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cg_uploader.sheets.containers.xml_stream._MAX_CHARS_HELD", 100)
    decoder, texts = decoded([b"<row>" + b"x" * 60, b"y" * 60, b"z"])
    assert not decoder.simple
    assert texts == ["", f"<row>{'x' * 60}{'y' * 60}", "z", ""]

"""In which encoding a text file is written, and what of it is a guess."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.errors import UsageError
from cg_uploader.sheets.delimited import encoding
from cg_uploader.sheets.delimited.encoding import Encoding, detect_encoding


def found(data: bytes, chosen: str | None = None, max_bytes: int | None = None) -> Encoding:
    return detect_encoding(io.BytesIO(data), chosen=chosen, max_bytes=max_bytes, tick=lambda: None)


@pytest.mark.parametrize(
    ("data", "name", "guessed"),
    [
        (b"", "utf-8", False),
        (b"Name;City\n", "utf-8", False),
        ("Größe;日本\n".encode(), "utf-8", False),
        ("Größe\n".encode("utf-8-sig"), "utf-8-sig", False),
        ("Größe\n".encode("utf-16"), "utf-16", False),
        ("Name;City\nAnn;Oslo\n".encode("utf-16-le"), "utf-16-le", False),
        ("Größe über Straße\n".encode("cp1252"), "cp1252", True),
        ("ä ö ü ß é è\n".encode() + b"\xe4\n", "utf-8", True),
    ],
)
def test_what_the_bytes_say(data: bytes, name: str, guessed: bool) -> None:
    answer = found(data)
    assert (answer.name, answer.guessed) == (name, guessed)
    assert answer.digest == hashlib.sha256(data).hexdigest()


def test_what_is_wished_for_is_taken() -> None:
    answer = found(b"\xe4", chosen="koi8-r")
    assert (answer.name, answer.errors, answer.guessed, answer.marks) == ("koi8-r", "replace", False, True)


@pytest.mark.parametrize("name", ["martian", "", "idna", "punycode", "unicode_escape", "hex", "a\0b"])
def test_what_is_no_encoding_of_files_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="There is no encoding"):
        found(b"x", chosen=name)


@pytest.mark.parametrize("data", [b"a\0b", b"a\x1a", b"\x1fa", "\ufeffa".encode()])
def test_marks_are_noticed(data: bytes) -> None:
    assert found(data).marks or found(data).name == "utf-8-sig"
    assert not found(b"a;b\n").marks


def test_a_look_at_the_beginning_has_no_digest_and_leaves_the_file_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "CHUNK", 4)
    handle = io.BytesIO(b"abcdefgh\xe4\xe4\xe4")
    answer = detect_encoding(handle, chosen=None, max_bytes=8, tick=lambda: None)
    assert (answer.name, answer.digest, answer.marks) == ("utf-8", "", True)
    assert handle.tell() == 0


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 7))
def test_chunks_make_no_difference(text: str, size: int) -> None:
    whole = found(text.encode())
    before, encoding.CHUNK = encoding.CHUNK, size
    try:
        pieces = found(text.encode())
    finally:
        encoding.CHUNK = before
    assert (pieces.name, pieces.guessed, pieces.digest) == (whole.name, whole.guessed, whole.digest) or len(
        text.encode()
    ) < 4_096

"""Files of sent rows: what is written is read, and whatever was done to a file is noticed and said in one sentence."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cg_uploader.errors import FileError
from cg_uploader.uploads.journal.sent_rows import export_format, sealing
from cg_uploader.uploads.journal.sent_rows.export_format import (
    ENTRY,
    Contents,
    Header,
    read_contents,
    read_header,
    read_version,
    write,
)

CODE = "abcde23456fghij34567"
KEY = bytes(range(32))
PLACES = [("https://example.com/records/", "contact"), ("https://example.com/records/", "survey")]


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code costs next to nothing, and a few entries make many blocks."""
    monkeypatch.setattr(sealing, "OPERATIONS", 1)
    monkeypatch.setattr(sealing, "MEMORY_BYTES", 8192)
    monkeypatch.setattr(export_format, "BLOCK_ENTRIES", 3)


def entry(number: int) -> bytes:
    return ENTRY.pack(number.to_bytes(16, "big"), bytes(16), 1, 1.5, number % 2)


def content(count: int, code: str = CODE) -> bytes:
    stream = io.BytesIO()
    write(stream, code, Header("Ann", "2026-05-03", count), KEY, PLACES, map(entry, range(count)))
    return stream.getvalue()


def parts(whole: bytes) -> list[bytes]:
    """The first line, the second line, their digest, and each sealed block."""
    first, second, rest = whole.split(b"\n", 2)
    line = json.loads(second)
    sizes, rows = [32, line["first"]], line["rows"]
    sizes += [min(rows - begun, 3) * ENTRY.size + 17 for begun in range(0, rows, 3)]
    found = [first + b"\n", second + b"\n"]
    for size in sizes:
        found.append(rest[:size])
        rest = rest[size:]
    assert rest == b""
    return found


def with_line(pieces: list[bytes], **changed: object) -> bytes:
    """The file with a second line that says something else, and the digest of it."""
    first, second, _digest, *blocks = pieces
    second = json.dumps({**json.loads(second), **changed}).encode() + b"\n"
    return b"".join([first, second, hashlib.sha256(first + second).digest(), *blocks])


def entries_of(contents: Contents) -> list[tuple[object, ...]]:
    return [found for block in contents.blocks for found in ENTRY.iter_unpack(block)]


def refused(file: Path, whole: bytes, code: str = CODE) -> FileError:
    """Why a file with that content is not read to its end."""
    file.write_bytes(whole)
    with pytest.raises(FileError) as caught:
        entries_of(read_contents(file, code))
    assert caught.value.sentence.startswith((file.name, f"The code does not open {file.name}"))
    return caught.value


hashes = st.binary(min_size=16, max_size=16)
packed = st.tuples(hashes, hashes, st.integers(0, 1), st.floats(0, 4e9), st.integers(0, 65535))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=20),
    key=st.binary(min_size=32, max_size=32),
    places=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=3),
    entries=st.lists(packed, max_size=10),
    code=st.text(max_size=24),
)
def test_what_is_written_is_read(
    tmp_path: Path,
    name: str,
    key: bytes,
    places: list[tuple[str, str]],
    entries: list[tuple[bytes, bytes, int, float, int]],
    code: str,
) -> None:
    file = tmp_path / "file"
    header = Header(name, "2026-05-03", len(entries))
    with file.open("wb") as stream:
        write(stream, code, header, key, places, (ENTRY.pack(*one) for one in entries))
    for found in (read_header(file), read_contents(file, code).header):
        assert (found.name, found.made, found.rows) == (name, "2026-05-03", len(entries))
    contents = read_contents(file, f" {code[:5]}-{code[5:]} ")
    assert (contents.key, contents.places, entries_of(contents)) == (key, places, entries)


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_a_file_that_was_cut_anywhere_is_noticed_without_the_code(tmp_path: Path, count: int) -> None:
    whole, file = content(count), tmp_path / "file"
    begins = len(whole.split(b"\n")[0]) + 1
    for size in range(begins, len(whole)):
        file.write_bytes(whole[:size])
        with pytest.raises(FileError, match="file is not complete: its end is missing"):
            read_header(file)


def test_a_changed_byte_is_damage_wherever_it_stands_and_never_a_wrong_code(tmp_path: Path) -> None:
    whole, file = content(4), tmp_path / "file"
    begins = len(whole.split(b"\n")[0]) + 1
    for index in range(begins, len(whole)):
        error = refused(file, whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert error.kind == "damaged", index


def test_blocks_in_another_order_left_out_or_put_behind_are_noticed(tmp_path: Path) -> None:
    file, pieces = tmp_path / "file", parts(content(9))
    *lines, digest, first, one, two, last = pieces
    assert "damaged" in refused(file, b"".join([*lines, digest, first, two, one, last])).sentence
    assert "damaged" in refused(file, b"".join([*lines, digest, first, one, one, last])).sentence
    assert "damaged" in refused(file, b"".join([*pieces, last])).sentence
    without_end = with_line([*lines, digest, first, one, two], rows=6)
    assert "damaged" in refused(file, without_end).sentence
    assert "damaged" in refused(file, with_line([*pieces, last], rows=12)).sentence
    foreign = parts(content(9))
    assert "damaged" in refused(file, b"".join([*lines, digest, first, one, two, foreign[-1]])).sentence


def test_nothing_that_is_said_without_the_code_can_be_changed(tmp_path: Path) -> None:
    """Not even by whoever makes the digest anew: the first block opens with the lines alone that it was sealed with."""
    file, pieces = tmp_path / "file", parts(content(3))
    for changed in ({"from": "Bob"}, {"made": "2027-01-01"}, {"start": "00" * 24}):
        assert refused(file, with_line(pieces, **changed)).kind == "damaged"
    assert refused(file, with_line(pieces, salt="00" * 16)).kind == "password"
    assert "not complete" in refused(file, with_line(pieces, rows=10**12)).sentence


@pytest.mark.parametrize(
    "changed",
    [{"rows": -1}, {"first": 0}, {"first": 10**12}, {"from": 1}, {"salt": "x"}, {"check": "AB" * 32}, {"start": None}],
    ids=str,
)
def test_a_second_line_that_nothing_writes_is_damage(tmp_path: Path, changed: dict[str, object]) -> None:
    assert refused(tmp_path / "file", with_line(parts(content(3)), **changed)).kind == "damaged"


@pytest.mark.parametrize("second", [b"[]", b"{}", b"[" * 100_000, b"\xff"])
def test_a_second_line_of_something_else_is_damage(tmp_path: Path, second: bytes) -> None:
    first, _second, _digest, *blocks = parts(content(3))
    lines = first + second + b"\n"
    assert refused(tmp_path / "file", b"".join([lines, hashlib.sha256(lines).digest(), *blocks])).kind == "damaged"


@pytest.mark.parametrize("places", [["one"], [["one"]], [["one", 2]], {}], ids=str)
def test_what_is_sealed_and_cannot_be_is_damage(tmp_path: Path, places: object) -> None:
    """Whoever has made the file is a colleague, whose program may be another."""
    stream = io.BytesIO()
    write(stream, CODE, Header("Ann", "2026-05-03", 0), KEY, places, iter(()))  # type: ignore[arg-type]
    assert refused(tmp_path / "file", stream.getvalue()).kind == "damaged"


def test_another_code_does_not_open_it(tmp_path: Path) -> None:
    for code in ("", "zzzzz", CODE[:-1], "é" * 20):
        assert refused(tmp_path / "file", content(3), code).kind == "password"


def test_the_same_rows_and_the_same_code_never_make_the_same_file_twice() -> None:
    assert all(one != two for one, two in zip(parts(content(3))[1:], parts(content(3))[1:], strict=True))


def test_a_later_version_is_named(tmp_path: Path) -> None:
    file = tmp_path / "april.cgmemory"
    file.write_bytes(b"CG Uploader memory 3\nwhatever stands there then")
    with pytest.raises(FileError, match=r"^april\.cgmemory was made by a later version of CG Uploader\. Update") as caught:
        read_version(file)
    assert caught.value.kind == "later-version"


@pytest.mark.parametrize("text", [b"", b"PK\x03\x04", b"CG Uploader memory", b"CG Uploader memory 0\n", b"memory 2\n"])
def test_another_file_is_not_a_file_of_sent_rows(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(text)
    with pytest.raises(FileError, match="file is not a file of sent rows") as caught:
        read_version(file)
    assert caught.value.kind == "not-sent-rows"


def test_no_more_than_a_block_is_in_memory(tmp_path: Path) -> None:
    """Entries are taken when their block is written, and blocks are read when they are asked for."""
    taken: list[int] = []

    class Watched(io.BytesIO):
        def write(self, data: object) -> int:
            written.append(len(taken))
            return super().write(data)  # type: ignore[arg-type]

    def entries() -> Iterator[bytes]:
        for number in range(7):
            taken.append(number)
            yield entry(number)

    written: list[int] = []
    stream = Watched()
    write(stream, CODE, Header("Ann", "2026-05-03", 7), KEY, PLACES, entries())
    assert written == [0, 0, 3, 6, 7]
    whole = bytearray(stream.getvalue())
    whole[-1] ^= 1
    file = tmp_path / "file"
    file.write_bytes(whole)
    contents = read_contents(file, CODE)
    assert [len(next(contents.blocks)) // ENTRY.size for _block in range(2)] == [3, 3]
    with pytest.raises(FileError, match="damaged"):
        next(contents.blocks)


def test_sealing_is_loaded_when_something_is_sealed(tmp_path: Path) -> None:
    """Each start of the program would wait for it."""
    file = tmp_path / "file"
    file.write_bytes(content(1))
    code = (
        "import sys; from pathlib import Path; from cg_uploader.uploads.journal import journal;"
        " from cg_uploader.uploads.journal.sent_rows import export_file;"
        "export_file.describe_file(Path(sys.argv[1])); print('nacl' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"

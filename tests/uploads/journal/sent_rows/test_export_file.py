"""What this computer knows of sent rows, as a file: a colleague learns it whole, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from small_uploads import LOST, a, planned, send

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.sent_rows.export_file import ENTRY, SentRowsFile
from cg_uploader.uploads.planning.plan_builder import find_earlier


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def test_a_colleagues_rows_are_known_here(journal: Journal, tmp_path: Path) -> None:
    send(journal, [a("1"), a("1", "b")])
    count, code = journal.sent_rows_file().export_to(tmp_path / "mine.cgmemory")
    assert count == 2
    assert len(code.replace("-", "")) == 20
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        found = other.sent_rows_file().import_from(tmp_path / "mine.cgmemory", f" {code.upper()} ")
        assert found.rows == 2
        assert other.sent_rows_file().imports() == [found]
        assert " on " in found.name
        assert send(other, [a("1"), a("2", "b"), a("1", "c")]) == [3, 4]
        assert f"by {found.name}" in next(other.rows(1)).outcome.message
        assert send(other, [a("1", "b")]) == [2], "what was sent here since is newer than what the colleague knows"


def test_importing_again_changes_nothing(journal: Journal, tmp_path: Path) -> None:
    send(journal, [a("1")])
    _, old = journal.sent_rows_file().export_to(tmp_path / "old")
    send(journal, [a("2"), a("1", "b")])
    _, new = journal.sent_rows_file().export_to(tmp_path / "new")
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        exchange = other.sent_rows_file()
        seen = []
        for name, code in (("new", new), ("new", new), ("old", old)):
            exchange.import_from(tmp_path / name, code)
            seen.append(other._db.execute("select * from memory order by 1, 2").fetchall())
        assert len(exchange.imports()) == 1
        assert seen[0] == seen[1] == seen[2], "an older file takes nothing back"
        assert send(other, [a("2"), a("1", "b")]) == []


def test_once_only_rows_of_a_colleague_are_known_too(journal: Journal, tmp_path: Path) -> None:
    kind = {"data_type": DataType.SURVEY, "reference": "survey"}
    send(journal, [a("1"), a("1", "b")], {3: [LOST]}, **kind)
    _, code = journal.sent_rows_file().export_to(tmp_path / "mine")
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        other.sent_rows_file().import_from(tmp_path / "mine", code)
        found = find_earlier(planned([a("1"), a("1", "b")], **kind), other)
        assert found.must_choose
        assert found.known == {RowStatus.ACCEPTED: 1, RowStatus.NOT_SURE: 1}
        assert send(other, [a("1"), a("1", "b"), a("1", "c")], **kind) == [4]


def test_the_file_holds_no_value_and_no_key(journal: Journal, tmp_path: Path) -> None:
    send(journal, [a("unforgettable", "somebody-special")])
    journal.sent_rows_file().export_to(tmp_path / "mine")
    content = (tmp_path / "mine").read_bytes()
    for secret in (b"unforgettable", b"somebody", journal._secret, journal._secret.hex().encode()):
        assert secret not in content


def test_two_exports_have_different_codes_and_one_does_not_open_the_other(journal: Journal, tmp_path: Path) -> None:
    send(journal, [a("1")])
    (_, one), (_, two) = (journal.sent_rows_file().export_to(tmp_path / name) for name in ("one", "two"))
    assert one != two
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        for code in (two, "", "zzzzz-zzzzz-zzzzz-zzzzz"):
            with pytest.raises(FileError, match="code does not open"):
                other.sent_rows_file().import_from(tmp_path / "one", code)
        assert other.sent_rows_file().imports() == []


def test_whatever_is_wrong_with_the_file_is_said_and_nothing_taken_in(journal: Journal, tmp_path: Path) -> None:
    send(journal, [a(str(n), f"p{n}") for n in range(20)])
    _, code = journal.sent_rows_file().export_to(tmp_path / "good")
    good = (tmp_path / "good").read_bytes()
    header = good.split(b"\n")[1]
    huge = json.dumps({**json.loads(header), "rows": 10**12}).encode()
    wrong = [good[:at] for at in range(0, len(good), 97)] + [b"", b"PK\x03\x04", good + b"x", good.replace(header, huge)]
    wrong += [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(0, len(good), 53)]
    wrong += [good.replace(header, text) for text in (b"[]", b"{}", b"[" * 100_000, b'{"rows": -1}', b"\xff")]
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        for content in wrong:
            (tmp_path / "wrong").write_bytes(content)
            with pytest.raises(FileError) as caught:
                other.sent_rows_file().import_from(tmp_path / "wrong", code)
            assert "wrong" in caught.value.sentence
        with pytest.raises(FileError, match="no such file"):
            other.sent_rows_file().import_from(tmp_path / "missing", code)
        assert other._db.execute("select count(*) from memory").fetchone() == (0,)
        assert other.sent_rows_file().imports() == []


@pytest.mark.parametrize(
    "entry",
    [(0.0, 7), (float("nan"), 0), (float("-inf"), 0), (-1e300, 0)],
    ids=["a place that is not there", "no time", "before all time", "a time that no calendar has"],
)
def test_what_is_sealed_and_cannot_be_is_not_taken_in(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: tuple[float, int]
) -> None:
    send(journal, [a("1")])
    crafted = ENTRY.pack(bytes(16), bytes(16), 1, *entry)
    monkeypatch.setattr(SentRowsFile, "_packed", lambda _self, _places: iter([crafted]))
    _, code = journal.sent_rows_file().export_to(tmp_path / "crafted")
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        with pytest.raises(FileError, match="damaged"):
            other.sent_rows_file().import_from(tmp_path / "crafted", code)
        assert other.sent_rows_file().imports() == []


def test_what_is_remembered_while_it_is_written_belongs_to_the_next_export(
    journal: Journal, paths: AppPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window remembers rows, of another place too, between the count and the entries."""
    send(journal, [a("1")])
    packed = SentRowsFile._packed

    def while_others_remember(exchange: SentRowsFile, known: list[int]) -> Iterator[bytes]:
        with closing(Journal(paths)) as other:
            send(other, [a("2", "b")], reference="another")
            other.add_sent_rows()
        return packed(exchange, known)

    monkeypatch.setattr(SentRowsFile, "_packed", while_others_remember)
    _, code = journal.sent_rows_file().export_to(tmp_path / "mine")
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        assert other.sent_rows_file().import_from(tmp_path / "mine", code).rows == 1
    assert journal.sent_rows_file().rows() == 2


def test_nothing_to_export_and_nothing_of_ones_own_to_import(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to export"):
        journal.sent_rows_file().export_to(tmp_path / "mine")
    send(journal, [a("1")])
    _, code = journal.sent_rows_file().export_to(tmp_path / "mine")
    with pytest.raises(UsageError, match="from this computer"):
        journal.sent_rows_file().import_from(tmp_path / "mine", code)
    with pytest.raises(UsageError, match="Choose another folder"):
        journal.sent_rows_file().export_to(tmp_path / "no such folder" / "mine")


def test_a_file_is_whole_or_absent(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    send(journal, [a("1")])
    target = tmp_path / "mine"
    target.write_text("what was there before")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match="mine"):
        journal.sent_rows_file().export_to(target)
    assert target.read_text() == "what was there before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "stored"]


def test_a_clock_that_is_ahead_over_there_does_not_outdo_what_happens_here(journal: Journal, tmp_path: Path) -> None:
    send(journal, [a("1")])
    journal.add_sent_rows()
    journal._db.execute("update memory set answered = answered + 1e9")
    _, code = journal.sent_rows_file().export_to(tmp_path / "mine")
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
        other.sent_rows_file().import_from(tmp_path / "mine", code)
        assert send(other, [a("2")]) == [2]
        assert send(other, [a("1")]) == [2]

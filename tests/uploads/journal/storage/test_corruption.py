"""A damaged journal is set aside whole and said; a good one is never mistaken for one; a newer one is not even touched."""

from __future__ import annotations

import functools
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import people, plan_of, recorded

from cg_uploader.errors import AlreadyUploaded, JournalError, RunChanged
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.storage import corruption
from cg_uploader.uploads.planning.plan_builder import find_earlier, refuse_repeat

ROWS = 400


def kept(position: int) -> JournalRow:
    texts = (f"p{position}@example.com", "Ann" * 40)
    return JournalRow(position, position + 2, WAITING, True, texts, texts[0], fingerprint=b"%016d" % position)


@functools.cache
def good_journal() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        paths = AppPaths(Path(folder) / "home")
        with closing(Journal(paths)) as journal:
            recorded(journal, plan_of(people(ROWS)), [kept(position) for position in range(ROWS)])
        return paths.journal.read_bytes()


def filled(paths: AppPaths) -> None:
    paths.prepare()
    paths.journal.write_bytes(good_journal())


def files(paths: AppPaths) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in paths.home.glob("journal*") if path.suffix != ".lock"}


def garble_header(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"not what it was")


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 4096 // 2 * 4096)


def cut_inside_a_page(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1000)


def overwrite_a_page(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(5 * 4096)
        stream.write(b"\xff" * 4096)


def replace_by_text(file: Path) -> None:
    file.write_text("hello, this is no database at all\n" * 40)


HARM = (garble_header, cut, cut_inside_a_page, overwrite_a_page, replace_by_text)


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_journal_is_set_aside_whole_and_a_new_one_begins(paths: AppPaths, harm: Callable[[Path], None]) -> None:
    filled(paths)
    harm(paths.journal)
    before = paths.journal.read_bytes()
    with closing(Journal(paths)) as journal:
        assert journal.set_aside is not None
        assert journal.set_aside.read_bytes() == before
        assert journal.runs() == []
        assert journal.loss() is not None
    with closing(Journal(paths)) as journal:
        assert journal.set_aside is None, "once"
        assert journal.loss() is not None


def test_two_damaged_journals_of_one_second_are_both_kept(paths: AppPaths) -> None:
    for content in (b"one" * 99, b"two" * 99):
        paths.journal.write_bytes(content)
        Journal(paths).close()
    kept_ones = {path.read_bytes() for path in paths.home.glob("journal-damaged-*")}
    assert {b"one" * 99, b"two" * 99} <= kept_ones


def left_by_a_killed_program(paths: AppPaths) -> None:
    """A journal whose newest rows stand in its write-ahead log alone."""
    script = (
        "import os, sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path; from test_corruption import kept, people, plan_of, recorded\n"
        "from cg_uploader.settings.paths import AppPaths; from cg_uploader.uploads.journal.journal import Journal\n"
        "journal = Journal(AppPaths(Path(sys.argv[1]))); journal._db.execute('pragma wal_autocheckpoint=0')\n"
        "recorded(journal, plan_of(people(3)), [kept(n) for n in range(3)])\n"
        "os._exit(9)\n"
    )
    here = Path(__file__).resolve()
    words = [sys.executable, "-P", "-c", script, str(paths.home), *map(str, here.parents[:4])]
    assert subprocess.run(words, check=False).returncode == 9
    assert paths.journal.with_name("journal.sqlite3-wal").stat().st_size > 0


def test_what_only_the_write_ahead_log_holds_is_no_damage(paths: AppPaths) -> None:
    left_by_a_killed_program(paths)
    with closing(Journal(paths)) as journal:
        assert journal.set_aside is None
        assert len(list(journal.rows(1))) == 3


@pytest.mark.parametrize("gone", [True, False])
def test_a_write_ahead_log_without_its_journal_is_not_thrown_away(paths: AppPaths, gone: bool) -> None:
    left_by_a_killed_program(paths)
    log = paths.journal.with_name("journal.sqlite3-wal").read_bytes()
    paths.journal.unlink() if gone else os.truncate(paths.journal, 0)
    with closing(Journal(paths)) as journal:
        assert journal.set_aside is not None
        assert journal.set_aside.with_name(journal.set_aside.name + "-wal").read_bytes() == log


def test_corruption_that_shows_later_is_set_aside_at_the_next_start(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(paths)
    overwrite_a_page(paths.journal)
    monkeypatch.setattr(corruption, "ALWAYS_CHECKED_BYTES", 0)
    with closing(Journal(paths)) as journal:
        assert journal.set_aside is None, "a large one is not looked through at each start"
        with pytest.raises(JournalError, match="Start CG Uploader again"):
            list(journal.rows(1))
    with closing(Journal(paths)) as journal:
        assert journal.set_aside is not None


def test_nothing_is_set_aside_under_somebody_who_sends(paths: AppPaths) -> None:
    filled(paths)
    garble_header(paths.journal)
    before = files(paths)
    with FileLock(paths.locks / "run-1.lock"), pytest.raises(JournalError, match="another CG Uploader is sending"):
        Journal(paths)
    assert files(paths) == before


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_bytes_are_wrong_the_journal_opens_or_says_why_and_nothing_is_lost(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    paths = AppPaths(tmp_path_factory.mktemp("fuzz") / "stored")
    filled(paths)
    content = bytearray(paths.journal.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    paths.journal.write_bytes(content)
    try:
        with closing(Journal(paths)) as journal:
            if journal.set_aside is not None:
                assert journal.set_aside.read_bytes() == bytes(content)
            for run in journal.runs():
                list(journal.rows(run))
    except JournalError as error:
        said = error.sentence
    else:
        return
    assert str(paths.journal) in said
    assert "Ann" not in said, "no value in a message"
    if "Start CG Uploader again" not in said:
        assert paths.journal.read_bytes() == bytes(content)


def test_a_newer_journal_is_not_touched_nor_its_write_ahead_log(paths: AppPaths) -> None:
    db = sqlite3.connect(paths.journal)
    db.execute("pragma journal_mode=wal")
    db.execute("create table future (x)")
    db.execute("pragma user_version = 99")
    db.commit()
    db.execute("pragma wal_checkpoint(truncate)")
    db.execute("insert into future values ('newest')")
    db.commit()
    copy = AppPaths(paths.home.parent / "copy")
    copy.prepare()
    for path in paths.home.glob("journal*"):
        shutil.copy(path, copy.home)
    db.close()
    before = {name: content for name, content in files(copy).items() if not name.endswith("-shm")}
    assert len(before) == 2
    with pytest.raises(JournalError, match="newer"):
        Journal(copy)
    assert {name: content for name, content in files(copy).items() if not name.endswith("-shm")} == before


def test_a_loss_must_be_known_before_once_only_rows_are_sent(paths: AppPaths) -> None:
    replace_by_text(paths.journal)
    plan = plan_of(people(2), data_type=DataType.SURVEY)
    with closing(Journal(paths)) as journal:
        found = find_earlier(plan, journal)
        assert found.must_choose
        with pytest.raises(AlreadyUploaded, match="was damaged") as caught:
            refuse_repeat(found)
        assert "may not be sent twice" in caught.value.sentence
        harmless = find_earlier(plan_of(people(2)), journal)
        assert not harmless.must_choose
        assert "not recognised" in harmless.sentence


def test_a_loss_is_asked_about_until_somebody_has_answered_however_long_that_takes(paths: AppPaths) -> None:
    replace_by_text(paths.journal)
    plan = plan_of(people(2), data_type=DataType.SURVEY)
    with closing(Journal(paths)) as journal:
        journal._db.execute("update loss set day = date('now', '-100 days')")
        with pytest.raises(AlreadyUploaded, match="was damaged"):
            refuse_repeat(find_earlier(plan, journal))
        assert not find_earlier(plan_of(people(2)), journal).sentence, "what may be repeated needs no word any more"
        journal._db.execute("update loss set known_to_person = 1")
        assert not find_earlier(plan, journal).sentence


def test_a_loss_is_asked_about_once(paths: AppPaths) -> None:
    replace_by_text(paths.journal)
    plan = plan_of(people(2), data_type=DataType.SURVEY)
    with closing(Journal(paths)) as journal:
        recorded(journal, replace(plan, skip_accepted=False), [kept(0), kept(1)])
        found = find_earlier(plan_of(people(9), data_type=DataType.SURVEY), journal)
        assert not found.must_choose
        assert "was damaged" in found.sentence


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("name", ["journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-commits", "journal.sqlite3.lock"])
def test_a_planted_link_is_not_followed(paths: AppPaths, tmp_path: Path, name: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"mine")
    (paths.home / name).symlink_to(theirs)
    with pytest.raises(JournalError, match="is a link"):
        Journal(paths)
    assert theirs.read_bytes() == b"mine"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_planted_lock_is_not_followed(paths: AppPaths, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"mine")
    (paths.locks / "run-1.lock").symlink_to(theirs)
    with closing(Journal(paths)) as journal, pytest.raises(JournalError, match="is a link"):
        journal.record_run(plan_of(people(1)), [])
    assert theirs.read_bytes() == b"mine"


@pytest.mark.parametrize(("column", "bad"), [("cells", b"\xff\xfeAnn"), ("cells", b'["Ann'), ("who", b"\xffAnn")])
def test_a_text_that_is_not_as_it_was_written_is_said_without_it(paths: AppPaths, column: str, bad: bytes) -> None:
    filled(paths)
    with closing(Journal(paths)) as journal:
        journal._db.execute(f"update row set {column} = cast(? as text) where number = 9", (bad,))
        with pytest.raises(JournalError, match="not as it was written") as caught:
            list(journal.rows(1))
        assert "Ann" not in caught.value.sentence
        journal.forget(1)
        assert journal.runs() == []


def test_a_plan_that_is_not_as_it_was_written_is_said_and_can_be_forgotten(paths: AppPaths) -> None:
    filled(paths)
    with closing(Journal(paths)) as journal:
        journal._db.execute("update run set plan = ?", ('{"origin": [["run", "7"',))
        assert find_earlier(plan_of(people(2)), journal).sentence == "", "a repeat does no harm"
        survey = plan_of(people(2), data_type=DataType.SURVEY)
        with pytest.raises(RunChanged, match="Forget upload 1"):
            find_earlier(survey, journal)
        journal.forget(1)
        assert journal.runs() == []
        assert find_earlier(survey, journal).sentence == ""


@pytest.mark.parametrize(
    ("column", "value"), [("records", b"\xff"), ("reference", b"\xff"), ("content", b"\xff"), ("rows", -4)]
)
def test_once_only_rows_of_a_run_that_is_not_as_it_was_written_are_not_sent_again(
    paths: AppPaths, column: str, value: object
) -> None:
    """Whatever it says of itself, somebody has to look; to forget it keeps what is known of its rows."""
    plan = plan_of(people(1), data_type=DataType.SURVEY)
    with closing(Journal(paths)) as journal:
        row = plan.table.rows[0]
        fingerprint = journal.fingerprint(plan.request(row).fingerprint)
        recorded(journal, plan, [JournalRow(0, row.number, "accepted", once_only=True, cells=(), fingerprint=fingerprint)])
        journal._db.execute(f"update run set {column} = ?", (value,))
    with closing(Journal(paths)) as journal:
        assert journal.runs() == [1]
        for look in (lambda: find_earlier(plan, journal), lambda: journal.summary(1), lambda: journal.plan(1)):
            with pytest.raises(RunChanged, match=r"upload 1 is not as it was written.*Forget upload 1"):
                look()
        assert journal.forget(1)
        assert find_earlier(plan, journal).known == {RowStatus.ACCEPTED: 1}


def test_a_run_whose_address_nobody_can_read_may_have_newer_rows(paths: AppPaths) -> None:
    plan = plan_of(people(1))
    row = JournalRow(0, 2, WAITING, once_only=False, cells=("a@example.com", "Ann"), fingerprint=b"text", subject=b"about")
    with closing(Journal(paths)) as journal:
        old, new = (recorded(journal, replace(plan, table=replace(plan.table, digest=name)), [row]) for name in ("old", "new"))
        journal._db.execute("update row set state = 'accepted', answered = 1 where id >> 32 = ?", (new,))
        journal._db.execute("update run set records = x'ff' where id = ?", (new,))
        journal.settle(old)
        assert journal.left_to_do(old, 0, 9) == []

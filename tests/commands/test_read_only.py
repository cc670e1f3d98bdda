"""A home that can only be read: history and report show what is recorded, and nothing in it changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from rig import Heard, ScriptedClient, plan_of

from cg_uploader import cli
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can say that a folder may only be read")


@contextmanager
def only_read(home: Path) -> Iterator[None]:
    """Meanwhile nothing can be written below ``home``; the administrator needs a disk for that."""
    if os.geteuid() != 0:
        folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o500)
        try:
            yield
        finally:
            for folder in folders:
                folder.chmod(0o700)
        return
    for words in (["--bind", str(home), str(home)], ["-o", "remount,bind,ro", str(home)]):
        done = subprocess.run(["mount", *words], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("mounting is not possible here: " + done.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


@pytest.fixture
def home(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one upload of two rows, one of which is held back."""
    with closing(Journal(paths)) as journal:
        plan = plan_of([("ann@example.com", "Ann"), ("bob", "Bob")])
        engine.upload(plan, ScriptedClient(), journal, on_batch=Heard(), control=Control())
    monkeypatch.setenv("CG_UPLOADER_HOME", str(paths.home))
    return paths.home


def contents(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(words)
    return code, *capsys.readouterr()


def test_history_and_report_read_it(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(home)
    with only_read(home):
        code, out, err = run(capsys, "history", "--json")
        assert (code, err) == (0, "")
        assert [(run["run"], run["accepted"], run["held_back"]) for run in json.loads(out)["runs"]] == [(1, 1, 1)]
        code, out, err = run(capsys, "report", "1", "--as", "json")
        assert (code, err) == (0, "")
        assert [row["status"] for row in json.loads(out)["outcomes"]] == ["accepted", "held_back"]
        assert run(capsys, "report", "1")[1].startswith("<!doctype html>")
        assert run(capsys, "report", "1", "--save", str(tmp_path / "receipt.html"))[0] == 0
        assert run(capsys, "report", "2")[0] == 2
    assert contents(home) == before


def test_what_an_open_journal_has_logged_is_read(home: Path, paths: AppPaths, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest commits stand in its log; without it an older record would be shown."""
    with closing(Journal(paths)) as journal:
        plan = plan_of([("cleo@example.com", "Cleo")])
        engine.upload(plan, ScriptedClient(), journal, on_batch=Heard(), control=Control())
        assert home.joinpath("journal.sqlite3-wal").stat().st_size
        with only_read(home):
            code, out, _err = run(capsys, "history", "--json")
    assert (code, [run["run"] for run in json.loads(out)["runs"]]) == (0, [2, 1])


def test_a_log_that_cannot_be_read_is_said_in_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wal = home / "journal.sqlite3-wal"
    wal.write_bytes(b"x" * 100)
    with suppress(FileNotFoundError):
        home.joinpath("journal.sqlite3-shm").unlink()
    with only_read(home):
        code, out, err = run(capsys, "history")
    assert (code, out) == (5, "")
    assert "The record of uploads cannot be kept in" in err
    assert err.count("\n") == 1
    assert wal.exists()


def test_an_upload_that_another_program_carries_out_is_under_way(
    home: Path, paths: AppPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Journal(paths)) as journal:
        journal.reopen(1)
    with closing(Journal(paths)) as journal, journal.hold(1), only_read(home):
        assert json.loads(run(capsys, "history", "--json")[1])["runs"][0]["state"] == "under-way"
    with only_read(home):
        assert json.loads(run(capsys, "history", "--json")[1])["runs"][0]["state"] == "cut-off"


def test_nothing_is_uploaded_from_it(home: Path, paths: AppPaths, capsys: pytest.CaptureFixture[str]) -> None:
    with only_read(home):
        code, _out, err = run(capsys, "resume", "1")
    assert code == 5
    assert "cannot be" in err

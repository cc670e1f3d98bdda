"""Files that the user named: what is no file is refused, and nothing waits for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rig import plan_of, recorded

from cg_uploader.api.tls import read_certificates
from cg_uploader.errors import FileError, ProfileError, UploaderError, UsageError
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profiles import ProfileStore, open_profile
from cg_uploader.system import named_file
from cg_uploader.system.atomic_file import save_text
from cg_uploader.system.named_file import NamedFile, is_there, read_named, same_as, within
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.sent_rows.export_file import describe_file
from cg_uploader.uploads.results.output_files import ensure_spared

posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices that have a place in a folder")


def test_a_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one\ntwo and three")
    assert read_named(file, 5) == b"one\nt"
    with NamedFile(file) as stream:
        assert stream.size() == 17
        assert stream.readline(100) == b"one\n"
        assert [stream.read(10), stream.read(10), stream.read(10)] == [b"two and th", b"ree", b""]
        stream.seek(4)
        assert stream.read(3) == b"two"
    assert is_there(file)
    assert not is_there(tmp_path / "none")


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_named(tmp_path / "none", 1)
    with pytest.raises(OSError, match=r"(directory|Permission denied)"):
        read_named(tmp_path, 1)


def test_what_does_not_come_back_is_left_behind() -> None:
    """As long as the call hangs there is nothing to wait for, so the limit may be as short as it likes."""
    held = threading.Event()
    with pytest.raises(TimeoutError, match="its drive does not answer"):
        within(0.01, held.wait)
    held.set()


@posix
def test_a_file_whose_drive_goes_away_is_left_behind_without_waiting_at_the_end(tmp_path: Path) -> None:
    """Neither closing the file nor the end of the program waits for the thread that hangs; a pipe stands for the drive."""
    code = (
        "import os, sys; from pathlib import Path; from cg_uploader.system import named_file\n"
        "near, far = os.pipe()\n"
        "named_file._opened = lambda _: os.fdopen(near, 'rb')\n"
        "try:\n    with named_file.NamedFile(Path('x'), 0.01) as file:\n        file.read(1)\n"
        "except TimeoutError as error:\n    print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("its drive does not answer\n", "")


@posix
@pytest.mark.parametrize("what", ["pipe", "device"])
def test_what_is_no_file_is_refused_wherever_a_file_is_named(tmp_path: Path, what: str) -> None:
    named = tmp_path / "named.json"
    if what == "pipe":
        os.mkfifo(named)
    else:
        named.symlink_to("/dev/zero")
    store = ProfileStore(tmp_path / "profiles")
    for kind, open_it in (
        (UsageError, lambda: read_certificates(named)),
        (ProfileError, lambda: open_profile(str(named), store)),
        (UsageError, lambda: faults.read(named)),
        (FileError, lambda: describe_file(named)),
        (UsageError, lambda: save_text(named, ["text"])),
    ):
        with pytest.raises(UploaderError, match="a pipe or a device") as caught:
            open_it()
        assert type(caught.value) is kind
    assert not named.is_file()


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a drive that does not answer: no such drive can be had here, so the look itself hangs."""
    folder, held, look = tmp_path / "dead", threading.Event(), os.stat

    def stat(path: Any, *words: Any, **more: Any) -> os.stat_result:
        if isinstance(path, str | Path) and Path(path).is_relative_to(folder):
            assert held.wait(60), "somebody has waited for the drive"
        return look(path, *words, **more)

    monkeypatch.setattr(os, "stat", stat)
    yield folder
    held.set()


def test_a_file_is_known_under_any_name_whatever_drives_are_gone(
    tmp_path: Path, dead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_file, "TIMEOUT_SECONDS", 2.0)
    file, other, link = tmp_path / "file", tmp_path / "other", tmp_path / "hard"
    file.write_text("x")
    other.write_text("x")
    os.link(file, link)
    assert same_as(file, [*(dead / f"{n}.xlsx" for n in range(20)), other, link, tmp_path / "none", file]) == [link, file]


def test_no_save_waits_for_the_drive_of_an_earlier_upload(
    paths: AppPaths, tmp_path: Path, dead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_file, "TIMEOUT_SECONDS", 0.05)
    target = tmp_path / "receipt.html"
    target.write_text("old")
    with closing(Journal(paths)) as journal:
        for number in range(3):
            plan = plan_of([(f"a{number}@example.com", "A")])
            recorded(journal, replace(plan, table=replace(plan.table, file=dead / f"{number}.xlsx")), [])
        ensure_spared(target, paths, journal, [dead / "profile.json"])

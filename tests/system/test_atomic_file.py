"""Saves are whole or absent: what stood there before stays, nothing is left over, and the sentence says what to do."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cg_uploader.errors import UsageError
from cg_uploader.settings.preferences import Preferences, PreferenceStore
from cg_uploader.system import atomic_file
from cg_uploader.system.atomic_file import MAX_NAME_CHARS, proposed_name, save_text, saved_whole

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and limits of POSIX")


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def broken_off(target: Path) -> None:
    with saved_whole(target) as part:
        part.write_text("half")
        raise ZeroDivisionError


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    target = tmp_path / "receipt.html"
    target.write_text("old")
    save_text(target, ["new ", "text ‐ é\n"])
    assert target.read_text(encoding="utf-8") == "new text ‐ é\n"
    assert names(tmp_path) == ["receipt.html"]


def test_what_stood_there_stays_when_the_writing_breaks_off(tmp_path: Path) -> None:
    target = tmp_path / "receipt.html"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError):
        broken_off(target)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["receipt.html"]


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "receipt.html").mkdir()
    with pytest.raises(UsageError, match=r"is a folder\. Choose another name"):
        save_text(tmp_path / "receipt.html", ["x"])
    assert names(tmp_path) == ["receipt.html"]


def test_a_folder_that_is_not_there_and_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no such folder"):
        save_text(tmp_path / "no" / "receipt.html", ["x"])
    with pytest.raises(UsageError, match="too long"):
        save_text(tmp_path / ("x" * 300), ["x"])
    assert names(tmp_path) == []


@posix
def test_permissions(tmp_path: Path) -> None:
    for name, private, mode in (("mine", True, 0o600), ("ours", False, 0o666 & ~_mask())):
        save_text(tmp_path / name, ["x"], private=private)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refusing(error: type[OSError]) -> Callable[..., None]:
    def replace(_self: Path, _target: Path) -> None:
        raise error(13, "in use")

    return replace


def test_open_in_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows lets nobody replace a file that Excel has open."""
    target = tmp_path / "failed.xlsx"
    target.write_text("old")
    monkeypatch.setattr(Path, "replace", _refusing(PermissionError))
    with pytest.raises(UsageError, match=r"another program has the file open.*unchanged"):
        save_text(target, ["new"])
    assert target.read_text() == "old"
    assert names(tmp_path) == ["failed.xlsx"]


FULL = """
import resource, sys
from pathlib import Path
from cg_uploader.errors import UsageError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.sheets.failed_rows import writer
from cg_uploader.sheets.failed_rows.writer import FailedRow
from cg_uploader.system.atomic_file import save_text
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
import os
rows = (FailedRow(n, (os.urandom(30).hex(),), RowStatus.REFUSED, "p", "w") for n in range(2000))
target = Path(sys.argv[1])
for save in (lambda: save_text(target, ["x" * 9000]), lambda: writer.write(target, ["Key"], rows, origin=Provenance())):
    try:
        save()
    except UsageError as error:
        print(error.sentence)
"""


@posix
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "failed.xlsx"
    target.write_text("old")
    done = subprocess.run([sys.executable, "-c", FULL, str(target)], capture_output=True, text=True, check=False)
    assert done.stdout.count("The disk is full") == 2, done.stderr
    assert target.read_text() == "old"
    assert names(tmp_path) == ["failed.xlsx"]


RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}


@given(st.text(max_size=300) | st.sampled_from(sorted(RESERVED)) | st.text("./\\: ~$-", max_size=8))
@example("../../evil")
@example("..")
@example("CON")
@example("con.x")
@example("a\u202egnp.exe")
@example("C:\\windows\\system")
@example("")
def test_a_proposed_name_stays_in_its_folder_and_works_everywhere(text: str) -> None:
    name = proposed_name(text, " - receipt.pdf")
    assert name.endswith(" - receipt.pdf")
    assert not set(name) & set('<>:"/\\|?*')
    assert not any(unicodedata.category(letter)[0] == "C" for letter in name)
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert name.partition(".")[0].strip().casefold() not in RESERVED
    assert len(name) <= MAX_NAME_CHARS + 1 + len(" - receipt.pdf")
    assert (Path("/folder") / name).parent == Path("/folder")
    assert proposed_name("con", ".cgsetup") == "_con.cgsetup"


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert proposed_name("Kontakte März 2026", " - receipt.pdf") == "Kontakte März 2026 - receipt.pdf"


@pytest.mark.parametrize("refused", ["replace", "open"])
def test_where_another_program_looks_at_a_file_for_a_moment_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """As on Windows, where a search for viruses is enough; what cannot be read then would be lost by the next save."""
    monkeypatch.setattr(atomic_file, "_TRIES", 3)
    monkeypatch.setattr(atomic_file, "_PAUSE_SECONDS", 0.0)
    store = PreferenceStore(tmp_path / "p.json")
    store.save(Preferences(keep_days=7))
    do, looks = getattr(Path, refused), [1, 2]

    def at_last(path: Path, *args: Any, **options: Any) -> Any:
        if looks:
            looks.pop()
            raise PermissionError(errno.EACCES, "another program looks at it")
        return do(path, *args, **options)

    monkeypatch.setattr(Path, refused, at_last)
    store.save(replace(store.load(), last_profile="EU"))
    assert store.load() == Preferences(keep_days=7, last_profile="EU")
    assert not looks

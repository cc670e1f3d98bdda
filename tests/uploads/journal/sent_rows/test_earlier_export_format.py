"""A file of sent rows that version 1 wrote: it opens, and what was done to it is noticed."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rig import Heard, ScriptedClient, Timer, inline, plan_of

from cg_uploader.errors import FileError
from cg_uploader.model.enums import DataType
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.sent_rows.earlier_export_format import read_contents, read_header
from cg_uploader.uploads.journal.sent_rows.export_file import describe_file
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

# Contacts a (1) and b (1, then 2) accepted; surveys d accepted and e that may have arrived.
VERSION_1 = Path(__file__).with_name("version_1.cgmemory")
CODE = "3w425-y3t5h-q2hzz-fb6kn"


def sent(journal: Journal, rows: list[tuple[str, str]], **more: object) -> list[int]:
    """The row numbers that left."""
    plan = replace(plan_of([(f"{name}@example.com", value) for name, value in rows], **more), skip_accepted=True)  # type: ignore[arg-type]
    client = ScriptedClient({})
    engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def refused(file: Path, whole: bytes, code: str = CODE) -> FileError:
    file.write_bytes(whole)
    with pytest.raises(FileError) as caught:
        list(read_contents(file, code).blocks)
    return caught.value


def with_line(**changed: object) -> bytes:
    """The file with a second line that says something else, and the plain check of it."""
    first, second, rest = VERSION_1.read_bytes().split(b"\n", 2)
    checked = b"\n".join([first, json.dumps({**json.loads(second), **changed}).encode(), rest[:-64]])
    return checked + hashlib.sha256(checked).digest() + rest[-32:]


def test_what_it_says_is_known_here(paths: AppPaths) -> None:
    assert describe_file(VERSION_1) == "Accepted rows of Ann on her computer, as they stood on 3 May 2026."
    with closing(Journal(paths)) as journal:
        imported = journal.sent_rows_file().import_from(VERSION_1, CODE)
        assert (imported.name, imported.rows, imported.unsure) == ("Ann on her computer", 5, 1)
        assert sent(journal, [("a", "1"), ("b", "2"), ("c", "1")]) == [4]
        survey = {"data_type": DataType.SURVEY, "reference": "survey"}
        assert sent(journal, [("d", "1"), ("e", "1"), ("f", "1")], **survey) == [4]


def test_what_it_said_is_written_in_the_present_version(paths: AppPaths, tmp_path: Path) -> None:
    """And nothing of what a colleague has sent is handed on."""
    with closing(Journal(paths)) as journal:
        journal.sent_rows_file().import_from(VERSION_1, CODE)
        sent(journal, [("e", "1")])
        count, _code = journal.sent_rows_file().export_to(tmp_path / "mine")
    assert count == 1
    assert (tmp_path / "mine").read_bytes().startswith(b"CG Uploader memory 2\n")


def test_a_file_that_was_cut_is_noticed_without_the_code(tmp_path: Path) -> None:
    whole, file = VERSION_1.read_bytes(), tmp_path / "file"
    for size in range(whole.index(b"\n") + 1, len(whole), 7):
        file.write_bytes(whole[:size])
        with pytest.raises(FileError, match="file is not complete: its end is missing"):
            read_header(file)


def test_a_changed_byte_is_damage_and_never_a_wrong_code(tmp_path: Path) -> None:
    whole = VERSION_1.read_bytes()
    for index in range(whole.index(b"\n") + 1, len(whole) - 32):
        error = refused(tmp_path / "file", whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert error.kind == "damaged", index
    assert refused(tmp_path / "file", whole + b"x").kind == "damaged"


def test_a_change_with_a_check_made_anew_does_not_open(tmp_path: Path) -> None:
    assert refused(tmp_path / "file", with_line(**{"from": "Bob on her computer"})).kind == "password"
    for changed in ({"rows": -1}, {"places": [["one"]]}, {"salt": "x"}, {"key": "00"}, {"made": None}):
        assert refused(tmp_path / "file", with_line(**changed)).kind == "damaged"


def test_another_code_does_not_open_it(paths: AppPaths, tmp_path: Path) -> None:
    file = tmp_path / "april.cgmemory"
    shutil.copyfile(VERSION_1, file)
    with closing(Journal(paths)) as journal, pytest.raises(FileError, match=r"The code does not open april\.cgmemory"):
        journal.sent_rows_file().import_from(file, "abcde-abcde-abcde-abcde")

"""What the terminal shows: a bar where somebody watches, milestones elsewhere, JSON alone on standard output."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from pathlib import Path

import pytest

from cg_uploader.commands.journal_commands import memory
from cg_uploader.commands.terminal import Terminal, TerminalProgress
from cg_uploader.errors import FileError
from cg_uploader.model.enums import Activity, RowStatus
from cg_uploader.model.message import message
from cg_uploader.model.run import Batch, Doing, Outcome
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.journal.sent_rows.export_format import Header, write

SENDING = Doing(Activity.SENDING)


class Screen(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        return True


def batch(settled: int, *outcomes: Outcome, doing: Doing = SENDING) -> Batch:
    return Batch(100, {RowStatus.ACCEPTED: settled}, outcomes, doing)


def test_milestones_come_once_each_ten_percent() -> None:
    err = io.StringIO()
    progress = TerminalProgress(Terminal(out=io.StringIO(), err=err))
    for settled in range(0, 101, 3):
        progress(batch(settled))
    lines = err.getvalue().splitlines()
    assert len(lines) == 9
    assert lines[0] == "12 of 100 rows (10 %)"


@pytest.mark.parametrize("screen", [io.StringIO, Screen])
def test_rows_that_stay_behind_are_no_progress(screen: type[io.StringIO]) -> None:
    """172 of 252 rows are held back: the run begins at nothing, and ends with all of the 80 rows that are left."""
    err = screen()
    progress = TerminalProgress(Terminal(out=io.StringIO(), err=err))
    before = {RowStatus.HELD_BACK: 172}
    for settled in range(172, 253, 4):
        counts = {RowStatus.HELD_BACK: 172, RowStatus.ACCEPTED: settled - 172}
        progress(Batch(252, counts, before=before))
    said = err.getvalue()
    assert "8 of 80 rows to be sent" in said
    assert "80 of 80 rows to be sent" in said
    assert "172" not in said


def test_a_bar_is_redrawn_in_place_and_gone_at_the_end() -> None:
    err = Screen()
    progress = TerminalProgress(Terminal(out=io.StringIO(), err=err))
    progress(batch(50))
    progress(batch(100, doing=Doing(Activity.FINISHED)))
    assert "50 of 100 rows" in err.getvalue()
    assert "\n" not in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[K")


def test_only_rows_that_need_somebody_are_told() -> None:
    err = io.StringIO()
    refused = Outcome(7, RowStatus.REFUSED, 422, (("Email", "No."),), 1, "ann@example.com")
    TerminalProgress(Terminal(out=io.StringIO(), err=err))(batch(2, refused, Outcome(8, RowStatus.ACCEPTED, 200)))
    assert err.getvalue() == "Row 7 (ann@example.com): Refused. Email: No.\n"


def test_a_wait_is_said_once_with_its_reason() -> None:
    err = io.StringIO()
    progress = TerminalProgress(Terminal(out=io.StringIO(), err=err))
    for left in range(30, 0, -1):
        progress(batch(2, doing=Doing(Activity.WAITING, message(UploadMessage.BREAK), left)))
    assert err.getvalue() == "Waiting: CustomerGauge asked for a break. Going on in 30 s.\n"


def test_json_stays_alone_on_standard_output() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(json=True, out=out, err=err)
    terminal.say("words")
    terminal.emit({"text": "é – 日本"})
    assert json.loads(out.getvalue()) == {"text": "é – 日本"}
    assert err.getvalue() == "words\n"


def test_a_table_cuts_long_texts_and_line_breaks() -> None:
    out = io.StringIO()
    Terminal(out=out, err=io.StringIO()).table(("Row", "Text"), [("2", "a\nb"), ("3", "x" * 100)])
    lines = out.getvalue().splitlines()
    assert lines[1] == "2    a⏎b"
    assert lines[2].endswith("…")
    assert len(lines[2]) < 50


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out=out, err=err)
    for say in (terminal.say, terminal.tell):
        say("a\nb\r\n\x0b\x85\u2028c")
    terminal.table(("a\nb",), [("c\nd",)])
    assert len(out.getvalue().splitlines()) == 3
    assert len(err.getvalue().splitlines()) == 1
    assert err.getvalue().startswith("a‹line break›b")


def test_what_a_service_says_moves_nothing_on_the_screen() -> None:
    err = Screen()
    TerminalProgress(Terminal(out=io.StringIO(), err=err))(batch(1, doing=Doing(Activity.WAITING, "\x1b]0;hello\x07busy")))
    assert "busy" in err.getvalue()
    assert "\x1b]" not in err.getvalue()
    assert "\x07" not in err.getvalue()


def test_what_a_strangers_file_says_moves_nothing_on_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before its code is asked for, so anybody can have written it."""
    file = tmp_path / "a.cgmemory"
    with file.open("wb") as stream:
        write(stream, "another code", Header("\x1b]0;hello\x07Ann", "", 0), bytes(32), [], iter(()))
    err = Screen()
    monkeypatch.setattr("sys.stdin", Screen())
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setattr("getpass.getpass", lambda _prompt, stream: "a code")
    with pytest.raises(FileError):
        memory(
            Namespace(paths=AppPaths(tmp_path / "home"), action="import", file=file, environment={}),
            Terminal(out=io.StringIO()),
        )
    assert "Ann" in err.getvalue()
    assert "\x1b" not in err.getvalue()
    assert "\x07" not in err.getvalue()

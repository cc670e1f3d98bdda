"""``report`` in a terminal is short text; whatever else gets it, it stays a page."""

from __future__ import annotations

import io
from argparse import Namespace
from contextlib import closing
from pathlib import Path

import pytest
from rig import Heard, ScriptedClient, plan_of

from cg_uploader.commands.terminal import Terminal
from cg_uploader.commands.upload_commands import report_run
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control


class Screen(io.StringIO):
    """A stream that the user watches."""

    def isatty(self) -> bool:
        return True


def shown(paths: AppPaths, out: io.StringIO, form: str | None = None, save: Path | None = None) -> str:
    args = Namespace(paths=paths, run=1, form=form, save=save)
    assert report_run(args, Terminal(out=out, err=io.StringIO())) == 0
    return out.getvalue()


@pytest.fixture
def upload(paths: AppPaths, request: pytest.FixtureRequest) -> AppPaths:
    """An upload of one good row, and of as many bad ones as the test says."""
    bad = [(f"bad{number}", "Ann") for number in range(request.param)]
    with closing(Journal(paths)) as journal:
        engine.upload(
            plan_of([("ann@example.com", "Ann"), *bad]), ScriptedClient(), journal, on_batch=Heard(), control=Control()
        )
    return paths


@pytest.mark.parametrize("upload", [25], indirect=True)
def test_a_terminal_shows_totals_the_first_rows_and_where_the_whole_is(upload: AppPaths) -> None:
    lines = shown(upload, Screen()).splitlines()
    assert lines[0].startswith("Upload 1: ")
    assert lines[1:4] == ["26 rows: 1 accepted · 25 held back", "", "Rows that need attention:"]
    assert lines[4].startswith("  Row 3 (bad0): Held back. Email: “bad0” is not an email address")
    assert [line.split()[1] for line in lines[4:24]] == [str(number) for number in range(3, 23)]
    assert lines[24:26] == ["  and 5 more rows", ""]
    assert "resume 1 --save-failed PATH" in lines[26]
    assert "report 1 --save receipt.html" in lines[27]


@pytest.mark.parametrize("upload", [0], indirect=True)
def test_a_terminal_shows_no_list_where_no_row_needs_attention(upload: AppPaths) -> None:
    lines = shown(upload, Screen()).splitlines()
    assert lines[1] == "1 row: 1 accepted"
    assert len(lines) == 3


@pytest.mark.parametrize("upload", [1], indirect=True)
def test_it_stays_a_page_where_no_terminal_is_or_one_is_asked_for(upload: AppPaths, tmp_path: Path) -> None:
    assert shown(upload, io.StringIO()).startswith("<!doctype html>")
    assert shown(upload, Screen(), form="html").startswith("<!doctype html>")
    assert shown(upload, Screen(), form="json").startswith("{")
    saved = tmp_path / "receipt.html"
    shown(upload, Screen(), save=saved)
    assert saved.read_text(encoding="utf-8").startswith("<!doctype html>")

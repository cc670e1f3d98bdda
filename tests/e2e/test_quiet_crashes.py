"""A bug in any layer, in any thread, is told in a sentence; nothing that is printed or logged holds a value or a key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from program import Program, workbook

SECRETS = ("ann@example.com", "a-very-secret-secret", "s3cret-text", "record%5B")
HEADINGS = ("Email", "First Name")

BREAK = {
    "sending": "api.client.Client.send",
    "engine": "uploads.sending.engine._Run.carry_out",
    "journal": "uploads.journal.journal.Journal.record",
    "checks": "fields.rowcheck.RowChecker.find_problems",
    "reading": "sheets.process.receiver.TableReceiver._take_rows",
    "terminal": "commands.terminal.TerminalProgress.__call__",
}
STRAYS = """
import logging, resource, sys, threading, warnings
from cg_uploader import cli
def strays(*_):
    def bug():
        raise KeyError("ann@example.com s3cret-text")
    thread = threading.Thread(target=bug)
    thread.start()
    thread.join(60)
    class Odd:
        def __del__(self):
            bug()
    Odd()
    logging.getLogger("urllib3.connectionpool").warning("Failed to parse headers (url=https://x/?record%5BEmail%5D=ann@example.com)")
    logging.getLogger("anything").error("ann@example.com")
    warnings.warn("ann@example.com")
    print(resource.getrlimit(resource.RLIMIT_CORE)[0])
    return 0
cli._run = strays
sys.exit(cli.main([]))
"""
WINDOW = """
import sys, threading
from PySide6.QtCore import QTimer, qWarning
from PySide6.QtWidgets import QApplication
from cg_uploader.gui import app
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.cli import main
def bug(*_):
    raise KeyError("ann@example.com s3cret-text")
def begin(window):
    app.Bugs._tell = lambda *_: None
    threading.Thread(target=bug).start()
    qWarning("Odd::place: ann@example.com")
    window.check_page.runner.start(bug)
    QTimer.singleShot(0, bug)
    QTimer.singleShot(1500, QApplication.quit)
app.begin_as_preferred = begin
sys.exit(main([]))
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def run(program: Program, code: str, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=program.folder,
        env={**program._environment(), **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def logged(program: Program) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in (program.folder / "home" / "logs").iterdir())


def assert_quiet(program: Program, done: subprocess.CompletedProcess[str]) -> None:
    said = done.stdout + done.stderr + logged(program)
    assert [secret for secret in SECRETS if secret in said] == []
    assert "Traceback" not in said


def bug(*_: object, **__: object) -> None:
    raise KeyError("ann@example.com s3cret-text")


@pytest.mark.parametrize("layer", BREAK)
def test_a_bug_in_any_layer(program: Program, monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    file = workbook(program.folder / "people.xlsx", HEADINGS, [("ann@example.com", "Ann"), ("bob@example.com", "Bob")])
    monkeypatch.setattr(f"cg_uploader.{BREAK[layer]}", bug)
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS)
        done = program.run("upload", file, "--profile", profile)
    assert done.returncode in (3, 5), done.stderr
    assert_quiet(program, done)
    if layer != "reading":
        assert "An unexpected error occurred" in done.stderr
        assert "builtins.KeyError\n" in logged(program)


@pytest.mark.process
@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_what_nobody_catches_and_what_libraries_say(program: Program) -> None:
    done = run(program, STRAYS)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "0", "")
    assert logged(program).count("A bug: KeyError") == 2
    assert_quiet(program, done)


@pytest.mark.process
def test_bugs_in_the_window_its_threads_and_qt(program: Program) -> None:
    done = run(program, WINDOW, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    assert_quiet(program, done)
    assert logged(program).count("A bug: KeyError") == 3
    assert "Qt, default: Odd::place:" in logged(program)


def test_a_run_is_logged_in_numbers(program: Program) -> None:
    file = workbook(program.folder / "people.xlsx", HEADINGS, [("ann@example.com", "Ann"), ("no address", "Bob")])
    with program.practice() as practice:
        program.run("upload", file, "--profile", program.profile(practice, HEADINGS))
    text = logged(program)
    assert "An upload begins: region practice, data type contact, 2 rows, 2 columns, 2 fields" in text
    assert "with code 1: 1 accepted, 1 held_back." in text
    assert "CG Uploader" in text
    assert not any(word in text for word in (*SECRETS, "people", "no address"))

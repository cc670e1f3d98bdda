"""Which other programs are started, by the program or a library: named ones alone, each with a clean environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from program import Program, workbook

SECRET = "a-very-secret-secret"
PLANTED = (
    *(
        "uname",
        "sh",
        "bash",
        "env",
        "cc",
        "gcc",
        "ld",
        "ldconfig",
        "objdump",
        "which",
        "id",
        "hostname",
        "whoami",
        "lsb_release",
    ),
    *(
        "python",
        "python3",
        "xdg-open",
        "gsettings",
        "scutil",
        "caffeinate",
        "dbus-launch",
        "dbus-daemon",
        "ip",
        "ifconfig",
        "arp",
    ),
)
LISTEN = """
import json, os, shlex, sys
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.forkpty")
OUT = sys.argv.pop(1)
def hear(event, arguments):
    if event in STARTS:
        words = arguments[1] if event == "subprocess.Popen" else [str(argument) for argument in arguments]
        if isinstance(words, str):  # on Windows
            words = shlex.split(words, posix=False)
        words = [str(word) for word in words]
        given = arguments[3] if event == "subprocess.Popen" else None
        words.insert(0, str(arguments[0] or words[0]).strip('"'))
        with open(OUT, "a") as out:
            out.write(json.dumps([event, words, dict(os.environ if given is None else given)]) + "\\n")
sys.addaudithook(hear)
"""
COMMAND = f"{LISTEN}\nfrom cg_uploader import cli\nsys.exit(cli.main())\n"
WINDOW = f"""{LISTEN}
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from cg_uploader import cli
run = QApplication.exec
def begin():
    from cg_uploader.gui.dialogs.about import about
    from cg_uploader.gui.dialogs.settings import support_details
    from cg_uploader.gui.main_window import MainWindow
    (window,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)]
    about(), support_details(window.session, window.services.preferences.load())
    window.services.credentials.why_unavailable
    def look():
        if window.services.readers._ready is not None and (window.session.table is not None or "demo" not in sys.argv):
            timer.stop()
            window.close()
    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(50)
    print(json.dumps([QApplication.libraryPaths(), QApplication.platformName()]))
    return run()
QApplication.exec = staticmethod(begin)
sys.exit(cli.main())
"""


@dataclass
class Heard:
    """What a command started, and whether it went well."""

    done: subprocess.CompletedProcess[str]
    started: list[tuple[str, list[str], dict[str, str]]]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A computer with planted programs in the folder where the user stands, which goes first in PATH."""
    for name in PLANTED if os.name == "posix" else ():
        planted = tmp_path / name
        planted.write_text(f"#!/bin/sh\necho {name} >> '{tmp_path / 'was-run'}'\n")
        planted.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), ".", os.environ["PATH"]])
    return Program(tmp_path, {"PATH": path, "HTTP_PROXY": f"http://ann:{SECRET}@127.0.0.1:9", "QT_QPA_PLATFORM": "offscreen"})


def hear(program: Program, *words: str | Path, code: str = COMMAND, **changed: str | None) -> Heard:
    heard = program.folder / "heard.jsonl"
    heard.write_text("")
    environment = {**program._environment(), **{name: text for name, text in changed.items() if text is not None}}
    for name, text in changed.items():
        if text is None:
            environment.pop(name, None)
    command = [sys.executable, "-P", "-c", code, str(heard), *map(str, words)]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, cwd=program.folder, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    started: Any = [json.loads(line) for line in heard.read_text().splitlines()]
    return Heard(done, [(event, words, given) for event, words, given in started])


def assert_named_children_only(program: Program, heard: Heard, readers: int) -> None:
    """``readers`` processes that read files, and nothing else; what is planted was not run, and no secret was handed on."""
    assert [(event, "cg_uploader.sheets.process.worker" in " ".join(words)) for event, words, _ in heard.started] == [
        ("subprocess.Popen", True)
    ] * readers
    for _, words, given in heard.started:
        assert Path(words[0]).is_absolute()
        assert SECRET not in json.dumps([words, given])
        assert given.keys() <= {"SYSTEMROOT", "LD_LIBRARY_PATH"}
    mark = program.folder / "was-run"
    assert not mark.exists(), mark.read_text()


@pytest.mark.process
def test_an_upload_its_end_and_its_receipt_start_the_reader_alone(program: Program) -> None:
    file = workbook(program.folder / "people.xlsx", ("Email",), [("ann@example.com",), ("no address",)])
    with program.practice() as practice:
        profile = program.profile(practice, ("Email",))
        upload = hear(program, "upload", file, "--profile", profile, "--save-failed", program.folder / "failed.xlsx")
        resume = hear(program, "resume", "1")
    assert upload.done.returncode == 1, upload.done.stderr
    assert_named_children_only(program, upload, 1)
    assert_named_children_only(program, resume, 0)
    receipt = hear(program, "report", "1", "--save", program.folder / "receipt.html")
    assert receipt.done.returncode == 0, receipt.done.stderr
    assert_named_children_only(program, receipt, 0)


@pytest.mark.process
def test_a_demo_starts_the_reader_alone(program: Program) -> None:
    demo = hear(program, "demo", "--headless")
    assert demo.done.returncode == 0, demo.done.stderr
    assert_named_children_only(program, demo, 1)


@pytest.mark.process
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there this would ask the user's own keychain")
def test_looking_for_a_keychain_starts_nothing(program: Program) -> None:
    """keyring's own way loads the part for macOS everywhere, which starts a compiler on Linux."""
    missing = dict.fromkeys(
        ("CG_UPLOADER_CLIENT_ID", "CG_UPLOADER_CLIENT_SECRET", "PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS")
    )
    with program.practice() as practice:
        profile = program.profile(practice, ("Email",))
        content = json.loads(profile.read_text())
        del content["address"]
        profile.write_text(json.dumps({**content, "region": "eu"}))
    heard = hear(program, "credentials", "test", profile, **missing)
    assert heard.done.returncode != 0
    assert "Client ID" in heard.done.stderr
    assert_named_children_only(program, heard, 0)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("words", [(), ("demo",)])
def test_a_window_starts_the_reader_alone(program: Program, words: tuple[str, ...]) -> None:
    """Its start, its demonstration, and what About and the details for support say."""
    window = hear(program, *words, code=WINDOW, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    assert window.done.returncode == 0, window.done.stderr
    assert_named_children_only(program, window, 2 if words else 1)


@pytest.mark.slow
@pytest.mark.process
def test_a_window_looks_for_no_part_of_itself_where_the_environment_says(program: Program) -> None:
    planted = {name: str(program.folder) for name in ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QML_IMPORT_PATH")}
    names = dict.fromkeys(("QT_STYLE_OVERRIDE", "QT_QPA_PLATFORMTHEME", "QT_QPA_GENERIC_PLUGINS"), "planted")
    window = hear(program, code=WINDOW, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere", **planted, **names)
    assert window.done.returncode == 0, window.done.stderr
    folders, platform = json.loads(window.done.stdout)
    assert str(program.folder) not in folders
    assert platform == "offscreen"
    assert "planted" not in window.done.stderr

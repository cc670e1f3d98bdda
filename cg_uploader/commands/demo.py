"""demo: the real program on a sample file against the practice server."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cg_uploader.commands.runs import run_plan
from cg_uploader.commands.terminal import Terminal
from cg_uploader.model import Credentials
from cg_uploader.practice.faults import read as read_script
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import Places, resource
from cg_uploader.settings.profiles import parse
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.journal import Journal
from cg_uploader.uploads.planning import make_plan

ANSWER_SECONDS = 0.1
WENT_AS_MEANT = (0, 1)


def demo(args: Namespace, terminal: Terminal) -> int:
    """The window on the sample file; in the terminal when asked for, or when there is no display."""
    if args.headless or not has_display():
        if not args.headless:
            terminal.say("There is no display here, so the demonstration runs in the terminal.")
        return _in_the_terminal(terminal)
    from cg_uploader.gui.app import run_window  # noqa: PLC0415 - Qt is loaded for the window alone

    return run_window(Places(_own_folder()), demo=True)


def has_display() -> bool:
    """Whether a window can be opened here; Qt ends the program when there is no display."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _own_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="cg-uploader-demo-"))


def _in_the_terminal(terminal: Terminal) -> int:
    folder = _own_folder()
    sample = resource("samples/contacts.xlsx")
    script = read_script(resource("samples/contacts-script.json"))
    with PracticeServer(script=script, delay=ANSWER_SECONDS) as server, closing(Journal(Places(folder))) as journal:
        profile = replace(parse(resource("samples/contacts.json").read_text(encoding="utf-8")), address=server.address)
        plan = make_plan(profile, read(sample))
        terminal.say(f"{sample.name} goes to the practice server, a pretend CustomerGauge on this computer ({server.page}).")
        code = run_plan(plan, Credentials("practice", "practice"), journal, terminal, folder / "contacts - failed rows.xlsx")
    return 0 if code in WENT_AS_MEANT else code

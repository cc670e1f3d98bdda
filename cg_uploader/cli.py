"""The command line: the command that each word calls, and the end of a failure.  Qt is loaded for the window alone."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from cg_uploader import translation
from cg_uploader.commands.arguments import command_parser
from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import Cancelled, UploaderError, UsageError
from cg_uploader.settings import crash_handling, environment_cleanup, logs
from cg_uploader.settings.language import catalogue_for
from cg_uploader.settings.paths import AppPaths
from cg_uploader.system.home import find_home
from cg_uploader.system.named_file import is_there, within
from cg_uploader.system.pending_saves import remove_leftovers
from cg_uploader.translation import _, ngettext

# Commands that are logged.
LOGGED = ("upload", "resume")
TIDY_SECONDS = 2.0
Command = Callable[[argparse.Namespace, Terminal], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.  A failure is one sentence on standard error, never a traceback."""
    _complete_streams()
    environment = environment_cleanup.clean(os.environ)
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # the same bytes on every computer
    terminal = Terminal(json="--json" in words or ("--as", "json") in pairwise(words) or "--as=json" in words)
    paths = AppPaths.find()
    translation.use(None)
    if not terminal.json and not _saves_json(words):
        _choose_language(paths)
    with crash_handling.quiet_crashes(paths):
        try:
            return _guarded(words, terminal, environment)
        finally:
            terminal.write("")  # a help that could not be written would fail when Python ends


def _choose_language(paths: AppPaths) -> None:
    """Use the user's language for messages.  They stay English when the preference is on a drive that does not answer."""
    with suppress(OSError, ValueError):
        translation.use(within(TIDY_SECONDS, lambda: catalogue_for(os.environ, paths)))


def _saves_json(words: Sequence[str]) -> bool:
    """Tell whether the result is a JSON file.  It is English, as the object on standard output is."""
    return words[:1] == ["report"] and any(word.lower().endswith(".json") for word in words)


def _complete_streams() -> None:
    """Open the standard streams that were closed, so that no file of the program gets their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open as long as the program runs


def _guarded(words: list[str], terminal: Terminal, environment: Mapping[str, str]) -> int:
    try:
        return _run(words, terminal, environment)
    except UploaderError as error:
        return _fail(error, terminal)
    except KeyboardInterrupt:
        return _fail(Cancelled(_("Stopped.")), terminal)
    except Exception as error:  # noqa: BLE001 - a bug is logged in full and told in one sentence
        file = logs.log_crash(AppPaths.find(), error)
        text = _("An unexpected error occurred ({error}). Details for support are in {file}.")
        return _fail(UploaderError(text.format(error=type(error).__name__, file=file), kind="bug"), terminal)


def _fail(error: UploaderError, terminal: Terminal) -> int:
    if terminal.json:
        terminal.emit({"error": error.as_data()})
    terminal.tell(error.sentence)
    return error.exit_code


def _run(words: list[str], terminal: Terminal, environment: Mapping[str, str]) -> int:
    _remove_left()
    if not words:
        return _window([])
    parser = command_parser()
    if not words[0].startswith("-") and words[0] not in parser.commands:
        return _window([Path(word) for word in words])
    args, unknown = parser.parse_known_args(words, argparse.Namespace(paths=AppPaths.find(), environment=environment))
    if unknown:
        text = ngettext(
            "{count} word of this command is not known. “cg-uploader {command} --help” lists its options.",
            "{count} words of this command are not known. “cg-uploader {command} --help” lists its options.",
            len(unknown),
        )
        raise UsageError(text.format(count=len(unknown), command=args.command))
    if args.command in LOGGED:
        with logs.opened(args.paths):
            return _command(args.command)(args, terminal)
    code = _command(args.command)(args, terminal)
    if terminal.lost:  # an upload keeps its outcomes, but of other commands nothing is left than the result
        text = _("The result could not be written to standard output ({reason}). Make room there, and try again.")
        raise UsageError(text.format(reason=terminal.lost), kind="not-saved")
    return code


def _remove_left() -> None:
    """Remove the parts of files that a killed program left.  They may be on a drive that does not answer."""
    with suppress(OSError, ValueError):  # the command itself reports what is wrong with the home
        within(TIDY_SECONDS, lambda: remove_leftovers(find_home()))


def _command(name: str) -> Command:
    """Return what a command does.  Its module is loaded only now, because the window needs none of them."""
    if name == "demo":
        return _demo
    if name in ("preview", "check"):
        from cg_uploader.commands import files

        return {"preview": files.preview, "check": files.check_file}[name]
    if name in ("profile", "credentials", "practice-server"):
        from cg_uploader.commands import profile_commands

        return {
            "profile": profile_commands.profile,
            "credentials": profile_commands.manage_credentials,
            "practice-server": profile_commands.practice_server,
        }[name]
    if name in ("forget", "memory"):
        from cg_uploader.commands import journal_commands

        return {"forget": journal_commands.forget, "memory": journal_commands.memory}[name]
    from cg_uploader.commands import upload_commands

    return {
        "upload": upload_commands.upload,
        "resume": upload_commands.resume,
        "history": upload_commands.history,
        "report": upload_commands.report_run,
    }[name]


def _window(files: list[Path]) -> int:
    """Open the window, with the file or setup file that is named."""
    if files and not is_there(files[0]):
        raise UsageError(_("There is no file and no command of that name. “cg-uploader --help” lists the commands."))
    if len(files) > 1:
        raise UsageError(_("Only one file can be opened at a time. “cg-uploader --help” lists the commands."))
    if not _has_display():
        raise UsageError(
            _("There is no display here, so no window can be opened. “cg-uploader --help” lists what works without one.")
        )
    from cg_uploader.gui.app import run_window  # Qt is loaded for the window alone

    if not files:
        return run_window(AppPaths.find())
    if files[0].suffix.lower() == ".cgsetup":
        return run_window(AppPaths.find(), setup=files[0])
    return run_window(AppPaths.find(), file=files[0])


def _demo(args: argparse.Namespace, terminal: Terminal) -> int:
    from cg_uploader.commands import demo

    if args.headless or not _has_display():
        if not args.headless:
            terminal.say(_("There is no display here, so the demonstration runs in the terminal."))
        return demo.demo(terminal)
    from cg_uploader.gui.app import run_window

    return run_window(args.paths.demo, demo=True)


def _has_display() -> bool:
    """Tell whether a window can be opened.  Qt would end the program when there is no display."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

"""The command line: which words there are, which command each calls, and how a failure ends; no Qt is imported here."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from cg_uploader import __version__, translation
from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import Cancelled, UploaderError, UsageError
from cg_uploader.settings import crash_handling, environment_cleanup, logs
from cg_uploader.settings.language import catalogue_for
from cg_uploader.settings.paths import Places
from cg_uploader.sheets.formats.registry import named_suffixes
from cg_uploader.system.home import find_home
from cg_uploader.system.named_file import is_there, within
from cg_uploader.system.pending_saves import remove_left

# Commands that are worth a line in the log.
LOGGED = ("upload", "resume")
TIDY_SECONDS = 2.0
MOST_COUNT = (1 << 31) - 1
RUN_HELP = "its number, as “history” lists it"

EPILOG = """\
Without a command, or with a file alone, the window opens.
“cg-uploader COMMAND --help” lists a command's options.

exit codes:
  0    all rows accepted or skipped
  1    finished, and some rows need attention
  2    wrong arguments, no consent, or a mapping that cannot work; nothing sent
  3    the file cannot be read
  4    connection or credentials refused
  5    the upload stopped early; “resume” goes on
  130  interrupted by Ctrl-C; “resume” goes on

environment:
  CG_UPLOADER_CLIENT_ID, CG_UPLOADER_CLIENT_SECRET  who signs in
  CG_UPLOADER_HOME                                  where everything is kept
  HTTPS_PROXY                                       the way out"""

Command = Callable[[argparse.Namespace, Terminal], int]


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are failures like any other, and repeat nothing that was typed: it may be a secret."""

    def __init__(self, **options: Any) -> None:
        """``options`` are those of ArgumentParser."""
        super().__init__(**options, exit_on_error=False, allow_abbrev=False)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """UsageError instead of argparse's own error, which quotes the value at fault."""
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            cause = error.__context__
            own = isinstance(cause, argparse.ArgumentTypeError)  # one of this module's, which quotes nothing
            said = str(cause) if own else "it is not used as it should be" if _quotes(error.message) else error.message
            self.error(f"{error.argument_name}: {said}" if error.argument_name else said)

    def error(self, message: str) -> NoReturn:
        """UsageError instead of an exit."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}. “{self.prog} --help” says how it is used.")


def _quotes(message: str) -> bool:
    """Whether a message of argparse quotes a value."""
    return "'" in message or '"' in message


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; a failure is one sentence on standard error, never a traceback."""
    _complete_streams()
    given = environment_cleanup.settle(os.environ)
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # the same bytes on every computer
    terminal = Terminal(json="--json" in words or ("--as", "json") in pairwise(words) or "--as=json" in words)
    places = Places.find()
    translation.use(None if terminal.json else catalogue_for(os.environ, places))
    with crash_handling.kept_quiet(places):
        try:
            return _guarded(words, terminal, given)
        finally:
            terminal.write("")  # a help that could not be written would fail when Python ends


def _complete_streams() -> None:
    """Open the standard streams that were closed, so that no file of ours gets a number that stands for them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the program


def _guarded(words: list[str], terminal: Terminal, given: Mapping[str, str]) -> int:
    try:
        return _run(words, terminal, given)
    except UploaderError as error:
        return _fail(error, terminal)
    except KeyboardInterrupt:
        return _fail(Cancelled("Stopped."), terminal)
    except Exception as error:  # noqa: BLE001 - the last fence: a bug is logged in full and told in one sentence
        where = logs.log_crash(Places.find(), error)
        sentence = f"Something went wrong that never should ({type(error).__name__}). Details for support are in {where}."
        return _fail(UploaderError(sentence, kind="bug"), terminal)


def _fail(error: UploaderError, terminal: Terminal) -> int:
    if terminal.json:
        terminal.emit({"error": error.as_data()})
    terminal.tell(error.sentence)
    return error.exit_code


def _run(words: list[str], terminal: Terminal, given: Mapping[str, str]) -> int:
    _remove_left()
    if not words:
        return _window([])
    parser = _parser()
    if not words[0].startswith("-") and words[0] not in parser.commands:
        return _window([Path(word) for word in words])
    args, unknown = parser.parse_known_args(words, argparse.Namespace(places=Places.find(), given=given))
    if unknown:
        count = "1 word of this command is" if len(unknown) == 1 else f"{len(unknown)} words of this command are"
        raise UsageError(f"{count} not known. “cg-uploader {args.command} --help” says how it is used.")
    if args.command in LOGGED:
        with logs.kept(args.places):
            return _command(args.command)(args, terminal)
    code = _command(args.command)(args, terminal)
    if terminal.lost:  # what was uploaded stays so, but here the result is all there is
        sentence = f"The result could not be written to standard output ({terminal.lost}). Make room there, and try again."
        raise UsageError(sentence, kind="not-saved")
    return code


def _remove_left() -> None:
    """Remove the parts of files that a killed program left, wherever the user wanted them saved; a drive may be gone."""
    with suppress(OSError, ValueError):  # the command itself says what is wrong with the home
        within(TIDY_SECONDS, lambda: remove_left(find_home()))


def _command(name: str) -> Command:
    """What a command does; its module is loaded when it is named, because the window needs none of them."""
    if name == "demo":
        return _demo
    if name in ("preview", "check"):
        from cg_uploader.commands import files

        return {"preview": files.preview, "check": files.check_file}[name]
    if name in ("profile", "credentials", "practice-server"):
        from cg_uploader.commands import profile_commands

        return {
            "profile": profile_commands.profile,
            "credentials": profile_commands.keep_credentials,
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


def _window(paths: list[Path]) -> int:
    """Open the window, with a file or a setup file when one is named."""
    if paths and not is_there(paths[0]):
        raise UsageError("There is no such file, and no command of that name. “cg-uploader --help” lists the commands.")
    if len(paths) > 1:
        raise UsageError("One file at a time can be opened. “cg-uploader --help” lists the commands.")
    if not _has_display():
        raise UsageError("There is no display here, so no window can be opened. “cg-uploader --help” lists what works without.")
    from cg_uploader.gui.app import run_window  # Qt is loaded for the window alone

    if not paths:
        return run_window(Places.find())
    if paths[0].suffix.lower() == ".cgsetup":
        return run_window(Places.find(), setup=paths[0])
    return run_window(Places.find(), file=paths[0])


def _demo(args: argparse.Namespace, terminal: Terminal) -> int:
    from cg_uploader.commands import demo

    if args.headless or not _has_display():
        if not args.headless:
            terminal.say("There is no display here, so the demonstration runs in the terminal.")
        return demo.demo(terminal)
    from cg_uploader.gui.app import run_window

    return run_window(args.places.demo, demo=True)


def _has_display() -> bool:
    """Whether a window can be opened here; Qt ends the program when there is no display."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class _Commands(Parser):
    """The whole parser, and the names of its commands."""

    commands: tuple[str, ...] = ()


def _parser() -> _Commands:
    parser = _Commands(
        prog="cg-uploader",
        description="Put the rows of a spreadsheet into CustomerGauge, and know what became of each one.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"CG Uploader {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    def add(name: str, say: str, parents: Sequence[Parser] = ()) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=say, description=say, parents=list(parents))

    _add_files(add)
    _add_runs(add)
    _add_setup(add)
    parser.commands = tuple(commands.choices)
    return parser


Add = Callable[..., argparse.ArgumentParser]


def _add_files(add: Add) -> None:
    shown = add("demo", "show everything on a sample file")
    shown.add_argument("--headless", action="store_true", help="in the terminal, without the window")
    preview = add("preview", "show what is read from a file", [_file_options()])
    preview.add_argument("--limit", type=_at_least_one, metavar="N", help="the first N rows only (default for a table: 20)")
    preview.add_argument(
        "--as", dest="form", type=_one_of("table", "csv", "json"), default="table", metavar="FORM", help="table, csv or json"
    )
    check = add(
        "check",
        "match and check a file; nothing is sent",
        [_file_options(), _profile_option(), _json_option()],
    )
    check.set_defaults(rows=None)


def _add_runs(add: Add) -> None:
    upload = add(
        "upload",
        "send the rows of a file",
        [_file_options(), _profile_option(), _save_option(), _json_option()],
    )
    upload.add_argument("--connections", type=_count, metavar="N", help="how many rows may be under way at once, 1 to 16")
    upload.add_argument("--rows", type=_row_range, metavar="2-50", help="only rows with these numbers, as Excel shows them")
    upload.add_argument("--yes-send-surveys", action="store_true", help="agree that the rows may send surveys to people")
    again = upload.add_mutually_exclusive_group()
    again.add_argument("--skip-accepted", action="store_true", help="leave out rows that were accepted before")
    again.add_argument("--send-again", action="store_true", help="send all rows, whatever was accepted before")
    resume = add(
        "resume",
        "go on with an interrupted upload",
        [_save_option(), _json_option()],
    )
    resume.add_argument("run", nargs="?", type=_count, metavar="RUN", help="its number (default: the newest)")
    resume.add_argument("--yes-send-surveys", action="store_true", help="not needed: the consent is kept with the upload")
    add("history", "list the uploads", [_json_option()])
    report = add("report", "one upload's receipt")
    report.add_argument("run", type=_count, metavar="RUN", help=RUN_HELP)
    report.add_argument("--as", dest="form", type=_one_of("html", "json"), metavar="FORM", help="html or json")
    report.add_argument("--save", type=Path, metavar="PATH", help="write it to a file that ends in .html or .json")
    forget = add("forget", "delete an upload's record, or everything")
    forget.add_argument("run", nargs="?", type=_count, metavar="RUN", help=RUN_HELP)
    forget.add_argument("--all", action="store_true", help="everything that the program keeps on this computer")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    memory = add("memory", "what this computer remembers of accepted rows")
    actions = memory.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    actions.add_parser("show", help="how many rows, and whose")
    for action, say in (("export", "write it for a colleague, without any value"), ("import", "take a colleague's in")):
        actions.add_parser(action, help=say).add_argument("file", type=Path, metavar="FILE")


def _add_setup(add: Add) -> None:
    profile = add("profile", "the saved profiles")
    actions = profile.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    actions.add_parser("list", help="their names")
    for action, say in (("show", "one as JSON"), ("delete", "delete one")):
        actions.add_parser(action, help=say).add_argument("name", metavar="NAME")
    found = actions.add_parser("import", help="save one from a file")
    found.add_argument("file", type=Path, metavar="FILE")
    found.add_argument("--yes", action="store_true", help="replace a saved one of that name, whatever differs")
    export = actions.add_parser("export", help="write one to a file, without any secret")
    export.add_argument("name", metavar="NAME")
    export.add_argument("file", type=Path, metavar="FILE")
    export.add_argument("--yes", action="store_true", help="replace a setup file of the same name")
    credentials = add(
        "credentials",
        "Client ID and Client Secret in the system keychain",
    )
    credentials.add_argument("action", type=_one_of("set", "test", "forget"), metavar="ACTION", help="set, test or forget")
    credentials.add_argument("name", metavar="NAME", help="the profile's name")
    practice = add("practice-server", "a pretend CustomerGauge on this computer")
    practice.add_argument("--port", type=_count, default=0, metavar="N", help="default: any free one")
    practice.add_argument("--script", type=Path, metavar="FILE", help="how it misbehaves, row by row (JSON)")
    practice.add_argument("--delay", type=_milliseconds, default=0.0, metavar="MS", help="milliseconds before each answer")
    practice.add_argument("--ledger", type=Path, metavar="FILE", help="write down what arrives, a line of JSON each")


def _file_options() -> Parser:
    options = Parser(add_help=False)
    named = [suffix for suffixes in named_suffixes().values() for suffix in suffixes]
    options.add_argument("file", type=Path, metavar="FILE", help=f"{', '.join(named[:-1])} or {named[-1]}")
    options.add_argument(
        "--sheet", metavar="NAME", help="the sheet to read (default: the first visible one that holds anything)"
    )
    options.add_argument("--header-row", type=_at_least_one, metavar="N", help="the row of the headings, as Excel shows it")
    options.add_argument("--encoding", metavar="E", help="for text files, such as utf-8 or cp1252")
    options.add_argument("--delimiter", metavar="D", help="for text files: , ; | ^ or tab; none for one column")
    return options


def _profile_option() -> Parser:
    options = Parser(add_help=False)
    options.add_argument("--profile", required=True, metavar="P", help="a saved profile's name, or a profile file")
    return options


def _save_option() -> Parser:
    options = Parser(add_help=False)
    options.add_argument(
        "--save-failed", type=Path, metavar="PATH", help="write the rows that need attention to an xlsx or csv file"
    )
    return options


def _json_option() -> Parser:
    options = Parser(add_help=False)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    return options


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_COUNT:
        raise argparse.ArgumentTypeError("a whole number from 0 on is needed")
    return int(text)


def _at_least_one(text: str) -> int:
    count = _count(text)
    if count == 0:
        raise argparse.ArgumentTypeError("a whole number from 1 on is needed")
    return count


def _row_range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise argparse.ArgumentTypeError("a range of rows such as 2-50 is needed")
    return int(first), int(last or first)


def _one_of(*names: str) -> Callable[[str], str]:
    """What ``choices`` of argparse does, without quoting what was typed."""

    def one(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{', '.join(names[:-1])} or {names[-1]} is needed")
        return text

    return one


def _milliseconds(text: str) -> float:
    with suppress(ValueError):
        if (count := float(text)) >= 0:
            return count
    raise argparse.ArgumentTypeError("a number of milliseconds is needed")

"""The words of the command line: commands, options, and the messages about wrong ones."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from cg_uploader import __version__
from cg_uploader.errors import UsageError
from cg_uploader.settings.credentials import ID_VARIABLE, SECRET_VARIABLE
from cg_uploader.sheets.formats.registry import named_suffixes
from cg_uploader.system.home import HOME_VARIABLE
from cg_uploader.translation import _

MAX_COUNT = (1 << 31) - 1

Add = Callable[..., argparse.ArgumentParser]


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError and repeats nothing that was typed, which may be a secret."""

    def __init__(self, **options: Any) -> None:
        """Take the options of ArgumentParser."""
        super().__init__(**options, exit_on_error=False, allow_abbrev=False)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse what is known, and return the rest as it is.

        Raises:
            UsageError: in place of argparse's own error, which quotes the value at fault.
        """
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            cause = error.__context__
            own = isinstance(cause, argparse.ArgumentTypeError)  # from this module, and quotes nothing
            unquoted = _("it is not used in the right way") if _quotes(error.message) else error.message
            problem = str(cause) if own else unquoted
            self.error(f"{error.argument_name}: {problem}" if error.argument_name else problem)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError in place of an exit."""
        advice = _("“{program} --help” lists its options.").format(program=self.prog)
        raise UsageError(f"{message[:1].upper()}{message[1:]}. {advice}")


def _quotes(message: str) -> bool:
    """Tell whether a message of argparse quotes a value."""
    return "'" in message or '"' in message


class Commands(Parser):
    """The whole parser."""

    # Their names.
    commands: tuple[str, ...] = ()


def command_parser() -> Commands:
    """Return the parser of the whole command line, with its help in the language in use."""
    parser = Commands(
        prog="cg-uploader",
        description=_("Put the rows of a spreadsheet into CustomerGauge, and know what became of each one."),
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"CG Uploader {__version__}")
    commands = parser.add_subparsers(title=_("commands"), dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    def add(name: str, text: str, parents: Sequence[Parser] = ()) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=list(parents))

    _add_files(add)
    _add_runs(add)
    _add_setup(add)
    parser.commands = tuple(commands.choices)
    return parser


def _epilog() -> str:
    """Return the tables of exit codes and variables, which the help shows below the commands."""
    codes = {
        "0": _("all rows accepted or skipped"),
        "1": _("finished, and some rows need attention"),
        "2": _("wrong arguments, no consent, or a mapping that cannot work; nothing sent"),
        "3": _("the file cannot be read"),
        "4": _("connection or credentials refused"),
        "5": _("the upload stopped early; “resume” continues it"),
        "130": _("interrupted by Ctrl-C; “resume” continues it"),
    }
    variables = {
        f"{ID_VARIABLE}, {SECRET_VARIABLE}": _("the credentials to sign in with"),
        HOME_VARIABLE: _("the folder for everything that the program keeps"),
        "HTTPS_PROXY": _("the proxy to use"),
        "LANGUAGE": _("the language of messages"),
    }
    return "\n".join(
        [
            _("Without a command, or with a file alone, the window opens."),
            _("“cg-uploader COMMAND --help” lists a command's options."),
            "",
            _("exit codes:"),
            *(f"  {code:<4} {text}" for code, text in codes.items()),
            "",
            _("environment:"),
            *(f"  {name:<49} {text}" for name, text in variables.items()),
        ]
    )


def _run_help() -> str:
    return _("its number, as “history” lists it")


def _add_files(add: Add) -> None:
    demo = add("demo", _("show everything on a sample file"))
    demo.add_argument("--headless", action="store_true", help=_("in the terminal, without the window"))
    preview = add("preview", _("show what is read from a file"), [_file_options()])
    preview.add_argument("--limit", type=_at_least_one, metavar="N", help=_("the first N rows only (default for a table: 20)"))
    preview.add_argument(
        "--as", dest="form", type=_one_of("table", "csv", "json"), default="table", metavar="FORM", help=_("table, csv or json")
    )
    check = add(
        "check",
        _("match and check a file; nothing is sent"),
        [_file_options(), _profile_option(), _json_option()],
    )
    check.set_defaults(rows=None)


def _add_runs(add: Add) -> None:
    upload = add(
        "upload",
        _("send the rows of a file"),
        [_file_options(), _profile_option(), _save_option(), _json_option()],
    )
    upload.add_argument("--connections", type=_count, metavar="N", help=_("how many rows may be under way at once, 1 to 16"))
    upload.add_argument("--rows", type=_row_range, metavar="2-50", help=_("only rows with these numbers, as Excel shows them"))
    upload.add_argument("--yes-send-surveys", action="store_true", help=_("agree that the rows may send surveys to people"))
    again = upload.add_mutually_exclusive_group()
    again.add_argument("--skip-accepted", action="store_true", help=_("leave out rows that were accepted before"))
    again.add_argument("--send-again", action="store_true", help=_("send all rows, whatever was accepted before"))
    resume = add(
        "resume",
        _("continue an interrupted upload"),
        [_save_option(), _json_option()],
    )
    resume.add_argument("run", nargs="?", type=_count, metavar="RUN", help=_("its number (default: the newest)"))
    resume.add_argument("--yes-send-surveys", action="store_true", help=_("not needed: the consent is kept with the upload"))
    add("history", _("list the uploads"), [_json_option()])
    report = add("report", _("one upload's receipt, or its summary in a terminal"))
    report.add_argument("run", type=_count, metavar="RUN", help=_run_help())
    report.add_argument(
        "--as",
        dest="form",
        type=_one_of("html", "json"),
        metavar="FORM",
        help=_("html or json (default: a summary in a terminal, else html)"),
    )
    report.add_argument("--save", type=Path, metavar="PATH", help=_("write it to a file that ends in .html or .json"))
    forget = add("forget", _("delete an upload's record, or everything"))
    forget.add_argument("run", nargs="?", type=_count, metavar="RUN", help=_run_help())
    forget.add_argument("--all", action="store_true", help=_("everything that the program keeps on this computer"))
    forget.add_argument("--yes", action="store_true", help=_("do not ask"))
    _add_memory(add)


def _add_memory(add: Add) -> None:
    memory = add("memory", _("what this computer remembers of accepted rows"))
    actions = memory.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    actions.add_parser("show", help=_("how many rows, and whose"))
    for action, text in (
        ("export", _("write it for a colleague, without any value")),
        ("import", _("add what a colleague exported")),
    ):
        actions.add_parser(action, help=text).add_argument("file", type=Path, metavar="FILE")


def _add_setup(add: Add) -> None:
    profile = add("profile", _("the saved profiles"))
    actions = profile.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    actions.add_parser("list", help=_("their names"))
    for action, text in (("show", _("one as JSON")), ("delete", _("delete one, and its saved Client ID and secret"))):
        actions.add_parser(action, help=text).add_argument("name", metavar="NAME")
    imported = actions.add_parser("import", help=_("save one from a file"))
    imported.add_argument("file", type=Path, metavar="FILE")
    imported.add_argument("--yes", action="store_true", help=_("replace a saved one of that name, whatever differs"))
    export = actions.add_parser("export", help=_("write one to a file, without any secret"))
    export.add_argument("name", metavar="NAME")
    export.add_argument("file", type=Path, metavar="FILE")
    export.add_argument("--yes", action="store_true", help=_("replace a setup file of the same name"))
    credentials = add(
        "credentials",
        _("Client ID and Client Secret in the system keychain"),
    )
    credentials.add_argument("action", type=_one_of("set", "test", "forget"), metavar="ACTION", help=_("set, test or forget"))
    credentials.add_argument("name", metavar="NAME", help=_("the profile's name"))
    practice = add("practice-server", _("a pretend CustomerGauge on this computer"))
    practice.add_argument("--port", type=_count, default=0, metavar="N", help=_("default: any free one"))
    practice.add_argument("--script", type=Path, metavar="FILE", help=_("how it misbehaves, row by row (JSON)"))
    practice.add_argument("--delay", type=_milliseconds, default=0.0, metavar="MS", help=_("milliseconds before each answer"))
    practice.add_argument("--ledger", type=Path, metavar="FILE", help=_("write down every request, a line of JSON each"))


def _file_options() -> Parser:
    options = Parser(add_help=False)
    suffixes = [suffix for group in named_suffixes().values() for suffix in group]
    options.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=_("{others} or {last}").format(others=", ".join(suffixes[:-1]), last=suffixes[-1]),
    )
    options.add_argument(
        "--sheet", metavar="NAME", help=_("the sheet to read (default: the first visible one that is not empty)")
    )
    options.add_argument("--header-row", type=_at_least_one, metavar="N", help=_("the row of the headings, as Excel shows it"))
    options.add_argument("--encoding", metavar="E", help=_("for text files, such as utf-8 or cp1252"))
    options.add_argument("--delimiter", metavar="D", help=_("for text files: , ; | ^ or tab; none for one column"))
    return options


def _profile_option() -> Parser:
    options = Parser(add_help=False)
    options.add_argument("--profile", required=True, metavar="P", help=_("a saved profile's name, or a profile file"))
    return options


def _save_option() -> Parser:
    options = Parser(add_help=False)
    options.add_argument(
        "--save-failed", type=Path, metavar="PATH", help=_("write the rows that need attention to an xlsx or csv file")
    )
    return options


def _json_option() -> Parser:
    options = Parser(add_help=False)
    options.add_argument("--json", action="store_true", help=_("print one JSON object"))
    return options


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_COUNT:
        raise argparse.ArgumentTypeError(_("a whole number from 0 on is needed"))
    return int(text)


def _at_least_one(text: str) -> int:
    count = _count(text)
    if count == 0:
        raise argparse.ArgumentTypeError(_("a whole number from 1 on is needed"))
    return count


def _row_range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise argparse.ArgumentTypeError(_("a range of rows such as 2-50 is needed"))
    return int(first), int(last or first)


def _one_of(*names: str) -> Callable[[str], str]:
    """Return a type for argparse that takes these names.  Unlike ``choices`` it does not quote what was typed."""

    def one(text: str) -> str:
        if text not in names:
            text = _("{others} or {last} is needed")
            raise argparse.ArgumentTypeError(text.format(others=", ".join(names[:-1]), last=names[-1]))
        return text

    return one


def _milliseconds(text: str) -> float:
    with suppress(ValueError):
        if (count := float(text)) >= 0:
            return count
    raise argparse.ArgumentTypeError(_("a number of milliseconds is needed"))

"""The commands ``preview`` and ``check``, which show what is read from a file and what would be sent."""

from __future__ import annotations

import csv
import io
import shlex
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import MappingError, UsageError
from cg_uploader.fields.checks import CheckResult, Problem, ProblemGroup, check, find_plan_problems
from cg_uploader.fields.matching import MatchResult
from cg_uploader.model.configuration import Profile, Source
from cg_uploader.model.enums import Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Alternative, Table
from cg_uploader.settings.profiles import ProfileStore, open_profile
from cg_uploader.sheets.cells.notes import summarize_notes
from cg_uploader.sheets.reader import ReadOptions, read
from cg_uploader.translation import _, ngettext
from cg_uploader.uploads.planning.plan_builder import make_plan, match_profile, with_limits

DEFAULT_TABLE_ROWS = 20
# How many rows of a problem are shown. ``--json`` has all.
MAX_EXAMPLES = 3


def read_table(args: Namespace) -> Table:
    """Read the table that the file options name.

    Raises:
        UsageError: an option does not fit the kind of the file.
        FileError: the file cannot be read.
    """
    options = ReadOptions(args.sheet, args.header_row, args.encoding, args.delimiter, getattr(args, "limit", None))
    table = read(args.file, options)
    if args.sheet is not None and table.sheet is None:
        table.rows.close()
        raise UsageError(
            _("{file} is a text file, which has no sheets. Leave --sheet out.").format(file=table.file.name), kind="sheet"
        )
    for name in ("encoding", "delimiter"):
        if getattr(options, name) is not None and table.sheet is not None:
            table.rows.close()
            raise UsageError(
                _("{file} is a workbook, which needs no {option}. Leave {option} out.").format(
                    file=table.file.name, option=f"--{name}"
                ),
                kind=name,
            )
    return table


def read_plan(args: Namespace) -> tuple[Profile, Plan]:
    """Return the profile and the plan that the options name."""
    profile = open_profile(args.profile, ProfileStore(args.paths.profiles))
    plan = make_plan(profile, read_table(args))
    return profile, with_limits(plan, getattr(args, "rows", None), getattr(args, "connections", None))


def preview(args: Namespace, terminal: Terminal) -> int:
    """Show what is read from a file."""
    if args.form == "table" and args.limit is None:
        args.limit = DEFAULT_TABLE_ROWS
    table = read_table(args)
    if args.form == "json":
        terminal.emit(_as_data(table))
    elif args.form == "csv":
        terminal.write(_as_csv(table))
    else:
        _as_table(table, args.limit, terminal)
    return 0


def _as_data(table: Table) -> dict[str, Any]:
    return {
        "file": str(table.file),
        "sheet": table.sheet,
        "sheets": list(table.sheets),
        "header_row": table.header_row,
        "columns": [column.heading for column in table.columns],
        "rows": [{"row": row.number, "values": list(row.cells)} for row in table.rows],
        "notes": [
            {"sheet": table.sheet, "row": note.row, "column": note.column, "kind": note.kind, "text": note.text}
            for note in table.notes
        ],
        "hidden_rows": table.hidden_rows,
        "empty_rows": table.empty_rows,
    }


def _as_csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.heading for column in table.columns])
    writer.writerows(row.cells for row in table.rows)
    return text.getvalue()


def _as_table(table: Table, limit: int | None, terminal: Terminal) -> None:
    text = _("{file}, sheet “{sheet}”, headings in row {row}") if table.sheet else _("{file}, headings in row {row}")
    terminal.say(text.format(file=table.file.name, sheet=table.sheet, row=table.header_row))
    headings = [_("Row"), *(column.heading or f"({column.letter})" for column in table.columns)]
    terminal.table(headings, ([str(row.number), *row.cells] for row in table.rows))
    if limit is not None and len(table.rows) == limit:
        text = ngettext(
            "This is the first row. There may be more. --limit N shows N of them, --as csv all.",
            "These are the first {count:,} rows. There may be more. --limit N shows N of them, --as csv all.",
            limit,
        )
        terminal.say(text.format(count=limit))
    for text in summarize_notes(table.notes):
        terminal.tell(_("Note: {text}").format(text=text))
    if table.alternative is not None:
        terminal.tell(_("{option} reads the file in the other way.").format(option=_option_of(table.alternative)))


def _option_of(alternative: Alternative) -> str:
    """Return the option with which a text file is read in the other way."""
    if alternative.encoding is not None:
        return f"--encoding {alternative.encoding}"
    delimiter = "tab" if alternative.delimiter == "\t" else shlex.quote(alternative.delimiter or "")
    return f"--delimiter {delimiter}"


def check_file(args: Namespace, terminal: Terminal) -> int:
    """Match and check a file, and show what would be held back."""
    profile, plan = read_plan(args)
    match = match_profile(profile, plan.table)
    blocking = " ".join(problem.text for problem in find_plan_problems(plan) if problem.level is Level.ERROR)
    result = check(plan)
    if terminal.json:
        error = {"error": MappingError(blocking).as_data()} if blocking else {}
        terminal.emit({**_check_as_data(plan, match, result), **error})
    else:
        _check_as_text(match, result, terminal)
    if blocking:
        terminal.tell(blocking)
        return MappingError.exit_code
    return 1 if result.held_back else 0


def _check_as_data(plan: Plan, match: MatchResult, result: CheckResult) -> dict[str, Any]:
    return {
        "file": str(plan.table.file),
        "rows": result.rows,
        "ready": result.ready,
        "held_back": result.held_back,
        "columns_sent": [column.heading for column in match.columns_sent],
        "columns_not_sent": [column.heading for column in match.columns_not_sent],
        "fields": [
            {
                "heading": field.heading,
                "state": field.state.value,
                "column": field.source.column or field.source.letter if field.source else None,
                "constant": field.source.constant if field.source else None,
            }
            for field in match.fields
        ],
        "problems": [problem_as_data(problem) for problem in (*find_plan_problems(plan), *result.problems)],
    }


def problem_as_data(problem: Problem) -> dict[str, Any]:
    """Return a problem in its JSON shape."""
    return {
        "row": problem.row,
        "column": problem.column,
        "heading": problem.heading,
        "level": problem.level.value,
        "kind": problem.kind,
        "text": problem.text,
    }


def _check_as_text(match: MatchResult, result: CheckResult, terminal: Terminal) -> None:
    terminal.table(
        (_("Field"), _("Column"), _("State")),
        [(field.heading, _from(field.source), _(field.state.label)) for field in match.fields],
    )
    sent, rest = len(match.columns_sent), [column.heading or f"({column.letter})" for column in match.columns_not_sent]
    terminal.say()
    columns = sent + len(rest)
    text = ngettext("{sent} of {count} column will be sent.", "{sent} of {count} columns will be sent.", columns)
    terminal.say(text.format(sent=sent, count=columns))
    if rest:
        terminal.say(_("Not sent: {columns}.").format(columns=", ".join(rest)))
    say_groups(result, terminal)
    terminal.say()
    text = ngettext(
        "{count:,} row: {ready:,} ready · {held_back:,} held back · {skipped:,} skipped",
        "{count:,} rows: {ready:,} ready · {held_back:,} held back · {skipped:,} skipped",
        result.rows,
    )
    terminal.say(text.format(count=result.rows, ready=result.ready, held_back=result.held_back, skipped=result.skipped))


def say_groups(result: CheckResult, terminal: Terminal) -> None:
    """Show the problems as to-do lists, errors and warnings apart, with the first rows of each."""
    for level, title in (
        (Level.ERROR, _("To correct (these rows are held back):")),
        (Level.WARNING, _("To know (these rows are sent):")),
    ):
        groups = [group for group in result.groups if group.level is level]
        if groups:
            for line in ("", title, *(line for group in groups for line in _lines_of(group, result))):
                terminal.say(line)


def _lines_of(group: ProblemGroup, result: CheckResult) -> Iterator[str]:
    """Give the line of a group, and below it its first rows: where, what is there, what to do."""
    yield f"  {group.text}"
    for position in group.positions[:MAX_EXAMPLES]:
        if (problem := result.problems.of_group(group, position)) is not None:
            yield f"    {problem.text}"
    if (more := len(group.positions) - MAX_EXAMPLES) > 0:
        text = ngettext("and {count:,} more row", "and {count:,} more rows", more)
        yield f"    {text.format(count=more)}"


def _from(source: Source | None) -> str:
    if source is None:
        return "–"
    if source.constant is not None:
        return _("“{text}” in every row").format(text=source.constant)
    return source.column or _("column {letter}").format(letter=source.letter)

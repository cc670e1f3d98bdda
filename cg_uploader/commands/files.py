"""preview and check: what was read from a file, and what would be sent; nothing leaves."""

from __future__ import annotations

import csv
import io
from argparse import Namespace
from typing import Any

from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import MappingError, UsageError
from cg_uploader.fields.checks import CheckResult, Problem, check, find_plan_problems
from cg_uploader.fields.matching import MatchResult
from cg_uploader.model.configuration import Profile, Source
from cg_uploader.model.enums import Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Table
from cg_uploader.settings.profiles import ProfileStore, open_profile
from cg_uploader.sheets.cells.notes import summarize_notes
from cg_uploader.sheets.reader import ReadOptions, read
from cg_uploader.uploads.planning.plan_builder import limited, make_plan, match_profile

ROWS_OF_A_TABLE = 20


def read_table(args: Namespace) -> Table:
    """The table that the file options name."""
    options = ReadOptions(args.sheet, args.header_row, args.encoding, args.delimiter, getattr(args, "limit", None))
    table = read(args.file, options)
    if args.sheet is not None and table.sheet is None:
        table.rows.close()
        raise UsageError(f"{table.file.name} is a text file, which has no sheets. Leave “--sheet” out.", kind="sheet")
    for name in ("encoding", "delimiter"):
        if getattr(options, name) is not None and table.sheet is not None:
            table.rows.close()
            raise UsageError(
                f"{table.file.name} is a workbook, which says itself how it is read. Leave “--{name}” out.", kind=name
            )
    return table


def read_plan(args: Namespace) -> tuple[Profile, Plan]:
    """The profile and the plan that the options name."""
    profile = open_profile(args.profile, ProfileStore(args.places.profiles))
    plan = make_plan(profile, read_table(args))
    return profile, limited(plan, getattr(args, "rows", None), getattr(args, "connections", None))


def preview(args: Namespace, terminal: Terminal) -> int:
    """Show what was read."""
    if args.form == "table" and args.limit is None:
        args.limit = ROWS_OF_A_TABLE
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
    sheet = f", sheet “{table.sheet}”" if table.sheet else ""
    terminal.say(f"{table.file.name}{sheet}, headings in row {table.header_row}")
    heads = ["Row", *(column.heading or f"({column.letter})" for column in table.columns)]
    terminal.table(heads, ([str(row.number), *row.cells] for row in table.rows))
    if len(table.rows) == limit:
        terminal.say(f"These are the first {limit:,} rows; there may be more. “--limit N” shows N, “--as csv” all of them.")
    for text in summarize_notes(table.notes):
        terminal.tell(f"Note: {text}")


def check_file(args: Namespace, terminal: Terminal) -> int:
    """Match and check, and say what would be held back."""
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
    """A problem as the JSON shape has it."""
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
        ("Field", "Column", "State"),
        [(field.heading, _from(field.source), field.state.label) for field in match.fields],
    )
    sent, rest = len(match.columns_sent), [column.heading or f"({column.letter})" for column in match.columns_not_sent]
    terminal.say()
    terminal.say(f"{sent} of {sent + len(rest)} columns will be sent.")
    if rest:
        terminal.say(f"Not sent: {', '.join(rest)}.")
    say_groups(result, terminal)
    terminal.say()
    terminal.say(f"{result.rows:,} rows: {result.ready:,} ready · {result.held_back:,} held back · {result.skipped:,} skipped")


def say_groups(result: CheckResult, terminal: Terminal) -> None:
    """The problems as to-do lists, errors and warnings apart."""
    for level, title in (
        (Level.ERROR, "To correct (these rows are held back)"),
        (Level.WARNING, "To know (these rows are sent)"),
    ):
        texts = [group.text for group in result.groups if group.level is level]
        if texts:
            for line in ("", f"{title}:", *(f"  {text}" for text in texts)):
                terminal.say(line)


def _from(source: Source | None) -> str:
    if source is None:
        return "–"
    return f"“{source.constant}” in every row" if source.constant is not None else source.column or f"column {source.letter}"

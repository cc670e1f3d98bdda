"""The results of a run, from the journal alone: totals that add up, the file of failed rows, and both as data."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cg_uploader.errors import RunChanged, UsageError
from cg_uploader.fields.headings import quote
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.run import Outcome, RunSummary
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.sheets.failed_rows import writer
from cg_uploader.sheets.failed_rows.writer import FailedRow
from cg_uploader.translation import N_, _, ngettext
from cg_uploader.uploads.journal.journal_rows import OVERTAKEN, WITHHELD, JournalRow
from cg_uploader.uploads.journal.plan_json import first_content

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.reader import JournalReader

# Rows in each part of a JSON object.
ROWS_PER_PART = 1_000

LEAVE_IT = N_("Nothing, if the newer row is right: this one stays out when the file is opened again.")
COMPARE_IT = N_(
    "Compare it with the newer row. Put what is still right into a new file: this row stays out when this one is opened again."
)
# What the user can do about a row that a newer one has overtaken, by the row's state.
_OVERTAKEN = {OVERTAKEN: LEAVE_IT, WITHHELD: COMPARE_IT}
LOOK_IT_UP = N_(
    "Look this row up in CustomerGauge under Data → Rest APIs → Request History before you send it again: "
    "a second copy may invite the same person twice."
)

STILL_READ = N_(
    "Another program is still reading the record, so the values of the upload stay in its files until that program has ended. "
    "Close other windows of CG Uploader, then start it again."
)


def summaries(journal: JournalReader, runs: Iterable[int], changed: Callable[[RunChanged], object]) -> list[RunSummary]:
    """Return how these runs stand, without those that are forgotten meanwhile.

    ``changed``: called for each run that cannot be read.
    """
    readable = []
    for run in runs:
        try:
            readable.append(journal.summary(run))
        except UsageError:
            pass
        except RunChanged as error:
            changed(error)
    return readable


def all_refused(run: RunSummary) -> bool:
    """Tell whether a run stopped when every answer was a refusal. Then its mapping or configuration is likely to be wrong."""
    answered = {status for status in (RowStatus.ACCEPTED, RowStatus.REFUSED) if run.counts.get(status)}
    return run.state is not RunState.FINISHED and answered == {RowStatus.REFUSED}


def save_failed_rows(journal: JournalReader, run: int, target: Path) -> int:
    """Write the rows that need attention to ``target`` and return how many. With none, nothing is written.

    Once-only rows that may have arrived go to a second sheet, or to a second csv file, which is never sent by itself.

    Raises:
        UsageError: The values of the rows were deleted, or nothing can be written there.
    """
    if not journal.summary(run).attention:
        return 0
    journal.ensure_values(run, to_send=False)
    plan = journal.plan(run)
    columns = [column.heading for column in plan.table.columns]
    origin = origin_of(run, journal.summary(run), plan)
    return writer.write(target, columns, _first_sheet(journal, run), _second_sheet(journal, run), origin=origin)


def origin_of(run: int, summary: RunSummary, plan: Plan) -> Provenance:
    """Return what a file of failed rows of a run says of itself."""
    columns, rows, origin = plan.table.columns, plan.table.rows, plan.table.origin
    return Provenance(
        run=run,
        started=summary.started.isoformat(timespec="milliseconds"),
        profile=plan.profile,
        reference=plan.configuration.reference,
        file=plan.table.file.name,
        digest=plan.table.digest,
        content=first_content(plan.table),
        last=max(origin.last if origin is not None else 0, rows[len(rows) - 1].number if len(rows) else 0),
        columns=tuple((column.letter, column.heading) for column in columns),
        sources=tuple((heading, columns[index].letter) for heading, index, _text in plan.bindings if index is not None),
        constants=tuple(heading for heading, index, _text in plan.bindings if index is None),
    )


def _first_sheet(journal: JournalReader, run: int) -> Iterator[FailedRow]:
    names = _names_with_columns(journal.plan(run))
    return (_failed_row(row, names) for row in _attention(journal, run) if not _to_look_up(row))


def _second_sheet(journal: JournalReader, run: int) -> Iterator[FailedRow]:
    names = _names_with_columns(journal.plan(run))
    return (_failed_row(row, names) for row in _attention(journal, run) if _to_look_up(row))


def _attention(journal: JournalReader, run: int) -> Iterator[JournalRow]:
    yield from (row for row in journal.rows(run) if STATUSES[row.status].needs_attention)
    journal.ensure_values(run, to_send=False)  # another program may have deleted them while they were read


def _to_look_up(row: JournalRow) -> bool:
    return row.once_only and row.status is RowStatus.NOT_SURE


def _names_with_columns(plan: Plan) -> dict[str, str]:
    """Return what a field is called whose column has another heading: the user looks for the column in the file."""
    columns = plan.table.columns
    names = {heading: columns[index].heading for heading, index, _text in plan.bindings if index is not None}
    text = _("{heading} (column {column})")
    return {
        heading: text.format(heading=heading, column=quote(name)) for heading, name in names.items() if name and name != heading
    }


def _failed_row(row: JournalRow, names: dict[str, str]) -> FailedRow:
    what_to_do = LOOK_IT_UP if _to_look_up(row) else _OVERTAKEN.get(row.state) or STATUSES[row.status].what_to_do
    when = row.answered.astimezone().strftime("%Y-%m-%d %H:%M:%S") if row.answered else ""
    messages = tuple((names.get(heading, heading), text) for heading, text in row.outcome.messages)
    problem = replace(row.outcome, messages=messages).message
    return FailedRow(row.number, row.cells, row.status, problem, _(what_to_do), when, row.who)


def as_json(journal: JournalReader, run: int) -> Iterator[str]:
    """Return a run and the outcome of every row as one JSON object for programs.

    It comes in parts, so that a run of any length fits into memory.
    """
    summary = journal.summary(run)
    ended = summary.finished or summary.started
    totals = {**totals_as_data(summary), "seconds": max(0.0, round((ended - summary.started).total_seconds(), 3))}
    yield json.dumps(totals, ensure_ascii=False)[:-1] + ', "outcomes": ['
    lines = (json.dumps(_outcome_as_data(outcome), ensure_ascii=False) for outcome in journal.outcomes(run))
    separator = ""
    while part := list(itertools.islice(lines, ROWS_PER_PART)):
        yield separator + ",\n".join(part)
        separator = ",\n"
    yield "]}\n"


def _outcome_as_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "row": outcome.row,
        "status": outcome.status.value,
        "http": outcome.http,
        "message": outcome.message,
        "attempts": outcome.attempts,
    }


def totals_as_data(summary: RunSummary) -> dict[str, Any]:
    """Return a run's totals with the keys of the command line's JSON."""
    return {
        "run": summary.run,
        "file": summary.file,
        "profile": summary.profile,
        "region": str(summary.region),
        "started": summary.started.isoformat(),
        "finished": summary.finished.isoformat() if summary.finished else None,
        "rows": summary.rows,
        **{status.value: summary.counts[status] for status in RowStatus},
        "state": summary.state.value,
        "stopped": summary.why or None,
        "stop_reason": summary.stopped.reason.value if summary.stopped else None,
    }


def totals_in_words(summary: RunSummary) -> str:
    """Return the totals in one line: ``250 rows: 231 accepted · 12 held back · …``, without the statuses that no row has."""
    parts = [f"{count:,} " + _(STATUSES[status].label).lower() for status, count in summary.counts.items() if count]
    rows = ngettext("{count:,} row", "{count:,} rows", summary.rows).format(count=summary.rows)
    return f"{rows}: {' · '.join(parts)}" if parts else f"{rows}."

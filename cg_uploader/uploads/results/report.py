"""What a run came to, from the journal alone: totals that add up, the file of failed rows, and the same as data."""

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
from cg_uploader.translation import _, ngettext
from cg_uploader.uploads.journal.journal_rows import OVERTAKEN, WITHHELD, JournalRow
from cg_uploader.uploads.journal.plan_json import first_content

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.reader import JournalReader

ROWS_OF_A_PART = 1_000

LEAVE_IT = "Nothing, if the newer row is right: this one stays out when the file is opened again."
COMPARE_IT = (
    "Compare it with the newer row. Put what is still right into a new file: this row stays out when this one is opened again."
)
_BEHIND = {OVERTAKEN: LEAVE_IT, WITHHELD: COMPARE_IT}
LOOK_IT_UP = (
    "Look this row up in CustomerGauge under Data → Rest APIs → Request History before you send it again: "
    "a second copy may invite the same person twice."
)

STILL_READ = (
    "Another program is still reading the record, so the values of the upload stay in its files until that program has ended. "
    "Close other windows of CG Uploader, then start it again."
)


def summaries(journal: JournalReader, runs: Iterable[int], changed: Callable[[RunChanged], object]) -> list[RunSummary]:
    """How these runs stand, without those that are forgotten meanwhile; ``changed`` hears of those that cannot be read."""
    found = []
    for run in runs:
        try:
            found.append(journal.summary(run))
        except UsageError:
            pass
        except RunChanged as error:
            changed(error)
    return found


def all_refused(run: RunSummary) -> bool:
    """Whether a run stopped when every answer was a refusal: its columns or configuration are more likely wrong than rows."""
    answered = {status for status in (RowStatus.ACCEPTED, RowStatus.REFUSED) if run.counts.get(status)}
    return run.state is not RunState.FINISHED and answered == {RowStatus.REFUSED}


def save_failed_rows(journal: JournalReader, run: int, target: Path) -> int:
    """Write the rows that need attention to ``target`` and return how many.  With none, nothing is written.

    Once-only rows that may have arrived stand on a second sheet, or in a second csv file, which is never sent by itself.

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
    columns, rows, before = plan.table.columns, plan.table.rows, plan.table.origin
    return Provenance(
        run=run,
        started=summary.started.isoformat(timespec="milliseconds"),
        profile=plan.profile,
        reference=plan.configuration.reference,
        file=plan.table.file.name,
        digest=plan.table.digest,
        content=first_content(plan.table),
        last=max(before.last if before is not None else 0, rows[len(rows) - 1].number if len(rows) else 0),
        columns=tuple((column.letter, column.heading) for column in columns),
        sources=tuple((heading, columns[at].letter) for heading, at, _text in plan.bindings if at is not None),
        constants=tuple(heading for heading, at, _text in plan.bindings if at is None),
    )


def _first_sheet(journal: JournalReader, run: int) -> Iterator[FailedRow]:
    others = _other_names(journal.plan(run))
    return (_failed_row(row, others) for row in _attention(journal, run) if not _to_look_up(row))


def _second_sheet(journal: JournalReader, run: int) -> Iterator[FailedRow]:
    others = _other_names(journal.plan(run))
    return (_failed_row(row, others) for row in _attention(journal, run) if _to_look_up(row))


def _attention(journal: JournalReader, run: int) -> Iterator[JournalRow]:
    yield from (row for row in journal.rows(run) if STATUSES[row.status].needs_attention)
    journal.ensure_values(run, to_send=False)  # else their time came to its end while they were read, by another program


def _to_look_up(row: JournalRow) -> bool:
    return row.once_only and row.status is RowStatus.NOT_SURE


def _other_names(plan: Plan) -> dict[str, str]:
    """Headings of fields whose column is called otherwise, and what: in the file people look for the column."""
    columns = plan.table.columns
    names = {heading: columns[at].heading for heading, at, _text in plan.bindings if at is not None}
    return {heading: f"{heading} (column {quote(name)})" for heading, name in names.items() if name and name != heading}


def _failed_row(row: JournalRow, others: dict[str, str]) -> FailedRow:
    what_to_do = LOOK_IT_UP if _to_look_up(row) else _BEHIND.get(row.state) or STATUSES[row.status].what_to_do
    when = row.answered.astimezone().strftime("%Y-%m-%d %H:%M:%S") if row.answered else ""
    messages = tuple((others.get(heading, heading), text) for heading, text in row.outcome.messages)
    problem = replace(row.outcome, messages=messages).message
    return FailedRow(row.number, row.cells, row.status, problem, what_to_do, when, row.who)


def as_json(journal: JournalReader, run: int) -> Iterator[str]:
    """A run and every row's outcome as the command line's one JSON object, in parts: no run is too long for it."""
    summary = journal.summary(run)
    ended = summary.finished or summary.started
    totals = {**totals_as_data(summary), "seconds": max(0.0, round((ended - summary.started).total_seconds(), 3))}
    yield json.dumps(totals, ensure_ascii=False)[:-1] + ', "outcomes": ['
    lines = (json.dumps(_outcome_as_data(outcome), ensure_ascii=False) for outcome in journal.outcomes(run))
    between = ""
    while part := list(itertools.islice(lines, ROWS_OF_A_PART)):
        yield between + ",\n".join(part)
        between = ",\n"
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
    """A run's totals, as the command line's JSON shape has them."""
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


def in_words(summary: RunSummary) -> str:
    """The totals in one sentence that adds up: ``250 rows: 231 accepted · 12 held back · …``; statuses with none left out."""
    parts = [f"{count:,} {_(STATUSES[status].label).lower()}" for status, count in summary.counts.items() if count]
    rows = ngettext("{count:,} row", "{count:,} rows", summary.rows).format(count=summary.rows)
    return f"{rows}: {' · '.join(parts)}" if parts else f"{rows}."

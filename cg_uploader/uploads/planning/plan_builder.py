"""From a profile and a table to a plan, and what this computer knows of the same file from before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from cg_uploader.api.endpoints import address
from cg_uploader.errors import AlreadyUploaded, Cancelled, DiskFull, RunChanged, UsageError
from cg_uploader.fields.configuration import once_only
from cg_uploader.fields.matching import MatchResult, match
from cg_uploader.model.configuration import Profile
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.model.run import RunSummary
from cg_uploader.model.table import Table
from cg_uploader.uploads.journal.dates import day, day_of
from cg_uploader.uploads.results.report import in_words, summaries
from cg_uploader.uploads.sending.decisions import Recognition

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.journal import Journal
    from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import DuplicateLookup, KnownRow

ROWS_BETWEEN_QUESTIONS = 1_000
SAID_FOR = timedelta(days=90)


def match_profile(profile: Profile, table: Table) -> MatchResult:
    """Which column feeds which field of the profile's configuration."""
    return match(profile.configuration, table.columns, profile.mapping)


def make_plan(profile: Profile, table: Table) -> Plan:
    """The plan that a profile makes of a table: its mapping, or what matches by itself where it has none.

    MappingError when the mapping names a column that the table has not, or has twice.
    """
    mapping = match_profile(profile, table).mapping if profile.mapping is None else profile.mapping
    return Plan(
        table=table,
        profile=profile.name,
        region=profile.region,
        address=address(profile.region, profile.address),
        configuration=profile.configuration,
        mapping=mapping,
        options=profile.options,
    )


@dataclass(frozen=True, slots=True)
class EarlierUploads:
    """What is known of the same rows from before, on this computer and in what was imported into its memory.

    ``unfinished``: a run of this file that still has rows to send.  ``sent``: runs of this file, newest first.  ``known``:
    once-only rows of this plan by what is known of them, whatever file they came from.  ``repeated``: how many of its
    repeatable rows were accepted before and stand so still, None when nobody has asked; ``last``: when the newest of all
    accepted ones was.  ``loss``: a sentence when earlier runs are not known any more; ``told``: whether a person knows.
    """

    unfinished: RunSummary | None
    sent: tuple[RunSummary, ...]
    known: Mapping[RowStatus, int]
    repeated: int | None = None
    last: datetime | None = None
    rows: int = 0
    loss: str = ""
    told: bool = True

    @property
    def strict(self) -> bool:
        """Whether a person has to choose, because a repeat could do harm.

        Rows that have certainly not left need no question: this run takes them over, unless the very same file waits.
        """
        left = self.known.get(RowStatus.ACCEPTED) or self.known.get(RowStatus.NOT_SURE)
        return bool(left or not self.told or (self.unfinished and self.known.get(RowStatus.NOT_SENT)))

    @property
    def skippable(self) -> int:
        """How many rows do not leave when a person chooses to skip what was accepted."""
        return (self.repeated or 0) + self.known.get(RowStatus.ACCEPTED, 0) + self.known.get(RowStatus.NOT_SURE, 0)

    @property
    def sentence(self) -> str:
        """What is known, in words; empty when nothing is."""
        said = [f"Upload {run.run} of this file on {day(run.started)}: {in_words(run)}." for run in self.sent]
        if self.unfinished is not None:
            said.append(f"Upload {self.unfinished.run} has not finished.")
        words = ((RowStatus.ACCEPTED, "accepted"), (RowStatus.NOT_SURE, "perhaps"), (RowStatus.NOT_SENT, "still to be sent"))
        known = " · ".join(f"{self.known[status]:,} {word}" for status, word in words if self.known.get(status))
        if known:
            said.append(f"Of the rows that would be sent now, earlier uploads have: {known}.")
        if self.repeated:
            on = f", the last of them on {day(self.last)}" if self.last else ""
            said.append(
                f"{self.repeated:,} of these {self.rows:,} rows were accepted before{on}, and nothing newer since, "
                "as far as this computer knows."
            )
        return " ".join((*said, self.loss)) if self.loss else " ".join(said)


def earlier(
    plan: Plan,
    journal: Journal,
    *,
    repeatable: bool = False,
    client_id: str = "",
    cancelled: Callable[[], bool] = lambda: False,
) -> EarlierUploads:
    """What is known of the rows of ``plan`` from before; Cancelled as soon as ``cancelled()`` says so.

    ``repeatable``: look rows up that may be repeated too; it takes some seconds for 100,000 rows.  ``client_id``:
    for whom they are.
    """
    runs = summaries(journal, journal.runs_of(plan), lambda changed: _refuse(changed) if can_harm(plan) else None)
    failed_rows = plan.table.origin is not None  # they are taken over from the run that they come from, unasked
    unfinished = None if failed_rows else next((run for run in runs if journal.unsettled(run.run)), None)
    sent = tuple(run for run in runs if run.counts[RowStatus.ACCEPTED] or run.counts[RowStatus.NOT_SURE])
    harmful = can_harm(plan)
    found = EarlierUploads(unfinished, sent, {}, rows=len(plan.table.rows), **_loss(journal, harmful=harmful))
    past = journal.duplicate_lookup(plan, repeatable=repeatable, client_id=client_id)
    repeatable = repeatable and past.knows_repeatable
    if not (harmful or repeatable):
        return found
    return _looked_up(found, plan, past, repeatable=repeatable, cancelled=cancelled)


def _refuse(changed: RunChanged) -> None:
    """Nobody can tell what became of rows that may not be sent twice."""
    raise changed


def can_harm(plan: Plan) -> bool:
    """Whether a repeat of any row could do harm; an empty row is once-only if any can be."""
    return once_only(plan.configuration, Request(0, plan.address.records, plan.configuration.reference, ()))


def _looked_up(
    found: EarlierUploads, plan: Plan, past: DuplicateLookup, *, repeatable: bool, cancelled: Callable[[], bool]
) -> EarlierUploads:
    known: Counter[RowStatus] = Counter()
    recognition, repeated, last = Recognition(), 0, None
    for position, row in enumerate(plan.table.rows):
        if position % ROWS_BETWEEN_QUESTIONS == 0 and cancelled():
            raise Cancelled("Nobody waits for it any more.")
        request = plan.request(row)
        once = once_only(plan.configuration, request)
        leaves = not plan.leaves_out(row.number)
        if not (leaves if once else repeatable):
            continue
        facts = past.facts(position, request, once_only=once)
        before = recognition.of(position, row.number, facts, once_only=once, leaves=leaves)
        if before is not None and leaves:
            if once:
                known[before.status] += 1
            else:
                repeated += 1
            last = _later(last, before)
    for _, _, before in recognition.shown_later:
        repeated += 1
        last = _later(last, before)
    return replace(found, known=known, repeated=repeated if repeatable else None, last=last)


def _later(last: datetime | None, known: KnownRow) -> datetime | None:
    if known.status is not RowStatus.ACCEPTED or known.when is None:
        return last
    return known.when if last is None else max(last, known.when)


def _loss(journal: Journal, *, harmful: bool) -> _Loss:
    """What the loss of an earlier journal means: asked until a person has answered, however long that takes.

    It is said until the rows of that time have left Request History too (90 days).
    """
    lost = journal.loss()
    told = lost is None or lost[2] or not harmful
    if lost is None or (told and _long_ago(lost[0])):
        return {"loss": "", "told": True}
    return {"loss": loss_in_words(lost[0], lost[1]), "told": told}


def _long_ago(when: str) -> bool:
    try:
        return datetime.now().astimezone() - datetime.fromisoformat(when).astimezone() > SAID_FOR
    except (ValueError, TypeError):
        return False  # nobody can tell


class _Loss(TypedDict):
    loss: str
    told: bool


def tell_loss(journal: Journal, tell: Callable[[str], object]) -> None:
    """Tell that an earlier journal is lost, once, whoever opened the journal when it was noticed."""
    if (lost := journal.loss(unannounced=True)) is not None:
        tell(loss_in_words(lost[0], lost[1]))
        with suppress(DiskFull):  # then it is told once more
            journal.mark_loss_announced()


def loss_in_words(when: str, file: str) -> str:
    """What it means that an earlier journal is lost; ``when``: the day as ``2026-05-03``.

    ``file``: its name since it was set aside; empty when it was gone.
    """
    on = day_of(when)
    found = (
        f"The record of uploads on this computer was damaged or incomplete. It was set aside as {file} on {on}, and a new one "
        "was begun: uploads before that day are not known any more"
        if file
        else f"The record of uploads on this computer was not there any more on {on}: uploads that only it knew are not known"
    )
    return (
        f"{found}, and rows that were accepted then are not recognised. Look in CustomerGauge under Data → Rest APIs → "
        "Request History before you send such rows again."
    )


def refuse_repeat(found: EarlierUploads, skip_accepted: bool | None = None) -> None:
    """AlreadyUploaded when a repeat could do harm and nobody has chosen yet.

    To skip what was accepted is no choice as long as nobody knows that earlier uploads are not known any more.
    """
    if not found.strict or skip_accepted is False or (skip_accepted and found.told):
        return
    if skip_accepted or not (found.known or found.unfinished):
        raise AlreadyUploaded(
            f"{found.loss} These rows may not be sent twice. If they are new, say so with --send-again; nothing was sent."
        )
    go_on = f"continue that upload (cg-uploader resume {found.unfinished.run}), " if found.unfinished else ""
    raise AlreadyUploaded(
        f"{found.sentence} Sending them again could reach the same people twice. Choose: {go_on}"
        "skip what was accepted (--skip-accepted), or send everything again (--send-again)."
    )


def limited(plan: Plan, rows: tuple[int, int] | None, connections: int | None) -> Plan:
    """The plan with other options; UsageError when one is out of bounds, or no row of the file has such a number."""
    options = plan.options
    if rows is not None:
        if (count := len(plan.table.rows)) and not _overlap(rows, plan.table.rows[0].number, plan.table.rows[count - 1].number):
            first, last = plan.table.rows[0].number, plan.table.rows[count - 1].number
            raise UsageError(f"{plan.table.file.name} has rows {first} to {last}, and none from {rows[0]} to {rows[1]}.")
        options = replace(options, rows=rows)
    if connections is not None:
        options = replace(options, connections=connections)
    return replace(plan, options=options)


def _overlap(rows: tuple[int, int], first: int, last: int) -> bool:
    return rows[0] <= last and rows[1] >= first

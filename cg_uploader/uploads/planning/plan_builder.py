"""The plan of a profile and a table, and what this computer knows of the same rows from earlier uploads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

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
from cg_uploader.translation import N_, _, ngettext
from cg_uploader.uploads.journal.dates import day, day_of
from cg_uploader.uploads.results.report import summaries, totals_in_words
from cg_uploader.uploads.sending.decisions import Recognition

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.journal import Journal
    from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import DuplicateLookup, KnownRow

# How many rows are looked up before the caller is asked whether it still waits.
ROWS_BETWEEN_CHECKS = 1_000
# How long the loss of an earlier journal is shown: until the rows of that time have left Request History.
LOSS_SHOWN_FOR = timedelta(days=90)

# What is said of rows that earlier uploads know.
_KNOWN = {
    RowStatus.ACCEPTED: N_("{count:,} accepted"),
    RowStatus.NOT_SURE: N_("{count:,} perhaps"),
    RowStatus.NOT_SENT: N_("{count:,} still to be sent"),
}


def match_profile(profile: Profile, table: Table) -> MatchResult:
    """Find out which column feeds which field of the profile's configuration."""
    return match(profile.configuration, table.columns, profile.mapping)


def make_plan(profile: Profile, table: Table) -> Plan:
    """Make the plan of a profile and a table. Without a mapping, columns feed the fields that they match by name.

    Raises:
        MappingError: The mapping names a column that the table has not, or has twice.
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


def with_limits(plan: Plan, rows: tuple[int, int] | None, connections: int | None) -> Plan:
    """Return ``plan`` with other options.

    ``rows``: the numbers of the first and the last row to send. None: all.
    ``connections``: how many rows are under way at once. None: as the profile says.

    Raises:
        UsageError: An option is out of bounds, or no row of the file is within ``rows``.
    """
    options = plan.options
    if rows is not None:
        _ensure_rows(plan.table, *rows)
        options = replace(options, rows=rows)
    if connections is not None:
        options = replace(options, connections=connections)
    return replace(plan, options=options)


def _ensure_rows(table: Table, start: int, end: int) -> None:
    if not len(table.rows):
        return
    first, last = table.rows[0].number, table.rows[len(table.rows) - 1].number
    if start > last or end < first:
        text = _("{file} has rows {first} to {last}, and none from {start} to {end}.")
        raise UsageError(text.format(file=table.file.name, first=first, last=last, start=start, end=end))


@dataclass(frozen=True, slots=True)
class EarlierUploads:
    """What this computer knows of the rows of a plan from earlier uploads, its own or those of imported sent rows."""

    # The newest run of this file that still has rows to send. None: there is none.
    unfinished: RunSummary | None
    # Runs of this file with rows that have left, or may have, newest first.
    sent: tuple[RunSummary, ...]
    # How many once-only rows of the plan are known, by what is known of them, whatever file they came from.
    known: Mapping[RowStatus, int]
    # How many repeatable rows of the plan were accepted, and nothing newer since. None: they were not looked up.
    repeated: int | None = None
    # When the last of all these accepted rows was accepted. None: not known, or there is none.
    last: datetime | None = None
    # How many rows the plan's table has.
    rows: int = 0
    # A sentence about the loss of earlier runs. Empty: none is lost.
    loss: str = ""
    # Whether the user has answered to the loss, or need not.
    loss_answered: bool = True

    @property
    def must_choose(self) -> bool:
        """Whether the user has to choose, because a repeat could do harm.

        Rows that have certainly not left need no choice: this run takes them over, unless the very same file waits.
        """
        left = self.known.get(RowStatus.ACCEPTED) or self.known.get(RowStatus.NOT_SURE)
        return bool(left or not self.loss_answered or (self.unfinished and self.known.get(RowStatus.NOT_SENT)))

    @property
    def can_skip(self) -> bool:
        """Whether anything is known that could be skipped or continued."""
        return bool(self.known or self.unfinished)

    @property
    def skippable(self) -> int:
        """How many rows are not sent when the user chooses to skip what was accepted."""
        return (self.repeated or 0) + self.known.get(RowStatus.ACCEPTED, 0) + self.known.get(RowStatus.NOT_SURE, 0)

    @property
    def sentence(self) -> str:
        """What is known, for the user. Empty when nothing is."""
        return " ".join(filter(None, (*self._runs(), self._known(), self._repeated(), self.loss)))

    def _runs(self) -> list[str]:
        text = _("Upload {run} of this file on {day}: {totals}.")
        sentences = [text.format(run=run.run, day=day(run.started), totals=totals_in_words(run)) for run in self.sent]
        if self.unfinished is not None:
            sentences.append(_("Upload {run} has not finished.").format(run=self.unfinished.run))
        return sentences

    def _known(self) -> str:
        counts = [_(text).format(count=self.known[status]) for status, text in _KNOWN.items() if self.known.get(status)]
        if not counts:
            return ""
        return _("Of the rows that would be sent now, earlier uploads have: {counts}.").format(counts=" · ".join(counts))

    def _repeated(self) -> str:
        if not self.repeated:
            return ""
        text = ngettext(
            "{count:,} of these {rows:,} rows was accepted before, and nothing newer since, as far as this computer knows.",
            "{count:,} of these {rows:,} rows were accepted before, and nothing newer since, as far as this computer knows.",
            self.repeated,
        )
        if self.rows == 1:
            text = _("The row was accepted before, and nothing newer since, as far as this computer knows.")
        sentence = text.format(count=self.repeated, rows=self.rows)
        if self.last is None:
            return sentence
        return sentence + " " + _("The last was accepted on {day}.").format(day=day(self.last))


@dataclass
class _Tally:
    """Counts the rows of a plan that are known from earlier uploads."""

    # Once-only rows, by what is known of them.
    known: Counter[RowStatus] = field(default_factory=Counter)
    # Repeatable rows.
    repeated: int = 0
    # When the last accepted one was accepted.
    last: datetime | None = None

    def add(self, row: KnownRow, *, once_only: bool) -> None:
        """Count one row."""
        if once_only:
            self.known[row.status] += 1
        else:
            self.repeated += 1
        if row.status is RowStatus.ACCEPTED and row.when is not None:
            self.last = row.when if self.last is None else max(self.last, row.when)


def find_earlier(
    plan: Plan,
    journal: Journal,
    *,
    repeatable: bool = False,
    client_id: str = "",
    cancelled: Callable[[], bool] = lambda: False,
) -> EarlierUploads:
    """Find out what is known of the rows of ``plan`` from earlier uploads.

    ``repeatable``: look up rows that may be repeated too, which takes some seconds for 100,000 rows.
    ``client_id``: the customer's, whose rows they are. Empty: not known yet.
    ``cancelled``: asked from time to time whether to stop.

    Raises:
        Cancelled: ``cancelled()`` was true.
        RunChanged: A run of this file cannot be read, and a repeat of its rows could do harm.
    """
    harmful = can_harm(plan)
    runs = summaries(journal, journal.runs_of(plan), lambda changed: _refuse(changed) if harmful else None)
    failed_rows = plan.table.origin is not None  # this run takes them over from the run that they come from, without a question
    unfinished = None if failed_rows else next((run for run in runs if journal.unsettled(run.run)), None)
    sent = tuple(run for run in runs if run.counts[RowStatus.ACCEPTED] or run.counts[RowStatus.NOT_SURE])
    loss, loss_answered = _loss(journal, harmful=harmful)
    earlier = EarlierUploads(unfinished, sent, {}, rows=len(plan.table.rows), loss=loss, loss_answered=loss_answered)
    lookup = journal.duplicate_lookup(plan, repeatable=repeatable, client_id=client_id)
    repeatable = repeatable and lookup.knows_repeatable
    if not (harmful or repeatable):
        return earlier
    tally = _look_up(plan, lookup, repeatable=repeatable, cancelled=cancelled)
    return replace(earlier, known=tally.known, repeated=tally.repeated if repeatable else None, last=tally.last)


def _refuse(changed: RunChanged) -> None:
    """Refuse to go on: what became of rows that may not be sent twice cannot be known."""
    raise changed


def can_harm(plan: Plan) -> bool:
    """Tell whether a repeat of any row could do harm. An empty row is once-only if any can be."""
    return once_only(plan.configuration, Request(0, plan.address.records, plan.configuration.reference, ()))


def _look_up(plan: Plan, lookup: DuplicateLookup, *, repeatable: bool, cancelled: Callable[[], bool]) -> _Tally:
    tally, recognition = _Tally(), Recognition()
    for position, row in enumerate(plan.table.rows):
        if position % ROWS_BETWEEN_CHECKS == 0 and cancelled():
            raise Cancelled(_("Stopped."))
        request = plan.request(row)
        once = once_only(plan.configuration, request)
        leaves = not plan.leaves_out(row.number)
        if not (leaves if once else repeatable):
            continue
        facts = lookup.facts(position, request, once_only=once)
        known = recognition.of(position, row.number, facts, once_only=once, leaves=leaves)
        if known is not None and leaves:
            tally.add(known, once_only=once)
    for _position, _number, known in recognition.shown_later:
        tally.add(known, once_only=False)
    return tally


def refuse_repeat(earlier: EarlierUploads, skip_accepted: bool | None = None) -> None:
    """Refuse rows whose repeat could do harm until the user has chosen.

    ``skip_accepted``: what the user has chosen: to skip what was accepted, or to send it again. None: nothing yet. To skip is
    no choice while earlier uploads are lost and the user has not answered to that.

    Raises:
        AlreadyUploaded: The user has to choose. What there is to choose stands behind the sentence where it is shown.
    """
    if not earlier.must_choose or skip_accepted is False or (skip_accepted and earlier.loss_answered):
        return
    if skip_accepted or not earlier.can_skip:
        raise AlreadyUploaded(earlier.loss + " " + _("These rows may not be sent twice."))
    raise AlreadyUploaded(earlier.sentence + " " + _("Sending them again could reach the same people twice."))


def _loss(journal: Journal, *, harmful: bool) -> tuple[str, bool]:
    """Return a sentence about the loss of an earlier journal, and whether the user has answered to it or need not.

    Where a repeat could do harm it is shown until the user has answered, else for ``LOSS_SHOWN_FOR``.
    """
    lost = journal.loss()
    if lost is None:
        return "", True
    when, file, answered = lost
    if answered or not harmful:
        return ("" if _is_long_ago(when) else loss_message(when, file)), True
    return loss_message(when, file), False


def _is_long_ago(when: str) -> bool:
    try:
        return datetime.now().astimezone() - datetime.fromisoformat(when).astimezone() > LOSS_SHOWN_FOR
    except (ValueError, TypeError):
        return False  # the record of the loss is damaged


def tell_loss(journal: Journal, tell: Callable[[str], object]) -> None:
    """Tell the user that an earlier journal is lost, once, whichever program noticed it."""
    if (lost := journal.loss(unannounced=True)) is not None:
        tell(loss_message(lost[0], lost[1]))
        with suppress(DiskFull):  # then it is told once more
            journal.mark_loss_announced()


def loss_message(when: str, file: str) -> str:
    """Say what the loss of an earlier journal means.

    ``when``: the day as ``2026-05-03``. ``file``: the name of the file since it was set aside. Empty: it was gone.
    """
    if file:
        text = _(
            "The record of uploads on this computer was damaged or incomplete. It was set aside as {file} on {day}, and a new "
            "one was begun. Uploads before that day are not known any more, and rows that were accepted then are not "
            "recognised."
        )
    else:
        text = _(
            "The record of uploads on this computer was not there any more on {day}. Uploads that only it knew are not known, "
            "and rows that were accepted then are not recognised."
        )
    advice = _("Look in CustomerGauge under Data → Rest APIs → Request History before you send such rows again.")
    return text.format(file=file, day=day_of(when)) + " " + advice

"""From a profile and a table to a plan, and what this computer knows of the same file from before."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cg_uploader.api.regions import address
from cg_uploader.errors import AlreadyUploaded, UsageError
from cg_uploader.fields.configuration import once_only
from cg_uploader.fields.matching import Match, match
from cg_uploader.model import Plan, Profile, Request, RunSummary, Table
from cg_uploader.uploads.journal import Journal
from cg_uploader.uploads.report import in_words
from cg_uploader.vocabulary import RowStatus


def match_profile(profile: Profile, table: Table) -> Match:
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
class Earlier:
    """What this computer knows of the same rows from before; it knows nothing of other computers.

    ``unfinished``: a run of this file that still has rows to send.  ``sent``: runs of this file, newest first.  ``known``:
    once-only rows of this plan by what earlier runs say of them, whatever file they came from.
    """

    unfinished: RunSummary | None
    sent: tuple[RunSummary, ...]
    known: Mapping[RowStatus, int]

    @property
    def strict(self) -> bool:
        """Whether a person has to choose, because a repeat could do harm.

        Rows that have certainly not left need no question: this run takes them over, unless the very same file waits.
        """
        left = self.known.get(RowStatus.ACCEPTED) or self.known.get(RowStatus.NOT_SURE)
        return bool(left or (self.unfinished and self.known.get(RowStatus.NOT_SENT)))

    @property
    def sentence(self) -> str:
        """What is known, in words; empty when nothing is."""
        said = [f"Upload {run.run} of this file on {_day(run)}: {in_words(run)}." for run in self.sent]
        if self.unfinished is not None:
            said.append(f"Upload {self.unfinished.run} has not finished.")
        words = ((RowStatus.ACCEPTED, "accepted"), (RowStatus.NOT_SURE, "perhaps"), (RowStatus.NOT_SENT, "still to be sent"))
        known = " · ".join(f"{self.known[status]:,} {word}" for status, word in words if self.known.get(status))
        if known:
            said.append(f"Of the rows that would be sent now, earlier uploads have: {known}.")
        return " ".join(said)


def earlier(plan: Plan, journal: Journal) -> Earlier:
    """What this computer knows of the rows of ``plan`` from before."""
    runs = [journal.summary(run) for run in journal.runs_of(plan)]
    unfinished = next((run for run in runs if journal.unsettled(run.run)), None)
    sent = tuple(run for run in runs if run.counts[RowStatus.ACCEPTED] or run.counts[RowStatus.NOT_SURE])
    return Earlier(unfinished, sent, _known(plan, journal))


def _known(plan: Plan, journal: Journal) -> Counter[RowStatus]:
    known: Counter[RowStatus] = Counter()
    if not once_only(plan.configuration, Request(0, plan.address.records, plan.configuration.reference, ())):
        return known  # an empty row is once-only if any can be, so there is nothing to look for
    past = journal.past(plan)
    for position, row in enumerate(plan.table.rows):
        request = plan.request(row)
        if once_only(plan.configuration, request) and row.number not in plan.left_out:
            fingerprint = journal.fingerprint(request.fingerprint)
            if (before := past.of(position, row.number, fingerprint, once_only=True)) is not None:
                known[before.status] += 1
    return known


def refuse_repeat(found: Earlier) -> None:
    """AlreadyUploaded when a repeat could do harm and nobody has chosen yet."""
    if found.strict:
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


def file_changed(plan: Plan) -> str:
    """What has become of the file since the run began, in words; empty when it is the same."""
    file = plan.table.file
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return f"{file.name} is not where it was; the rows recorded when this upload began are sent."
    if digest != plan.table.digest:
        return f"{file.name} has changed since this upload began; the rows recorded then are sent."
    return ""


def _day(run: RunSummary) -> str:
    started = run.started.astimezone()
    return f"{started.day} {started:%B %Y}"

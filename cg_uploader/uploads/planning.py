"""From a profile and a table to a plan, and what this computer knows of the same file from before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from cg_uploader.api.regions import address
from cg_uploader.errors import AlreadyUploaded
from cg_uploader.fields.matching import Match, match
from cg_uploader.model import Plan, Profile, RunSummary, Table
from cg_uploader.uploads.journal import Journal
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
    """Runs of the same content for the same configuration and address, newest first; empty when there are none.

    ``strict``: a repeat could do harm, so a person has to choose.
    """

    unfinished: RunSummary | None
    accepted: tuple[RunSummary, ...]
    strict: bool

    @property
    def sentence(self) -> str:
        """What is known, in words; empty when nothing is."""
        said = []
        if (run := self.unfinished) is not None:
            said.append(f"Upload {run.run} of this file, begun on {_day(run)}, has not finished.")
        for run in self.accepted:
            count = run.counts[RowStatus.ACCEPTED]
            said.append(f"{count:,} of {run.rows:,} rows of this file were accepted on {_day(run)} (upload {run.run}).")
        return " ".join(said)


def earlier(plan: Plan, journal: Journal) -> Earlier:
    """What this computer knows of earlier runs of the plan's file; it knows nothing of other computers."""
    runs = [journal.summary(run) for run in journal.runs_of(plan)]
    unfinished = next((run for run in runs if journal.unsettled(run.run)), None)
    accepted = tuple(run for run in runs if run.counts[RowStatus.ACCEPTED])
    strict = plan.configuration.data_type.inviting or any(journal.has_once_only(run.run) for run in runs)
    return Earlier(unfinished, accepted, strict and bool(runs))


def refuse_repeat(found: Earlier) -> None:
    """AlreadyUploaded when a repeat could do harm and nobody has chosen yet."""
    if found.strict and found.sentence:
        raise AlreadyUploaded(
            f"{found.sentence} Sending it again could reach the same people twice. Continue that upload "
            "(cg-uploader resume), skip what was accepted (--skip-accepted), or send everything again (--send-again)."
        )


def limited(plan: Plan, rows: tuple[int, int] | None, connections: int | None) -> Plan:
    """The plan with other options; UsageError when one is out of bounds."""
    options = plan.options
    if rows is not None:
        options = replace(options, rows=rows)
    if connections is not None:
        options = replace(options, connections=connections)
    return replace(plan, options=options)


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

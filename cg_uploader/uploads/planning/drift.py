"""What has changed since a run began: its file, and the profile it was begun with.  The run goes on with what it recorded."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from cg_uploader.api.endpoints import address
from cg_uploader.errors import ProfileError, UploaderError
from cg_uploader.fields.headings import quote
from cg_uploader.model.configuration import Profile
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Table
from cg_uploader.settings.profiles import ProfileStore
from cg_uploader.sheets.reader import ReadOptions, read
from cg_uploader.system.named_file import NamedFile
from cg_uploader.translation import ngettext

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.journal import Journal

# A larger file is only said to have changed: reading it would keep the run waiting.
MAX_COMPARED_BYTES = 20 << 20
_PIECE = 1 << 20
NOW_SENT = "The rows recorded when the upload began are sent."


def changed_since(run: int, journal: Journal, profiles: ProfileStore) -> tuple[str, ...]:
    """Say what has become of the file and the profile of ``run`` since it began, one sentence or more each.

    A profile that was never saved here, or is gone, is passed over.
    """
    plan = journal.plan(run)
    said = [file_changed(plan, journal, run)]
    with suppress(ProfileError):
        said.append(profile_changed(plan, profiles.load(plan.profile)))
    return tuple(filter(None, said))


def file_changed(plan: Plan, journal: Journal, run: int) -> str:
    """What has become of the run's file, in words; empty when it is the same."""
    file = plan.table.file
    digest = hashlib.sha256()
    try:
        with NamedFile(file) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
            size = stream.size()
    except (FileNotFoundError, NotADirectoryError):
        return f"{file.name} is not where it was. {NOW_SENT}"
    except OSError as error:
        return f"Whether {file.name} has changed cannot be seen ({error.strerror}). {NOW_SENT}"
    if digest.hexdigest() == plan.table.digest:
        return ""
    said = f"{file.name} has changed since this upload began"
    if size > MAX_COMPARED_BYTES:
        return f"{said}. {NOW_SENT}"
    try:
        table = read(file, ReadOptions(plan.table.sheet, plan.table.header_row, None, None, None))
    except UploaderError as error:
        return f"{said}, and it cannot be read as it was ({error.sentence.rstrip('.')}). {NOW_SENT}"
    try:
        return f"{said}: {_differences(plan, journal, run, table)}. {NOW_SENT}"
    finally:
        table.rows.close()


def _differences(plan: Plan, journal: Journal, run: int, table: Table) -> str:
    before = [column.heading for column in plan.table.columns]
    now = [column.heading for column in table.columns]
    gone = [quote(name) for name in before if name not in now]
    new = [quote(name) for name in now if name not in before]
    parts = []
    if gone:
        text = ngettext("the column {names} is not there any more", "the columns {names} are not there any more", len(gone))
        parts.append(text.format(names=", ".join(gone)))
    parts += [f"{', '.join(new)} is new"] if new else []
    if before != now:
        if not parts:
            parts.append("its columns stand in another order")
        return _listed([*parts, *_counts(len(plan.table.rows), len(table.rows))])
    changed, missing, there = _compared(plan, journal, run, table)
    added = len(table.rows) - there
    for count, text in (
        (
            changed,
            ngettext(
                "{count:,} row of the upload reads otherwise now", "{count:,} rows of the upload read otherwise now", changed
            ),
        ),
        (
            missing,
            ngettext(
                "{count:,} row of the upload is not there any more",
                "{count:,} rows of the upload are not there any more",
                missing,
            ),
        ),
        (
            added,
            ngettext(
                "{count:,} row is new, and not part of this upload",
                "{count:,} rows are new, and not part of this upload",
                added,
            ),
        ),
    ):
        parts += [text.format(count=count)] if count else []
    return _listed(parts) or "its rows are the same, and something else in the file differs"


def _compared(plan: Plan, journal: Journal, run: int, table: Table) -> tuple[int, int, int]:
    """Rows that read otherwise, rows that are gone, rows that are there, by their numbers.

    A row is compared by its texts while they are kept, else by its fingerprint; an edit made in the window counts as a change.
    """
    same_plan = replace(plan, table=replace(table, columns=plan.table.columns))
    kept, changed, missing, there = journal.rows(run), 0, 0, 0
    current = iter(table.rows)
    row = next(current, None)
    for old in kept:
        while row is not None and row.number < old.number:
            row = next(current, None)
        if row is None or row.number != old.number:
            missing += 1
            continue
        there += 1
        if old.cells:
            changed += old.cells != row.cells
        elif old.status is RowStatus.ACCEPTED:
            changed += journal.fingerprint(same_plan.request(row).fingerprint) != old.fingerprint
    return changed, missing, there


def _counts(before: int, now: int) -> list[str]:
    text = ngettext("it has {count:,} row where it had {before:,}", "it has {count:,} rows where it had {before:,}", now)
    return [] if before == now else [text.format(count=now, before=before)]


def _listed(parts: list[str]) -> str:
    return ", and ".join(parts)


def profile_changed(plan: Plan, profile: Profile) -> str:
    """What differs between the run's plan and the profile as it is now, in words; empty when nothing does."""
    parts = []
    if address(profile.region, profile.address) != plan.address:
        parts.append("where it sends to")
    if profile.configuration.reference != plan.configuration.reference:
        parts.append("the reference")
    if replace(profile.configuration, reference="") != replace(plan.configuration, reference=""):
        parts.append("the data type or the fields")
    if profile.mapping is not None and profile.mapping != plan.mapping:
        parts.append("the mapping")
    if profile.options.blank_cells is not plan.options.blank_cells:
        parts.append("what happens with cells without text")
    if not parts:
        return ""
    return (
        f"The profile “{plan.profile}” has changed since this upload began ({', '.join(parts)}). "
        "The upload goes on as it was begun; start a new one to use the profile as it is now."
    )

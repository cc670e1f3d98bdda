"""The changes in a run's file and profile since the run began. The run goes on with what it recorded."""

from __future__ import annotations

import hashlib
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
from cg_uploader.translation import N_, _, ngettext

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.journal import Journal

# A larger file is not compared row by row, because the run would wait for its reading.
MAX_COMPARED_BYTES = 20 << 20
_CHUNK_BYTES = 1 << 20
NOW_SENT = N_("The rows recorded when the upload began are sent.")


class _Comparison(NamedTuple):
    """How the rows of a run and those of its file now compare, by their numbers."""

    # Rows of the run that read differently in the file.
    changed: int
    # Rows of the run that are not in the file.
    missing: int
    # Rows of the run that are in the file.
    present: int


def describe_changes(run: int, journal: Journal, profiles: ProfileStore) -> tuple[str, ...]:
    """Say what has changed in the file and in the profile of ``run`` since it began, a text for each that has.

    A profile that was never saved here, or is gone, is passed over.

    Raises:
        UsageError: The run is not recorded.
        JournalError: What is recorded of it cannot be read.
    """
    plan = journal.plan(run)
    texts = [describe_file_changes(plan, journal, run)]
    with suppress(ProfileError):
        texts.append(describe_profile_changes(plan, profiles.load(plan.profile)))
    return tuple(filter(None, texts))


def describe_file_changes(plan: Plan, journal: Journal, run: int) -> str:
    """Say what has changed in the run's file. Empty when it is the same."""
    sentences = _file_changes(plan, journal, run)
    return " ".join((*sentences, _(NOW_SENT))) if sentences else ""


def _file_changes(plan: Plan, journal: Journal, run: int) -> list[str]:
    file = plan.table.file
    try:
        digest, size = _digest_and_size(file)
    except (FileNotFoundError, NotADirectoryError):
        return [_("{file} is not where it was.").format(file=file.name)]
    except OSError as error:
        text = _("Whether {file} has changed cannot be seen ({reason}).")
        return [text.format(file=file.name, reason=error.strerror)]
    if digest == plan.table.digest:
        return []
    changed = _("{file} has changed since this upload began.").format(file=file.name)
    if size > MAX_COMPARED_BYTES:
        return [changed]
    try:
        table = read(file, ReadOptions(plan.table.sheet, plan.table.header_row, None, None, None))
    except UploaderError as error:
        return [changed, _("It cannot be read as it was."), error.sentence]
    with closing(table.rows):
        return [changed, *_table_changes(plan, journal, run, table)]


def _digest_and_size(file: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, in hexadecimal, and its size in bytes."""
    digest = hashlib.sha256()
    with NamedFile(file) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
        return digest.hexdigest(), stream.size()


def _table_changes(plan: Plan, journal: Journal, run: int, table: Table) -> list[str]:
    before = [column.heading for column in plan.table.columns]
    now = [column.heading for column in table.columns]
    if before != now:
        return [*_column_changes(before, now), *_count_changes(len(plan.table.rows), len(table.rows))]
    comparison = _compare(plan, journal, run, table)
    sentences = _row_changes(comparison, added=len(table.rows) - comparison.present)
    return sentences or [_("Its rows are the same, and something else in the file differs.")]


def _column_changes(before: list[str], now: list[str]) -> list[str]:
    gone = [quote(heading) for heading in before if heading not in now]
    new = [quote(heading) for heading in now if heading not in before]
    sentences = []
    if gone:
        text = ngettext(
            "The column {headings} is not there any more.", "The columns {headings} are not there any more.", len(gone)
        )
        sentences.append(text.format(headings=", ".join(gone)))
    if new:
        text = ngettext("The column {headings} is new.", "The columns {headings} are new.", len(new))
        sentences.append(text.format(headings=", ".join(new)))
    return sentences or [_("Its columns are in another order.")]


def _count_changes(before: int, now: int) -> list[str]:
    if before == now:
        return []
    text = ngettext("It has {count:,} row, where it had {before:,}.", "It has {count:,} rows, where it had {before:,}.", now)
    return [text.format(count=now, before=before)]


def _row_changes(comparison: _Comparison, added: int) -> list[str]:
    changed, missing = comparison.changed, comparison.missing
    texts = (
        (
            changed,
            ngettext(
                "{count:,} row of the upload reads differently now.",
                "{count:,} rows of the upload read differently now.",
                changed,
            ),
        ),
        (
            missing,
            ngettext(
                "{count:,} row of the upload is not there any more.",
                "{count:,} rows of the upload are not there any more.",
                missing,
            ),
        ),
        (
            added,
            ngettext(
                "{count:,} row is new, and not part of this upload.",
                "{count:,} rows are new, and not part of this upload.",
                added,
            ),
        ),
    )
    return [text.format(count=count) for count, text in texts if count]


def _compare(plan: Plan, journal: Journal, run: int, table: Table) -> _Comparison:
    """Compare the rows of the run with those of ``table``.

    A row is compared by its texts while the journal has them, else by its fingerprint. A row that the user edited in the
    window counts as changed.
    """
    plan_now = replace(plan, table=replace(table, columns=plan.table.columns))
    changed, missing, present = 0, 0, 0
    current = iter(table.rows)
    row = next(current, None)
    for recorded in journal.rows(run):
        while row is not None and row.number < recorded.number:
            row = next(current, None)
        if row is None or row.number != recorded.number:
            missing += 1
            continue
        present += 1
        if recorded.cells:
            changed += recorded.cells != row.cells
        elif recorded.status is RowStatus.ACCEPTED:
            changed += journal.fingerprint(plan_now.request(row).fingerprint) != recorded.fingerprint
    return _Comparison(changed, missing, present)


def describe_profile_changes(plan: Plan, profile: Profile) -> str:
    """Say how the profile as it is now differs from the run's plan. Empty when it does not."""
    differences = (
        (address(profile.region, profile.address) != plan.address, N_("where it sends to")),
        (profile.configuration.reference != plan.configuration.reference, N_("the reference")),
        (
            replace(profile.configuration, reference="") != replace(plan.configuration, reference=""),
            N_("the data type or the fields"),
        ),
        (profile.mapping not in (None, plan.mapping), N_("the mapping")),
        (profile.options.blank_cells is not plan.options.blank_cells, N_("what happens with cells without text")),
    )
    names = [_(name) for differs, name in differences if differs]
    if not names:
        return ""
    text = _(
        "The profile “{profile}” has changed since this upload began ({differences}). The upload goes on as it was begun. "
        "Start a new one to use the profile as it is now."
    )
    return text.format(profile=plan.profile, differences=", ".join(names))

"""The work around what is remembered of accepted rows: say it, write it for a colleague, take a colleague's in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cg_uploader.gui.services import open_journal
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.settings.paths import AppPaths


@dataclass(frozen=True, slots=True)
class SentRowsSummary:
    """``rows`` that this computer has sent itself.  ``lines`` about all that is remembered.  ``news``: what has just come."""

    rows: int
    lines: tuple[str, ...]
    news: str = ""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written, and the code that opens it.  The code cannot be shown again."""

    file: Path
    rows: int
    code: str


@dataclass(frozen=True, slots=True)
class ImportOffer:
    """A colleague's file, and what it says of itself."""

    file: Path
    sentence: str


def remembered(paths: AppPaths) -> Work:
    """The work of saying what is remembered.  Results in Remembered."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        return _remembered(paths)

    return work


def exporting(paths: AppPaths, target: Path) -> Work:
    """The work of writing it to ``target``.  Results in Exported."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.results.saved_files import save_sent_rows  # as below

        with open_journal(paths) as journal:
            rows, code = save_sent_rows(journal, target, paths)
        return ExportedFile(target, rows, code)

    return work


def looking_into(file: Path) -> Work:
    """The work of reading what a colleague's file says of itself, which needs no code.  Results in Offered."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.journal.sent_rows.export_file import describe_file  # few windows need it, and not at once

        return ImportOffer(file, describe_file(file))

    return work


def taking_in(paths: AppPaths, file: Path, code: str) -> Work:
    """The work of taking a colleague's file in.  Results in Remembered, with its news."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(paths) as journal:
            imported = journal.sent_rows_file().import_from(file, code)
        return _remembered(paths, imported.import_message)

    return work


def _remembered(paths: AppPaths, news: str = "") -> SentRowsSummary:
    with open_journal(paths) as journal:
        exchange = journal.sent_rows_file()
        return SentRowsSummary(exchange.rows(), exchange.describe(), news)

"""The work of writing files for the user: a run's failed rows, its receipt as page or PDF, a page to print, a setup file."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from cg_uploader.gui.opener import open_outside
from cg_uploader.gui.services import open_journal
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.words import counted
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.model.configuration import Profile
from cg_uploader.model.run import RunSummary
from cg_uploader.settings.paths import AppPaths, write_private
from cg_uploader.sheets.failed_rows import writer
from cg_uploader.system.atomic_file import proposed_name, saved_whole

# What a text document of Qt understands of the receipt's style.
PDF_STYLE = """
body { font-size: 10pt; color: #1b1f24; }
h1 { font-size: 16pt; margin-top: 0px; margin-bottom: 4px; }
h2 { font-size: 12pt; margin-top: 10px; margin-bottom: 0px; }
p { margin-top: 2px; margin-bottom: 8px; }
p.foot { color: #57606a; margin-top: 16px; }
table { border-collapse: collapse; margin-top: 10px; margin-bottom: 10px; }
th { text-align: left; color: #57606a; font-weight: 600; }
th, td { padding-top: 3px; padding-bottom: 3px; padding-left: 0px; padding-right: 12px; border-bottom: 1px solid #d0d7de; }
th.title { font-size: 12pt; color: #1b1f24; padding-top: 8px; border-bottom: 0px; }
td.number, th.number { text-align: right; }
td.name { color: #57606a; }
tr.sum { font-weight: 600; }
"""
FAILED_ROWS_FILES = ";;".join(f"{name} (*{suffix})" for suffix, name in writer.WRITTEN.items())
RECEIPTS = (".pdf", ".html", ".htm")
# What another window has put into the folder so lately, its browser may still be about to read.
FRESH_SECONDS = 60.0
_TITLED = re.compile("<h2>([^<]*)</h2><table><thead><tr>(.*?)</tr>")
_WIDTHS = {"number": 11, "word": 18, "who": 27, "name": 30}
_HEADED = re.compile('<th class="(number|word|who|name)">')


def ask_for_failed_rows(parent: QWidget, run: RunSummary) -> Path | None:
    """Where the file of failed rows of ``run`` goes.  None when the user gives up."""
    start = _beside(run, f" - failed rows{writer.DEFAULT_SUFFIX}")
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save the rows that need attention", start, FAILED_ROWS_FILES)
    return Path(chosen) if chosen else None


def ask_for_receipt(parent: QWidget, run: RunSummary) -> Path | None:
    """Where the receipt of ``run`` goes, and by its suffix what it becomes.  None when the user gives up."""
    start = _beside(run, " - receipt.pdf")
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save the receipt", start, "PDF (*.pdf);;Web page (*.html)")
    return Path(chosen) if chosen else None


def _beside(run: RunSummary, suffix: str) -> str:
    file = Path(run.file)
    return str(file.parent / proposed_name(file.stem, suffix))


def tell(result: object, banner: Banner) -> None:
    """Say what has been written.  A Path is shown in the browser."""
    if not isinstance(result, Path):
        banner.say("good", str(result))
    elif open_outside(result):
        banner.say("good", "The receipt is open in the browser, where it can be printed.")
    else:
        banner.say("error", "No browser could be opened. Save the receipt as a web page or a PDF instead.")


def failed_rows(run: int, target: Path, paths: AppPaths) -> Work:
    """The work of writing a run's file of failed rows.  Results in a sentence."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.results.saved_files import save_failed_rows  # not before the window is there

        with open_journal(paths) as journal:
            count = save_failed_rows(journal, run, target, paths)
        return f"{counted(count, 'row')} saved in {target.name}. Correct them there and open that file here again."

    return work


def receipt_file(run: int, target: Path, paths: AppPaths) -> Work:
    """The work of writing a run's receipt, as PDF or as a web page by the suffix of its name.  Results in a sentence."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.results.output_files import ensure_spared, ensure_suffix  # as above
        from cg_uploader.uploads.results.receipt import receipt
        from cg_uploader.uploads.results.saved_files import save_report

        suffix = ensure_suffix(target, RECEIPTS)
        with open_journal(paths) as journal:
            page = receipt(journal, run)
            if suffix == ".pdf":
                ensure_spared(target, paths, journal)
                save_pdf(page, target)
            else:
                save_report(journal, [page], target, paths)
        return f"The receipt is saved as {target.name}."

    return work


def setup_file(profile: Profile, target: Path, paths: AppPaths) -> Work:
    """The work of writing a setup file that a colleague can double-click.  Results in a sentence.

    The dialog has asked whether a file that is there is replaced: one of the same connection is.
    """

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.results.saved_files import save_setup_file  # as above

        save_setup_file(profile, target, paths, replaces=True)
        return f"{target.name} is ready to hand over. It holds no secret."

    return work


def page_to_print(run: int, paths: AppPaths) -> Work:
    """The work of putting a run's receipt where a browser can show it.  Results in its Path.  ``clear_pages`` takes it away."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        file = paths.pages / f"upload-{run}-{os.getpid()}.html"
        write_private(file, _page(run, paths))
        return file

    return work


def clear_pages(paths: AppPaths) -> None:
    """Take away what this window put there for the browser, and what an earlier one left that did not come to its end."""
    if paths.pages.is_symlink():
        return
    for file in (*paths.pages.glob("upload-*.html"), *paths.pages.glob(".new-*~")):
        with suppress(OSError):  # another window was quicker
            if file.stem.endswith(f"-{os.getpid()}") or abs(time.time() - file.stat().st_mtime) > FRESH_SECONDS:
                file.unlink()


def _page(run: int, paths: AppPaths) -> str:
    from cg_uploader.uploads.results.receipt import receipt  # few windows need one, and not at once

    with open_journal(paths) as journal:
        return receipt(journal, run)


def save_pdf(page: str, target: Path) -> None:
    """A receipt's page as PDF, whole or absent.  A text document may be laid out on any thread."""
    from PySide6.QtCore import QBuffer, QIODevice, QMarginsF  # Qt makes each class when it is first named
    from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument

    made = QBuffer()
    made.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(made)
    writer.setCreator("CG Uploader")
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(8, 8, 8, 8), QPageLayout.Unit.Millimeter)
    document = QTextDocument()
    font = document.defaultFont()
    font.setFeature(QFont.Tag("liga"), 0)  # no ligatures, so that a checksum can be copied
    document.setDefaultFont(font)
    document.setHtml(for_pdf(page))
    document.print_(writer)
    del writer
    with saved_whole(target) as part:
        part.write_bytes(made.data().data())


def for_pdf(page: str) -> str:
    """The page as Qt lays it out best: its own style, and each table's title in the head that is repeated on every page."""
    from cg_uploader.uploads.results.receipt import STYLE  # as above

    return _TITLED.sub(_with_title, page.replace(STYLE, PDF_STYLE))


def _with_title(match: re.Match[str]) -> str:
    title, heads = match.groups()
    sized = _HEADED.sub(lambda head: f'<th width="{_WIDTHS[head[1]]}%" class="{head[1]}">', heads)
    row = f'<tr><th class="title" colspan="{heads.count("<th")}">{title}</th></tr>'
    return f'<table width="100%" cellspacing="0"><thead>{row}<tr>{sized}</tr>'

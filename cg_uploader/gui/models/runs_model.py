"""The runs on this computer, newest first, as a table that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from cg_uploader.fields.headings import reveal
from cg_uploader.gui.models.lines_model import Index, LinesModel
from cg_uploader.gui.widgets.texts import tip_text
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.run import RunSummary
from cg_uploader.uploads.journal.dates import day

TITLES = ("Started", "File", "Connection", "Rows", "Accepted", "Need attention", "How it ended")
STARTED = 0
NUMBERS = (3, 4, 5)


class RunsModel(LinesModel):
    """Shows the runs that hold the words searched for."""

    titles = TITLES

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[RunSummary, ...] = ()
        self._shown: tuple[RunSummary, ...] = ()
        self._sought = ""

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show these."""
        self._all = tuple(runs)
        self.search(self._sought)

    def search(self, text: str) -> None:
        """Show only runs with every word of ``text`` somewhere in their line."""
        self.beginResetModel()
        self._sought = text
        words = text.casefold().split()
        self._shown = tuple(run for run in self._all if all(word in " ".join(texts(run)).casefold() for word in words))
        self.endResetModel()

    def run(self, line: int) -> RunSummary:
        """The run that a line shows."""
        return self._shown[line]

    @property
    def lines(self) -> tuple[RunSummary, ...]:
        """The runs."""
        return self._shown

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        if not index.isValid():
            return None
        run = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return reveal(texts(run)[index.column()])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(run.file if index.column() == 1 else texts(run)[index.column()])
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


def texts(run: RunSummary) -> tuple[str, ...]:
    """Facts about a run in the order of TITLES."""
    return (
        f"{run.started.astimezone():%Y-%m-%d %H:%M}",
        Path(run.file).name,
        f"{run.profile}, {REGIONS[run.region].name}",
        f"{run.rows:,}",
        f"{run.counts[RowStatus.ACCEPTED]:,}",
        f"{run.attention:,}",
        ended(run),
    )


def ended(run: RunSummary) -> str:
    """How it ended, and why it cannot be continued nor its failed rows saved any more."""
    if run.values_deleted is None:
        return run.why or "At its end"
    return f"{run.why or 'At its end.'} Row values deleted on {day(run.values_deleted)}."

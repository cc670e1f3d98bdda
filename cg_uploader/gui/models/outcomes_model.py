"""What became of rows, as a table: those that need attention, or all of one status, up to 5,000 of each."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt

from cg_uploader.fields.headings import reveal
from cg_uploader.gui import theme
from cg_uploader.gui.models.lines_model import NOWHERE, Index, LinesModel
from cg_uploader.gui.widgets import icons
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.texts import tip_text
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.run import Outcome
from cg_uploader.model.statuses import STATUSES

MAX_LISTED = 5_000
ROW = 0
TITLES = ("Row", "Who", "Status", "Field", "What to know")
# The icon of each status, and its colour.
LOOKS = {status: (IconShape[facts.icon.upper()], facts.tone) for status, facts in STATUSES.items()}


class OutcomesModel(LinesModel):
    """Keeps what has been announced and shows the part that ``wanted`` names.  None: all that need attention."""

    titles = TITLES

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[RowStatus, list[Outcome]] = {status: [] for status in RowStatus}
        self._attention: list[Outcome] = []
        self._wanted: RowStatus | None = None

    @property
    def wanted(self) -> RowStatus | None:
        """Which status is shown.  None: all that need attention."""
        return self._wanted

    @property
    def full(self) -> bool:
        """Whether there may be more than is shown."""
        return len(self.lines) >= MAX_LISTED

    def show_status(self, wanted: RowStatus | None) -> None:
        """Show one status, or with None all rows that need attention."""
        self.beginResetModel()
        self._wanted = wanted
        self.endResetModel()

    def replace(self, outcomes: Iterable[Outcome]) -> None:
        """Forget what is here and keep ``outcomes``."""
        self.beginResetModel()
        self._kept = {status: [] for status in RowStatus}
        self._attention = []
        for outcome in outcomes:
            self._keep(outcome)
        self.endResetModel()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Keep more of them."""
        hidden = [outcome for outcome in outcomes if not self._is_shown(outcome)]
        shown = [outcome for outcome in outcomes if self._is_shown(outcome)][: MAX_LISTED - len(self.lines)]
        for outcome in hidden:
            self._keep(outcome)
        if shown:
            first = len(self.lines)
            self.beginInsertRows(NOWHERE, first, first + len(shown) - 1)
            for outcome in shown:
                self._keep(outcome)
            self.endInsertRows()

    def outcome(self, line: int) -> Outcome:
        """The outcome that a line shows."""
        return self.lines[line]

    @property
    def lines(self) -> list[Outcome]:
        """The outcomes."""
        return self._attention if self._wanted is None else self._kept[self._wanted]

    def _is_shown(self, outcome: Outcome) -> bool:
        return STATUSES[outcome.status].needs_attention if self._wanted is None else outcome.status is self._wanted

    def _keep(self, outcome: Outcome) -> None:
        if len(self._kept[outcome.status]) < MAX_LISTED:
            self._kept[outcome.status].append(outcome)
        if STATUSES[outcome.status].needs_attention and len(self._attention) < MAX_LISTED:
            self._attention.append(outcome)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        if not index.isValid():
            return None
        outcome = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return reveal(texts(outcome)[index.column()]).replace("\n", " ⏎ ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(texts(outcome)[index.column()])
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 2:
            shape, tone = LOOKS[outcome.status]
            return icons.icon(shape, getattr(theme.colours_in_use(), tone), 16)
        return None


def texts(outcome: Outcome) -> tuple[str, str, str, str, str]:
    """Row, who, status, field, words."""
    fields = ", ".join(dict.fromkeys(heading for heading, _ in outcome.messages if heading))
    words = " ".join(dict.fromkeys(str(text) for _, text in outcome.messages))
    return str(outcome.row), outcome.who, STATUSES[outcome.status].label, fields, words

"""What the user changes on rows, each as one step that can be undone: edit a cell, leave rows out, accept rows as they are."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QUndoCommand

from cg_uploader.gui.rowchanges import Edits, RowChanges, Sheet, sheet_of
from cg_uploader.gui.session import Session
from cg_uploader.gui.words import counted
from cg_uploader.model.table import Row


class Change(QUndoCommand):
    """From one state of the changes on a sheet to another, however the sheet is read when it is done or undone."""

    def __init__(self, session: Session, words: str, sheet: Sheet, after: RowChanges) -> None:
        super().__init__(words)
        self._session = session
        self._sheet = sheet
        self._before = session.changes
        self._after = after

    def redo(self) -> None:
        """Do it, or do it again."""
        self._session.restore_changes(self._sheet, self._after)

    def undo(self) -> None:
        """Take it back."""
        self._session.restore_changes(self._sheet, self._before)


def _push(session: Session, words: str, edits: Edits, left_out: frozenset[int], trusted: frozenset[int]) -> None:
    """Make what was changed in the present table one step."""
    table, stack = session.table, session.history.activeStack()
    if table is not None:
        after = session.changes.within(table, edits, left_out, trusted)
        stack.push(Change(session, words, sheet_of(table), after))


def edit_cell(session: Session, row: Row, column: int, text: str) -> None:
    """Send ``text`` instead of what the file says in one cell.  The file's own text again takes the edit away."""
    edits = {number: dict(cells) for number, cells in session.edits.items()}
    cells = edits.setdefault(row.number, {})
    cells[column] = text
    if text == row.cells[column]:
        del cells[column]
    if not cells:
        del edits[row.number]
    _push(session, f"the edit in row {row.number}", edits, session.left_out, session.trusted)


def leave_out(session: Session, numbers: Iterable[int], *, out: bool) -> None:
    """Leave rows out, or put them back."""
    chosen = frozenset(numbers)
    left_out = session.left_out | chosen if out else session.left_out - chosen
    words = f"{'leaving out' if out else 'putting back'} {counted(len(chosen), 'row')}"
    _push(session, words, session.edits, left_out, session.trusted)


def trust(session: Session, numbers: Iterable[int]) -> None:
    """Accept what looks odd in these rows' cells as it is."""
    chosen = frozenset(numbers)
    words = f"accepting {counted(len(chosen), 'row')} as they are"
    _push(session, words, session.edits, session.left_out, session.trusted | chosen)

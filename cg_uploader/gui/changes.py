"""What a person changes on rows, each as one step that can be undone: edit a cell, leave rows out, accept rows as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from PySide6.QtGui import QUndoCommand

from cg_uploader.gui.session import Session
from cg_uploader.gui.words import counted
from cg_uploader.model import Row

Changes: TypeAlias = tuple[dict[int, dict[int, str]], frozenset[int], frozenset[int]]
"""Edits by row number and column position, row numbers left out, row numbers accepted as they are."""


class Change(QUndoCommand):
    """From one state of the changes to another."""

    def __init__(self, session: Session, words: str, after: Changes) -> None:
        super().__init__(words)
        self._session = session
        self._before: Changes = (session.edits, session.left_out, session.trusted)
        self._after = after

    def redo(self) -> None:
        """Do it, or do it again."""
        self._session.set_changes(*self._after)

    def undo(self) -> None:
        """Take it back."""
        self._session.set_changes(*self._before)


def edit_cell(session: Session, row: Row, column: int, text: str) -> None:
    """Send ``text`` instead of what the file says in one cell; the file's own text again takes the edit away."""
    edits = {number: dict(cells) for number, cells in session.edits.items()}
    cells = edits.setdefault(row.number, {})
    cells[column] = text
    if text == row.cells[column]:
        del cells[column]
    if not cells:
        del edits[row.number]
    session.history.push(Change(session, f"the edit in row {row.number}", (edits, session.left_out, session.trusted)))


def leave_out(session: Session, numbers: Iterable[int], *, out: bool) -> None:
    """Leave rows out, or put them back."""
    chosen = frozenset(numbers)
    left_out = session.left_out | chosen if out else session.left_out - chosen
    words = f"{'leaving out' if out else 'putting back'} {counted(len(chosen), 'row')}"
    session.history.push(Change(session, words, (session.edits, left_out, session.trusted)))


def trust(session: Session, numbers: Iterable[int]) -> None:
    """Accept what looks odd in these rows' cells as it is."""
    chosen = frozenset(numbers)
    words = f"accepting {counted(len(chosen), 'row')} as they are"
    session.history.push(Change(session, words, (session.edits, session.left_out, session.trusted | chosen)))

"""What window tests share: good rows, a complete connection to the practice server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from PySide6.QtWidgets import QWidget

from cg_uploader.gui.rowchanges import Edits, sheet_of
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Connection, Session
from cg_uploader.model.configuration import Field
from cg_uploader.model.enums import DataType, FieldKind, Region
from cg_uploader.settings.sample import PRACTICE_CREDENTIALS
from cg_uploader.sheets.process.parse_process import worker_command
from cg_uploader.sheets.reader import Readers

MakeFile = Callable[..., Path]
TIMEOUT_MS = 60_000


def people(count: int) -> list[tuple[str, str, str]]:
    """That many good rows for HEADINGS."""
    return [(f"ann{number}@example.com", f"Ann {number}", f"Account {number % 7}") for number in range(count)]


HEADINGS = ("Email", "First Name", "Account Name")
FIELDS = (Field("Email", required=True, kind=FieldKind.EMAIL), Field("First Name"), Field("Account Name"))


def change_rows(session: Session, edits: Edits, left_out: Collection[int]) -> None:
    """Edit cells of the present table and leave rows out, as the check page does, in one step."""
    table = session.table
    assert table is not None
    session.restore_changes(sheet_of(table), session.changes.within(table, edits, frozenset(left_out), frozenset()))


def tab_positions(window: QWidget, widgets: Sequence[QWidget]) -> list[int]:
    """Where the Tab key comes by each of ``widgets``, counted from the window's first.

    No other widget of the chain is kept: many are Qt's own, and a Python object that outlives one of them can end another.
    """
    found, widget, position = dict.fromkeys(map(id, widgets), -1), window.nextInFocusChain(), 0
    while widget is not window:
        if id(widget) in found:
            found[id(widget)] = position
        widget, position = widget.nextInFocusChain(), position + 1
    return list(found.values())


def gated_readers(gate: Path) -> Readers:
    """Readers whose children give first rows at once, and begin with the whole file when ``gate`` is there."""
    waiting = f"""
import os, sys, time
sys.path.append(sys.argv[1])
import cg_uploader.sheets.process.worker as worker
send = worker._send_table
def gated(job, out, end, *rest):
    while end is worker.FrameKind.END and not os.path.exists({str(gate)!r}):
        time.sleep(0.01)
    send(job, out, end, *rest)
worker._send_table = gated
"""
    *words, source, root = worker_command()
    return Readers([*words, f"{waiting}\n{source}", root])


def practice_connection(services: Services, data_type: DataType = DataType.CONTACT, reference: str = "contact") -> Connection:
    """A complete connection to the practice server."""
    return Connection(
        name="Practice",
        region=Region.PRACTICE,
        client_id=PRACTICE_CREDENTIALS.client_id,
        client_secret=PRACTICE_CREDENTIALS.client_secret,
        reference=reference,
        data_type=data_type,
        fields=FIELDS,
        address=services.practice.server.address,
    )

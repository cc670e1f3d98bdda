"""The five steps: their names, how each one stands, and why the next one cannot be opened yet."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from cg_uploader.fields import headings
from cg_uploader.fields.matching import FieldState
from cg_uploader.gui.session import Session
from cg_uploader.gui.typed import Connection


class Standing(StrEnum):
    """How a step stands, in the words that the user sees."""

    NOT_STARTED = "Not started"
    NEEDS_ATTENTION = "Needs attention"
    READY = "Ready"
    UNDER_WAY = "Under way"


class Step(IntEnum):
    """The steps in their order."""

    CONNECT = 0
    FILE = 1
    COLUMNS = 2
    CHECK = 3
    UPLOAD = 4

    @property
    def label(self) -> str:
        """Its name."""
        return self.name.capitalize()

    @property
    def next_label(self) -> str:
        """What the button that leads on from here says."""
        return {
            Step.CONNECT: "&Choose a file",
            Step.FILE: "Match the &columns",
            Step.COLUMNS: "Check the &rows",
            Step.CHECK: "Go to &upload",
        }.get(self, "")


def why_not(session: Session, step: Step) -> str:
    """What is missing in ``step`` before the next one can be opened, in one sentence.  Empty when nothing is."""
    return {
        Step.CONNECT: _why_not_connected,
        Step.FILE: _why_no_file,
        Step.COLUMNS: _why_no_columns,
        Step.CHECK: _why_not_checked,
        Step.UPLOAD: _nothing,
    }[step](session)


def _nothing(_: Session) -> str:
    return ""


def why_closed(session: Session, step: Step) -> str:
    """Why ``step`` cannot be opened now.  Empty when it can.

    An upload that goes on, or what became of one, is always there to be looked at, whatever the other steps still want.
    """
    if session.running and step is not Step.UPLOAD:
        return "An upload is under way. Stop it before you change anything."
    if step is Step.UPLOAD and (session.running or session.run is not None or session.failure):
        return ""
    return why_not_before(session, step)


def why_not_before(session: Session, step: Step) -> str:
    """What is missing in the steps before ``step``, with the name of the first of them.  Empty when nothing is."""
    for earlier in Step:
        if earlier >= step:
            break
        reason = why_not(session, earlier)
        if reason:
            return f"{earlier.label}: {reason}"
    return ""


def standing(session: Session, step: Step) -> Standing:
    """How ``step`` stands.  While another file is read, nothing is said of what follows from the one before."""
    if session.reading and step > Step.FILE:
        return Standing.NOT_STARTED
    return {
        Step.CONNECT: _connect_standing,
        Step.FILE: _file_standing,
        Step.COLUMNS: _columns_standing,
        Step.CHECK: _check_standing,
        Step.UPLOAD: _upload_standing,
    }[step](session)


def _why_not_connected(session: Session) -> str:
    connection = session.connection
    if not connection.client_id:
        return "Enter the Client ID."
    if not connection.client_secret:
        return "Enter the Client Secret."
    if not connection.reference.strip():
        return "Enter the reference of the import configuration."
    if connection.data_type is None:
        return "Choose what the configuration imports."
    if not connection.fields:
        return "Add the field headings of the configuration."
    seen: set[str] = set()
    for field in connection.fields:
        if field.heading in seen:
            return f"The heading “{headings.show_invisible(field.heading)}” is here twice. Take one out."
        seen.add(field.heading)
        errors, _ = headings.check_heading(field.heading)
        if errors:
            return f"Correct the heading “{headings.show_invisible(field.heading)}”."
    return ""


def _why_no_file(session: Session) -> str:
    if session.reading:
        return "Wait until the file has been read."
    if session.table is None:
        return "Choose a file."
    if session.table.alternative is not None:
        return "The file can be read in two ways. Say which one is right."
    if len(session.table.rows) == 0:
        return f"{session.table.file.name} has no rows below the header row. Choose another sheet, header row or file."
    return ""


def _why_no_columns(session: Session) -> str:
    if session.match is not None and not session.match.mapping.sources:
        return "Choose a column for at least one field."
    return session.blocking.text if session.blocking is not None else ""


def _why_not_checked(session: Session) -> str:
    if session.result is None:
        return "Wait until the rows have been checked."
    if session.result.ready == 0:
        return "No row can be sent yet. Correct the rows that are listed here."
    return ""


def _connect_standing(session: Session) -> Standing:
    if session.connection == Connection():
        return Standing.NOT_STARTED
    failed = session.tested is not None and not session.tested.good
    return Standing.NEEDS_ATTENTION if failed or _why_not_connected(session) else Standing.READY


def _file_standing(session: Session) -> Standing:
    if session.reading:
        return Standing.UNDER_WAY
    if session.table is None:
        return Standing.NEEDS_ATTENTION if session.file_problem else Standing.NOT_STARTED
    return Standing.NEEDS_ATTENTION if _why_no_file(session) else Standing.READY


def _columns_standing(session: Session) -> Standing:
    if session.match is None or session.plan is None:
        return Standing.NOT_STARTED
    open_ends = any(field.state in (FieldState.SUGGESTION, FieldState.MISSING) for field in session.match.fields)
    return Standing.NEEDS_ATTENTION if open_ends or _why_no_columns(session) else Standing.READY


def _check_standing(session: Session) -> Standing:
    if session.result is None:
        return Standing.NOT_STARTED
    return Standing.NEEDS_ATTENTION if session.result.held_back or not session.result.ready else Standing.READY


def _upload_standing(session: Session) -> Standing:
    if session.running:
        return Standing.UNDER_WAY
    if session.run is None:
        return Standing.NEEDS_ATTENTION if session.failure else Standing.NOT_STARTED
    return Standing.NEEDS_ATTENTION if session.run.exit_code else Standing.READY

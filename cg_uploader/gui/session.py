"""What the user has chosen so far, in one place.  Pages read it and change it through its methods, and hear what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup, QUndoStack

from cg_uploader.errors import MappingError
from cg_uploader.fields import checks, matching
from cg_uploader.fields.checks import CheckResult, Problem
from cg_uploader.fields.matching import MatchResult
from cg_uploader.gui.rowchanges import Edits, RowChanges, Sheet, sheet_of
from cg_uploader.gui.typed import Connection, Draft, Typed
from cg_uploader.model.configuration import Address, Credentials, Mapping, Options, Profile
from cg_uploader.model.enums import BlankCells, Level, Region
from cg_uploader.model.plan import Plan
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.run import RunSummary
from cg_uploader.model.table import Table
from cg_uploader.sheets.reader import ReadOptions
from cg_uploader.uploads.planning import plan_builder

# What a run keeps as the name of a connection that has none.
UNNAMED = "Unnamed connection"


@dataclass(frozen=True, slots=True)
class Tested:
    """What the last connection test said."""

    good: bool
    text: str


class Session(QObject):
    """Everything chosen so far.  A change makes what depends on it to be redone and keeps what is still valid.

    Signals: ``connected`` connection, ``opened`` file, ``mapped`` columns, ``checked`` rows, ``ran`` upload.  Each later
    one also comes when an earlier part changed it.  ``changed`` comes once after any of them.
    """

    connected = Signal()
    opened = Signal()
    mapped = Signal()
    checked = Signal()
    ran = Signal()
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.connection = Connection()
        self.typed = Typed()
        self.tested: Tested | None = None
        self.options = Options()
        self.file: Path | None = None
        self.read_options = ReadOptions()
        self._options_of_table = ReadOptions()
        self._asked_of_sheets: dict[tuple[Path, str], ReadOptions] = {}
        self.reading = False
        self.table: Table | None = None
        self.file_problem = ""
        self.mapping: Mapping | None = None
        self.match: MatchResult | None = None
        self.plan_problems: tuple[Problem, ...] = ()
        self.changes = RowChanges()
        self.edits: Edits = {}
        self.left_out: frozenset[int] = frozenset()
        self.trusted: frozenset[int] = frozenset()
        self._changes_of_sheets: dict[Sheet, tuple[RowChanges, QUndoStack]] = {}
        self.history = QUndoGroup(self)
        self.plan: Plan | None = None
        self.result: CheckResult | None = None
        self.consent = False
        self.running = False
        self.run: RunSummary | None = None
        self.failure = ""

    # ------------------------------------------------------------------ connection

    def set_connection(self, connection: Connection) -> None:
        """Use ``connection``.  A test of other credentials says nothing any more."""
        before = self.connection
        if connection == before:
            return
        self.connection = connection
        names = ("region", "client_id", "client_secret", "address")
        if any(getattr(before, name) != getattr(connection, name) for name in names):
            self.tested, self.failure = None, ""
        self.connected.emit()
        if before.configuration != connection.configuration:
            self._match_anew()
        elif before.address != connection.address or before.region is not connection.region:
            self._check_anew()
        self.changed.emit()

    def set_tested(self, tested: Tested | None) -> None:
        """Keep what a connection test said."""
        self.tested = tested
        self.connected.emit()
        self.changed.emit()

    def use_profile(self, profile: Profile, credentials: Credentials | None) -> None:
        """Take over a saved connection with its mapping and options, and with credentials when the keychain had them.

        Credentials that were typed for it in this window go before.
        """
        self._keep_typed()
        typed = self.typed.credentials(profile.name, profile.region)
        known = typed if typed is not None and (typed.client_secret or credentials is None) else credentials
        connection = Connection(
            name=profile.name,
            region=profile.region,
            client_id=known.client_id if known else "",
            client_secret=known.client_secret if known else "",
            remember=credentials is not None,
            reference=profile.configuration.reference,
            data_type=profile.configuration.data_type,
            fields=profile.configuration.fields,
            address=profile.address,
        )
        self._use(Draft(connection, profile.mapping, profile.options))

    def use_new(self) -> None:
        """Begin a connection of which nothing is known yet."""
        self._keep_typed()
        self._use(Draft(Connection(), None, self.options))

    def use_typed(self, name: str) -> bool:
        """Go back to the connection ``name`` as it was left in this window.  False when it was not used yet."""
        self._keep_typed()
        draft = self.typed.draft(name)
        if draft is not None:
            self._use(draft)
        return draft is not None

    def choose_region(self, region: Region, address: Address | None, default: Credentials | None = None) -> None:
        """Go to another region, with what was typed for it.  ``default``: the credentials of one that has its own.

        What was typed before a region with nothing of its own was chosen goes with the user, but not from or to practice.
        """
        self._keep_typed()
        before = self.connection
        known = self.typed.credentials(before.name, region) or default
        if known is None:
            known = before.credentials if not REGIONS[before.region].practice else Credentials("", "")
        self.set_connection(
            replace(before, region=region, address=address, client_id=known.client_id, client_secret=known.client_secret)
        )

    def rename(self, name: str) -> None:
        """Give the connection another name."""
        self.typed.rename(self.connection.name, name)
        self.set_connection(replace(self.connection, name=name))

    def keep_credentials(self, name: str, region: Region, credentials: Credentials) -> None:
        """Keep what was typed for a connection, which need not be the present one."""
        self.typed.keep_credentials(name, region, credentials)
        connection = self.connection
        if (connection.name, connection.region) == (name, region):
            self.set_connection(replace(connection, client_id=credentials.client_id, client_secret=credentials.client_secret))

    def _keep_typed(self) -> None:
        self.typed.keep(Draft(self.connection, self.mapping, self.options))

    def _use(self, draft: Draft) -> None:
        self.mapping, self.options = draft.mapping, draft.options
        self.set_connection(draft.connection)
        self._match_anew()
        self.changed.emit()

    def profile(self, name: str) -> Profile | None:
        """What is chosen now as a profile called ``name``.  None while the configuration is not complete."""
        configuration = self.connection.configuration
        if configuration is None:
            return None
        mapping = self.mapping
        if mapping is None and self.match is not None:
            mapping = self.match.mapping
        region = self.connection.region
        address = self.connection.address if REGIONS[region].practice else None
        return Profile(name, region, configuration, address, mapping, self.options)

    # ------------------------------------------------------------------ file

    def expect_file(self, file: Path, options: ReadOptions) -> None:
        """``file`` is being read.  The table before it stays until the new one is there, but leads nowhere meanwhile."""
        self.file, self.read_options, self.file_problem, self.reading = file, options, "", True
        self.changed.emit()

    def set_table(self, table: Table) -> None:
        """The file has been read.  What was changed on rows of this sheet holds again where its cells are the same."""
        before = self.table
        self.table, self.file_problem, self.reading = table, "", False
        self._options_of_table = self.read_options
        if table.sheet is not None:
            self._asked_of_sheets[table.file, table.sheet] = replace(self.read_options, sheet=table.sheet)
        self._take_changes_of(table)
        self.opened.emit()
        self._match_anew()
        self.changed.emit()
        if before is not None and before is not table:
            before.rows.close()

    def asked_of_sheet(self, sheet: str) -> ReadOptions:
        """How this sheet of the present file was read the last time, or by the rules of detection when it was not yet."""
        default = ReadOptions(sheet=sheet)
        return self._asked_of_sheets.get((self.file, sheet), default) if self.file is not None else default

    def set_file_problem(self, sentence: str) -> None:
        """The file could not be read: that changes nothing of what is open, and the sentence is shown beside it."""
        failed = self.file
        self.give_up_file()
        self.file, self.file_problem = self.file or failed, sentence
        self.opened.emit()
        self.changed.emit()

    def give_up_file(self) -> None:
        """Reading came to nothing: what was read before stays."""
        self.file = self.table.file if self.table is not None else None
        self.read_options, self.reading = self._options_of_table, False
        self.changed.emit()

    def _take_changes_of(self, table: Table) -> None:
        sheet = sheet_of(table)
        if sheet not in self._changes_of_sheets:
            self._changes_of_sheets[sheet] = RowChanges(), QUndoStack(self.history)
        self.changes, stack = self._changes_of_sheets[sheet]
        self._show_changes(table)
        self.history.setActiveStack(stack)

    def _show_changes(self, table: Table) -> None:
        """Find what holds for the rows of ``table`` as they are read."""
        self.edits = self.changes.edits_in(table)
        self.left_out, self.trusted = self.changes.left_out_in(table), self.changes.trusted_in(table)

    # ------------------------------------------------------------------ columns

    def set_mapping(self, mapping: Mapping | None) -> None:
        """The user's complete choice, or None: what matches automatically."""
        if mapping == self.mapping:
            return
        self.mapping = mapping
        self._match_anew()
        self.changed.emit()

    def _match_anew(self) -> None:
        configuration = self.connection.configuration
        self.match = None
        if configuration is not None and self.table is not None:
            self.match = matching.match(configuration, self.table.columns, self._present_mapping())
        self._plan_anew()
        self.mapped.emit()
        self._tell_plan()

    def _present_mapping(self) -> Mapping | None:
        """The user's mapping without what this file or configuration has not.  A heading chosen by name stays chosen."""
        table, configuration = self.table, self.connection.configuration
        if self.mapping is None or table is None or configuration is None:
            return self.mapping
        present = []
        for heading, source in self.mapping.sources:
            if configuration.field(heading) is None:
                continue
            try:
                if source.constant is None:
                    table.position(source)
            except MappingError:
                continue
            present.append((heading, source))
        return Mapping(tuple(present))

    # ------------------------------------------------------------------ rows

    def set_blank_cells(self, choice: BlankCells) -> None:
        """What happens to cells without text."""
        self.set_options(replace(self.options, blank_cells=choice))

    def set_options(self, options: Options) -> None:
        """How the plan is carried out."""
        if options != self.options:
            self.options = options
            self._check_anew()
            self.changed.emit()

    def restore_changes(self, sheet: Sheet, changes: RowChanges) -> None:
        """Put a state of all changes on a sheet back.  The undo stack's commands call this."""
        _, stack = self._changes_of_sheets[sheet]
        self._changes_of_sheets[sheet] = changes, stack
        if self.table is not None and sheet_of(self.table) == sheet:
            self.changes = changes
            self._show_changes(self.table)
            self._check_anew()
            self.changed.emit()

    def set_result(self, result: CheckResult | None) -> None:
        """What the check of the present plan found."""
        self.result = result
        self.checked.emit()
        self.changed.emit()

    def set_consent(self, given: bool) -> None:
        """Whether the user agreed to invitations for exactly this plan."""
        self.consent = given
        self.checked.emit()
        self.changed.emit()

    def _check_anew(self) -> None:
        self._plan_anew()
        self._tell_plan()

    def _plan_anew(self) -> None:
        """Build the plan from what is chosen.  What an earlier one was checked and agreed to does not hold for it."""
        self.plan = self._new_plan()
        self.plan_problems = checks.find_plan_problems(self.plan) if self.plan is not None else ()
        self.result, self.consent = None, False
        if not self.running:
            self.run, self.failure = None, ""

    def _tell_plan(self) -> None:
        self.ran.emit()
        self.checked.emit()

    def _new_plan(self) -> Plan | None:
        table, match, configuration = self.table, self.match, self.connection.configuration
        if table is None or match is None or configuration is None or not self._reachable():
            return None
        name, region = self.connection.name or UNNAMED, self.connection.region
        profile = Profile(name, region, configuration, self.connection.address, match.mapping, self.options)
        return replace(
            plan_builder.make_plan(profile, table),
            edits={row: dict(cells) for row, cells in self.edits.items()},
            left_out=self.left_out,
            trusted=self.trusted,
        )

    def _reachable(self) -> bool:
        return not REGIONS[self.connection.region].practice or self.connection.address is not None

    @property
    def blocking(self) -> Problem | None:
        """The first problem of the plan with which nothing can be sent."""
        return next((problem for problem in self.plan_problems if problem.level is Level.ERROR), None)

    # ------------------------------------------------------------------ upload

    def set_running(self, running: bool) -> None:
        """An upload goes on: nothing of the plan can be changed meanwhile."""
        self.running = running
        if running:
            self.failure = ""
        self.ran.emit()
        self.changed.emit()

    def set_run(self, run: RunSummary | None, failure: str = "") -> None:
        """How the upload ended.  ``failure``: why it could not begin or go on.  Both stay until the plan is another one."""
        self.run, self.failure = run, failure
        self.running = False
        self.ran.emit()
        self.changed.emit()

    def close(self) -> None:
        """Give the table's space back.  No signal comes any more."""
        self.history.blockSignals(True)  # it tells of its own end, when it cannot be asked any more
        if self.table is not None:
            self.table.rows.close()

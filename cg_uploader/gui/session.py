"""What the person has chosen so far, in one place; pages read it and change it through its methods, and hear what changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from cg_uploader.errors import MappingError
from cg_uploader.fields import checks, matching
from cg_uploader.fields.checks import CheckResult, Problem
from cg_uploader.fields.matching import Match
from cg_uploader.model import (
    Address,
    Configuration,
    Credentials,
    Field,
    Mapping,
    Options,
    Plan,
    Profile,
    RunSummary,
    Table,
)
from cg_uploader.sheets.reader import ReadOptions
from cg_uploader.uploads import planning
from cg_uploader.vocabulary import BlankCells, DataType, Level, Region

UNNAMED = "Unnamed connection"
"""What a run keeps as the name of a connection that has none."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What the first step asks for.  ``data_type`` None: not chosen yet.  ``address`` only for practice, while it runs."""

    name: str = ""
    region: Region = Region.EU
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    remember: bool = False
    reference: str = ""
    data_type: DataType | None = None
    fields: tuple[Field, ...] = ()
    address: Address | None = None

    @property
    def configuration(self) -> Configuration | None:
        """CustomerGauge's side, or None while something of it is missing."""
        if not self.fields or self.data_type is None:
            return None
        return Configuration(self.reference, self.data_type, self.fields)

    @property
    def credentials(self) -> Credentials:
        """Client ID and secret as typed."""
        return Credentials(self.client_id, self.client_secret)


@dataclass(frozen=True, slots=True)
class Tested:
    """What the last connection test said."""

    good: bool
    text: str


class Session(QObject):
    """Everything chosen so far.  A change makes what depends on it to be redone and keeps what is still valid.

    Signals: ``connected`` connection, ``opened`` file, ``mapped`` columns, ``checked`` rows, ``ran`` upload; each later
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
        self.tested: Tested | None = None
        self.options = Options()
        self.file: Path | None = None
        self.read_options = ReadOptions()
        self._options_of_table = ReadOptions()
        self.reading = False
        self.table: Table | None = None
        self.file_problem = ""
        self.mapping: Mapping | None = None
        self.match: Match | None = None
        self.plan_problems: tuple[Problem, ...] = ()
        self.edits: dict[int, dict[int, str]] = {}
        self.left_out: frozenset[int] = frozenset()
        self.trusted: frozenset[int] = frozenset()
        self.history = QUndoStack(self)
        self.plan: Plan | None = None
        self.result: CheckResult | None = None
        self.consent = False
        self.running = False
        self.run: RunSummary | None = None

    # ------------------------------------------------------------------ connection

    def set_connection(self, connection: Connection) -> None:
        """Use ``connection``; a test of other credentials says nothing any more."""
        before = self.connection
        if connection == before:
            return
        self.connection = connection
        way = ("region", "client_id", "client_secret", "address")
        if any(getattr(before, name) != getattr(connection, name) for name in way):
            self.tested = None
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
        """Take over a saved connection with its mapping and options; credentials when the keychain had them."""
        self.mapping = profile.mapping
        self.options = profile.options
        self.set_connection(
            Connection(
                name=profile.name,
                region=profile.region,
                client_id=credentials.client_id if credentials else "",
                client_secret=credentials.client_secret if credentials else "",
                remember=credentials is not None,
                reference=profile.configuration.reference,
                data_type=profile.configuration.data_type,
                fields=profile.configuration.fields,
                address=profile.address,
            )
        )
        self._match_anew()
        self.changed.emit()

    def profile(self, name: str) -> Profile | None:
        """What is chosen now as a profile called ``name``; None while the configuration is not complete."""
        configuration = self.connection.configuration
        if configuration is None:
            return None
        mapping = self.mapping
        if mapping is None and self.match is not None:
            mapping = self.match.mapping
        region = self.connection.region
        address = self.connection.address if region is Region.PRACTICE else None
        return Profile(name, region, configuration, address, mapping, self.options)

    # ------------------------------------------------------------------ file

    def expect_file(self, file: Path, options: ReadOptions) -> None:
        """``file`` is being read; the table before it stays until the new one is there, but leads nowhere meanwhile."""
        self.file, self.read_options, self.file_problem, self.reading = file, options, "", True
        self.changed.emit()

    def set_table(self, table: Table) -> None:
        """The file has been read.  Edits and rows left out stay when it is the same sheet of the same content."""
        before = self.table
        same = before is not None and _origin(before) == _origin(table)
        self.table, self.file_problem, self.reading = table, "", False
        self._options_of_table = self.read_options
        if not same:
            self.forget_changes()
        self.opened.emit()
        self._match_anew()
        self.changed.emit()
        if before is not None and before is not table:
            before.rows.close()

    def set_file_problem(self, sentence: str) -> None:
        """The file could not be read."""
        before, self.table = self.table, None
        self.file_problem, self.reading = sentence, False
        self.forget_changes()
        self.opened.emit()
        self._match_anew()
        self.changed.emit()
        if before is not None:
            before.rows.close()

    def give_up_file(self) -> None:
        """Reading was cancelled, or another way of reading failed: what was read before stays."""
        self.file = self.table.file if self.table is not None else None
        self.read_options, self.reading = self._options_of_table, False
        self.changed.emit()

    def forget_changes(self) -> None:
        """Edits, rows left out and accepted notes belong to one content of one sheet."""
        self.edits, self.left_out, self.trusted = {}, frozenset(), frozenset()
        self.history.clear()

    # ------------------------------------------------------------------ columns

    def set_mapping(self, mapping: Mapping | None) -> None:
        """A person's complete choice, or None: what matches automatically."""
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
        """The person's mapping without what this file or configuration has not; a heading chosen by name stays chosen."""
        table, configuration = self.table, self.connection.configuration
        if self.mapping is None or table is None or configuration is None:
            return self.mapping
        kept = []
        for heading, source in self.mapping.sources:
            if configuration.field(heading) is None:
                continue
            try:
                if source.constant is None:
                    table.position(source)
            except MappingError:
                continue
            kept.append((heading, source))
        return Mapping(tuple(kept))

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

    def set_changes(self, edits: dict[int, dict[int, str]], left_out: frozenset[int], trusted: frozenset[int]) -> None:
        """What the person changed on rows; only the undo stack's commands call this."""
        self.edits, self.left_out, self.trusted = edits, left_out, trusted
        self._check_anew()
        self.changed.emit()

    def set_result(self, result: CheckResult | None) -> None:
        """What the check of the present plan found."""
        self.result = result
        self.checked.emit()
        self.changed.emit()

    def set_consent(self, given: bool) -> None:
        """Whether the person agreed to invitations for exactly this plan."""
        self.consent = given
        self.checked.emit()
        self.changed.emit()

    def _check_anew(self) -> None:
        self._plan_anew()
        self._tell_plan()

    def _plan_anew(self) -> None:
        """Build the plan from what is chosen; what an earlier one was checked and agreed to does not hold for it."""
        self.plan = self._new_plan()
        self.plan_problems = checks.plan_problems(self.plan) if self.plan is not None else ()
        self.result, self.consent = None, False
        if not self.running:
            self.run = None

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
            planning.make_plan(profile, table),
            edits={row: dict(cells) for row, cells in self.edits.items()},
            left_out=self.left_out,
            trusted=self.trusted,
        )

    def _reachable(self) -> bool:
        return self.connection.region is not Region.PRACTICE or self.connection.address is not None

    @property
    def blocking(self) -> Problem | None:
        """The first problem of the plan with which nothing can be sent."""
        return next((problem for problem in self.plan_problems if problem.level is Level.ERROR), None)

    # ------------------------------------------------------------------ upload

    def set_running(self, running: bool) -> None:
        """An upload goes on: nothing of the plan can be changed meanwhile."""
        self.running = running
        self.ran.emit()
        self.changed.emit()

    def set_run(self, run: RunSummary | None) -> None:
        """How the upload ended."""
        self.run = run
        self.running = False
        self.ran.emit()
        self.changed.emit()

    def close(self) -> None:
        """Give the table's space back; nobody hears of changes any more."""
        self.history.blockSignals(True)  # it tells of its own end, when it cannot be asked any more
        if self.table is not None:
            self.table.rows.close()


def _origin(table: Table) -> tuple[str, str | None, int, str | None, str | None]:
    return table.digest, table.sheet, table.header_row, table.encoding, table.delimiter

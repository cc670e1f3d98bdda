"""Before a run: what will go where, what happened to this file before, consent to invitations, the button."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QRadioButton, QWidget

from cg_uploader.fields.checks import CheckResult
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import CheckBox, PushButton, card
from cg_uploader.gui.widgets.texts import ElidedLabel, plain, section
from cg_uploader.gui.words import counted, invited_in_words
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.plan import Plan
from cg_uploader.model.regions import REGIONS
from cg_uploader.uploads.planning.plan_builder import EarlierUploads


class BeforeUpload(QWidget):
    """``upload_wanted`` when the button is pressed.  ``consent_given`` brings the state of the consent box."""

    upload_wanted = Signal()
    continue_wanted = Signal(int)
    consent_given = Signal(bool)
    skip_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unfinished = 0
        self._skippable = 0
        frame, column = card(margin=SPACE * 5 // 2)
        self.total = section("")
        column.addWidget(self.total)
        self._facts: dict[str, QLabel] = {name: ElidedLabel() for name in ("Go to", "Configuration", "From")}
        self._facts["Stay behind"] = plain(wrap=True)  # numbers, which are never cut off
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE * 3)
        grid.setVerticalSpacing(SPACE)
        for place, (name, value) in enumerate(self._facts.items()):
            grid.addWidget(plain(name, role="quiet"), place, 0)
            grid.addWidget(value, place, 1)
        grid.setColumnStretch(1, 1)
        self.earlier = Banner()
        self.earlier.pressed.connect(self._on_continue)
        self.skip = QRadioButton("S&kip the rows that were accepted before")
        self.again = QRadioButton("Send &all rows again")
        self._choice = QButtonGroup(self)
        for button in (self.skip, self.again):
            self._choice.addButton(button)
            button.clicked.connect(self._on_chosen)
        self.consent = CheckBox()
        self.consent.toggled.connect(self.consent_given)
        self.reason = plain(role="quiet", wrap=True)
        self.button = PushButton("", self.upload_wanted.emit, role="primary", shape=IconShape.UPLOAD)
        column.addLayout(grid)
        column.addWidget(self.earlier)
        column.addWidget(self.skip)
        column.addWidget(self.again)
        column.addWidget(self.consent)
        row = QHBoxLayout()
        row.setSpacing(SPACE * 2)
        row.addWidget(self.button)
        row.addWidget(self.reason, 1)
        column.addLayout(row)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_plan(self, plan: Plan, result: CheckResult, *, consent: bool, reason: str) -> None:
        """Show what would be sent, after ``show_earlier``.  ``reason``: why the button is disabled, or empty."""
        configuration = plan.configuration
        self.total.setText(f"{counted(result.ready, 'row')} of {result.rows:,} are ready")
        self._facts["Go to"].setText(f"CustomerGauge · {REGIONS[plan.region].label}")
        self._facts["Configuration"].setText(f"{configuration.reference} · {facts_of(configuration.data_type).label}")
        self._facts["From"].setText(plan.table.file.name + (f" · sheet {plan.table.sheet}" if plan.table.sheet else ""))
        self._facts["Stay behind"].setText(f"{result.held_back:,} held back by the check · {result.skipped:,} left out by you")
        inviting = result.invited is not None
        self.consent.setVisible(inviting)
        if result.invited is not None:
            people, addresses = result.invited
            self.consent.setText(f"I k&now that this may send a survey to {invited_in_words(people, addresses)}")
        blocked = QSignalBlocker(self.consent)
        self.consent.setChecked(consent)
        del blocked
        left = max(0, result.ready - self._skippable) if plan.skip_accepted else result.ready
        number = ("up to " if plan.skip_accepted else "") + counted(left, "row")
        self.button.setText(f"&Upload {number}" + (" and send surveys" if inviting else ""))
        self.button.allow(reason)
        self.reason.setText(reason)

    def show_earlier(self, found: EarlierUploads | None, *, skip: bool | None) -> None:
        """Say what was done with this file before.  ``skip``: what the user chose, or None."""
        known = found is not None and bool(found.sentence)
        self._skippable = found.skippable if found is not None else 0
        self.skip.setVisible(known)
        self.again.setVisible(known)
        self._choice.setExclusive(False)
        self.skip.setChecked(skip is True)
        self.again.setChecked(skip is False)
        self._choice.setExclusive(True)
        if not known or found is None:
            self.earlier.clear()
            return
        rows = f"the {counted(found.repeated, 'row')}" if found.repeated else "the rows"
        self.skip.setText(f"S&kip {rows} that {'was' if found.repeated == 1 else 'were'} accepted before")
        self._unfinished = found.unfinished.run if found.unfinished is not None else 0
        button = f"&Continue upload {self._unfinished}" if self._unfinished else ""
        self.earlier.say("warning" if found.must_choose else "accent", found.sentence, button=button)

    def _on_continue(self) -> None:
        self.continue_wanted.emit(self._unfinished)

    def _on_chosen(self) -> None:
        self.skip_wanted.emit(self.skip.isChecked())

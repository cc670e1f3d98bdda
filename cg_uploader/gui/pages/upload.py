"""Step 5, Upload: send, watch, pause, stop, and see what became of every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.errors import CredentialsRefused, ProxyLoginWanted, UploaderError
from cg_uploader.gui import papers, uploading
from cg_uploader.gui.dialogs.texts_dialog import TextDialog
from cg_uploader.gui.models.outcomes_model import MAX_LISTED, ROW, OutcomesModel, texts
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.proxyquestion import ProxyQuestion
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step, why_not_before
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.uploading import UploadEnd
from cg_uploader.gui.widgets.after_upload import AfterUpload
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.before_upload import BeforeUpload
from cg_uploader.gui.widgets.counters import Counters
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.run_progress import RunProgress
from cg_uploader.gui.widgets.table import TableView
from cg_uploader.gui.widgets.texts import caption, section
from cg_uploader.gui.words import sentence_of
from cg_uploader.gui.worker import Runner, Work
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import Batch, Outcome, RunSummary
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.uploads.planning import plan_builder
from cg_uploader.uploads.planning.plan_builder import EarlierUploads
from cg_uploader.uploads.proxy_auth import goes_on
from cg_uploader.uploads.sending.control import Control

if TYPE_CHECKING:
    from cg_uploader.gui.dialogs.sign_in import SignInDialog

TEXT_LINES = 3


class UploadPage(Page):
    """Before, during and after a run.  ``retried`` brings failed rows to be sent again: (Table, RetriedRows).

    ``columns_wanted``: the user wants to look at the columns with which the run was sent.
    """

    retried = Signal(object)
    columns_wanted = Signal()

    step = Step.UPLOAD
    heading = "Upload"
    sentence = "Rows go to CustomerGauge one by one, and every answer is written down before it is shown here."

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self._looking = Runner(self)
        self._sending = Runner(self)
        self._control = Control()
        self._work: Callable[[Control], Work] | None = None
        self.proxy = ProxyQuestion(services, self)
        self.sign_in: SignInDialog | None = None
        self._looked_at: Plan | None = None
        self._earlier: EarlierUploads | None = None
        self._skip: bool | None = None
        self.before = BeforeUpload()
        self.failure = Banner()
        self.progress = RunProgress()
        self.after = AfterUpload()
        self.counters = Counters()
        self.model = OutcomesModel(self)
        self.view = TableView("What became of the rows", empty="No row here.")
        self.view.setModel(self.model)
        self.view.stretch((0, 24, 15, 16, 30), 4)
        self.view.show_whole(ROW)
        self.view.set_text_lines(TEXT_LINES)
        self.view.setMinimumHeight(220)
        self._listing = self._make_listing()
        for widget, stretch in (
            (self.before, 0),
            (self.failure, 0),
            (self.progress, 0),
            (self.after, 0),
            (self.counters, 0),
            (self._listing, 1),
        ):
            self.content.addWidget(widget, stretch)
        self.content.addStretch(0)
        self._wire()
        self._show()

    def _make_listing(self) -> QWidget:
        self._title = section("Rows that need attention")
        self._limit = caption(wrap=False)
        self.details = PushButton("&Details…", self.show_details)
        top = QHBoxLayout()
        top.setSpacing(SPACE * 2)
        top.addWidget(self._title)
        top.addWidget(self._limit, 1)
        top.addWidget(self.details)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        return part

    def _wire(self) -> None:
        self.before.upload_wanted.connect(self.upload)
        self.before.consent_given.connect(self.session.set_consent)
        self.before.skip_wanted.connect(self._choose_repeat)
        self.before.continue_wanted.connect(self.continue_run)
        self.progress.pause_wanted.connect(self._pause)
        self.progress.stop_wanted.connect(self.stop)
        self.after.failed_rows_wanted.connect(self._browse_failed_rows)
        self.after.receipt_wanted.connect(self._browse_receipt)
        self.after.again_wanted.connect(self.try_again)
        self.after.print_wanted.connect(self.print_receipt)
        self.after.continue_wanted.connect(self._continue_this)
        self.after.columns_wanted.connect(self.columns_wanted)
        self.counters.chosen.connect(self._show_status)
        self.view.selectionModel().selectionChanged.connect(self._show_possible)
        self.view.activated.connect(self.show_details)
        self.model.modelReset.connect(self._show_possible)
        self.session.checked.connect(self._show)
        self.session.ran.connect(self._show)

    # ------------------------------------------------------------------ before

    def _show(self) -> None:
        """Show the part that fits how things stand."""
        session = self.session
        started = session.running or session.run is not None
        self.before.setVisible(not started and session.result is not None)
        self.progress.setVisible(session.running)
        self.after.setVisible(session.run is not None and not session.running)
        self.counters.setVisible(started)
        self._listing.setVisible(started)
        if session.failure:
            self.failure.say("error", session.failure)
        elif started:
            self.failure.clear()
        if session.run is not None and not session.running:
            self.after.show_run(session.run, columns=self._has_columns_of(session.run))
        if session.plan is not self._looked_at:
            self._looking.drop()  # its rows are about to go
        if not started:
            self._show_plan()

    def _show_plan(self) -> None:
        """Show what would be sent, and what is known of it from before."""
        session, plan, result = self.session, self.session.plan, self.session.result
        if plan is None or result is None:
            return
        self._look_back(plan)
        self.before.show_earlier(self._earlier, skip=self._skip)
        shown = replace(plan, skip_accepted=self._skip)
        self.before.show_plan(shown, result, consent=session.consent, reason=self.why_not())

    def why_not(self) -> str:
        """Why the upload cannot begin, in one sentence.  Empty when it can."""
        reason = why_not_before(self.session, self.step)
        result = self.session.result
        if reason or result is None:
            return reason or "Wait until the rows have been checked."
        if self._looking.busy and self._looked_at is not None and plan_builder.can_harm(self._looked_at):
            return "Looking for earlier uploads of this file…"
        if self._has_to_choose():
            return "Say first what happens with the rows that may have been sent before."
        if result.invited is not None and not self.session.consent:
            return "Tick the box above first: an invitation cannot be taken back."
        return ""

    def _has_to_choose(self) -> bool:
        """Whether the user has to say what happens with rows that may have been sent before."""
        known = self._earlier
        return self._skip is None and known is not None and known.must_choose and bool(known.sentence)

    def _look_back(self, plan: Plan) -> None:
        if plan is not self._looked_at:
            self._looked_at, self._earlier, self._skip = plan, None, None
            work = uploading.looking_back(plan, self.services.paths, self.session.connection.client_id)
            self._looking.start(work, done=self._on_looked_back, failed=self._on_not_looked_back)

    def look_back_anew(self) -> None:
        """More is remembered than when it was looked back."""
        self._looked_at = None
        self._show()

    def _on_looked_back(self, found: EarlierUploads) -> None:
        self._earlier = found
        self._show()

    def _has_columns_of(self, run: RunSummary) -> bool:
        """Whether the file and the connection of ``run`` are those that are open now."""
        plan = self.session.plan
        return plan is not None and (str(plan.table.file.absolute()), plan.profile) == (run.file, run.profile)

    def _on_not_looked_back(self, error: object) -> None:
        self.failure.say("error", sentence_of(error))

    def _choose_repeat(self, skip: bool) -> None:
        self._skip = skip
        self._show()

    # ------------------------------------------------------------------ under way

    def upload(self) -> None:
        """Send the plan that was checked."""
        plan = self.session.plan
        if plan is None or self.why_not():
            return
        plan = replace(plan, consent=self.session.consent, skip_accepted=self._skip)
        credentials = self.session.connection.credentials
        self._begin(lambda control: uploading.new_run(plan, credentials, self.services, control))

    def continue_run(self, run: int) -> None:
        """Send what is left of an earlier run."""
        self._begin(self._continued(run))

    def _continued(self, run: int, entered: Credentials | None = None) -> Callable[[Control], Work]:
        return lambda control: uploading.continued_run(run, self.session, self.services, control, entered)

    def _continue_this(self) -> None:
        if self.session.run is not None:
            self.continue_run(self.session.run.run)

    def _begin(self, work: Callable[[Control], Work]) -> None:
        if not self._sending.busy:
            self.services.proxy_logins.begin_anew()
            self._start(work)

    def _start(self, work: Callable[[Control], Work]) -> None:
        self._work = work
        self._control = Control()
        self.model.replace(())
        self.counters.release()
        self.counters.show_counts({})
        self.progress.begin()
        self._looking.drop()
        self._looked_at = None
        self.session.set_running(True)
        self._sending.start(work(self._control), done=self._on_ended, failed=self._on_failed, batch=self._on_batch)
        self.progress.pause_button.setFocus()

    def _on_batch(self, batch: Batch) -> None:
        self.progress.show_batch(batch)
        if self._control.stopping:
            self.progress.show_stopping()
        self.counters.show_counts(batch.counts)
        self.model.add(batch.outcomes)
        self._show_limit()

    def _pause(self, pause: bool) -> None:
        if pause:
            self._control.pause()
        else:
            self._control.proceed()

    def stop(self, at_once: bool = False) -> None:
        """Let nothing new leave.  The run can be continued later.  ``at_once``: what is on its way is not waited for."""
        self._control.stop(at_once=at_once)
        self.progress.show_stopping()

    # ------------------------------------------------------------------ after

    def _on_ended(self, ended: UploadEnd) -> None:
        self.model.replace(ended.outcomes)
        self.counters.show_counts(ended.summary.counts)
        self.session.set_run(ended.summary, sentence_of(ended.failed) if ended.failed is not None else "")
        self._show_limit()
        self.after.focus_first()
        if ended.failed is not None:
            self._ask_for(ended.failed, ended)
        elif goes_on(ended.login_wanted, ended.summary, self._control):
            again = self._continued(ended.summary.run)
            self.proxy.ask(ended.login_wanted, then=partial(self._start, again), otherwise=self._show_possible)
        elif ended.summary.state is RunState.FINISHED:
            self._keep_proxy_login()

    def _keep_proxy_login(self) -> None:
        try:
            self.services.proxy_logins.confirm()
        except UploaderError as error:
            self.failure.say("error", error.sentence)

    def _on_failed(self, error: object) -> None:
        self.session.set_run(None, sentence_of(error))
        self._ask_for(error)
        self._show_possible()

    def _ask_for(self, error: object, ended: UploadEnd | None = None) -> None:
        """Ask for what was missing, here where the user stands.  A run that is stopped needs nothing."""
        if self._control.stopping:
            return
        if isinstance(error, ProxyLoginWanted) and self._work is not None:
            self.proxy.ask(error.host_port, then=partial(self._start, self._work), otherwise=self._show_possible)
        elif isinstance(error, CredentialsRefused) and ended is not None:
            from cg_uploader.gui.dialogs.sign_in import SignInDialog  # dialogs are loaded when they open

            self.sign_in = SignInDialog(ended.summary, error.sentence, self)
            self.sign_in.answered.connect(self._on_signed_in)
            self.sign_in.finished.connect(self._on_sign_in_closed)
            self.sign_in.open()

    def _on_signed_in(self, entered: Credentials) -> None:
        run = self.session.run
        if run is not None:
            self.session.keep_credentials(run.profile, run.region, entered)
            self._start(self._continued(run.run, entered))

    def _on_sign_in_closed(self) -> None:
        self.sign_in = None

    def _browse_failed_rows(self) -> None:
        if self.session.run is not None and (chosen := papers.ask_for_failed_rows(self, self.session.run)):
            self.save_failed_rows(chosen)

    def save_failed_rows(self, target: Path) -> None:
        """Write the file of failed rows of the run that is shown."""
        if self.session.run is not None:
            self._write(papers.failed_rows(self.session.run.run, target, self.services.paths))

    def _browse_receipt(self) -> None:
        if self.session.run is not None and (chosen := papers.ask_for_receipt(self, self.session.run)):
            self.save_receipt(chosen)

    def save_receipt(self, target: Path) -> None:
        """Write the receipt of the run that is shown, as PDF or as a web page by the suffix of its name."""
        if self.session.run is not None:
            self._write(papers.receipt_file(self.session.run.run, target, self.services.paths))

    def print_receipt(self) -> None:
        """Show the receipt of the run that is shown in the browser, which can print it."""
        if self.session.run is not None:
            self._write(papers.page_to_print(self.session.run.run, self.services.paths))

    def try_again(self) -> None:
        """Take the failed rows up as a file of their own, to be corrected and sent again."""
        if self.session.run is not None:
            work = uploading.failed_again(self.session.run.run, self.services.paths)
            self.runner.start(work, done=self.retried.emit, failed=self._on_not_saved)

    def _write(self, work: Work) -> None:
        self.runner.start(work, done=self._on_saved, failed=self._on_not_saved)

    def _on_saved(self, result: object) -> None:
        papers.tell(result, self.after.saved)

    def _on_not_saved(self, error: object) -> None:
        self.after.saved.say("error", sentence_of(error))

    # ------------------------------------------------------------------ rows

    def _show_status(self, status: RowStatus | None) -> None:
        self.model.show_status(status)
        self._title.setText(f"{STATUSES[status].label} rows" if status is not None else "Rows that need attention")
        self._show_limit()

    def _show_limit(self) -> None:
        self._limit.setText(f"The first {MAX_LISTED:,} are listed; a saved file has all." if self.model.full else "")

    def _show_possible(self) -> None:
        self.details.allow("" if len(self.view.selected_lines()) == 1 else "Select one row of the list first.")

    def show_details(self) -> None:
        """Everything that is known about the selected row."""
        lines = self.view.selected_lines()
        if len(lines) == 1:
            outcome = self.model.outcome(lines.pop())
            dialog = TextDialog(f"Row {outcome.row}", details(outcome), markdown=False, parent=self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    def shut_down(self) -> None:
        """Stop the run, which can be continued later, and join its thread."""
        self._control.stop()
        super().shut_down()
        self._sending.shut_down()
        self._looking.shut_down()


def details(outcome: Outcome) -> str:
    """An outcome with everything that is known, one fact a line."""
    row, who, status, fields, words = texts(outcome)
    answer = f"HTTP status {outcome.http}" if outcome.http is not None else "no answer" if outcome.attempts else "not asked"
    facts = (("Row", row), ("Who", who), ("Status", status), ("Field", fields), ("What to know", words))
    lines = [f"{name}: {text}" for name, text in facts if text]
    return "\n\n".join([*lines, f"CustomerGauge’s answer: {answer}", f"Attempts: {outcome.attempts}"])

"""The engine, which carries out a plan: the only way in which rows leave this computer.

The engine's thread alone reads rows, decides and writes the journal.  The other threads make one attempt each.  A row is marked
in the journal before it may leave.  Its outcome is in the journal before it is announced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cg_uploader.errors import ConnectError
from cg_uploader.model.enums import Activity, Answer, RowStatus
from cg_uploader.model.message import message, message_or_text
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Batch, Doing, Outcome, RunSummary, Stop, stop_for
from cg_uploader.model.stop_reasons import RunState, StopReason
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending import preparation
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.sending.first_sign_in import count_recorded, sign_in
from cg_uploader.uploads.sending.outcomes import outcome_of
from cg_uploader.uploads.sending.queue.backlog import Backlog
from cg_uploader.uploads.sending.queue.departures import Departures
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.queue.throttle import Throttle
from cg_uploader.uploads.sending.recorder import Recorder
from cg_uploader.uploads.sending.retry import Decision, NextStep, decide
from cg_uploader.uploads.sending.sleep_inhibitor import SleepWatch
from cg_uploader.uploads.sending.worker_pool import ABORT_SECONDS, AttemptResult, Sender

# Between two commits.
TICK_SECONDS = 0.1
# How long rows in flight may take to come back when the run stops.
GRACE_SECONDS = 4.0
# How long a run says that the computer was asleep.
NOTICE_SECONDS = 60.0
# The exit code of a run that the user has stopped.
INTERRUPTED = 130
AFTER_A_GAP = message(UploadMessage.AFTER_A_GAP)


def upload(
    plan: Plan,
    client: Sender,
    journal: Journal,
    *,
    on_batch: Callable[[Batch], None],
    control: Control,
    dependencies: Dependencies | None = None,
) -> RunSummary:
    """Send the rows of ``plan`` and return the totals.  ``on_batch`` is called on this thread, about ten times a second.

    After the first row has left, only JournalError is raised.  The run can be resumed then.

    Raises:
        UsageError: The plan cannot be sent as it is.
        ConnectError: CustomerGauge cannot be reached, or does not accept the sign-in.
        Cancelled: The user has stopped the run before anything was sent.
        JournalError: The record cannot be written.
    """
    preparation.refuse_impossible(plan)
    sign_in(client, control, on_batch, lambda: Batch(len(plan.table.rows), dict.fromkeys(RowStatus, 0)))
    run = preparation.prepare(plan, journal, on_batch=on_batch, control=control, client_id=client.client_id)
    with journal.hold(run):
        preparation.skip_imported(run, plan, journal)
        return _Run(run, client, journal, on_batch, control, dependencies or Dependencies(), fresh=True).carry_out()


def resume(
    run: int,
    client: Sender,
    journal: Journal,
    *,
    on_batch: Callable[[Batch], None],
    control: Control,
    dependencies: Dependencies | None = None,
) -> RunSummary:
    """Send what is left of a run, if anything is, and return the totals of the whole run.

    A row that may have left is sent again where a repeat does no harm and undoes nothing newer.  Otherwise it stays *not sure*.

    Raises:
        UsageError: The values of the rows that are left were deleted.
        CredentialsRefused: The run may be another customer's, or the sign-in is not accepted.
        NotReachable: CustomerGauge cannot be reached.
        Cancelled: The user has stopped the run before anything was sent.
        JournalError: The record cannot be written.
    """
    with journal.hold(run):
        journal.ensure_values(run, to_send=True)
        journal.settle(run)
        plan, fresh = journal.plan(run), not journal.anything_answered(run)
        preparation.skip_imported(run, plan, journal)
        if not journal.unsettled(run):
            summary = journal.summary(run)
            return summary if summary.state is RunState.FINISHED else journal.end(run, None)
        preparation.refuse_other_customer(run, plan, journal, client.client_id)
        sign_in(client, control, on_batch, lambda: count_recorded(run, journal))
        journal.reopen(run)
        return _Run(run, client, journal, on_batch, control, dependencies or Dependencies(), fresh=fresh).carry_out()


class _Ticks:
    """The intervals after which a run commits and announces.

    ``group`` is how many rows it marks at once: as many as came back in the last interval.
    """

    def __init__(self, clock: Callable[[], float], connections: int) -> None:
        self.group = self._min_group = 2 * connections
        self._ticked = clock()
        self._settled = 0

    def count_settled(self) -> None:
        """Count a row that has its outcome."""
        self._settled += 1

    def is_due(self, now: float) -> bool:
        """Tell whether an interval has passed.  The next one begins then."""
        if now - self._ticked < TICK_SECONDS:
            return False
        self._ticked = now
        self.group, self._settled = max(self._min_group, self._settled), 0
        return True


class _Run:
    """One recorded run under way.  Every method runs on the engine's thread."""

    def __init__(
        self,
        run: int,
        client: Sender,
        journal: Journal,
        on_batch: Callable[[Batch], None],
        control: Control,
        dependencies: Dependencies,
        *,
        fresh: bool,
    ) -> None:
        self._plan = journal.plan(run)
        connections = self._plan.options.connections
        self._headings = tuple(field.heading for field in self._plan.configuration.fields)
        self._client = client
        self._control = control
        self._clock = dependencies.clock
        self._stop: Stop | None = None
        self._backlog = Backlog(run, self._plan, journal)
        self._recorder = Recorder(run, journal, on_batch)
        self._throttle = Throttle(connections, at_the_start=fresh)
        self._ticks = _Ticks(self._clock, connections)
        self._sleep = SleepWatch(dependencies.clock, dependencies.wall, dependencies.sleep_inhibitor())
        self._departures = Departures(dependencies.pool(client, connections, control), self._recorder)

    def carry_out(self) -> RunSummary:
        """Send until nothing is left or something stops the run.  The threads have ended when this returns."""
        try:
            while self._under_way():
                self._backlog.fill()
                self._dispatch()
                results = self._departures.pool.get(self._timeout())
                self._watch_sleep()
                for sent in results:
                    self._receive(sent)
                self._tick()
            self._wind_down()
            return self._recorder.end(self._stop)
        finally:
            self._sleep.end()
            self._departures.pool.withdraw()
            if self._departures.in_flight:
                self._client.abort()
            self._departures.pool.close(ABORT_SECONDS)

    # ------------------------------------------------------------------ what goes out

    def _under_way(self) -> bool:
        left = bool(self._backlog)
        if left and self._control.stopping and self._stop is None:
            self._stop = Stop(StopReason.INTERRUPTED, INTERRUPTED)
        elif left and self._stop is None:
            self._stop = self._recorder.why_no_room()
        return left and self._stop is None

    def _watch_sleep(self) -> None:
        """Keep the computer awake unless the user has paused, and take note when it slept all the same.

        This comes before answers are judged, because missing answers from before a sleep prove nothing.
        """
        if (slept := self._sleep.look(paused=self._control.paused)) is not None:
            self._throttle.awoke(slept)
            self._recorder.commit()
            self._recorder.announce(self._doing(slept))

    def _dispatch(self) -> None:
        """Hand as many rows to the threads as there is room for.  Each is marked in the journal before."""
        now = self._clock()
        if self._control.paused:
            self._departures.take_back()
        if self._control.paused or now < self._throttle.not_before:
            return
        for free in range(self._throttle.room(self._departures.in_flight), 0, -1):
            pending = self._departures.next(now) or self._marked_next(free, now)
            if pending is None:
                return
            if not pending.intended:
                self._recorder.commit([pending])
            self._departures.launch(pending, now)

    def _marked_next(self, room: int, now: float) -> PendingRow | None:
        """Mark the next rows as being sent, in one commit with the outcomes so far, and return the first of them."""
        if group := self._backlog.take_group(room, self._ticks.group):
            self._recorder.commit(group)
            self._departures.add(group)
        return self._departures.next(now)

    def _timeout(self) -> float:
        """Return how many seconds to wait for an answer before a row may be due."""
        due = self._departures.due
        if self._control.paused or due is None:
            return TICK_SECONDS
        return min(TICK_SECONDS, max(max(due, self._throttle.not_before) - self._clock(), 0.001))

    # ------------------------------------------------------------------ what comes back

    def _receive(self, sent: AttemptResult) -> None:
        pending = self._departures.land(sent)
        if sent.reply is None:
            self._did_not_leave(pending, sent.error)
            return
        reply, now = sent.reply, self._clock()
        decision = decide(reply, pending.attempts, once_only=pending.once_only, data_type=self._plan.configuration.data_type)
        stop = self._throttle.note(pending, reply, decision, now)
        pending.attempts = pending.attempts.after(reply)
        pending.tries += not reply.answer.unsent
        if decision.action is NextStep.RESEND:
            self._wait_again(pending, decision, now)
        else:
            stop = self._settle(pending, outcome_of(pending, reply, decision, self._headings)) or stop
        if decision.stop is not None:
            nothing_sent = reply.answer is Answer.UNTRUSTED and not self._throttle.anything_sent
            stop = replace(decision.stop, exit_code=4) if nothing_sent else decision.stop
        if stop is not None:
            self._departures.take_back()
        self._stop = self._stop or stop

    def _wait_again(self, pending: PendingRow, decision: Decision, now: float) -> None:
        """Let a row wait until it is sent again, and all other rows too where the decision says so."""
        pending.uncertain = pending.uncertain or pending.attempts.failures > 0
        due = max(self._throttle.not_before, now) if decision.everyone else now + decision.wait
        self._departures.wait(pending, due)
        if decision.everyone:
            self._departures.hold_back_queued(due)

    def _did_not_leave(self, pending: PendingRow, error: BaseException | None) -> None:
        """Take a row back that was paused or stopped before it left, or whose sign-in was refused, which ends the run."""
        if error is not None and not isinstance(error, ConnectError):
            raise RuntimeError("a thread that sends has failed in an unexpected way") from error
        self._departures.wait(pending, 0.0)
        if error is not None:
            self._stop = self._stop or stop_for(StopReason.SIGN_IN_REFUSED, error.exit_code, why=message_or_text(error.message))

    def _settle(self, pending: PendingRow, outcome: Outcome) -> Stop | None:
        """Give the row its outcome, and let rows leave that wait for it."""
        self._recorder.settle(pending, outcome)
        self._ticks.count_settled()
        self._backlog.finish(pending, accepted=outcome.status is RowStatus.ACCEPTED)
        return self._throttle.settled(outcome)

    def _tick(self) -> None:
        """Commit what has come back, then announce it, about every 100 ms."""
        now = self._clock()
        if self._ticks.is_due(now):
            self._recorder.commit()
            self._recorder.announce_news(self._doing(now))

    def _doing(self, now: float) -> Doing:
        if self._stop is not None or self._control.stopping:
            return Doing(Activity.STOPPING)
        if self._control.paused:
            return Doing(Activity.PAUSED)
        if now < self._throttle.not_before:
            return Doing(Activity.WAITING, self._throttle.why, round(self._throttle.not_before - now))
        return Doing(Activity.SENDING, AFTER_A_GAP if self._sleep.slept_within(NOTICE_SECONDS, now) else "")

    # ------------------------------------------------------------------ the end

    def _wind_down(self) -> None:
        """Stop, if the run stops: rows in flight have a few seconds to come back, then their connections are cut."""
        if self._stop is None:
            return
        self._departures.take_back()
        self._recorder.commit()
        self._recorder.announce(Doing(Activity.STOPPING, str(self._stop)))
        self._await_in_flight(GRACE_SECONDS, hurry=True)
        if self._departures.in_flight:
            self._client.abort()
            self._await_in_flight(ABORT_SECONDS)
        for pending in self._departures.unanswered():
            self._receive(AttemptResult(pending, Reply(Answer.NOTHING, message=message(UploadMessage.STOPPED_UNANSWERED))))
        self._return_unsent()

    def _await_in_flight(self, seconds: float, *, hurry: bool = False) -> None:
        deadline = self._clock() + seconds
        while self._departures.in_flight and (left := deadline - self._clock()) > 0 and not (hurry and self._control.at_once):
            for sent in self._departures.pool.get(min(left, TICK_SECONDS)):
                self._receive(sent)
            self._tick()

    def _return_unsent(self) -> None:
        """Return rows that did not leave to the state that they had.  Those that may have arrived become *not sure*."""
        for pending in self._departures.unsent():
            if pending.in_doubt:
                why = (("", message(UploadMessage.STOPPED_BETWEEN)),)
                self._settle(pending, Outcome(pending.request.row, RowStatus.NOT_SURE, None, why, pending.tries, pending.who))
            else:
                self._recorder.put_back(pending)
        self._recorder.commit()

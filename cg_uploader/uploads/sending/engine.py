"""A plan becomes outcomes: the one door through which rows leave this computer.

The engine's thread alone reads rows, decides and writes the journal; the senders' threads make one attempt each.  A row is
marked in the journal, durably, before it may leave, and its outcome is in the journal before anybody is told.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence

from cg_uploader.errors import ConnectError
from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model.enums import Activity, Answer, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Batch, Outcome, RunSummary, Stop
from cg_uploader.model.table import Row
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import Kept
from cg_uploader.uploads.sending import preparation
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.first_sign_in import sign_in
from cg_uploader.uploads.sending.outcomes import outcome_of
from cg_uploader.uploads.sending.retry import Action, Attempts, decide
from cg_uploader.uploads.sending.scheduler import EVERYBODY, ONCE_ONLY, Lanes, Ticket
from cg_uploader.uploads.sending.sleep_inhibitor import Gaps
from cg_uploader.uploads.sending.surroundings import Surroundings
from cg_uploader.uploads.sending.throttle import Traffic
from cg_uploader.uploads.sending.worker_pool import ABORT_SECONDS, Sends, Sent

LOOK_AHEAD = 1_000
BLOCK = 100
TICK_SECONDS = 0.1
GRACE_SECONDS = 4.0
NOTICE_SECONDS = 60.0
INTERRUPTED = 130
AFTER_A_GAP = "This computer was asleep, or its clock was set. The upload goes on."


def upload(
    plan: Plan,
    client: Sends,
    journal: Journal,
    *,
    on_batch: Callable[[Batch], None],
    control: Control,
    surroundings: Surroundings | None = None,
) -> RunSummary:
    """Send what ``plan`` says and return the totals; ``on_batch`` is called on this thread, about ten times a second.

    UsageError, ConnectError, JournalError and Cancelled say that nothing was sent; after the first row has left only
    JournalError is raised (the record cannot be written), and the run can be resumed.
    """
    preparation.refuse_impossible(plan)
    sign_in(client, control, on_batch, lambda: Batch(len(plan.table.rows), dict.fromkeys(RowStatus, 0)))
    run = preparation.prepare(plan, journal, on_batch=on_batch, control=control, client_id=client.client_id)
    with journal.hold(run):
        preparation.look_again(run, plan, journal)
        return _Run(run, plan, client, journal, on_batch, control, surroundings or Surroundings(), fresh=True).carry_out()


def resume(
    run: int,
    client: Sends,
    journal: Journal,
    *,
    on_batch: Callable[[Batch], None],
    control: Control,
    surroundings: Surroundings | None = None,
) -> RunSummary:
    """Send what is left of a run and return the totals of the whole; with nothing left, just those.

    A row that may have left is sent again where a repeat does no harm and undoes nothing newer; else it stays *not sure*.
    UsageError when rows are left and their values were deleted; CredentialsRefused when they may be another customer's.
    """
    with journal.hold(run):
        journal.ensure_values(run, to_send=True)
        journal.settle(run)
        plan, fresh = journal.plan(run), not journal.anything_answered(run)
        preparation.look_again(run, plan, journal)
        if not journal.unsettled(run):
            summary = journal.summary(run)
            return journal.end(run, None) if summary.stopped else summary
        preparation.refuse_other_customer(run, plan, journal, client.client_id)
        sign_in(client, control, on_batch, lambda: _before_it_goes_on(run, journal))
        journal.reopen(run)
        return _Run(run, plan, client, journal, on_batch, control, surroundings or Surroundings(), fresh=fresh).carry_out()


def _before_it_goes_on(run: int, journal: Journal) -> Batch:
    """What is said of a run in a break that the sign-in asks for; to count its rows takes a while, so only then."""
    settled = journal.counts(run, settled_only=True)
    return Batch(journal.size(run), settled, run=run, before=settled)


class _Run:
    """One run under way; every method runs on the engine's thread."""

    def __init__(
        self,
        run: int,
        plan: Plan,
        client: Sends,
        journal: Journal,
        on_batch: Callable[[Batch], None],
        control: Control,
        surroundings: Surroundings,
        *,
        fresh: bool,
    ) -> None:
        self._run = run
        self._plan = plan
        self._client = client
        self._journal = journal
        self._on_batch = on_batch
        self._control = control
        self._clock = surroundings.clock
        self._connections = plan.options.connections
        self._headings = tuple(field.heading for field in plan.configuration.fields)
        self._identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.wires])
        self._traffic = Traffic(self._connections, at_the_start=fresh)
        self._lanes = Lanes()
        self._next_position: int | None = 0
        self._marked: deque[Ticket] = deque()
        self._later: list[tuple[float, int, Ticket]] = []
        self._flying: dict[int, Ticket] = {}
        self._settled: list[tuple[int, Outcome]] = []
        self._returned: list[tuple[int, str]] = []
        self._unannounced: list[Outcome] = []
        self._before, self._rows = journal.counts(run, settled_only=True), journal.size(run)
        self._counts = dict(self._before)
        self._group = 2 * self._connections
        self._ticked, self._since_tick = self._clock(), 0
        self._shown: tuple[Activity, str] | None = None
        self._stop: Stop | None = None
        self._gaps, self._last_gap = Gaps(surroundings.clock, surroundings.wall), float("-inf")
        self._awake = surroundings.awake()
        self._senders = surroundings.senders(client, self._connections, control)

    def carry_out(self) -> RunSummary:
        """Send until nothing is left or something stops the run; the threads are gone when this returns."""
        try:
            while self._under_way():
                self._fill()
                self._dispatch()
                found = self._senders.get(self._patience())
                self._look_around()
                for sent in found:
                    self._receive(sent)
                self._tick()
            self._wind_down()
            self._commit()
            summary = self._journal.end(self._run, self._stop)
            self._announce(Activity.FINISHED, "")
            return summary
        finally:
            self._awake.keep(False)
            self._senders.withdraw()
            if self._flying:
                self._client.abort()
            self._senders.close(ABORT_SECONDS)

    # ------------------------------------------------------------------ what goes out

    def _under_way(self) -> bool:
        left = self._next_position is not None or len(self._lanes) > 0
        if left and self._control.stopping and self._stop is None:
            self._stop = Stop("The upload was stopped before its end.", INTERRUPTED)
        elif left and self._stop is None and (reason := self._journal.why_no_room()):
            self._stop = Stop(reason)
        return left and self._stop is None

    def _look_around(self) -> None:
        """The computer stays awake unless a person has paused; if it slept all the same, silence from before proves nothing.

        Called before what came back is judged.
        """
        self._awake.keep(not self._control.paused)
        if self._gaps.look():
            self._last_gap = self._clock()
            self._traffic.awoke(self._last_gap)
            self._commit()
            self._announce(*self._doing(self._last_gap))

    def _fill(self) -> None:
        """Read rows from the journal until enough are in sight."""
        while self._next_position is not None and len(self._lanes) < LOOK_AHEAD:
            block = self._journal.left_to_do(self._run, self._next_position, BLOCK)
            for kept in block:
                self._lanes.add(self._ticket(kept))
            self._next_position = block[-1].position + 1 if len(block) == BLOCK else None

    def _ticket(self, kept: Kept) -> Ticket:
        request = self._plan.request(Row(kept.number, kept.cells))
        key = self._identifiers.key(request) if self._identifiers.known else EVERYBODY
        keys = () if key is None else (key,)
        return Ticket(
            position=kept.position,
            request=request,
            who=kept.who,
            keys=(*keys, ONCE_ONLY) if kept.once_only else keys,
            account=self._identifiers.account(request),
            once_only=kept.once_only,
            resting=kept.state,
            uncertain=kept.status is RowStatus.NOT_SURE,
            attempts=Attempts(earlier=kept.status is RowStatus.NOT_SURE),
            tries=kept.attempts,
        )

    def _dispatch(self) -> None:
        """Hand over as many rows as there is room for, each marked in the journal before."""
        now = self._clock()
        if self._control.paused:
            self._take_back()
        if self._control.paused or now < self._traffic.not_before:
            return
        limit = self._traffic.limit
        room = (2 * limit if limit == self._connections else limit) - len(self._flying)
        while room > 0:
            if not self._again(now) and not self._marked:
                self._mark(room)
            if not self._marked:
                return
            ticket = self._marked.popleft()
            if not ticket.intended:
                self._commit([ticket])
            self._launch(ticket, now)
            room -= 1

    def _take_back(self) -> None:
        """What no thread has begun yet does not leave."""
        for ticket in reversed(self._senders.withdraw()):
            self._marked.appendleft(self._unmarked(self._flying.pop(ticket.position)))

    def _unmarked(self, ticket: Ticket) -> Ticket:
        """Let the next commit put a once-only row back that waits again, so that a crash meanwhile leaves no doubt about it."""
        if ticket.once_only and ticket.intended and not ticket.in_doubt:
            ticket.intended = False
            self._returned.append((ticket.position, ticket.resting))
        return ticket

    def _again(self, now: float) -> bool:
        """Put the first row whose wait is over in front."""
        if self._later and self._later[0][0] <= now:
            self._marked.appendleft(heapq.heappop(self._later)[2])
            return True
        return False

    def _mark(self, room: int) -> None:
        """Mark the next rows as being sent, in one commit that carries the outcomes so far.

        Repeatable rows are marked some way ahead, so that a quick service does not wait for the disk; a once-only row is
        marked when it leaves, and there is never more than one of them.
        """
        group: list[Ticket] = []
        while len(group) < max(room, self._group):
            ticket = self._lanes.take()
            if ticket is None:
                break
            if ticket.once_only and len(group) >= room:
                self._lanes.put_back(ticket)
                break
            group.append(ticket)
        if group:
            self._commit(group)
            self._marked.extend(group)

    def _launch(self, ticket: Ticket, now: float) -> None:
        ticket.dispatched = now
        self._flying[ticket.position] = ticket
        self._senders.put(ticket)

    def _patience(self) -> float:
        """Seconds until something may have to be done without an answer."""
        if self._control.paused or not self._later:
            return TICK_SECONDS
        due = max(self._later[0][0], self._traffic.not_before) - self._clock()
        return min(TICK_SECONDS, max(due, 0.001))

    # ------------------------------------------------------------------ what comes back

    def _receive(self, sent: Sent) -> None:
        ticket = sent.ticket
        del self._flying[ticket.position]
        if sent.reply is None:
            self._did_not_leave(ticket, sent.error)
            return
        reply, now = sent.reply, self._clock()
        decision = decide(reply, ticket.attempts, once_only=ticket.once_only, data_type=self._plan.configuration.data_type)
        stop = self._traffic.note(ticket, reply, decision, now)
        ticket.attempts = ticket.attempts.after(reply)
        ticket.tries += not reply.answer.unsent
        if decision.action is Action.RESEND:
            ticket.uncertain = ticket.uncertain or ticket.attempts.failures > 0
            due = max(self._traffic.not_before, now) if decision.everyone else now + decision.wait
            heapq.heappush(self._later, (due, ticket.position, self._unmarked(ticket)))
            if decision.everyone:
                self._hold_back_queued(due)
        else:
            stop = self._settle(ticket, outcome_of(ticket, reply, decision, self._headings)) or stop
        if decision.stop is not None:
            nothing_sent = reply.answer is Answer.UNTRUSTED and not self._traffic.anything_sent
            stop = Stop(decision.stop, 4 if nothing_sent else decision.exit_code)
        if stop is not None:
            self._take_back()
        self._stop = self._stop or stop

    def _did_not_leave(self, ticket: Ticket, error: BaseException | None) -> None:
        """A switch was turned before the row's turn came; or the sign-in was refused in mid-run, and no other can leave."""
        if error is not None and not isinstance(error, ConnectError):
            raise RuntimeError("a sender failed in a way that nothing foresees") from error
        heapq.heappush(self._later, (0.0, ticket.position, self._unmarked(ticket)))
        if error is not None:
            self._stop = self._stop or Stop(error.sentence, error.exit_code)

    def _hold_back_queued(self, due: float) -> None:
        """A wait that holds for everybody: what no thread has begun yet waits too."""
        for ticket in self._senders.withdraw():
            heapq.heappush(self._later, (due, ticket.position, self._unmarked(self._flying.pop(ticket.position))))

    def _settle(self, ticket: Ticket, outcome: Outcome) -> Stop | None:
        """The row has its outcome; whoever waits for it may go."""
        self._settled.append((ticket.position, outcome))
        self._counts[outcome.status] += 1
        self._since_tick += 1
        self._lanes.finish(ticket, accepted=outcome.status is RowStatus.ACCEPTED)
        return self._traffic.settled(outcome)

    def _commit(self, intents: Sequence[Ticket] = ()) -> None:
        """One commit for outcomes, returned rows and intents; only after it may anybody be told, and may anything leave."""
        if not (self._settled or intents or self._returned):
            return
        self._journal.record(self._run, self._settled, [ticket.position for ticket in intents], self._returned)
        for ticket in intents:
            ticket.intended = True
        self._unannounced += [outcome for _, outcome in self._settled]
        self._settled, self._returned = [], []

    def _tick(self) -> None:
        """About every 100 ms: commit what has come back, then announce it."""
        now = self._clock()
        if now - self._ticked < TICK_SECONDS:
            return
        self._ticked = now
        self._group = max(2 * self._connections, self._since_tick)
        self._since_tick = 0
        self._commit()
        activity, detail = self._doing(now)
        if self._unannounced or (activity, detail) != self._shown:
            self._announce(activity, detail)

    def _doing(self, now: float) -> tuple[Activity, str]:
        if self._stop is not None or self._control.stopping:
            return Activity.STOPPING, ""
        if self._control.paused:
            return Activity.PAUSED, ""
        if now < self._traffic.not_before:
            return Activity.WAITING, f"{self._traffic.why} Going on in {self._traffic.not_before - now:.0f} s."
        return Activity.SENDING, AFTER_A_GAP if now - self._last_gap < NOTICE_SECONDS else ""

    def _announce(self, activity: Activity, detail: str) -> None:
        outcomes, self._unannounced = tuple(self._unannounced), []
        self._shown = activity, detail
        self._on_batch(Batch(self._rows, dict(self._counts), outcomes, activity, detail, self._run, self._before))

    # ------------------------------------------------------------------ the end

    def _wind_down(self) -> None:
        """Nothing new leaves: what is in flight gets a few seconds, then its connection is shut."""
        if self._stop is None:
            return
        self._take_back()
        self._commit()
        self._announce(Activity.STOPPING, self._stop.reason)
        self._await_flying(GRACE_SECONDS, hurry=True)
        if self._flying:
            self._client.abort()
            self._await_flying(ABORT_SECONDS)
        for ticket in list(self._flying.values()):
            self._receive(Sent(ticket, Reply(Answer.NOTHING, message="The upload was stopped before an answer came.")))
        self._return_unsent()

    def _await_flying(self, seconds: float, *, hurry: bool = False) -> None:
        deadline = self._clock() + seconds
        while self._flying and (left := deadline - self._clock()) > 0 and not (hurry and self._control.at_once):
            for sent in self._senders.get(min(left, TICK_SECONDS)):
                self._receive(sent)
            self._tick()

    def _return_unsent(self) -> None:
        """Rows that were marked and did not leave go back to the state they had; those that may have arrived say so."""
        for ticket in (*self._marked, *(ticket for _, _, ticket in self._later)):
            if ticket.in_doubt:
                said = (("", "The upload stopped before this row could be sent again; it may have arrived."),)
                self._settle(ticket, Outcome(ticket.request.row, RowStatus.NOT_SURE, None, said, ticket.tries, ticket.who))
            else:
                self._returned.append((ticket.position, ticket.resting))
        self._commit()

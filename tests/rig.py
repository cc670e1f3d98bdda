"""The parts of engine tests: plans over rows in memory, a clock that a test moves, senders that need no thread."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Options, Source
from cg_uploader.model.enums import Answer, Body, DataType, FieldKind, Region
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import Batch
from cg_uploader.model.table import Column, Row, Table
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.worker_pool import AttemptResult, Sender

NOWHERE = Address("http://127.0.0.1:9/oauth2/token", "http://127.0.0.1:9/records/")
OK = Reply(Answer.COMPLETE, 200)


class ListedRows(list[Row]):
    """Rows of a table, in a list."""

    def walk(self, start: int) -> Iterator[Row]:
        return iter(self[start:])

    def close(self) -> None:
        self.clear()


def table_of(headings: Sequence[str], rows: Sequence[Sequence[str]], file: Path = Path("contacts.xlsx")) -> Table:
    """Make a table whose first row has number 2."""
    columns = tuple(Column(heading, chr(ord("A") + at)) for at, heading in enumerate(headings))
    listed = ListedRows(Row(number, tuple(cells)) for number, cells in enumerate(rows, 2))
    digest = hashlib.sha256(repr((headings, rows)).encode()).hexdigest()
    return Table(file, digest, "Sheet1", ("Sheet1",), 1, columns, listed)


def plan_of(
    rows: Sequence[Sequence[str]],
    headings: Sequence[str] = ("Email", "First Name"),
    *,
    data_type: DataType = DataType.CONTACT,
    reference: str = "contact",
    address: Address = NOWHERE,
    connections: int = 4,
    consent: bool = True,
    required: Sequence[str] = (),
) -> Plan:
    """Make a plan that sends every column under its own name."""
    kinds = {"Email": FieldKind.EMAIL}
    fields = tuple(Field(heading, heading in required, kinds.get(heading, FieldKind.TEXT)) for heading in headings)
    return Plan(
        table=table_of(headings, rows),
        profile="test",
        region=Region.PRACTICE,
        address=address,
        configuration=Configuration(reference, data_type, fields),
        mapping=Mapping(tuple((heading, Source(column=heading)) for heading in headings)),
        options=Options(connections=connections),
        consent=consent,
    )


def people(count: int) -> list[tuple[str, str]]:
    """Make rows of that many different contacts."""
    return [(f"person{number}@example.com", f"Name {number}") for number in range(count)]


def status(code: int, *errors: tuple[str, str], retry_after: float | None = None, message: str = "") -> Reply:
    """Make a complete answer."""
    body = Body.JSON_ERRORS if errors else Body.BLANK
    return Reply(Answer.COMPLETE, code, body, errors, message or " ".join(text for _, text in errors), retry_after)


@dataclass
class ScriptedClient:
    """Answers from a list per row number, then with 200, and keeps what was sent, in order."""

    script: dict[int, list[Reply]] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    clock: Callable[[], float] = lambda: 0.0
    before_send: Callable[[Request], None] | None = None
    client_id: str = ""
    aborted: bool = False

    def sign_in(self) -> None:
        """Accept the credentials."""

    def send(self, request: Request, _may_leave: object = None) -> Reply:
        if self.before_send is not None:
            self.before_send(request)
        self.sent.append(request.row)
        self.times.append(self.clock())
        answers = self.script.get(request.row)
        return answers.pop(0) if answers else OK

    def abort(self) -> None:
        self.aborted = True


class Timer:
    """Seconds that pass only during a wait."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class InlineSenders:
    """Senders without threads.  An attempt is made when it is waited for.  Waiting for nothing lets time pass."""

    def __init__(self, client: Sender, connections: int, timer: Timer) -> None:
        self.client = client
        self.connections = connections
        self.timer = timer
        self.inbox: list[PendingRow] = []

    def put(self, pending: PendingRow) -> None:
        self.inbox.append(pending)

    def get(self, timeout: float) -> list[AttemptResult]:
        if not self.inbox:
            self.timer.now += max(timeout, 0.0)
            return []
        now, self.inbox = self.inbox[: self.connections], self.inbox[self.connections :]
        self.timer.now += 0.15
        return [AttemptResult(pending, self.client.send(pending.request)) for pending in now]

    def withdraw(self) -> list[PendingRow]:
        found, self.inbox = self.inbox, []
        return found

    def close(self, timeout: float) -> None:
        """End nothing."""


def inline(timer: Timer) -> Dependencies:
    """Make surroundings in which nothing really waits."""
    return Dependencies(
        clock=timer,
        wall=timer,
        pool=lambda client, connections, control: InlineSenders(client, connections, timer),  # type: ignore[arg-type]
        sleep_inhibitor=lambda: SleepInhibitor(lambda: lambda: None),
    )


def recorded(journal: Journal, plan: Plan, rows: Sequence[JournalRow], client_id: str = "") -> int:
    """Record a run with these rows in the journal, which no program holds."""
    run = journal.record_run(plan, rows, client_id)
    with journal.hold(run):
        return run


class Heard(list[Batch]):
    """The batches that a run announced."""

    def __call__(self, batch: Batch) -> None:
        self.append(batch)

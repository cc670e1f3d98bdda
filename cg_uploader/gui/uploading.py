"""The work around runs as the worker's thread does it: journal and client are opened there, batches are announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from cg_uploader.errors import CredentialsRefused
from cg_uploader.gui.models.outcomes_model import MOST_LISTED
from cg_uploader.gui.services import Services, open_journal
from cg_uploader.gui.session import UNNAMED, Connection, Session
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.model import Batch, Credentials, Outcome, Plan, RunSummary
from cg_uploader.settings.paths import Places
from cg_uploader.uploads import planning, takeup
from cg_uploader.uploads.report import STILL_READ, summaries
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.diary import noted
from cg_uploader.vocabulary import Region, RowStatus

if TYPE_CHECKING:
    from cg_uploader.api.client import Client
    from cg_uploader.uploads.journal.journal import Journal

Sending: TypeAlias = "Callable[[Client, Callable[[Batch], None]], RunSummary]"

SETTLED = (RowStatus.ACCEPTED, RowStatus.REFUSED, RowStatus.HELD_BACK, RowStatus.SKIPPED)
"""What a continued run does not send again."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its totals, of each status up to 5,000 rows, and the proxy (host:port) that wanted a password."""

    summary: RunSummary
    outcomes: tuple[Outcome, ...]
    login_wanted: str = ""


def new_run(plan: Plan, credentials: Credentials, services: Services, control: Control) -> Work:
    """The work of sending ``plan``; results in Ended."""

    def work(announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.sending import engine  # takes long to load

        with open_journal(services.places) as journal:
            return _carry_out(
                services.client(plan.address, credentials, lambda: control.stopping),
                journal,
                _Teller(announce, journal),
                lambda client, on_batch: noted(
                    plan, lambda: engine.upload(plan, client, journal, on_batch=on_batch, control=control)
                ),
            )

    return work


def continued_run(run: int, session: Session, services: Services, control: Control) -> Work:
    """The work of sending what is left of ``run``; results in Ended.  CredentialsRefused when nobody knows its credentials."""
    places, connection = services.places, session.connection

    def work(announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.sending import engine  # takes long to load

        with open_journal(places) as journal:
            plan = journal.plan(run)
            credentials = Credentials("", "")
            if journal.unsettled(run):
                credentials = _credentials(plan, connection, services, partial(journal.is_customer, run))
                if plan.region is Region.PRACTICE:
                    services.practice.listen_again(plan.address)
            return _carry_out(
                services.client(plan.address, credentials, lambda: control.stopping),
                journal,
                _Teller(announce, journal),
                lambda client, on_batch: noted(
                    plan, lambda: engine.resume(run, client, journal, on_batch=on_batch, control=control)
                ),
            )

    return work


def looking_back(plan: Plan, places: Places) -> Work:
    """The work of finding what was done with this file before; results in planning.Earlier."""

    def work(_announce: Announce, cancelled: Cancelled) -> object:
        with open_journal(places) as journal:
            return planning.earlier(plan, journal, repeatable=True, cancelled=cancelled)

    return work


def all_runs(places: Places) -> Work:
    """The work of listing the runs; results in a tuple of RunSummary, newest first, and a sentence about each changed one."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(places) as journal:
            said: list[str] = []
            runs = summaries(journal, journal.runs(), lambda changed: said.append(changed.sentence))
            return tuple(runs), " ".join(said)

    return work


def failed_again(run: int, places: Places) -> Work:
    """The work of taking the rows of ``run`` up that can be corrected and sent again; results in (Table, TakenUp)."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(places) as journal:
            table = takeup.failed_table(journal, run)
            return table, takeup.take_up(table, journal)

    return work


def forgetting(run: int, places: Places) -> Work:
    """The work of deleting a run's record; results in a sentence."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(places) as journal:
            gone = journal.forget(run)
        return f"Upload {run} is forgotten." if gone else f"Upload {run} is forgotten. {STILL_READ}"

    return work


def _credentials(
    plan: Plan, connection: Connection, services: Services, is_customer: Callable[[str], bool | None]
) -> Credentials:
    """For a run of another day: those of the present connection when it is the run's own, else the keychain's.

    Two connections of one region may belong to two customers: rows must not go to the one who happens to be chosen.
    ``is_customer``: whether a Client ID is the run's; None when that is not recorded.
    """
    if connection.region is plan.region and connection.client_id and connection.client_secret:
        own = is_customer(connection.client_id)
        if own or (own is None and _is_the_runs(connection, plan)):
            return connection.credentials
    found = services.credentials.load(plan.profile, plan.region) if services.credentials.available is None else None
    if found is None or is_customer(found.client_id) is False:
        raise CredentialsRefused(
            f"This upload was begun with the connection “{plan.profile}”. Choose it in step 1, enter its Client ID and its "
            "Client Secret there, then continue this upload. If that customer has another Client ID now, upload the file "
            "again instead, and skip what was accepted."
        )
    return found


def _is_the_runs(connection: Connection, plan: Plan) -> bool:
    """By its name; one without a name, which may have got one since, by its reference.  Practice knows one customer."""
    if plan.region is Region.PRACTICE or connection.name == plan.profile:
        return True
    return plan.profile == UNNAMED and connection.reference == plan.configuration.reference


def _carry_out(client: Client, journal: Journal, teller: _Teller, send: Sending) -> Ended:
    try:
        summary = send(client, teller)
    finally:
        client.close()
    return Ended(summary, tuple(_listed(journal, summary.run)), client.login_wanted)


class _Teller:
    """Passes batches on; to the first one of a run it adds the rows that were settled before it."""

    def __init__(self, announce: Announce, journal: Journal) -> None:
        self._announce = announce
        self._journal = journal
        self._begun = False

    def __call__(self, batch: Batch) -> None:
        if not self._begun and batch.run:
            self._begun = True
            here = {outcome.row for outcome in batch.outcomes}
            listed = _listed(self._journal, batch.run)
            before = tuple(o for o in listed if o.status in SETTLED and o.row not in here)
            batch = replace(batch, outcomes=before + batch.outcomes)
        self._announce(batch)


def _listed(journal: Journal, run: int) -> Iterator[Outcome]:
    room = dict.fromkeys(RowStatus, MOST_LISTED)
    for outcome in journal.outcomes(run):
        if room[outcome.status]:
            room[outcome.status] -= 1
            yield outcome

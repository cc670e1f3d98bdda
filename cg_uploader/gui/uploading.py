"""The work around runs as the worker's thread does it: journal and client are opened there, batches are announced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from cg_uploader.errors import CredentialsRefused, UploaderError
from cg_uploader.gui.models.outcomes_model import MAX_LISTED
from cg_uploader.gui.services import Services, open_journal
from cg_uploader.gui.session import UNNAMED, Session
from cg_uploader.gui.typed import Connection, Typed
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.run import Batch, Outcome, RunSummary
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.sample import PRACTICE_CREDENTIALS
from cg_uploader.uploads.planning import plan_builder
from cg_uploader.uploads.results import retry_failed
from cg_uploader.uploads.results.report import STILL_READ, summaries
from cg_uploader.uploads.sending.control import Control

if TYPE_CHECKING:
    from cg_uploader.api.client import Client
    from cg_uploader.uploads.journal.journal import Journal

# Whether a Client ID is the one that a run was begun with; None when that is not recorded.
IsCustomer: TypeAlias = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class UploadEnd:
    """How a run ended, or how it stands when it could not go on."""

    # Its totals.
    summary: RunSummary
    # Of each status up to 5,000 rows.
    outcomes: tuple[Outcome, ...]
    # The proxy (host:port) that wanted a password.
    login_wanted: str = ""
    # Why it could not begin or go on.
    failed: UploaderError | None = None


def new_run(plan: Plan, credentials: Credentials, services: Services, control: Control) -> Work:
    """The work of sending ``plan``.  Results in Ended."""

    def work(announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.sending import logged_run  # takes long to load

        with open_journal(services.paths) as journal:
            teller = _Teller(announce, journal)
            try:
                with closing(services.client(plan.address, credentials, lambda: control.stopping)) as client:
                    summary = logged_run.upload(plan, client, journal, on_batch=teller, control=control)
                    return _ended(summary, client, journal)
            except UploaderError as error:
                if not teller.run:
                    raise
                return _as_it_stands(journal, teller.run, error)

    return work


def continued_run(run: int, session: Session, services: Services, control: Control, entered: Credentials | None = None) -> Work:
    """The work of sending what is left of ``run``.  Results in Ended, also when it cannot go on: its result is there before.

    ``entered``: what the user has just answered to the question for its credentials.
    """
    connection, typed = session.connection, session.typed

    def work(announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.sending import logged_run  # takes long to load

        with open_journal(services.paths) as journal:
            plan = journal.plan(run)
            credentials = entered or Credentials("", "")
            try:
                if journal.unsettled(run):
                    credentials = entered or known_for(
                        run, plan, typed, connection, services, partial(journal.is_customer, run)
                    )
                    if REGIONS[plan.region].practice:
                        services.practice.listen_again(plan.address)
                teller = _Teller(announce, journal)
                with closing(services.client(plan.address, credentials, lambda: control.stopping)) as client:
                    summary = logged_run.resume(run, client, journal, on_batch=teller, control=control)
                    return _ended(summary, client, journal)
            except UploaderError as error:
                return _as_it_stands(journal, run, error)

    return work


def looking_back(plan: Plan, paths: AppPaths, client_id: str) -> Work:
    """The work of finding what was done with this file before, for ``client_id``.  Results in planning.Earlier."""

    def work(_announce: Announce, cancelled: Cancelled) -> object:
        with open_journal(paths) as journal:
            return plan_builder.find_earlier(plan, journal, repeatable=True, client_id=client_id, cancelled=cancelled)

    return work


def all_runs(paths: AppPaths) -> Work:
    """The work of listing the runs.  Results in a tuple of RunSummary, newest first, and a sentence about each changed one."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(paths) as journal:
            notes: list[str] = []
            runs = summaries(journal, journal.runs(), lambda changed: notes.append(changed.sentence))
            return tuple(runs), " ".join(notes)

    return work


def failed_again(run: int, paths: AppPaths) -> Work:
    """The work of taking the rows of ``run`` up that can be corrected and sent again.  Results in (Table, RetriedRows)."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(paths) as journal:
            table = retry_failed.failed_table(journal, run)
            return table, retry_failed.retried_rows(table, journal)

    return work


def forgetting(run: int, paths: AppPaths) -> Work:
    """The work of deleting a run's record.  Results in a sentence."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(paths) as journal:
            gone = journal.forget(run)
        return f"Upload {run} is forgotten." if gone else f"Upload {run} is forgotten. {STILL_READ}"

    return work


def known_for(
    run: int, plan: Plan, typed: Typed, connection: Connection, services: Services, is_customer: IsCustomer
) -> Credentials:
    """Find the credentials of a run of another day.

    Those that were typed for its connection go first, then the present ones when they are the run's own, then the keychain's.
    Two connections of one region may belong to two customers: rows must not go to the one that happens to be chosen.

    Raises:
        CredentialsRefused: They are not known here.
    """

    def is_own(client_id: str, *, by_name: bool) -> bool:
        recorded = is_customer(client_id)
        return by_name if recorded is None else recorded

    before = typed.credentials(plan.profile, plan.region)
    if before is not None and before.client_secret and is_own(before.client_id, by_name=plan.profile != UNNAMED):
        return before
    if _is_complete(connection, plan) and is_own(connection.client_id, by_name=_is_the_runs(connection, plan)):
        return connection.credentials
    credentials = services.credentials.load(plan.profile, plan.region)
    if credentials is None and REGIONS[plan.region].practice:
        return PRACTICE_CREDENTIALS
    if credentials is None or is_customer(credentials.client_id) is False:
        raise CredentialsRefused(
            f"The Client ID and the Client Secret of the connection “{plan.profile}” are needed to continue upload {run}."
        )
    return credentials


def _is_complete(connection: Connection, plan: Plan) -> bool:
    """Whether a connection can sign in where the run goes."""
    return connection.region is plan.region and bool(connection.client_id and connection.client_secret)


def _is_the_runs(connection: Connection, plan: Plan) -> bool:
    """By its name.  One without a name, which may have got one since, by its reference.  Practice knows one customer."""
    if REGIONS[plan.region].practice or connection.name == plan.profile:
        return True
    return plan.profile == UNNAMED and connection.reference == plan.configuration.reference


def _as_it_stands(journal: Journal, run: int, error: UploaderError) -> UploadEnd:
    """The result of a run that ``error`` keeps from going on."""
    return UploadEnd(journal.summary(run), tuple(_listed(journal.outcomes(run))), failed=error)


def _ended(summary: RunSummary, client: Client, journal: Journal) -> UploadEnd:
    return UploadEnd(summary, tuple(_listed(journal.outcomes(summary.run))), client.login_wanted)


class _Teller:
    """Passes batches on.  To the first one of a run it adds the rows that were settled before it.  ``run``: 0 before that."""

    def __init__(self, announce: Announce, journal: Journal) -> None:
        self._announce = announce
        self._journal = journal
        self.run = 0

    def __call__(self, batch: Batch) -> None:
        if not self.run and batch.run:
            self.run = batch.run
            here = {outcome.row for outcome in batch.outcomes}
            settled = self._journal.outcomes(batch.run, settled_only=True)
            before = tuple(outcome for outcome in _listed(settled) if outcome.row not in here)
            batch = replace(batch, outcomes=before + batch.outcomes)
        self._announce(batch)


def _listed(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Of each status as many as are shown."""
    room = dict.fromkeys(RowStatus, MAX_LISTED)
    for outcome in outcomes:
        if room[outcome.status]:
            room[outcome.status] -= 1
            yield outcome

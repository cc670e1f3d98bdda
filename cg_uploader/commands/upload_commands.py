"""The commands ``upload``, ``resume``, ``history`` and ``report``."""

from __future__ import annotations

import os
import signal
import socket
import threading
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from cg_uploader.api.client import Client
from cg_uploader.commands.client_factory import ClientFactory, credentials_for
from cg_uploader.commands.files import read_plan, say_groups
from cg_uploader.commands.terminal import Terminal, TerminalProgress, outcome_line
from cg_uploader.errors import AlreadyUploaded, ConsentMissing, UploaderError, UsageError
from cg_uploader.fields.checks import check
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import Batch, RunSummary
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.settings.profiles import ProfileStore
from cg_uploader.translation import N_, _, ngettext
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.reader import JournalReader
from cg_uploader.uploads.opened_journal import journal_to_read, opened_journal
from cg_uploader.uploads.planning.drift import describe_changes
from cg_uploader.uploads.planning.plan_builder import EarlierUploads, find_earlier, refuse_repeat
from cg_uploader.uploads.proxy_auth import goes_on
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.output_files import FAILED_ROWS, ensure_spared, ensure_suffix
from cg_uploader.uploads.results.receipt import receipt
from cg_uploader.uploads.results.report import totals_in_words
from cg_uploader.uploads.results.retry_failed import retried_rows
from cg_uploader.uploads.results.saved_files import save_report
from cg_uploader.uploads.sending import logged_run
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.preparation import refuse_impossible

# The form of a saved report, by the suffix of its name.
REPORT_FORMS = {".html": "html", ".htm": "html", ".json": "json"}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
NO_SIGNAL = b"\0"
# So many rows that need attention are shown in a terminal.
MAX_ROWS_IN_SHORT = 20

Sending = Callable[[Client, Callable[[Batch], None], Control], RunSummary]


def upload(args: Namespace, terminal: Terminal) -> int:
    """Send the rows of a file."""
    _ensure_writable(args.save_failed)
    plan = read_plan(args)[1]
    plan = replace(
        plan, consent=args.yes_send_surveys, skip_accepted=True if args.skip_accepted else False if args.send_again else None
    )
    with opened_journal(args.paths, terminal.tell) as journal:
        if args.save_failed is not None:
            ensure_spared(args.save_failed, args.paths, journal, (args.file, Path(args.profile)))
        if (retried := retried_rows(plan.table, journal)) is not None:
            terminal.tell(retried.sentence(plan))
        previous = find_earlier(plan, journal)
        _refuse_repeat(previous, plan.skip_accepted)
        if previous.sentence:
            terminal.tell(previous.sentence)
        factory = ClientFactory(args.paths, terminal, plan.address, credentials_for(args, plan.profile, plan.region))
        return run_plan(plan, factory, journal, terminal, args.save_failed)


def _refuse_repeat(earlier: EarlierUploads, skip_accepted: bool | None) -> None:
    """Refuse rows whose repeat could do harm, and name the options to choose from.

    Raises:
        AlreadyUploaded: No option says yet what to do with these rows.
    """
    try:
        refuse_repeat(earlier, skip_accepted)
    except AlreadyUploaded as refusal:
        if skip_accepted or not earlier.can_skip:
            choice = _("If they are new, say so with --send-again. Nothing was sent.")
        elif earlier.unfinished is None:
            choice = _("Skip what was accepted (--skip-accepted), or send everything again (--send-again).")
        else:
            choice = _(
                "Continue that upload (cg-uploader resume {run}), skip what was accepted (--skip-accepted), or send everything "
                "again (--send-again)."
            ).format(run=earlier.unfinished.run)
        raise AlreadyUploaded(refusal.sentence + " " + choice) from None


def _ensure_writable(save_failed: Path | None) -> None:
    """Raise UsageError when the failed rows could not be saved there."""
    if save_failed is None:
        return
    ensure_suffix(save_failed, FAILED_ROWS)
    if not os.access(save_failed.parent, os.W_OK) or save_failed.is_dir():
        raise UsageError(_("Nothing can be saved there. Choose a folder that exists and can be written, and a name in it."))


def _invited(people: int, addresses: int) -> str:
    different = ngettext("{count:,} different address", "{count:,} different addresses", addresses).format(count=addresses)
    text = ngettext(
        "This would invite {count:,} person ({addresses}) to a survey.",
        "This would invite {count:,} people ({addresses}) to a survey.",
        people,
    )
    return text.format(count=people, addresses=different)


def run_plan(plan: Plan, factory: ClientFactory, journal: Journal, terminal: Terminal, save_failed: Path | None) -> int:
    """Check a plan, send it, show the totals, and return the exit code.

    Raises:
        ConsentMissing: rows would send surveys, and the user has not agreed.
    """
    result = check(plan)
    if result.invited is not None and not plan.consent:
        raise ConsentMissing(_invited(*result.invited) + " " + _("Nothing was sent. Confirm with --yes-send-surveys."))
    refuse_impossible(plan)
    say_groups(result, Terminal(json=True))  # on standard error, before the result

    def send(client: Client, on_batch: Callable[[Batch], None], control: Control) -> RunSummary:
        return logged_run.upload(plan, client, journal, on_batch=on_batch, control=control)

    return _carry_out(factory, send, journal, terminal, save_failed)


def resume(args: Namespace, terminal: Terminal) -> int:
    """Send what is left of an interrupted run."""
    _ensure_writable(args.save_failed)
    with opened_journal(args.paths, terminal.tell) as journal:
        if args.save_failed is not None:
            ensure_spared(args.save_failed, args.paths, journal)
        run = args.run or newest(journal)
        plan = journal.plan(run)
        credentials = Credentials("", "")
        if journal.unsettled(run):
            credentials = credentials_for(args, plan.profile, plan.region)
            for changed in describe_changes(run, journal, ProfileStore(args.paths.profiles)):
                terminal.tell(changed)

        def send(client: Client, on_batch: Callable[[Batch], None], control: Control) -> RunSummary:
            return logged_run.resume(run, client, journal, on_batch=on_batch, control=control)

        factory = ClientFactory(args.paths, terminal, plan.address, credentials)
        return _carry_out(factory, send, journal, terminal, args.save_failed)


def _carry_out(factory: ClientFactory, send: Sending, journal: Journal, terminal: Terminal, save_failed: Path | None) -> int:
    summaries: list[RunSummary] = []
    control = Control()

    def work(client: Client) -> RunSummary:
        progress = TerminalProgress(terminal)
        with _stopped_by_signals(control, terminal):
            if summaries:  # a proxy stopped it, and has a login now
                summaries.append(logged_run.resume(summaries[-1].run, client, journal, on_batch=progress, control=control))
            else:
                summaries.append(send(client, progress, control))
        return summaries[-1]

    summary = factory.go(work, lambda host_port, summary: goes_on(host_port, summary, control))
    _say_totals(summary, journal, terminal, save_failed)
    return summary.exit_code


def _say_totals(summary: RunSummary, journal: Journal, terminal: Terminal, save_failed: Path | None) -> None:
    if summary.state is not RunState.FINISHED:
        advice = _("“cg-uploader resume {run}” continues it.").format(run=summary.run)
        terminal.tell(f"{summary.why} {advice}" if journal.unsettled(summary.run) else summary.why)
    if save_failed is not None:
        _save_failed(summary.run, journal, terminal, save_failed)
    elif summary.attention and summary.state is RunState.FINISHED:
        text = _(
            "“cg-uploader resume {run} --save-failed PATH” writes the rows that need attention to a file. "
            "“cg-uploader report {run}” lists them."
        )
        terminal.tell(text.format(run=summary.run))
    terminal.say(totals_in_words(summary))
    if terminal.json:
        _write(report.as_json(journal, summary.run), terminal)


def _save_failed(run: int, journal: Journal, terminal: Terminal, target: Path) -> None:
    """Save the failed rows.  After a failure it can be tried again, because the outcomes are recorded."""
    try:
        written = report.save_failed_rows(journal, run, target)
    except UploaderError as error:
        terminal.tell(error.sentence + " " + _("The rows are recorded in upload {run}.").format(run=run))
        return
    if written:
        text = ngettext(
            "{count:,} row that needs attention is in {file}.", "{count:,} rows that need attention are in {file}.", written
        )
        terminal.tell(text.format(count=written, file=target))
    else:
        terminal.tell(_("No row needs attention, so no file of failed rows was written."))


@contextmanager
def _stopped_by_signals(control: Control, terminal: Terminal) -> Iterator[None]:
    """Stop the run on Ctrl-C and SIGTERM, so that it can be continued.  The second signal waits for nothing in flight.

    Another thread receives the signals, because this one may be waiting for the disk.
    """
    near, far = socket.socketpair()
    far.setblocking(False)

    def receive() -> None:
        while (received := near.recv(1)) != NO_SIGNAL and received:
            if received[0] in STOP_SIGNALS:
                first = not control.stopping
                control.stop(at_once=not first)
                if first:  # only now, so that nothing leaves after the user has read it
                    terminal.tell(_("Stopping. Rows on their way get a few seconds. Ctrl-C again stops at once."))

    thread = threading.Thread(target=receive, name="signals", daemon=True)
    thread.start()
    wakeup = signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)  # before the handlers, which do nothing
    before = {number: signal.signal(number, lambda *_ignored: None) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        far.send(NO_SIGNAL)
        thread.join()
        near.close()
        far.close()


def newest(journal: Journal) -> int:
    """Return the newest run that has rows left to send, else the newest.

    Rows that a later upload took over are not left any more.

    Raises:
        UsageError: there is no run.
    """
    runs = journal.runs()
    if not runs:
        raise UsageError(_("There is no upload on this computer yet."))
    return next((run for run in runs if journal.unsettled(run)), runs[0])


def history(args: Namespace, terminal: Terminal) -> int:
    """List all runs, newest first."""
    with journal_to_read(args.paths, terminal.tell) as journal:
        runs = report.summaries(journal, journal.runs(), lambda changed: terminal.tell(changed.sentence))
    if terminal.json:
        terminal.emit({"runs": [report.totals_as_data(run) for run in runs]})
    elif not runs:
        terminal.say(_("There is no upload on this computer yet."))
    else:
        labels = (_(STATUSES[status].label) for status in RowStatus)
        headings = (_("Run"), _("Started"), _("File"), _("Profile"), _("Rows"), *labels, _("Ended"))
        terminal.table(headings, [_history_line(run) for run in runs])
    return 0


def _history_line(run: RunSummary) -> list[str]:
    counts = [f"{run.rows:,}", *(f"{run.counts[status]:,}" for status in RowStatus)]
    started = f"{run.started.astimezone():%Y-%m-%d %H:%M}"
    return [str(run.run), started, Path(run.file).name, run.profile, *counts, _(_ENDS[run.state])]


_ENDS = {
    RunState.UNDER_WAY: N_("under way"),
    RunState.CUT_OFF: N_("cut off"),
    RunState.STOPPED: N_("early"),
    RunState.FINISHED: N_("at its end"),
}


def report_run(args: Namespace, terminal: Terminal) -> int:
    """Show one run: in a terminal in short, else as a page or as data."""
    form = args.form or "html"
    if args.save is not None:
        form = REPORT_FORMS[ensure_suffix(args.save, tuple(REPORT_FORMS))]
        if args.form not in (None, form):
            wrong = _("The name does not end as --as {form} says. Leave --as out, or choose another name.")
            raise UsageError(wrong.format(form=args.form))
    with journal_to_read(args.paths, terminal.tell) as journal:
        if args.save is None and args.form is None and terminal.shows_result:
            _say_in_short(journal, args.run, terminal)
            return 0
        text = report.as_json(journal, args.run) if form == "json" else iter([receipt(journal, args.run)])
        if args.save is None:
            _write(text, terminal)
        else:
            save_report(journal, text, args.save, args.paths)
            terminal.say(_("Saved as {file}.").format(file=args.save))
    return 0


def _say_in_short(journal: JournalReader, run: int, terminal: Terminal) -> None:
    """Say how a run ended, its totals, and the first rows that need attention."""
    summary = journal.summary(run)
    terminal.say(_("Upload {run}: {file}").format(run=run, file=Path(summary.file).name))
    if summary.state is not RunState.FINISHED:
        terminal.say(summary.why)
    terminal.say(totals_in_words(summary))
    if summary.attention:
        terminal.say()
        terminal.say(_("Rows that need attention:"))
        troubled = (outcome for outcome in journal.outcomes(run) if STATUSES[outcome.status].needs_attention)
        for outcome in islice(troubled, MAX_ROWS_IN_SHORT):
            terminal.say(f"  {outcome_line(outcome)}")
        if (more := summary.attention - MAX_ROWS_IN_SHORT) > 0:
            text = ngettext("and {count:,} more row", "and {count:,} more rows", more)
            terminal.say(f"  {text.format(count=more)}")
        terminal.say()
        text = _("“cg-uploader resume {run} --save-failed PATH” writes the rows that need attention to a file.")
        terminal.say(text.format(run=run))
    text = _("“cg-uploader report {run} --save receipt.html” writes the whole receipt, “--as json” shows every row.")
    terminal.say(text.format(run=run))


def _write(parts: Iterable[str], terminal: Terminal) -> None:
    for part in parts:
        terminal.write(part)

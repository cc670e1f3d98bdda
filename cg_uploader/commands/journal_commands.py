"""The commands ``forget`` and ``memory``, which use the journal as a whole."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import JournalError, RunHeld, UsageError
from cg_uploader.settings.credentials import CODE_VARIABLE, CredentialStore
from cg_uploader.settings.delete_all import delete_all
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profiles import ProfileStore
from cg_uploader.translation import N_, _, ngettext
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.sent_rows.export_file import code_advice, describe_file
from cg_uploader.uploads.journal.storage.run_locks import any_run_locked, gate
from cg_uploader.uploads.opened_journal import opened_journal
from cg_uploader.uploads.results.report import STILL_READ, summaries
from cg_uploader.uploads.results.saved_files import save_sent_rows

EVERYTHING = N_(
    "This deletes the history, the memory of accepted rows, profiles, settings, logs, "
    "and the saved Client IDs and Client Secrets."
)


def forget(args: Namespace, terminal: Terminal) -> int:
    """Delete a run's record, or everything that the program keeps on this computer."""
    if args.all == (args.run is not None):
        raise UsageError(_("Name the upload to forget by its number, or use --all."))
    if args.all:
        return _forget_all(args, terminal)
    with opened_journal(args.paths, terminal.tell) as journal:
        gone = journal.forget(
            args.run, lambda: terminal.tell(_("Another program is reading the record of uploads. Waiting some seconds for it."))
        )
    if not gone:
        terminal.tell(_(STILL_READ))
    terminal.say(
        _(
            "Upload {run} is forgotten. That its rows were accepted is still remembered, without values. "
            "“cg-uploader forget --all” deletes that too."
        ).format(run=args.run)
    )
    return 0


def _forget_all(args: Namespace, terminal: Terminal) -> int:
    paths = args.paths
    with _alone(paths), _alone(paths.demo):
        pass  # no upload is under way, so it makes sense to ask
    if not args.yes:
        if not sys.stdin.isatty():
            raise UsageError(_(EVERYTHING) + " " + _("Nothing was deleted. Confirm with --yes."))
        # Translators: the answer stays “yes” in every language.
        sys.stderr.write(_(EVERYTHING) + "\n" + _("Type yes to confirm:") + " ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() != "yes":
            raise UsageError(_("Nothing was deleted."))
    store = CredentialStore()
    remaining = [] if not paths.demo.home.is_symlink() else [paths.demo.home.resolve()]
    for home in (paths,) if remaining else (paths.demo, paths):
        remaining += delete_all(home, _profiles(home), store, _alone(home))
    if remaining:
        names = ", ".join(map(str, remaining))
        terminal.say(
            _("What CG Uploader kept on this computer is deleted, except behind links. Delete yourself: {names}").format(
                names=names
            )
        )
    else:
        terminal.say(_("Everything that CG Uploader kept on this computer is deleted."))
    if store.why_unavailable is not None:
        terminal.tell(_("No keychain could be used. If the program has used one before, look for “CG Uploader” in it."))
    return 0


@contextmanager
def _alone(paths: AppPaths) -> Iterator[None]:
    """Keep uploads from beginning meanwhile.

    Raises:
        RunHeld: one is under way.
    """
    with gate(paths.journal) if paths.home.is_dir() else nullcontext():
        if any_run_locked(paths.locks):
            raise RunHeld(_("An upload is under way. Wait until it ends, or stop it. Nothing was deleted."))
        yield


def _profiles(paths: AppPaths) -> set[str]:
    """Return the names that may have credentials: of saved profiles, and of profiles that were uploaded with."""
    names = set(ProfileStore(paths.profiles).names())
    if paths.journal.exists():
        with suppress(JournalError), Journal(paths) as journal:
            names |= {run.profile for run in summaries(journal, journal.runs(), lambda _changed: None)}
    return names


def memory(args: Namespace, terminal: Terminal) -> int:
    """Show what is remembered of accepted rows, write it for a colleague, or add what a colleague exported."""
    with opened_journal(args.paths, terminal.tell) as journal:
        if args.action == "export":
            count, code = save_sent_rows(journal, args.file, args.paths)
            text = ngettext(
                "What this computer remembers of {count:,} row is in {file}. It holds no values.",
                "What this computer remembers of {count:,} rows is in {file}. It holds no values.",
                count,
            )
            terminal.say(text.format(count=count, file=args.file))
            terminal.say(_("Code: {code}").format(code=code))
            terminal.tell(code_advice())
        elif args.action == "import":
            terminal.say(journal.sent_rows_file().import_from(args.file, _code(args, terminal)).import_message)
        else:
            for line in journal.sent_rows_file().describe():
                terminal.say(line)
    return 0


def _code(args: Namespace, terminal: Terminal) -> str:
    announcement = describe_file(args.file)
    code: str | None = args.environment.get(CODE_VARIABLE)
    if code:
        return code
    if not sys.stdin.isatty():
        raise UsageError(
            _("The code of {file} is needed. Start this in a terminal, or set {variable}.").format(
                file=args.file.name, variable=CODE_VARIABLE
            )
        )
    terminal.tell(announcement)
    return getpass.getpass(_("Code (not shown):") + " ", stream=sys.stderr)

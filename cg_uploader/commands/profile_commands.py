"""The commands ``profile``, ``credentials`` and ``practice-server``, which prepare a run."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from pathlib import Path

from cg_uploader.api.client import Client
from cg_uploader.api.endpoints import address
from cg_uploader.commands.client_factory import ClientFactory, credentials_for
from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import ProfileError, UsageError
from cg_uploader.model.configuration import Credentials, Profile
from cg_uploader.model.enums import Region
from cg_uploader.practice.faults import read as read_script
from cg_uploader.practice.server import serve
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.profiles import ProfileStore, delete_profile, open_profile, read_profile, to_json
from cg_uploader.translation import _
from cg_uploader.uploads.results.output_files import ensure_spared
from cg_uploader.uploads.results.saved_files import save_setup_file


def profile(args: Namespace, terminal: Terminal) -> int:
    """List, show, import, export or delete profiles."""
    store = ProfileStore(args.paths.profiles)
    match args.action:
        case "list":
            for name in store.names() or [_("There is no profile on this computer yet.")]:
                terminal.say(name)
        case "show":
            terminal.write(to_json(store.load(args.name)))
        case "import":
            imported = read_profile(args.file)
            if not args.yes:
                _refuse_to_replace(store, imported, args.file)
            store.save(imported)
            terminal.say(_("“{profile}” is saved.").format(profile=imported.name))
        case "export":
            save_setup_file(store.load(args.name), args.file, args.paths, replaces=args.yes)
            terminal.say(_("“{profile}” is in {file}. It holds no secret.").format(profile=args.name, file=args.file))
        case _:
            delete_profile(args.name, store, CredentialStore())
            terminal.say(_("“{profile}” is deleted.").format(profile=args.name))
    return 0


def _refuse_to_replace(store: ProfileStore, imported: Profile, file: Path) -> None:
    """Raise ProfileError with what would change, when another profile of that name is saved."""
    if changes := store.changed_by(imported):
        text = _(
            "“{profile}” is already saved on this computer, and {file} differs from it ({changes}). "
            "Nothing was changed. --yes replaces the saved one. To keep both, change “name” in the file."
        )
        raise ProfileError(text.format(profile=imported.name, file=file, changes="; ".join(changes)))


def manage_credentials(args: Namespace, terminal: Terminal) -> int:
    """Save, test or forget the Client ID and Client Secret of a profile."""
    if args.action == "test":
        wanted = open_profile(args.name, ProfileStore(args.paths.profiles))
        credentials = credentials_for(args, wanted.name, wanted.region)
        ClientFactory(args.paths, terminal, address(wanted.region, wanted.address), credentials).go(Client.sign_in)
        terminal.say(_("CustomerGauge accepts the Client ID and Client Secret of “{profile}”.").format(profile=wanted.name))
    elif args.action == "forget":
        CredentialStore().forget(args.name)
        if args.name in ProfileStore(args.paths.profiles).names():
            terminal.say(_("The Client ID and Client Secret of “{profile}” are forgotten.").format(profile=args.name))
        else:  # what was typed may be anything
            terminal.say(_("The keychain holds no Client ID and Client Secret under that name any more."))
    else:
        wanted = open_profile(args.name, ProfileStore(args.paths.profiles))
        _ask_and_save(wanted.name, wanted.region)
        terminal.say(_("Saved in this computer's keychain for “{profile}”.").format(profile=wanted.name))
    return 0


def _ask_and_save(name: str, region: Region) -> None:
    store = CredentialStore()
    if store.why_unavailable is not None:
        raise UsageError(store.why_unavailable)
    sys.stderr.write(_("Client ID:") + " ")
    sys.stderr.flush()
    client_id = sys.stdin.readline().strip()
    secret = getpass.getpass(_("Client Secret (not shown):") + " ", stream=sys.stderr).strip()
    if not client_id or not secret:
        raise UsageError(_("Both the Client ID and the Client Secret are needed. Nothing was saved."))
    store.save(name, region, Credentials(client_id, secret))


def practice_server(args: Namespace, terminal: Terminal) -> int:
    """Run the pretend CustomerGauge until it is stopped."""
    script = read_script(args.script) if args.script else None
    if args.ledger is not None:
        ensure_spared(args.ledger, args.paths, inputs=(args.script,) if args.script else ())
    serve(terminal.say, port=args.port, script=script, delay=args.delay / 1000, ledger_file=args.ledger)
    return 0

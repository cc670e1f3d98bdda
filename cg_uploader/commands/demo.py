"""The command ``demo``: a whole upload of a sample file to the practice server, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from cg_uploader.commands.client_factory import ClientFactory
from cg_uploader.commands.terminal import Terminal
from cg_uploader.commands.upload_commands import run_plan
from cg_uploader.errors import UploaderError
from cg_uploader.practice.faults import read as read_script
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.sample import ANSWER_SECONDS, PRACTICE_CREDENTIALS, sample_file, sample_profile, sample_script
from cg_uploader.sheets.failed_rows.writer import DEFAULT_SUFFIX
from cg_uploader.sheets.reader import read
from cg_uploader.system.temporary_folders import temporary_folder
from cg_uploader.translation import _
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning.plan_builder import make_plan

# Some sample rows need attention on purpose.
EXPECTED_EXIT_CODES = (0, 1)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Give a folder for this one time, so that the user's own history stays as it is. What it holds is named at the end.

    Raises:
        UploaderError: no folder for temporary files can be written.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(temporary_folder("cg-uploader-demo-"))
        except OSError as error:
            raise UploaderError(
                _(
                    "The folder for temporary files cannot be written ({reason}). Make room there, or name another in TMPDIR."
                ).format(reason=error.strerror),
                kind="storage",
            ) from None
        yield folder


def demo(terminal: Terminal) -> int:
    """Do the whole job in the terminal. 0 when it went as meant, though some sample rows need attention on purpose."""
    with own_folder() as folder:
        code = _carry_out(folder, terminal)
    return 0 if code in EXPECTED_EXIT_CODES else code


def _carry_out(folder: Path, terminal: Terminal) -> int:
    sample = sample_file()
    script = read_script(sample_script())
    with PracticeServer(script=script, delay=ANSWER_SECONDS) as server, closing(Journal(AppPaths(folder))) as journal:
        plan = make_plan(sample_profile(server.address), read(sample))
        text = _("{file} goes to the practice server, a pretend CustomerGauge on this computer ({page}).")
        terminal.say(text.format(file=sample.name, page=server.page))
        factory = ClientFactory(AppPaths(folder), terminal, plan.address, PRACTICE_CREDENTIALS)
        return run_plan(plan, factory, journal, terminal, folder / f"contacts - failed rows{DEFAULT_SUFFIX}")

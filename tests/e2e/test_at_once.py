"""Several programs with several threads use one record of uploads at the same time: each finds in it what it has sent."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rig import ScriptedClient, people, plan_of

from cg_uploader.errors import RunChanged
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning.plan_builder import find_earlier
from cg_uploader.uploads.results.report import as_json, summaries
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

pytestmark = [pytest.mark.process, pytest.mark.slow]

PROGRAMS, THREADS, SECONDS = 3, 2, 5.0
MAX_PAUSE_SECONDS = 0.012
TESTS = Path(__file__).resolve().parents[1]


def not_as_it_was_written(error: RunChanged) -> None:
    """No run is, whatever goes on beside it."""
    raise error


class User:
    """One thread that does this and that with the journal; ``sent`` are its runs with their rows."""

    def __init__(self, paths: AppPaths, name: str) -> None:
        self.random = random.Random(name)
        self.name = name
        self.paths = paths
        self.sent: dict[int, int] = {}

    def work(self, until: float) -> None:
        """Each time with a connection of its own, as the window's workers and the commands do."""
        deeds = (self.upload, self.upload, self.list_all, self.look_back, self.show_one, self.tidy)
        while time.monotonic() < until:
            time.sleep(self.random.random() * MAX_PAUSE_SECONDS)
            with Journal(self.paths) as journal:
                assert not journal.lost
                self.random.choice(deeds)(journal)

    def upload(self, journal: Journal) -> None:
        rows = [(f"{self.name}-{self.random.random()}@example.com", "Ann") for _ in range(self.random.randint(1, 20))]
        plan = plan_of(rows, data_type=self.random.choice((DataType.CONTACT, DataType.SURVEY)), connections=2)
        summary = engine.upload(plan, ScriptedClient(), journal, on_batch=lambda _: None, control=Control())
        assert summary.counts[RowStatus.ACCEPTED] == len(rows)
        self.sent[summary.run] = len(rows)

    def list_all(self, journal: Journal) -> None:
        for summary in summaries(journal, journal.runs(), changed=not_as_it_was_written):
            assert sum(summary.counts.values()) == summary.rows
            assert summary.state is not RunState.CUT_OFF

    def look_back(self, journal: Journal) -> None:
        find_earlier(plan_of(people(5), data_type=DataType.SURVEY), journal, repeatable=True)

    def show_one(self, journal: Journal) -> None:
        if runs := journal.runs():
            json.loads("".join(as_json(journal, self.random.choice(runs))))

    def tidy(self, journal: Journal) -> None:
        journal.delete_old_values(30)


def main(home: str, name: str) -> None:
    """One program: its threads at once; prints what each has sent."""
    users = [User(AppPaths(Path(home)), f"{name}-{number}") for number in range(THREADS)]
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=user.work, args=(until,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sys.stdout.write(json.dumps([list(user.sent.items()) for user in users]))


def test_what_each_has_sent_is_in_the_record(paths: AppPaths) -> None:
    here = [
        sys.executable,
        "-P",
        "-c",
        "import sys; sys.path[:0] = sys.argv[3:]; import test_at_once; test_at_once.main(*sys.argv[1:3])",
    ]
    search_paths = [str(TESTS / "e2e"), str(TESTS), str(TESTS.parent)]
    programs = [
        subprocess.Popen(
            [*here, str(paths.home), str(number), *search_paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for number in range(PROGRAMS)
    ]
    said = [program.communicate(timeout=120) for program in programs]
    assert [error for _, error in said] == [""] * PROGRAMS
    sent = [(run, rows) for out, _ in said for user in json.loads(out) for run, rows in user]
    assert len(sent) > PROGRAMS
    with Journal(paths) as journal:
        assert sorted(sent) == sorted((run, journal.summary(run).counts[RowStatus.ACCEPTED]) for run in journal.runs())

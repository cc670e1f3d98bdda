"""Whatever a person does with a file and its failed rows, nobody is written to twice unless that person says so."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rig import OK, Heard, ScriptedClient, Timer, inline, people, plan_of, status

from cg_uploader.errors import UploaderError
from cg_uploader.model import Options, Plan, Reply, Request
from cg_uploader.settings.paths import Places
from cg_uploader.sheets.reader import read
from cg_uploader.uploads import planning, report
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.takeup import failed_table
from cg_uploader.vocabulary import Answer, DataType

DAY = 86_400.0


class Killed(BaseException):
    """The program dies while a row is on its way."""


class Service(ScriptedClient):
    """Answers at random; ``arrived``: how often each row may have got there."""

    def __init__(self, chance: random.Random, arrived: Counter[int], control: Control) -> None:
        super().__init__()
        self.chance, self.arrived, self.control = chance, arrived, control

    def send(self, request: Request) -> Reply:
        if self.chance.random() < 0.12:
            self.control.stop()
        what = self.chance.random()
        if what > 0.75:
            return status(422, ("First Name", f"is blocked {what}"))
        self.arrived[request.row] += 1
        if what > 0.72:
            raise Killed
        return OK if what < 0.6 else Reply(Answer.NOTHING) if what < 0.68 else status(503)


class Person:
    """Does at random what the program allows, and never chooses to send again what was accepted."""

    def __init__(self, places: Places, folder: Path, seed: int) -> None:
        self.places, self.folder, self.chance = places, folder, random.Random(seed)
        self.count = self.chance.randint(3, 7)
        self.survey = plan_of(people(self.count), data_type=DataType.SURVEY)
        self.journal = Journal(places)
        self.arrived: Counter[int] = Counter()
        self.files: list[Path] = []
        self.days = 0

    def act(self) -> str:
        """One thing; its name."""
        does = self.chance.choice([self.whole, self.part, self.in_window, self.by_file, self.by_file, self.go_on, self.wait])
        with suppress(UploaderError):
            try:
                does()
            except Killed:
                self.journal.close()
                self.journal = Journal(self.places)
        for run in self.journal.runs():
            self.journal.summary(run)
        return does.__name__

    def run(self, work: Callable[..., Any], what: Plan | int) -> None:
        control = Control()
        service = Service(self.chance, self.arrived, control)
        work(what, service, self.journal, on_batch=Heard(), control=control, surroundings=inline(Timer()))

    def send(self, plan: Plan) -> None:
        skip = self.chance.choice([None, True])
        planning.refuse_repeat(planning.earlier(plan, self.journal), skip)
        self.run(engine.upload, replace(plan, skip_accepted=skip))

    def edited(self, plan: Plan) -> Plan:
        numbers = [row.number for row in plan.table.rows if self.chance.random() < 0.4]
        return replace(plan, edits={number: {1: f"Right {self.chance.random()}"} for number in numbers})

    def whole(self) -> None:
        self.send(self.edited(self.survey))

    def part(self) -> None:
        first = self.chance.randint(2, self.count + 1)
        out = frozenset({self.chance.randint(2, self.count + 1)})
        self.send(replace(self.survey, options=Options(rows=(first, self.count + 1)), left_out=out))

    def some_run(self) -> int:
        return self.chance.choice(self.journal.runs() or [0])

    def in_window(self) -> None:
        self.send(self.edited(replace(self.survey, table=failed_table(self.journal, self.some_run()))))

    def by_file(self) -> None:
        """A new repair file, or one of those that lie about, corrected here and there."""
        file = self.folder / f"failed {len(self.files)}.xlsx"
        with suppress(UploaderError):
            if report.save_failed_rows(self.journal, self.some_run(), file):
                self.files.append(file)
        if self.files:
            file = self.chance.choice(self.files)
            book = openpyxl.load_workbook(file)
            for row in range(2, book.worksheets[0].max_row + 1):
                if self.chance.random() < 0.4:
                    book.worksheets[0].cell(row, 3).value = f"Right {self.chance.random()}"
            book.save(file)
            self.send(replace(self.survey, table=read(file)))

    def go_on(self) -> None:
        self.run(engine.resume, self.some_run())

    def wait(self) -> None:
        self.days += 3
        self.journal.delete_old_values(1, time.time() + self.days * DAY)


@pytest.mark.parametrize("seed", range(25))
def test_nobody_is_written_to_twice_unasked(places: Places, tmp_path: Path, seed: int) -> None:
    person = Person(places, tmp_path, seed)
    done = []
    for _ in range(12):
        done.append(person.act())
        assert max(person.arrived.values(), default=0) <= 1, (done, dict(person.arrived))
    person.journal.close()

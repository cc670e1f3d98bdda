"""What the check and the preview show of a row is what arrives: odd texts, edits, constants, blank cells both ways."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rig import Heard, Timer, inline, plan_of

from cg_uploader.api.client import Client
from cg_uploader.commands.files import _as_csv
from cg_uploader.fields.checks import RowChecker
from cg_uploader.model.configuration import Credentials, Field, Mapping, Options, Source
from cg_uploader.model.enums import BlankCells, Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Table
from cg_uploader.practice import faults
from cg_uploader.practice.ledger import Entry
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.sheets.reader import ReadOptions, read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

HEADINGS = ("Name", "Straße & Co. [x", "a+b=c", "100 %")
CONSTANT = "Source"
ODD = "aZ09 +%&=#?/\\[]{}<>\"';:,.@~|^`$!*()-_\t\né\u0301ßİıŁ€日🙂👩‍🔧\u00a0\u200b\u202e\u05d0\ufeff\x7f\x00"


texts = st.text(alphabet=ODD, max_size=12) | st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
rows_of_texts = st.lists(st.tuples(texts, texts, texts, texts), min_size=1, max_size=6)
plain_texts = texts.map(
    lambda text: "".join(letter for letter in text if letter in "\t\n" or unicodedata.category(letter) != "Cc")
)
rows_of_plain_texts = st.lists(st.tuples(plain_texts, plain_texts, plain_texts, plain_texts), min_size=1, max_size=6)
edits_of_rows = st.dictionaries(st.integers(2, 7), st.dictionaries(st.integers(0, 3), texts, min_size=1), max_size=3)


@dataclass
class Service:
    """A practice server, a client of it, and a journal: what a plan sends from here arrives."""

    server: PracticeServer
    client: Client
    journal: Journal

    def sent_by(self, plan: Plan) -> tuple[Entry, ...]:
        """What the server received when the plan was carried out over real HTTP."""
        before = self.server.ledger.received
        engine.upload(
            replace(plan, address=self.server.address, skip_accepted=False),
            self.client,
            self.journal,
            on_batch=Heard(),
            control=Control(),
            dependencies=inline(Timer()),
        )
        return self.server.ledger.entries[before:]


@pytest.fixture
def service(paths: AppPaths) -> Iterator[Service]:
    with (
        PracticeServer(script=faults.parse({"open": True})) as server,
        closing(Journal(paths)) as journal,
        closing(Client(server.address, Credentials("id", "secret"))) as client,
    ):
        yield Service(server, client, journal)


def ready(plan: Plan) -> list[tuple[str, ...]]:
    """The texts that the check shows of every row that it lets go, one per column, edits in place."""
    checker = RowChecker(plan)
    found = []
    for row in plan.table.rows:
        problems = checker.find_problems(row, plan.request(row))
        if not any(problem.level is Level.ERROR for problem in problems):
            edits = plan.edits.get(row.number, {})
            found.append(tuple(edits.get(position, text) for position, text in enumerate(row.cells)))
            assert plan.cells(row) == found[-1]
    return found


def with_constant(plan: Plan, constant: str) -> Plan:
    configuration = replace(plan.configuration, fields=(*plan.configuration.fields, Field(CONSTANT)))
    mapping = Mapping((*plan.mapping.sources, (CONSTANT, Source(constant=constant))))
    return replace(plan, configuration=configuration, mapping=mapping)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows_of_texts, edits_of_rows, st.sampled_from(BlankCells), st.sampled_from(["CRM", "a & b + c", "50 % #1"]))
@example([("", "\u200b", "0", "00123")], {2: {0: "=1+1", 3: ""}}, BlankCells.SEND_EMPTY, "CRM")
@example([(" a ", "+49 30", "\t", "x\ny")], {}, BlankCells.LEAVE_OUT, "CRM")
def test_the_ledger_has_what_the_check_showed(service, rows, edits, blank, constant):
    plan = plan_of(rows, HEADINGS, reference="anything", connections=1)
    options = Options(blank_cells=blank, connections=1)
    plan = with_constant(replace(plan, options=options, edits=edits), constant)
    shown = ready(plan)
    expected = [
        tuple(
            (heading, text)
            for heading, text in zip((*HEADINGS, CONSTANT), (*cells, constant), strict=True)
            if text or blank is BlankCells.SEND_EMPTY
        )
        for cells in shown
    ]
    assert sorted(entry.pairs for entry in service.sent_by(plan)) == sorted(expected)


def table_from(content: bytes, suffix: str) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"people{suffix}")
        file.write_bytes(content)
        return read(file, ReadOptions(None, None, None, None, None))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows_of_plain_texts)
@example([("00123", "1E5", "1,5", "2024-01-05"), ("NA", "null", '="007"', "TRUE")])
def test_the_ledger_has_what_preview_shows(service, rows):
    heads = ("Name", "Street", "Note", "Share")
    written = io.StringIO(newline="")
    csv.writer(written).writerows([heads, ("one", "two", "three", "four"), *rows])
    table = table_from(written.getvalue().encode("utf-8-sig"), ".csv")
    plan = plan_of([], heads, reference="anything", connections=1)
    plan = replace(plan, table=table, trusted=frozenset(row.number for row in table.rows))
    preview = list(csv.reader(io.StringIO(_as_csv(table), newline="")))
    assert preview[0] == list(heads)
    checker = RowChecker(plan)
    kept = [
        texts
        for row, texts in zip(table.rows, preview[1:], strict=True)
        if not any(problem.level is Level.ERROR for problem in checker.find_problems(row, plan.request(row)))
    ]
    expected = [tuple(pair for pair in zip(heads, texts, strict=True) if pair[1]) for texts in kept]
    assert [entry.pairs for entry in service.sent_by(plan)] == expected
    assert len(expected) >= 1


def test_the_order_of_columns_is_the_order_in_which_they_arrive(service):
    heads = ("b", "a", "C", "B")
    for mixed in itertools.permutations(heads):
        plan = plan_of([("1", "2", "3", "4")], heads, reference="anything", connections=1)
        sources = tuple((heading, Source(column=heading)) for heading in mixed)
        plan = replace(plan, mapping=Mapping(sources))
        (entry,) = service.sent_by(plan)
        assert entry.pairs == (("b", "1"), ("a", "2"), ("C", "3"), ("B", "4"))


def test_ends_of_a_constant_are_trimmed_like_those_of_a_cell(service):
    plan = with_constant(plan_of([("Ann",)], ("Name",), reference="anything"), "\u200b\u3000 CRM\u00a0x \ufeff\n")
    (entry,) = service.sent_by(plan)
    assert entry.fields[CONSTANT] == "CRM\u00a0x"

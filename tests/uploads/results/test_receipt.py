"""The receipt: inert, complete, honest, and of bounded length however long the run was."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from rig import Heard, ScriptedClient, Timer, inline, plan_of, recorded, status

from cg_uploader import translation
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.statuses import STATUSES
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.receipt import MAX_REASONS, MAX_ROWS, receipt
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

HOSTILE = '<script>alert("x")</script>'
DECEIVING = "photo\u202egnp.exe\u200b"
QUIET = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    """The tags, the attributes and the text of a page, and the cells of its tables by their title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.lines: dict[str, list[list[str]]] = {}
        self._title = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._inside = tag
        if tag == "h2":
            self._title = ""
        elif tag == "tr":
            self.lines.setdefault(self._title, []).append([])
        elif tag in ("td", "th"):
            self.lines[self._title][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside == "h2":
            self._title += data
        elif self._inside in ("td", "th"):
            self.lines[self._title][-1][-1] += data


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def carried_out(journal: Journal, plan: Plan, client: ScriptedClient) -> int:
    return engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer())).run


@pytest.fixture
def page(journal: Journal) -> Page:
    rows = [
        ("ann@example.com", HOSTILE, "x"),
        ("bob@example.com", DECEIVING, "y"),
        ("not an address", "=1+1", "z"),
        ("cy@example.com", "Cy", ""),
    ]
    plan = plan_of(rows, ("Email", "First <b>Name</b>", "Left behind"), data_type=DataType.SURVEY, reference="<i>ref</i>")
    fields = (*plan.configuration.fields, Field("Source"))
    sources = (*plan.mapping.sources[:2], ("Source", Source(constant="<u>CRM</u>")))
    plan = replace(plan, configuration=replace(plan.configuration, fields=fields), mapping=Mapping(sources))
    refused = status(422, ("Email", f"{HOSTILE} {DECEIVING}"))
    return Page(receipt(journal, carried_out(journal, plan, ScriptedClient({2: [refused]}))))


def test_it_is_inert(page: Page) -> None:
    assert page.tags <= QUIET
    assert page.attributes <= {"lang", "charset", "class", "http-equiv", "content"}
    assert HOSTILE in page.text
    assert "<i>ref</i>" in page.text


def test_what_could_deceive_is_visible(page: Page) -> None:
    assert "\u202e" not in page.text
    assert "\u200b" not in page.text
    assert "photo‹right-to-left override›gnp.exe‹zero width space›" in page.text


def test_the_six_totals_stand_there_and_add_up(page: Page) -> None:
    _, *lines, total = page.lines["Totals"]
    assert [line[0] for line in lines] == [STATUSES[status].label for status in RowStatus]
    assert sum(int(line[1]) for line in lines) == int(total[1]) == 4
    assert total[0] == "Rows in all"
    assert "can still ignore a field or hold an invitation back" in lines[0][2]


def test_it_says_who_when_where_and_what(page: Page) -> None:
    facts = {line[0]: line[1] for line in page.lines["What, where and when"][1:]}
    assert facts["File"] == "contacts.xlsx"
    assert len(facts["Checksum (SHA-256)"]) == 64
    assert facts["Sheet"] == "Sheet1"
    assert facts["Sent to"] == "Practice, a pretend CustomerGauge: 127.0.0.1:9"
    assert facts["Reference"] == "<i>ref</i>"
    assert facts["Data type"] == "Survey"
    assert facts["Profile"] == "test"
    assert facts["Sent by"]
    assert "(UTC" in facts["Started"]
    assert "agreed to" in facts["Surveys"]
    assert page.lines["Fields that were sent"][1:] == [
        ["Email", "column A, “Email”"],
        ["First <b>Name</b>", "column B, “First <b>Name</b>”"],
        ["Source", "“<u>CRM</u>” in every row"],
    ]
    assert "Left behind (C)" in page.text


def test_rows_that_need_attention_stand_there_with_their_reasons(page: Page) -> None:
    assert [line[:3] for line in page.lines["Rows that need attention"][1:]] == [
        ["2", "ann@example.com", "Refused"],
        ["4", "not an address", "Held back"],
    ]
    assert sum(int(line[0]) for line in page.lines["Why rows need attention"][1:]) == 2


def test_a_run_that_stopped_says_why(journal: Journal) -> None:
    plan = plan_of([("ann@example.com", "Ann")])
    page = Page(receipt(journal, carried_out(journal, plan, ScriptedClient({2: [status(403)]}))))
    assert "It stopped before its end: " in page.text


def test_it_is_in_the_language_of_the_user(journal: Journal, tmp_path: Path) -> None:
    run = carried_out(journal, plan_of([("ann@example.com", "Ann"), ("x", "X")]), ScriptedClient())
    english = receipt(journal, run)
    catalogue = Catalog(locale="pt_BR")
    texts = ("Totals", "Accepted", "Rows", "Why rows need attention", "Held back", "What it means", "Status")
    for text in texts:
        catalogue.add(text, f"«{text}»")
    file = tmp_path / "pt_BR" / "LC_MESSAGES" / "cg_uploader.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as stream:
        write_mo(stream, catalogue)
    translation.use(file)
    try:
        page = receipt(journal, run)
    finally:
        translation.use(None)
    assert page.startswith('<!doctype html><html lang="pt-BR">')
    assert english.startswith('<!doctype html><html lang="en">')
    assert Page(page).lines["«Totals»"][:2] == [
        ["«Status»", "«Rows»", "«What it means»"],
        ["«Accepted»", "1", STATUSES[RowStatus.ACCEPTED].meaning],
    ]
    assert [line[:2] for line in Page(page).lines["«Why rows need attention»"]] == [
        ["«Rows»", "«Status»"],
        ["1", "«Held back»"],
    ]
    assert classes(page) == classes(english), "a column is set by what it is, not by its head"


def classes(page: str) -> list[str]:
    return re.findall(r'class="(\w+)"', page)


def long_run(journal: Journal, count: int) -> int:
    rows = [
        JournalRow(
            n, n + 2, "refused", once_only=False, cells=("x",), who=f"p{n}", messages=(("Email", f"No. {chr(0x4E00 + n)}"),)
        )
        for n in range(count)
    ]
    return recorded(journal, plan_of([("x", "y")] * count), rows)


def test_thousands_of_reasons_are_bounded_and_still_add_up(journal: Journal) -> None:
    text = receipt(journal, long_run(journal, 6_000))
    page = Page(text)
    reasons = page.lines["Why rows need attention"][1:]
    assert len(reasons) == MAX_REASONS + 1
    assert sum(int(line[0].replace(",", "")) for line in reasons) == 6_000
    assert len(page.lines["Rows that need attention"]) == MAX_ROWS + 1
    assert f"And {6_000 - MAX_ROWS:,} more" in page.text
    assert len(text) < 100_000


def test_values_in_a_reason_do_not_make_it_another_one(journal: Journal) -> None:
    rows = [(f"no address {n}", "Ann") for n in range(30)]
    page = Page(receipt(journal, carried_out(journal, plan_of(rows), ScriptedClient())))
    assert [line[:2] for line in page.lines["Why rows need attention"][1:]] == [["30", "Held back"]]


@pytest.mark.slow
def test_outcomes_come_in_parts_and_are_never_all_in_memory(journal: Journal) -> None:
    run = long_run(journal, 40_000)
    tracemalloc.start()
    try:
        length = sum(map(len, report.as_json(journal, run)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < length / 2

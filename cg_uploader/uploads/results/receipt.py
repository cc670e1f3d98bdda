"""A run's receipt: one self-contained, printable page of HTML without scripts; every text in it is escaped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from cg_uploader import __version__
from cg_uploader.fields.headings import show_invisible
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import BlankCells, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.run import RunSummary
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.translation import ngettext
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.journal.reader import JournalReader

# Rows that are listed one by one; the file of failed rows has all of them.
MAX_ROWS = 200
MAX_REASONS = 25
# Different reasons that are told apart while counting, so that a run of a million rows fits into memory.
MAX_REASONS_COUNTED = 5_000
MAX_TEXT_CHARS = 300
MAX_NAMES = 200

STYLE = """
body { font-family: "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif; font-size: 10.5pt; line-height: 1.45;
       color: #1b1f24; background: #ffffff; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 17pt; line-height: 1.25; margin: 0 0 4pt 0; overflow-wrap: anywhere; }
h2 { font-size: 12pt; margin: 20pt 0 4pt 0; break-after: avoid; }
p { margin: 0 0 4pt 0; overflow-wrap: anywhere; }
p.foot { color: #57606a; margin-top: 20pt; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
th, td { text-align: left; vertical-align: top; padding: 3pt 10pt 3pt 0; border-bottom: 1px solid #d0d7de; }
th { color: #57606a; font-weight: 600; }
tr { break-inside: avoid; }
td { overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.word, th.word { white-space: nowrap; }
td.who { width: 24%; }
td.name { width: 30%; }
tr.sum td { font-weight: 600; border-top: 2px solid #1b1f24; border-bottom: 0; }
@page { size: auto; margin: 16mm 15mm; }
@media print { body { max-width: none; margin: 0; padding: 0; } }
"""

Cells = Sequence[str]
# How a column is set, by its head.
KINDS = {"Row": "number", "Rows": "number", "Status": "word", "Who": "who", "Fact": "name", "CustomerGauge field": "name"}
_QUOTED = re.compile("“[^”]*”|\\d+")


def receipt(journal: JournalReader, run: int) -> str:
    """The receipt of a run as one HTML page: who, when, where, which file, what was sent, totals, reasons; never a secret.

    Its length is bounded, however many rows the run has.
    """
    summary, plan = journal.summary(run), journal.plan(run)
    title = f"Upload {run}: {_text(Path(summary.file).name)}"
    body = "".join(
        (
            f"<h1>{escape(title)}</h1><p>{escape(_text(_headline(summary)))}</p>",
            _totals(summary),
            _facts(summary, plan),
            _fields(plan),
            _attention(journal, run, summary) if summary.attention else "",
            f'<p class="foot">CG Uploader {escape(__version__)}, receipt made on {_time(datetime.now(UTC))}.</p>',
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _headline(summary: RunSummary) -> str:
    if summary.state in (RunState.UNDER_WAY, RunState.CUT_OFF):
        return f"{summary.why} These are its totals so far."
    if summary.state is RunState.STOPPED:
        return f"It stopped before its end: {summary.why}"
    if summary.attention:
        count = summary.attention
        text = ngettext("Finished. {count:,} row needs attention.", "Finished. {count:,} rows need attention.", count)
        return text.format(count=count)
    return "Finished. Every row was accepted or skipped."


def _totals(summary: RunSummary) -> str:
    lines = [(STATUSES[status].label, f"{count:,}", STATUSES[status].meaning) for status, count in summary.counts.items()]
    total = ("Rows in all", f"{sum(summary.counts.values()):,}", "")
    return _section("Totals", ("Status", "Rows", "What it means"), lines, total)


def _facts(summary: RunSummary, plan: Plan) -> str:
    table, configuration, options = plan.table, plan.configuration, plan.options
    origin = table.origin
    host = urlsplit(plan.address.records).netloc
    region = REGIONS[plan.region].recorded
    facts = [
        ("File", table.file.name),
        ("Sheet", table.sheet or ""),
        ("Its rows", f"failed rows of upload {origin.run}, {origin.file}" if origin is not None and origin.run else ""),
        ("Checksum (SHA-256)", table.digest),
        ("Headings in row", str(table.header_row)),
        ("Sent by", summary.sent_by or "a user without a name"),
        ("Started", _time(summary.started)),
        ("Ended", _time(summary.finished) if summary.finished else "not yet"),
        ("Profile", plan.profile),
        ("Sent to", f"{region}: {host}"),
        ("Reference", configuration.reference),
        ("Data type", facts_of(configuration.data_type).name.capitalize()),
        ("Surveys", _surveys(plan)),
        ("Blank cells", "left out" if options.blank_cells is BlankCells.LEAVE_OUT else "sent as empty"),
        ("Only rows", f"{options.rows[0]:,} to {options.rows[1]:,}" if options.rows else ""),
    ]
    return _section("What, where and when", ("Fact", "What is recorded"), [fact for fact in facts if fact[1]])


def _surveys(plan: Plan) -> str:
    if not facts_of(plan.configuration.data_type).inviting:
        return ""
    return "this configuration may invite people; that was agreed to" if plan.consent else "may be sent; nobody agreed to that"


def _fields(plan: Plan) -> str:
    columns = plan.table.columns
    sent = [
        (heading, f"“{constant}” in every row" if at is None else f"column {columns[at].letter}, “{columns[at].heading}”")
        for heading, at, constant in plan.bindings
    ]
    used = {at for _, at, _ in plan.bindings}
    behind = [f"{column.heading or 'no heading'} ({column.letter})" for i, column in enumerate(columns) if i not in used]
    text = _section("Fields that were sent", ("CustomerGauge field", "Where its text came from"), sent)
    if behind:
        more = f" and {len(behind) - MAX_NAMES:,} more" if len(behind) > MAX_NAMES else ""
        names = ", ".join(map(_text, behind[:MAX_NAMES])) + more
        text += f"<h2>Columns that were not sent</h2><p>{escape(names)}</p>"
    return text


@dataclass
class _Reasons:
    """Counts rows by status, field and words; values in quotation marks and numbers do not make a reason another one."""

    counts: Counter[tuple[RowStatus, str]] = field(default_factory=Counter)
    examples: dict[tuple[RowStatus, str], str] = field(default_factory=dict)
    others: int = 0

    def add(self, row: JournalRow) -> None:
        """Count one row."""
        message = row.outcome.message
        reason = row.status, _QUOTED.sub("…", message)
        if reason not in self.counts and len(self.counts) >= MAX_REASONS_COUNTED:
            self.others += 1
            return
        self.counts[reason] += 1
        self.examples.setdefault(reason, f"{message} (row {row.number:,})" if reason[1] != message else message)

    def lines(self) -> list[Cells]:
        """The most frequent ones, and one line for all others."""
        common = self.counts.most_common(MAX_REASONS)
        lines: list[Cells] = [(f"{count:,}", STATUSES[reason[0]].label, self.examples[reason]) for reason, count in common]
        rest = len(self.counts) - len(common)
        if rest or self.others:
            count = self.others + self.counts.total() - sum(count for _, count in common)
            lines.append((f"{count:,}", "Others", f"{rest:,}{' or more' if self.others else ''} different reasons"))
        return lines


def _attention(journal: JournalReader, run: int, summary: RunSummary) -> str:
    reasons, listed = _Reasons(), list[Cells]()
    for row in journal.rows(run):
        if STATUSES[row.status].needs_attention:
            reasons.add(row)
            if len(listed) < MAX_ROWS:
                listed.append((f"{row.number:,}", row.who, STATUSES[row.status].label, row.outcome.message))
    text = _section("Why rows need attention", ("Rows", "Status", "Reason"), reasons.lines())
    text += _section("Rows that need attention", ("Row", "Who", "Status", "What to know"), listed)
    if (more := summary.attention - len(listed)) > 0:
        text += f"<p>And {more:,} more: they are in the file of failed rows.</p>"
    return text


def _section(title: str, heads: Cells, lines: Iterable[Cells], total: Cells = ()) -> str:
    kinds = [KINDS.get(head, "text") for head in heads]
    head = "".join(f'<th class="{kind}">{escape(text)}</th>' for kind, text in zip(kinds, heads, strict=True))
    rows = "".join(f"<tr>{_cells(kinds, line)}</tr>" for line in lines)
    if total:
        rows += f'<tr class="sum">{_cells(kinds, total)}</tr>'
    return f"<h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(kinds: Cells, line: Cells) -> str:
    return "".join(f'<td class="{kind}">{escape(_text(text))}</td>' for kind, text in zip(kinds, line, strict=True))


def _text(text: str) -> str:
    """A text from elsewhere as people can see all of it: on one line, nothing invisible, of bounded length."""
    seen = show_invisible(text[: MAX_TEXT_CHARS + 1])
    return f"{seen[:MAX_TEXT_CHARS]}…" if len(text) > MAX_TEXT_CHARS else seen


def _time(moment: datetime) -> str:
    """A time with the zone of this computer: ``2026-05-03 14:02:11 CEST (UTC+02:00)``."""
    here = moment.astimezone()
    offset = here.strftime("%z")
    return f"{here:%Y-%m-%d %H:%M:%S} {here.tzname()} (UTC{offset[:3]}:{offset[3:5]})"

"""The receipt of a run: one self-contained, printable page of HTML without scripts, in which every text is escaped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from cg_uploader import __version__, translation
from cg_uploader.fields.headings import show_invisible
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import BlankCells, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.run import RunSummary
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.translation import _, ngettext
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.journal.reader import JournalReader

# Rows that are listed one by one. The file of failed rows has all of them.
MAX_ROWS = 200
# Reasons that are listed, the most frequent ones.
MAX_REASONS = 25
# Reasons that are counted apart, so that a run of a million rows fits into memory.
MAX_REASONS_COUNTED = 5_000
MAX_TEXT_CHARS = 300
# Names of columns that were not sent.
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
# The heads of a table, each with the class of its column in ``STYLE``.
Heads = Sequence[tuple[str, str]]
_QUOTED = re.compile("“[^”]*”|\\d+")


def receipt(journal: JournalReader, run: int) -> str:
    """Return the receipt of a run as one HTML page: who, when, where, which file, what was sent, totals, reasons.

    Its length is bounded, however many rows the run has. It holds no secret.

    Raises:
        UsageError: The run is not recorded.
        JournalError: What is recorded of it cannot be read.
    """
    summary, plan = journal.summary(run), journal.plan(run)
    title = _("Upload {run}: {file}").format(run=run, file=_text(Path(summary.file).name))
    made = _("CG Uploader {version}, receipt made on {time}.").format(version=__version__, time=_time(datetime.now(UTC)))
    body = "".join(
        (
            f"<h1>{escape(title)}</h1><p>{escape(_text(_headline(summary)))}</p>",
            _totals(summary),
            _facts(summary, plan),
            _fields(plan),
            _unsent_columns(plan),
            _attention(journal, run, summary) if summary.attention else "",
            f'<p class="foot">{escape(made)}</p>',
        )
    )
    return (
        f'<!doctype html><html lang="{escape(translation.language())}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _headline(summary: RunSummary) -> str:
    if summary.state in (RunState.UNDER_WAY, RunState.CUT_OFF):
        return summary.why + " " + _("These are its totals so far.")
    if summary.state is RunState.STOPPED:
        return _("It stopped before its end: {reason}").format(reason=summary.why)
    if summary.attention:
        text = ngettext(
            "Finished. {count:,} row needs attention.", "Finished. {count:,} rows need attention.", summary.attention
        )
        return text.format(count=summary.attention)
    return _("Finished. Every row was accepted or skipped.")


def _totals(summary: RunSummary) -> str:
    heads = ((_("Status"), "word"), (_("Rows"), "number"), (_("What it means"), "text"))
    lines = [(_(STATUSES[status].label), f"{count:,}", _(STATUSES[status].meaning)) for status, count in summary.counts.items()]
    total = (_("Rows in all"), f"{sum(summary.counts.values()):,}", "")
    return _section(_("Totals"), heads, lines, total)


def _facts(summary: RunSummary, plan: Plan) -> str:
    table, configuration = plan.table, plan.configuration
    host = urlsplit(plan.address.records).netloc
    facts = [
        (_("File"), table.file.name),
        (_("Sheet"), table.sheet or ""),
        (_("Its rows"), _origin(plan)),
        (_("Checksum (SHA-256)"), table.digest),
        (_("Headings in row"), str(table.header_row)),
        (_("Sent by"), summary.sent_by or _("a user without a name")),
        (_("Started"), _time(summary.started)),
        (_("Ended"), _time(summary.finished) if summary.finished else _("not yet")),
        (_("Profile"), plan.profile),
        (_("Sent to"), _(REGIONS[plan.region].recorded) + ": " + host),
        (_("Reference"), configuration.reference),
        (_("Data type"), _(facts_of(configuration.data_type).name).capitalize()),
        (_("Surveys"), _surveys(plan)),
        (_("Blank cells"), _blank_cells(plan)),
        (_("Only rows"), _row_range(plan)),
    ]
    heads = ((_("Fact"), "name"), (_("What is recorded"), "text"))
    return _section(_("What, where and when"), heads, [fact for fact in facts if fact[1]])


def _origin(plan: Plan) -> str:
    origin = plan.table.origin
    if origin is None or not origin.run:
        return ""
    return _("failed rows of upload {run}, {file}").format(run=origin.run, file=origin.file)


def _surveys(plan: Plan) -> str:
    if not facts_of(plan.configuration.data_type).inviting:
        return ""
    if plan.consent:
        return _("this configuration may invite people, and the user agreed to that")
    return _("may be sent, and the user has not agreed to that")


def _blank_cells(plan: Plan) -> str:
    return _("left out") if plan.options.blank_cells is BlankCells.LEAVE_OUT else _("sent as empty")


def _row_range(plan: Plan) -> str:
    if plan.options.rows is None:
        return ""
    first, last = plan.options.rows
    return _("{first:,} to {last:,}").format(first=first, last=last)


def _fields(plan: Plan) -> str:
    sent = [(heading, _source(plan, index, constant)) for heading, index, constant in plan.bindings]
    heads = ((_("CustomerGauge field"), "name"), (_("Where its text came from"), "text"))
    return _section(_("Fields that were sent"), heads, sent)


def _unsent_columns(plan: Plan) -> str:
    sent = {index for _heading, index, _constant in plan.bindings}
    columns = [column for index, column in enumerate(plan.table.columns) if index not in sent]
    if not columns:
        return ""
    no_heading = _("no heading")
    listed = ", ".join(f"{_text(column.heading or no_heading)} ({column.letter})" for column in columns[:MAX_NAMES])
    if (count := len(columns) - MAX_NAMES) > 0:
        listed = ngettext("{names} and {count:,} more", "{names} and {count:,} more", count).format(names=listed, count=count)
    title = _("Columns that were not sent")
    return f"<h2>{escape(title)}</h2><p>{escape(listed)}</p>"


def _source(plan: Plan, index: int | None, constant: str) -> str:
    if index is None:
        return _("“{text}” in every row").format(text=constant)
    column = plan.table.columns[index]
    return _("column {letter}, “{heading}”").format(letter=column.letter, heading=column.heading)


@dataclass
class _Reasons:
    """Counts rows by their reasons. Texts in quotation marks and numbers do not make a reason another one."""

    # Rows by status, and by message without such texts and numbers.
    counts: Counter[tuple[RowStatus, str]] = field(default_factory=Counter)
    # The message of the first row with each reason.
    examples: dict[tuple[RowStatus, str], str] = field(default_factory=dict)
    # Rows beyond the reasons that are counted apart.
    others: int = 0

    def add(self, row: JournalRow) -> None:
        """Count one row."""
        message = row.outcome.message
        reason = row.status, _QUOTED.sub("…", message)
        if reason not in self.counts and len(self.counts) >= MAX_REASONS_COUNTED:
            self.others += 1
            return
        self.counts[reason] += 1
        if reason not in self.examples:
            example = _("{reason} (row {row:,})").format(reason=message, row=row.number)
            self.examples[reason] = example if reason[1] != message else message

    def lines(self) -> list[Cells]:
        """Return the most frequent reasons, and one line for all others."""
        common = self.counts.most_common(MAX_REASONS)
        lines: list[Cells] = [(f"{count:,}", _(STATUSES[reason[0]].label), self.examples[reason]) for reason, count in common]
        rest = len(self.counts) - len(common)
        if rest or self.others:
            rows = self.others + self.counts.total() - sum(count for _reason, count in common)
            lines.append((f"{rows:,}", _("Others"), _other_reasons(rest, more=self.others > 0)))
        return lines


def _other_reasons(count: int, *, more: bool) -> str:
    if more:
        text = ngettext("{count:,} or more different reasons", "{count:,} or more different reasons", count)
    else:
        text = ngettext("{count:,} other reason", "{count:,} different reasons", count)
    return text.format(count=count)


def _attention(journal: JournalReader, run: int, summary: RunSummary) -> str:
    reasons, listed = _Reasons(), list[Cells]()
    for row in journal.rows(run):
        if STATUSES[row.status].needs_attention:
            reasons.add(row)
            if len(listed) < MAX_ROWS:
                listed.append((f"{row.number:,}", row.who, _(STATUSES[row.status].label), row.outcome.message))
    heads = ((_("Rows"), "number"), (_("Status"), "word"), (_("Reason"), "text"))
    text = _section(_("Why rows need attention"), heads, reasons.lines())
    heads_of_rows = ((_("Row"), "number"), (_("Who"), "who"), (_("Status"), "word"), (_("What to know"), "text"))
    text += _section(_("Rows that need attention"), heads_of_rows, listed)
    if (count := summary.attention - len(listed)) > 0:
        more = ngettext(
            "And {count:,} more, which is in the file of failed rows.",
            "And {count:,} more, which are in the file of failed rows.",
            count,
        )
        text += f"<p>{escape(more.format(count=count))}</p>"
    return text


def _section(title: str, heads: Heads, lines: Iterable[Cells], total: Cells = ()) -> str:
    kinds = [kind for _head, kind in heads]
    head = "".join(f'<th class="{kind}">{escape(text)}</th>' for text, kind in heads)
    rows = "".join(f"<tr>{_cells(kinds, line)}</tr>" for line in lines)
    if total:
        rows += f'<tr class="sum">{_cells(kinds, total)}</tr>'
    return f"<h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(kinds: Cells, line: Cells) -> str:
    return "".join(f'<td class="{kind}">{escape(_text(text))}</td>' for kind, text in zip(kinds, line, strict=True))


def _text(text: str) -> str:
    """Return a text so that the user can see all of it: on one line, nothing invisible, of bounded length."""
    shown = show_invisible(text[: MAX_TEXT_CHARS + 1])
    return f"{shown[:MAX_TEXT_CHARS]}…" if len(text) > MAX_TEXT_CHARS else shown


def _time(moment: datetime) -> str:
    """Return a time in the zone of this computer: ``2026-05-03 14:02:11 CEST (UTC+02:00)``."""
    here = moment.astimezone()
    offset = here.strftime("%z")
    return f"{here:%Y-%m-%d %H:%M:%S} {here.tzname()} (UTC{offset[:3]}:{offset[3:5]})"

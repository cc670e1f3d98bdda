"""A run's receipt: one self-contained, printable page of HTML without scripts; every text in it is escaped."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path

from cg_uploader import __version__
from cg_uploader.model import Plan, RunSummary
from cg_uploader.uploads.journal import Journal
from cg_uploader.vocabulary import RowStatus

FOOT = "“Accepted” is CustomerGauge’s answer to a row; it can still ignore a field or hold an invitation back."
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff;
       max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; }
tr { border-bottom: 1px solid #d9dde2; } td.number { text-align: right; font-variant-numeric: tabular-nums; width: 6rem; }
td.text { overflow-wrap: anywhere; } p.foot { color: #57606a; margin-top: 2rem; }
"""


def receipt(journal: Journal, run: int) -> str:
    """The receipt of a run as one HTML page: who, when, where, which file, what was sent, totals, reasons; never a secret."""
    summary, plan = journal.summary(run), journal.plan(run)
    body = "".join(
        (
            f"<h1>Upload {run}</h1><p>{escape(_headline(summary))}</p>",
            _section("Totals", [(_number(count), status.label) for status, count in _totals(summary)], numbers_first=True),
            _section("What, where and when", _facts(summary, plan)),
            _section("Fields that were sent", _fields(plan)),
            _reasons(journal, run),
            f'<p class="foot">CG Uploader {escape(__version__)}. {FOOT}</p>',
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Upload {run}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _headline(summary: RunSummary) -> str:
    if summary.stopped is not None:
        return summary.stopped.reason
    return (
        f"Finished. {summary.attention:,} rows need attention."
        if summary.attention
        else "Finished. Every row is accounted for."
    )


def _totals(summary: RunSummary) -> list[tuple[RowStatus | _Sum, int]]:
    return [*summary.counts.items(), (_Sum(), summary.rows)]


class _Sum:
    label = "Rows in all"


def _facts(summary: RunSummary, plan: Plan) -> list[tuple[str, str]]:
    ended = summary.finished.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if summary.finished else "not finished"
    sheet = f", sheet {plan.table.sheet}" if plan.table.sheet else ""
    return [
        ("File", f"{Path(summary.file).name}{sheet}"),
        ("Checksum (SHA-256)", plan.table.digest),
        ("Sent by", summary.sent_by),
        ("Started", summary.started.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")),
        ("Ended", ended),
        ("Profile", summary.profile),
        ("Region", str(summary.region)),
        ("Reference", plan.configuration.reference),
        ("Data type", plan.configuration.data_type.value.replace("_", " ")),
        ("Surveys", "agreed to" if plan.consent else "none expected"),
    ]


def _fields(plan: Plan) -> list[tuple[str, str]]:
    columns = plan.table.columns
    return [
        (heading, f"“{constant}” in every row" if at is None else f"column {columns[at].letter}, “{columns[at].heading}”")
        for heading, at, constant in plan.wires
    ]


def _reasons(journal: Journal, run: int) -> str:
    reasons: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for row in journal.rows(run):
        if row.status.needs_attention:
            outcome = row.outcome
            about = ", ".join(dict.fromkeys(heading for heading, _ in outcome.messages if heading))
            reason = f"{row.status.label}: {about}" if about else row.status.label
            reasons[reason] += 1
            examples.setdefault(reason, f"row {row.number}: {outcome.message}")
    rows = [(_number(count), f"{reason} (for example {examples[reason]})") for reason, count in reasons.most_common()]
    return _section("Rows that need attention", rows, numbers_first=True) if rows else ""


def _section(title: str, rows: list[tuple[str, str]], *, numbers_first: bool = False) -> str:
    kind = "number" if numbers_first else "name"
    lines = "".join(f'<tr><td class="{kind}">{escape(a)}</td><td class="text">{escape(b)}</td></tr>' for a, b in rows)
    return f"<h2>{escape(title)}</h2><table>{lines}</table>"


def _number(count: int) -> str:
    return f"{count:,}"

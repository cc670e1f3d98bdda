"""The practice server's own page: totals, the last records, the fields that were ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from cg_uploader.model.configuration import Address
from cg_uploader.practice.answers import RECORD_FAULTS, TOKEN_FAULTS
from cg_uploader.practice.configurations import Effect, PracticeConfiguration
from cg_uploader.practice.ledger import Entry, Ledger
from cg_uploader.practice.wire import PracticeAnswer

SHOWN = 50
_SAFE = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
body { color: #1b1b1f; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ccc }
.totals td:first-child { width: 18rem }
dl { margin: 0; display: grid; grid-template-columns: max-content auto; gap: 0 .8rem }
dt { color: #555 }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
.ignored { color: #8a1c00; font-weight: 600; margin: .3rem 0 0 }
@media (prefers-color-scheme: dark) {
body { color: #eee; background: #1b1b1f } dt { color: #bbb } .ignored { color: #ffb4a0 }
}
"""


def show(ledger: Ledger, address: Address, configurations: Sequence[PracticeConfiguration]) -> PracticeAnswer:
    """Return the page as it stands now."""
    parts = [
        "<p>Nothing that is sent here leaves this computer, and no invitation is sent.</p>",
        _totals(ledger),
        f"<h2>The last {SHOWN} records</h2>",
        _records(ledger.last(SHOWN), {c.reference: c for c in configurations}),
        "<h2>How to reach it</h2>",
        _table([("Sign in at", address.auth), ("Put records to", address.records)]),
        "<p>Any Client ID and Client Secret are accepted, except the word <b>wrong</b>.</p>",
        "<h2>Configurations</h2>",
        _table([(c.reference, ", ".join(c.headings) or "any field") for c in configurations]),
        "<h2>What a script can make it answer to records</h2>",
        _table([(name, fault.sentence) for name, fault in RECORD_FAULTS.items()]),
        "<h2>What a script can make it answer to a sign-in</h2>",
        _table([(name, fault.sentence) for name, fault in TOKEN_FAULTS.items()]),
    ]
    return _page("Practice: a pretend CustomerGauge on this computer", "\n".join(parts))


def login_page() -> PracticeAnswer:
    """Return the page, with status 200, to which a redirect leads a client that is not signed in."""
    return _page("Practice: sign in", "<p>This is a login page. A program that ends up here has followed a redirect.</p>")


def ignored_in_words(heading: str, configuration: PracticeConfiguration | None) -> str:
    """Name a field that was ignored, and a field of the configuration that looks like it."""
    near = [known for known in configuration.headings if _loose(known) == _loose(heading)] if configuration else []
    hint = f" (this configuration has {near[0]})" if near else " (this configuration has no such field)"
    return f"ignored: {heading}{hint}"


def _loose(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _page(title: str, content: str) -> PracticeAnswer:
    text = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n{content}\n</body></html>\n"
    )
    return PracticeAnswer(200, text.encode("utf-8", "backslashreplace"), _SAFE, content_type="text/html; charset=utf-8")


def _table(rows: Iterable[tuple[str, object]], kind: str = "totals") -> str:
    lines = [f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in rows]
    return f'<table class="{kind}">{"".join(lines)}</table>'


_EFFECT_LABELS = {
    Effect.UPSERT: "Contacts or accounts written",
    Effect.ALIAS: "Aliases added",
    Effect.ACTIVITY: "Activities written",
    Effect.RESPONSE: "Responses recorded",
    Effect.REVENUE: "Revenue recorded",
}


def _counted(keys: Mapping[str | None, int]) -> str:
    """Return how often, and for how many different keys."""
    return f"{sum(keys.values())} ({len(keys)} different)"


def _totals(ledger: Ledger) -> str:
    twice = ledger.invited_twice
    rows: list[tuple[str, object]] = [
        ("Requests for records", ledger.received),
        ("Records that took effect", ledger.processed),
        *((words, _counted(ledger.effects(effect))) for effect, words in _EFFECT_LABELS.items() if ledger.effects(effect)),
        ("Invitations that would have gone out", ledger.invitations),
        ("Invited more than once", ", ".join(f"{key} ({count} times)" for key, count in twice.items()) or "none"),
    ]
    for reference, counts in ledger.ignored.items():
        fields = ", ".join(f"{heading} in {count} records" for heading, count in counts.items())
        rows.append((f"Ignored fields of {reference}", fields))
    return _table(rows)


def _records(entries: Sequence[Entry], configurations: dict[str, PracticeConfiguration]) -> str:
    if not entries:
        return "<p>None so far.</p>"
    lines = [_record(entry, configurations.get(entry.reference or "")) for entry in entries]
    return f"<table><tr><th>No.</th><th>Configuration</th><th>Answer</th><th>Fields</th></tr>{''.join(lines)}</table>"


def _record(entry: Entry, configuration: PracticeConfiguration | None) -> str:
    fields = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in entry.pairs)
    notes = "".join(f'<p class="ignored">{escape(ignored_in_words(name, configuration))}</p>' for name in entry.ignored)
    answer = "none" if entry.status is None else str(entry.status)
    effect = "took effect" if entry.processed else "no effect"
    did = f" ({entry.did})" if entry.did else ""
    return (
        f"<tr><td>{entry.ordinal}</td><td>{escape(entry.reference or 'none')}</td>"
        f"<td>{escape(f'{answer}{did}, {effect}')}</td><td><dl>{fields}</dl>{notes}</td></tr>"
    )

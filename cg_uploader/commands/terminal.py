"""The output of a command: results on standard output, everything else on standard error, in UTF-8."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from cg_uploader.fields.headings import reveal
from cg_uploader.model.enums import Activity
from cg_uploader.model.message import Text
from cg_uploader.model.run import Batch, Outcome
from cg_uploader.model.statuses import STATUSES
from cg_uploader.translation import N_, _, ngettext
from cg_uploader.uploads.sending.eta import RateEstimator, done, format_doing, format_time_left, to_send

# The errors of a pipe whose other end was closed.
CLOSED_PIPE = (errno.EPIPE, errno.EINVAL, errno.EBADF)
BAR_CELLS = 24
MAX_CELL_CHARS = 44
MILESTONE_PERCENT = 10
REASONS = {
    Activity.SENDING: "{reason}",
    Activity.WAITING: N_("Waiting: {reason}"),
    Activity.STOPPING: N_("Stopping: {reason}"),
}
LABELS = {
    Activity.PREPARING: N_("Preparing"),
    Activity.SENDING: N_("Sending"),
    Activity.WAITING: N_("Waiting"),
    Activity.PAUSED: N_("Paused"),
    Activity.STOPPING: N_("Stopping"),
    Activity.FINISHED: N_("Finished"),
}


class Terminal:
    """The two streams of a command.

    Attributes:
        json: standard output carries exactly one JSON object.
        interactive: standard error is a terminal.
        lost: why a part of the result could not be written.  Empty when all of it was, or the reader went away.
    """

    def __init__(self, *, json: bool = False, out: TextIO | None = None, err: TextIO | None = None) -> None:
        """Use standard output and standard error, unless others are given."""
        self.json = json
        self._out = out or sys.stdout or io.StringIO()
        self._err = err or sys.stderr or io.StringIO()
        self.interactive = self._err.isatty()
        # Whether the user sees the result itself, and no file or other program gets it.
        self.shows_result = self._out.isatty()
        self.lost = ""

    def say(self, text: str = "") -> None:
        """Write a line of the result.  With JSON it goes to standard error, so that the object stays alone."""
        if self.json:
            self.tell(text)
        else:
            self.write(_line(text) + "\n")

    def tell(self, text: str) -> None:
        """Write a line beside the result, to standard error."""
        _put(self._err, _line(text) + "\n")

    def write(self, text: str) -> None:
        """Write the result itself, unchanged.  An empty text makes sure that all of it is written."""
        self.lost = _put(self._out, text) or self.lost

    def emit(self, value: dict[str, Any]) -> None:
        """Write the one JSON object."""
        self.write(json.dumps(value, ensure_ascii=False) + "\n")

    def redraw(self, text: str) -> None:
        """Replace the last line of a terminal.  An empty text removes it."""
        _put(self._err, "\r\x1b[K" + _line(text))

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write columns under their headings.  Long texts are cut with an ellipsis."""
        lines = [list(map(_line, headings)), *([_short(cell) for cell in row] for row in rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
        for line in lines:
            self.say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _put(stream: TextIO, text: str) -> str:
    """Write, and return why that failed.  Empty when it did not, or the reader went away.

    A run must not depend on its output, so later texts go nowhere after a failure.
    """
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return (error.strerror or "") if isinstance(error, OSError) and error.errno not in CLOSED_PIPE else ""
    return ""


def _line(text: str) -> str:
    """Return ``text`` on one line, so that no name of a file or a sheet looks like a line of the program."""
    return reveal(text).replace("\n", _("‹line break›"))


def _short(text: str) -> str:
    line = reveal(text).replace("\n", "⏎").replace("\t", " ")
    return line if len(line) <= MAX_CELL_CHARS else line[: MAX_CELL_CHARS - 1] + "…"


def outcome_line(outcome: Outcome) -> str:
    """Write what became of a row on one line: the row, its status, why."""
    text = _("Row {row} ({who}): {status}.") if outcome.who else _("Row {row}: {status}.")
    line = text.format(row=outcome.row, who=outcome.who, status=_(STATUSES[outcome.status].label))
    return f"{line} {outcome.message}".rstrip()


class TerminalProgress:
    """A run on the terminal.

    It shows a bar on an interactive terminal, else milestones, and a line for each row that needs attention.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._rate = RateEstimator()
        self._milestone = 0
        self._last_reason: Text = ""

    def __call__(self, batch: Batch) -> None:
        """Show a batch."""
        self._rate.feed(batch)
        attention = [outcome for outcome in batch.outcomes if STATUSES[outcome.status].needs_attention]
        if attention and self._terminal.interactive:
            self._terminal.redraw("")
        for outcome in attention:
            self._terminal.tell(outcome_line(outcome))
        if self._terminal.interactive:
            self._terminal.redraw("" if batch.activity is Activity.FINISHED else self._bar(batch))
        else:
            self._plain(batch)

    def _bar(self, batch: Batch) -> str:
        if batch.activity is Activity.PREPARING:
            text = ngettext("Preparing {count:,} row … {detail}", "Preparing {count:,} rows … {detail}", batch.rows)
            return text.format(count=batch.rows, detail=format_doing(batch.doing))
        filled = BAR_CELLS * done(batch) // max(1, to_send(batch))
        words = [_progress(batch)]
        if batch.activity is Activity.SENDING:
            if rate := self._rate.rate:
                words += [_("{rate:,.1f} a second").format(rate=rate), format_time_left(self._rate.seconds_left(batch.rows))]
        else:
            words.append(_(LABELS[batch.activity]))
        words.append(format_doing(batch.doing))
        return "█" * filled + "░" * (BAR_CELLS - filled) + "  " + " · ".join(filter(None, words))

    def _plain(self, batch: Batch) -> None:
        percent = 100 * done(batch) // max(1, to_send(batch))
        if batch.activity is Activity.SENDING and percent >= self._milestone + MILESTONE_PERCENT:
            self._milestone = percent - percent % MILESTONE_PERCENT
            self._terminal.tell(f"{_progress(batch)} ({self._milestone} %)")
        why = batch.doing.why
        if batch.activity in REASONS and why and why != self._last_reason:
            self._terminal.tell(_(REASONS[batch.activity]).format(reason=format_doing(batch.doing)))
        self._last_reason = why


def _progress(batch: Batch) -> str:
    """Return how many of the rows to be sent have an outcome, in words."""
    total = to_send(batch)
    if total == batch.rows:
        text = ngettext("{done:,} of {count:,} row", "{done:,} of {count:,} rows", total)
    else:
        text = ngettext("{done:,} of {count:,} row to be sent", "{done:,} of {count:,} rows to be sent", total)
    return text.format(done=done(batch), count=total)

"""A polite kill at any moment of an upload stops it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from cg_uploader.commands import upload_commands
from cg_uploader.commands.terminal import Terminal
from cg_uploader.uploads.sending.control import Control


@pytest.mark.parametrize("number", upload_commands.STOP_SIGNALS)
def test_a_kill_that_comes_as_soon_as_it_is_listened_for_is_heard(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    control, listen = Control(), signal.signal

    def killed_at_once(which: int, handler: Callable[..., Any]) -> Any:
        before = listen(which, handler)
        if which == number and not control.stopping:
            signal.raise_signal(number)
        return before

    before = signal.getsignal(number)
    with monkeypatch.context() as patched:
        patched.setattr(signal, "signal", killed_at_once)
        listening = upload_commands._stopped_by_signals(control, Terminal())
        listening.__enter__()
    listening.__exit__(None, None, None)
    assert signal.getsignal(number) is before
    assert control.stopping


def test_nothing_can_leave_any_more_when_the_user_reads_that_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    control, terminal, was_stopping = Control(), Terminal(), list[bool]()
    monkeypatch.setattr(terminal, "tell", lambda _sentence: was_stopping.append(control.stopping))
    with upload_commands._stopped_by_signals(control, terminal):
        signal.raise_signal(signal.SIGTERM)
    assert was_stopping == [True]

"""The switches of a run."""

from __future__ import annotations

import threading

from cg_uploader.uploads.sending.control import Control


def test_pause_and_proceed_are_one_switch_and_stop_is_another() -> None:
    control = Control()
    control.pause()
    assert (control.paused, control.stopping) == (True, False)
    control.proceed()
    assert not control.paused
    control.pause()
    control.stop()
    assert (control.paused, control.stopping, control.at_once) == (True, True, False)


def test_a_second_stop_may_be_at_once_and_a_later_one_takes_nothing_back() -> None:
    control = Control()
    control.stop()
    control.stop(at_once=True)
    control.stop()
    assert (control.stopping, control.at_once) == (True, True)


def test_a_stop_ends_a_wait() -> None:
    control, waited = Control(), threading.Event()

    def wait() -> None:
        control.wait(60)
        waited.set()

    thread = threading.Thread(target=wait)
    thread.start()
    control.stop()
    thread.join(30)
    assert waited.is_set()

"""A run's begin and end are in the log, however it is begun and however it ends; nothing of its rows is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing

import pytest
from rig import Heard, ScriptedClient, people, plan_of, status

from cg_uploader.errors import NotReachable
from cg_uploader.model.enums import RowStatus
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import logged_run
from cg_uploader.uploads.sending.control import Control


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def test_an_upload_and_its_continuation_are_logged_alike(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cg_uploader")
    control = Control()
    client = ScriptedClient({3: [status(400, ("Email", "Wrong"))]}, before_send=lambda _: control.stop())
    plan = plan_of(people(30), connections=1)
    first = logged_run.upload(plan, client, journal, on_batch=Heard(), control=control)
    assert first.stopped is not None
    heard = Heard()
    last = logged_run.resume(first.run, client, journal, on_batch=heard, control=Control())
    assert last.counts[RowStatus.ACCEPTED] == 29
    assert heard[-1].run == first.run
    begin, end = "An upload begins: region practice, data type contact, 30 rows", f"Upload {first.run} ends after "
    said = [record.getMessage() for record in caplog.records if record.name == logged_run.__name__]
    assert [line[: len(start)] for line, start in zip(said, (begin, end) * 2, strict=True)] == [begin, end] * 2
    assert said[-1].endswith("with code 1: 29 accepted, 1 refused.")
    assert "person" not in " ".join(said)
    assert "Name" not in " ".join(said)


def test_a_run_that_cannot_begin_is_logged_by_its_kind(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    class Unreachable(ScriptedClient):
        def sign_in(self) -> None:
            raise NotReachable("secret.example does not answer.", kind="network")

    with pytest.raises(NotReachable):
        logged_run.upload(plan_of(people(2)), Unreachable(), journal, on_batch=Heard(), control=Control())
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert record.getMessage().endswith(" s: network.")
    assert "secret.example" not in caplog.text

"""The log: private, bounded, and without a single value."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from cg_uploader.errors import UploaderError
from cg_uploader.settings import logs
from cg_uploader.settings.paths import Places


@pytest.fixture
def log(places: Places) -> Iterator[Path]:
    handler = logs.start(places)
    yield places.logs / logs.FILE
    logs.stop(handler)


def test_what_the_product_says_is_kept(log: Path) -> None:
    logging.getLogger("cg_uploader.uploads.sending.engine").info("run %d: row %d status %d", 3, 17, 422)
    assert "INFO cg_uploader.uploads.sending.engine: run 3: row 17 status 422" in log.read_text()


def test_what_libraries_say_is_not(log: Path) -> None:
    logging.getLogger("urllib3.connectionpool").warning("PUT /records/?record%5BEmail%5D=ann@x.org")
    assert "ann@x.org" not in log.read_text()


def test_an_exception_leaves_its_place_but_not_its_text(log: Path) -> None:
    def convert(text: str) -> int:
        try:
            return int(text)
        except ValueError as error:
            raise RuntimeError("s3cret") from error

    try:
        convert("ann@x.org")
    except RuntimeError:
        logging.getLogger("cg_uploader").exception("a bug", stack_info=True)
    text = log.read_text()
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert "test_logs.py:" in text
    assert "ann@x.org" not in text
    assert "s3cret" not in text
    assert "raise " not in text


def test_a_crash_is_logged_in_full_but_quietly(places: Places) -> None:
    try:
        {}["ann@x.org"]
    except KeyError as error:
        where = logs.log_crash(places, error)
    assert "A bug: KeyError" in where.read_text()
    assert "test_logs.py:" in where.read_text()
    assert "ann@x.org" not in where.read_text()
    kept = logging.getLogger("cg_uploader").handlers
    assert not [handler for handler in kept if isinstance(handler, RotatingFileHandler)]


def test_a_crash_is_no_reason_for_another_one(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    places = Places(tmp_path / "home")
    assert logs.log_crash(places, ValueError("x")) == places.logs / logs.FILE


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_every_part_of_the_log_is_private_and_there_are_few(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 500)
    old = os.umask(0)
    handler = logs.start(places)
    try:
        for number in range(200):
            logging.getLogger("cg_uploader").info("row %d", number)
    finally:
        logs.stop(handler)
        os.umask(old)
    parts = list(places.logs.iterdir())
    assert len(parts) == 1 + logs.OLDER_PARTS
    assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX systems")
def test_a_link_in_the_logs_place_is_not_followed(places: Places, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("")
    (places.logs / logs.FILE).symlink_to(tmp_path / "victim")
    with pytest.raises(UploaderError, match="Remove what stands in its place"):
        logs.start(places)
    assert (tmp_path / "victim").read_text() == ""

"""The log: private, bounded, and without a single value."""

from __future__ import annotations

import functools
import logging
import os
import stat
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from cg_uploader.errors import UploaderError
from cg_uploader.settings import logs
from cg_uploader.settings.paths import AppPaths


@pytest.fixture
def log(paths: AppPaths) -> Iterator[Path]:
    handler = logs.start(paths)
    yield paths.logs / logs.FILE
    logs.stop(handler)


def test_what_the_product_says_is_kept(log: Path) -> None:
    logging.getLogger("cg_uploader.uploads.sending.engine").info("run %d: row %d status %d", 3, 17, 422)
    assert "INFO cg_uploader.uploads.sending.engine: run 3: row 17 status 422" in log.read_text()


def test_no_text_in_a_message_can_pass_for_a_line_of_its_own(log: Path) -> None:
    before = len(log.read_text().splitlines())
    logging.getLogger("cg_uploader").warning("Qt: %s", "a\nb\r\x1b[2K\u2028c")
    (line,) = log.read_text().splitlines()[before:]
    assert line.endswith("Qt: a?b??[2K?c")


def test_a_disk_without_room_for_the_log_is_no_failure(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("a device of Linux")
    paths.logs.mkdir(exist_ok=True)
    original = os.open
    monkeypatch.setattr(logs.os, "open", lambda *_: original("/dev/full", os.O_WRONLY))  # type: ignore[attr-defined]
    with logs.opened(paths):
        logging.getLogger("cg_uploader").info("a message")
    assert logs.log_crash(paths, ValueError("a bug")).name == logs.FILE


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


def test_a_crash_is_logged_in_full_but_quietly(paths: AppPaths) -> None:
    try:
        {}["ann@x.org"]
    except KeyError as error:
        where = logs.log_crash(paths, error)
    assert "A bug: KeyError" in where.read_text()
    assert "test_logs.py:" in where.read_text()
    assert "ann@x.org" not in where.read_text()
    kept = logging.getLogger("cg_uploader").handlers
    assert not [handler for handler in kept if isinstance(handler, RotatingFileHandler)]


def test_a_crash_is_no_reason_for_another_one(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    paths = AppPaths(tmp_path / "home")
    assert logs.log_crash(paths, ValueError("x")) == paths.logs / logs.FILE


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_every_part_of_the_log_is_private_and_there_are_few(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 500)
    old = os.umask(0)
    handler = logs.start(paths)
    try:
        for number in range(200):
            logging.getLogger("cg_uploader").info("row %d", number)
    finally:
        logs.stop(handler)
        os.umask(old)
    parts = list(paths.logs.iterdir())
    assert len(parts) == 1 + logs.OLDER_PARTS
    assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX systems")
def test_a_link_in_the_logs_place_is_not_followed(paths: AppPaths, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("")
    (paths.logs / logs.FILE).symlink_to(tmp_path / "victim")
    with pytest.raises(UploaderError, match="Remove what stands in its place"):
        logs.start(paths)
    assert (tmp_path / "victim").read_text() == ""


@pytest.mark.skipif(os.name == "nt", reason="there a log that two programs hold grows on; see below")
def test_two_programs_with_one_log_turn_it_over_once_and_lose_nothing(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 2_000)
    logger = logging.getLogger("cg_uploader")
    one, other = logs.start(paths), logs.start(paths)
    try:
        logger.removeHandler(other)
        while not (paths.logs / f"{logs.FILE}.1").exists():
            logger.info("by the one program")
        logger.addHandler(other)
        logger.removeHandler(one)
        for number in range(3):
            logger.info("by the other program, %d", number)
    finally:
        logs.stop(one)
        logs.stop(other)
    parts = sorted(part.name for part in paths.logs.iterdir())
    assert parts == [logs.FILE, f"{logs.FILE}.1"], "not once more"
    text = "".join((paths.logs / part).read_text() for part in parts)
    assert all(f"by the other program, {number}" in text for number in range(3))


def test_a_log_that_another_program_holds_grows_on(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where a file that is open elsewhere cannot be given another name."""
    monkeypatch.setattr(logs, "MAX_BYTES", 500)
    (paths.logs / f"{logs.FILE}.1").write_text("the older part")

    def held(rename: Callable[..., object], source: Path | str, target: Path | str) -> object:
        if str(source).endswith(logs.FILE):
            raise PermissionError
        return rename(source, target)

    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, functools.partial(held, getattr(os, name)))
    handler = logs.start(paths)
    try:
        for number in range(20):
            logging.getLogger("cg_uploader").info("row %d", number)
    finally:
        logs.stop(handler)
    assert all(f"row {number}\n" in (paths.logs / logs.FILE).read_text() for number in range(20))
    assert (paths.logs / f"{logs.FILE}.1").read_text() == "the older part"


def test_a_log_that_cannot_be_opened_anew_for_a_moment_goes_on_later(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many files are open, or its folder is away, when it turns over."""
    monkeypatch.setattr(handler_of(log), "maxBytes", 300)
    product, opened = logging.getLogger("cg_uploader"), logs._PrivateFile._open
    product.info("x" * 300)

    def refused(_handler: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(logs._PrivateFile, "_open", refused)
    product.info("lost")
    monkeypatch.setattr(logs._PrivateFile, "_open", opened)
    product.info("kept")
    assert "kept" in log.read_text()


def handler_of(log: Path) -> RotatingFileHandler:
    handlers = logging.getLogger("cg_uploader").handlers
    return next(one for one in handlers if isinstance(one, RotatingFileHandler) and one.baseFilename == str(log))

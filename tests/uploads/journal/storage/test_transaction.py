"""A transaction is committed whole, or leaves nothing, whatever ends it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cg_uploader.uploads.journal.storage.transaction import transaction


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "x", isolation_level=None)) as connection:
        connection.execute("create table number (value integer)")
        yield connection


def numbers(path: Path) -> list[int]:
    """What another program reads."""
    with closing(sqlite3.connect(path / "x")) as connection:
        return [value for (value,) in connection.execute("select value from number order by value")]


def test_what_is_written_inside_is_seen_by_others_at_its_end(db: sqlite3.Connection, tmp_path: Path) -> None:
    with transaction(db):
        db.execute("insert into number values (1)")
        assert numbers(tmp_path) == []
        db.execute("insert into number values (2)")
    assert numbers(tmp_path) == [1, 2]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_stays_of_what_an_exception_ends(db: sqlite3.Connection, tmp_path: Path, error: type[BaseException]) -> None:
    def end_early() -> None:
        with transaction(db):
            db.execute("insert into number values (1)")
            raise error

    with pytest.raises(error):
        end_early()
    assert numbers(tmp_path) == []
    with transaction(db):
        db.execute("insert into number values (3)")
    assert numbers(tmp_path) == [3]


def test_no_other_program_writes_from_its_beginning_on(db: sqlite3.Connection, tmp_path: Path) -> None:
    with (
        transaction(db),
        closing(sqlite3.connect(tmp_path / "x", timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("insert into number values (1)")

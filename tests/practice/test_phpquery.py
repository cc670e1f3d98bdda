"""The parser says what PHP says: held to a table that a real PHP made, and to PHP itself where there is one."""

from __future__ import annotations

import json
import shutil
from typing import Any

import make_php_table as php
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.practice.phpquery import MAX_VARIABLES, parse_query, trimmed

TABLE: list[tuple[str, Any]] = [tuple(row) for row in json.loads(php.TABLE.read_text("ascii"))]
needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php on this computer; the table stands in")


def as_listed(value: Any) -> Any:
    """Arrays as lists of [key, value]: order counts, and 5 is not "5"."""
    return [[key, as_listed(item)] for key, item in value.items()] if isinstance(value, dict) else value


def parsed(query: str) -> Any:
    return as_listed(parse_query(query.encode("ascii")))


def test_the_table_holds_what_it_is_meant_to_hold() -> None:
    assert [query for query, _ in TABLE] == list(dict.fromkeys(php.queries()))
    assert len(TABLE) > 500


def test_every_line_of_the_table() -> None:
    wrong = {query[:200]: (parsed(query), expected) for query, expected in TABLE if parsed(query) != expected}
    assert not wrong


@needs_php
def test_php_still_agrees_with_the_table() -> None:
    queries = [query for query, _ in TABLE]
    assert php.by_parse_str(queries) == [expected for _, expected in TABLE]


@needs_php
def test_get_is_parse_str() -> None:
    travelling = [(query, expected) for query, expected in TABLE if php.can_travel(query)][::3]
    assert php.by_web_server([query for query, _ in travelling]) == [expected for _, expected in travelling]


@needs_php
@pytest.mark.parametrize("seed", [2, 3])
def test_mixtures_that_are_not_in_the_table(seed: int) -> None:
    queries = php.mixtures(seed, 5_000)
    for query, expected in zip(queries, php.by_parse_str(queries), strict=True):
        assert parsed(query) == expected, query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("record[Amount%20%5BEUR%5D]=1", {"record": {"Amount [EUR": "1"}}),
        ("record%5Ba%5D=real&record%5Ba%5Db%5D=1", {"record": {"a": "1"}}),
        ("record%5B%5D=x", {"record": {0: "x"}}),
        ("record%5B2024%5D=x", {"record": {2024: "x"}}),
        ("record%5Ba%00b%5D=x", {"record_a": "x"}),
        ("Account+Name=x&Acct.+Name=y", {"Account_Name": "x", "Acct__Name": "y"}),
        ("record[a][b][c]=1&record[a][b][d]=2", {"record": {"a": {"b": {"c": "1", "d": "2"}}}}),
    ],
)
def test_where_columns_get_lost(query: str, expected: object) -> None:
    assert parse_query(query.encode()) == expected


def test_only_999_fields_arrive_beside_the_configuration() -> None:
    query = "configuration=c&" + "&".join(f"record%5Bf{n}%5D=x" for n in range(1, 1003))
    record = parse_query(query.encode())["record"]
    assert isinstance(record, dict)
    assert list(record)[-1] == f"f{MAX_VARIABLES - 1}"
    assert len(record) == 999


@given(st.dictionaries(st.text().filter(lambda n: n.strip(" \t\n\r\v\f") and not set(n) & {"]", "\0"}), st.text()))
def test_whatever_is_encoded_comes_back(fields: dict[str, str]) -> None:
    query = "&".join(f"record%5B{php.encode(name)}%5D={php.encode(value)}" for name, value in fields.items())
    record = parse_query(query.encode()).get("record", {})
    assert isinstance(record, dict)
    assert {str(name): value for name, value in record.items()} == fields


@given(st.binary())
def test_any_bytes_are_parsed(raw: bytes) -> None:
    parse_query(raw)


@pytest.mark.parametrize(
    ("text", "kept"),
    [(" a ", "a"), ("\t\n\r\0\x0ba", "a"), ("", None), (" \t", None), ("\u00a0a", "\u00a0a"), ("0", "0"), ("\x0c", "\x0c")],
)
def test_values_are_trimmed_as_laravel_8_does(text: str, kept: str | None) -> None:
    assert trimmed(text) == kept

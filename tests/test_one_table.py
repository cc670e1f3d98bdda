"""Each fact about a region, a data type or a format stands in its table: the known ways past the tables are looked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cg_uploader.model.enums import DataType, Region
from cg_uploader.sheets.formats.registry import all_suffixes

PRODUCT = Path(__file__).resolve().parent.parent / "cg_uploader"
OWN_FACTS = ("practice",)
"""The practice server shares nothing with the product, so it has its own."""
TABLES = {"DataType": "model/data_types.py", "Region": "model/regions.py"}
SUFFIXES = {"sheets/formats/registry.py", "sheets/failed_rows/writer.py"}
"""Which suffixes are read, and which are written."""


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    """Return every module of the product outside ``OWN_FACTS``: path below it, tree without docstrings."""
    found = {}
    for file in sorted(PRODUCT.rglob("*.py")):
        name = file.relative_to(PRODUCT).as_posix()
        if name.split("/")[0] not in OWN_FACTS:
            found[name] = ast.parse(file.read_text(encoding="utf-8"))
    assert len(found) > 100
    return found


def _members_named(tree: ast.Module, kind: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == kind:
            yield node.attr


def _texts(tree: ast.Module) -> Iterator[str]:
    """Return texts that are no docstrings.  Of texts with values in them only the fixed parts."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.parametrize(("kind", "members"), [("DataType", DataType), ("Region", Region)])
def test_no_member_is_named_outside_its_table(
    modules: dict[str, ast.Module], kind: str, members: type[DataType] | type[Region]
) -> None:
    named = {file: sorted(set(_members_named(tree, kind)) & set(members.__members__)) for file, tree in modules.items()}
    assert {file: found for file, found in named.items() if found} == {TABLES[kind]: sorted(members.__members__)}


def test_no_data_type_is_compared_as_a_text(modules: dict[str, ast.Module]) -> None:
    """Only words that mean nothing but data types count.  ``contact`` and the like mean other things too."""
    words = {"account_alias", "multi_object", "external_response"}
    assert {file for file, tree in modules.items() if words & set(_texts(tree))} == {"model/enums.py"}


def test_no_address_stands_outside_the_regions(modules: dict[str, ast.Module]) -> None:
    vendor = {file for file, tree in modules.items() if any(".customergauge.com" in text for text in _texts(tree))}
    assert vendor == {"model/regions.py"}


def test_no_suffix_stands_outside_the_registry(modules: dict[str, ast.Module]) -> None:
    """Sentences may name one, and so may the name of a file that comes with the program."""
    suffix = re.compile("|".join(rf"\*?{re.escape(one)}\b" for one in sorted(all_suffixes(), key=len, reverse=True)))
    strays = {
        (file, text)
        for file, tree in modules.items()
        if file not in SUFFIXES
        for text in _texts(tree)
        if suffix.search(text) and not text.startswith("samples/") and (not text.endswith(".") or "*" in text)
    }
    assert strays == set()

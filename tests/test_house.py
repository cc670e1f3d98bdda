"""The rules of the house that no linter knows: sizes, a first sentence for every module, a module for every library."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import break_promises
import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
ROOMS = {
    "requests": "api",
    "urllib3": "api",
    "truststore": "api",
    "keyring": "settings",
    "nacl": "sealing.py",
    "jeepney": "uploads",
    "python_calamine": "sheets",
    "PySide6": "gui",
    "shiboken6": "gui",
}


@pytest.fixture(scope="module")
def modules() -> dict[Path, str]:
    """Return every module of the product and its packaging: path from the repository, text."""
    files = [*(ROOT / "cg_uploader").rglob("*.py"), *(ROOT / "packaging").glob("*.py")]
    assert len(files) > 10
    return {file.relative_to(ROOT): file.read_text(encoding="utf-8") for file in sorted(files)}


def _imports(text: str) -> set[str]:
    """Return the first names of everything that is imported anywhere in a module."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def _long_functions(text: str) -> list[str]:
    return [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]


def _first_line(text: str) -> str:
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def test_no_file_is_too_long(modules: dict[Path, str]) -> None:
    lengths = {file: len(text.splitlines()) for file, text in modules.items()}
    assert {file: length for file, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_too_long(modules: dict[Path, str]) -> None:
    assert {file: found for file, text in modules.items() if (found := _long_functions(text))} == {}


def test_the_first_line_says_what_a_module_owns(modules: dict[Path, str]) -> None:
    assert [file for file, text in modules.items() if len(_first_line(text).split()) < 3] == []


def test_every_library_has_its_room(modules: dict[Path, str]) -> None:
    """A library is imported in one room only, and Qt below gui alone, also inside functions."""
    strays = {
        file: stray
        for file, text in modules.items()
        if file.parts[0] != "packaging"
        and (stray := {library for library in _imports(text) & ROOMS.keys() if ROOMS[library] not in file.parts})
    }
    assert strays == {}


def test_other_programs_are_started_in_few_places(modules: dict[Path, str]) -> None:
    """And ``platform`` is asked for the version of Python alone: for more it starts programs that ``PATH`` finds."""
    product = {file: text for file, text in modules.items() if file.parts[0] != "packaging"}
    starting = {file.name for file, text in product.items() if _imports(text) & {"subprocess", "multiprocessing", "pty"}}
    assert starting == {"sleep_inhibitor.py", "parse_process.py", "opener.py", "proxies.py", "proxylookup.py"}
    asked = {name for text in product.values() for name in re.findall(r"\bplatform\.(\w+)\(", text)}
    assert asked == {"python_version", "mac_ver"}
    assert not any(re.search(r"\bos\.(system|popen|spawn|exec|posix_spawn|startfile)", text) for text in product.values())


def test_every_test_file_has_a_name_of_its_own() -> None:
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_what_is_broken_on_purpose_stands_in_the_product_and_tests_watch_it() -> None:
    """So that ``break_promises.py`` stays able to break each line."""
    for broken in break_promises.load():
        broken.applied((ROOT / broken.file).read_text(encoding="utf-8"))
        for test in broken.tests:
            file, _, name = test.partition("::")
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).is_file(), test

"""No code reads a sentence that is meant for the user.  The known ways to do so are looked for in the whole product."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from cg_uploader.api.messages import ApiMessage
from cg_uploader.fields.messages import Advice, FieldMessage
from cg_uploader.model.message import MessageKind
from cg_uploader.model.stop_reasons import RunState, StopReason
from cg_uploader.uploads.journal.messages import UploadMessage

PRODUCT = Path(__file__).resolve().parent.parent / "cg_uploader"
TEMPLATE = PRODUCT.parent / "resources" / "locale" / "cg_uploader.pot"
# Methods that take a text apart, or look into it.
READING = {
    *("startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition", "find", "rfind"),
    *("index", "count", "replace"),
}
# Names of sentences, and of attributes that hold one.
SENTENCES = {"sentence", "message", "messages", "reason", "detail", "why", "told"}
ERRORS = {"error", "failure", "exception", "exc", "problem"}
WORDS = re.compile(r"[A-Za-z]\w* \S|\w: $")
# Where a library says something in words alone, or a sentence is looked at for no meaning.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    # http.client raises one OSError for all answers of a proxy, with the status in its words.
    "api/transport.py": ("str(error).partition('Tunnel connection failed: ')",),
    # argparse quotes what was typed, which may be a secret, and has no other sign of it.
    "commands/arguments.py": ('"\'" in message', "'\"' in message"),
    # A note of the reading process begins with its row, which stands beside it in the window.
    "fields/rowcheck.py": ("note.text.removeprefix(f'{where}: ')",),
    # zlib has no codes, and Python's own errors of its XML parser and of long numbers have none either.
    "sheets/containers/errors.py": ("'encoding' not in str(error)", "str(error).startswith(_NO_MEMORY)"),
    "sheets/open_file.py": ("'Exceeds the limit' not in str(error)", "file.name in error.sentence"),
}


def reads(tree: ast.Module) -> Iterator[str]:
    """Find what looks into a sentence: the code, as Python would write it."""
    for node in ast.walk(tree):
        if (
            (isinstance(node, ast.Compare) and _compares(node))
            or (isinstance(node, ast.Call) and _takes_apart(node))
            or (isinstance(node, ast.Assign) and _is_words_of_an_error(node.value))
        ):
            yield ast.unparse(node)


def _compares(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    membership = any(isinstance(operator, (ast.In, ast.NotIn)) for operator in node.ops)
    if any(_is_words_of_an_error(side) for side in sides):
        return True
    if not membership:
        return any(_is_words(side) for side in sides)
    return _is_words(node.left) or any(_is_sentence(side) for side in node.comparators)


def _takes_apart(node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in READING:
        return False
    return _is_sentence(node.func.value) or any(map(_is_words, node.args[:1]))


def _is_words(node: ast.expr) -> bool:
    """Tell whether it is a text of several words, or some of them."""
    if isinstance(node, ast.Tuple):
        return any(map(_is_words, node.elts))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORDS.search(node.value))


def _is_sentence(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="note" | "problem"), attr="text" | "found"):
            return True
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in SENTENCES
    return _is_words_of_an_error(node)


def _is_words_of_an_error(node: ast.expr) -> bool:
    match node:
        case ast.Call(
            func=ast.Name(id="str" | "repr"), args=[ast.Name(id="error" | "failure" | "exception" | "exc" | "problem")]
        ):
            return True
        case ast.Subscript(value=ast.Attribute(attr="args")):
            return True
    return False


def found_in(folder: Path) -> dict[str, list[str]]:
    found = {}
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder).as_posix()
        reading = [code for code in reads(ast.parse(file.read_text(encoding="utf-8"))) if code not in ALLOWED.get(name, ())]
        if reading and not name.startswith("practice/"):
            found[name] = reading
    return found


def test_no_code_reads_a_sentence() -> None:
    assert found_in(PRODUCT) == {}


def test_each_exception_is_still_there() -> None:
    for name, allowed in ALLOWED.items():
        assert set(allowed) <= set(reads(ast.parse((PRODUCT / name).read_text(encoding="utf-8")))), name


@pytest.mark.parametrize(
    "planted",
    [
        'batch.detail.split(" Going on in ")[0]',
        'x = "was refused" in text',
        "text = str(error)",
        'if "locked" in str(error): pass',
        'str(error) == "database is locked"',
        'summary.stopped.reason == "The upload is under way."',
        "place in summary.stopped.reason",
        'text.startswith("The upload ")',
        'line.removeprefix("Row 5: ")',
        'message.split(" ")',
        'error.sentence.endswith(".")',
        'words.startswith(("Nothing was sent", "x"))',
    ],
)
def test_a_planted_example_is_caught(planted: str, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(planted)
    assert found_in(tmp_path)


@pytest.mark.parametrize("innocent", ['"a" in names', 'text.split(",")', 'line.startswith("#")', "kind is StopReason.NO_ROOM"])
def test_what_reads_no_sentence_is_left_alone(innocent: str, tmp_path: Path) -> None:
    (tmp_path / "innocent.py").write_text(innocent)
    assert not found_in(tmp_path)


def test_the_separators_have_one_definition() -> None:
    """Others than the two would be the marks of some other format."""
    texts = {"\x1e", "\x1f"}
    where = set()
    for file in PRODUCT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in texts:
                where.add(file.relative_to(PRODUCT).as_posix())
    assert where == {"sheets/cells/separators.py"}


KINDS: tuple[type[MessageKind], ...] = (UploadMessage, StopReason, RunState, ApiMessage, FieldMessage, Advice)


def test_each_kind_has_a_word_of_its_own() -> None:
    words = [kind.value for kinds in KINDS for kind in kinds]
    assert len(words) == len(set(words))
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", word) for word in words)


@pytest.mark.parametrize("kind", [kind for kinds in KINDS for kind in kinds], ids=str)
def test_each_kind_has_a_sentence(kind: MessageKind) -> None:
    known = {"left": "multi_object", "when": "2026-05-03", "since": "2026-05-03T10:00+00:00"}
    text = kind.text({name: known.get(name, 5) for name in kind.names})
    assert text or kind is RunState.FINISHED
    assert "{" not in text


def test_each_sentence_can_be_translated() -> None:
    """One that is nothing but an argument has no words of its own."""
    with TEMPLATE.open("rb") as stream:
        marked = {text.id for text in read_po(stream)}
    sentences = {kind.sentence for kinds in KINDS for kind in kinds}
    assert {text for text in sentences - marked if not re.fullmatch(r"(\{\w+\})?", text)} == set()

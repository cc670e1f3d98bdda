"""translation.py: which catalogue is taken, what a broken one does, and how texts are marked in the product."""

from __future__ import annotations

import ast
import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cg_uploader import translation
from cg_uploader.errors import FileError
from cg_uploader.sheets.options import AS_FOUND
from cg_uploader.sheets.process import worker
from cg_uploader.sheets.process.limits import DEFAULT_LIMITS
from cg_uploader.sheets.process.protocol import ParseJob, receive_message
from cg_uploader.translation import N_, _, ngettext

PRODUCT = Path(translation.__file__).parent


def _compiled(locale: str, texts: dict[str | tuple[str, str], str | tuple[str, ...]]) -> bytes:
    catalog = Catalog(locale=locale)
    for identifier, text in texts.items():
        catalog.add(identifier, text)
    stream = BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


@pytest.fixture
def polish(tmp_path: Path) -> Path:
    """A folder of catalogues with one language, which has three forms for numbers."""
    file = tmp_path / "pl" / "LC_MESSAGES" / "cg_uploader.mo"
    file.parent.mkdir(parents=True)
    rows = ("{count} wiersz", "{count} wiersze", "{count} wierszy")
    file.write_bytes(_compiled("pl", {"Stopped.": "Zatrzymano.", ("{count} row", "{count} rows"): rows}))
    return tmp_path


def test_english_needs_no_catalogue() -> None:
    assert (_("Stopped."), ngettext("one", "many", 1), ngettext("one", "many", 0)) == ("Stopped.", "one", "many")
    assert translation.in_use() is None


def test_a_language_is_a_file(polish: Path) -> None:
    translation.use(translation.catalogue(["pl_PL.UTF-8"], polish))
    assert _("Stopped.") == "Zatrzymano."
    assert N_("Stopped.") == "Stopped."
    assert _("Not translated yet.") == "Not translated yet."
    numbers = [ngettext("{count} row", "{count} rows", count).format(count=count) for count in (1, 2, 5)]
    assert numbers == ["1 wiersz", "2 wiersze", "5 wierszy"]
    translation.use(None)
    assert _("Stopped.") == "Stopped."


@pytest.mark.parametrize(
    ("languages", "there"),
    [
        (["pl"], True),
        (["de", "pl_PL"], True),
        (["pl@euro"], True),
        (["en_GB", "pl"], False),
        (["C", "pl"], False),
        (["POSIX"], False),
        (["C.UTF-8", "pl"], False),
        (["de"], False),
        ([], False),
        (["", "pl"], False),
        (["../pl", "x/pl"], False),
    ],
)
def test_the_first_language_with_a_catalogue_is_taken(polish: Path, languages: list[str], there: bool) -> None:
    expected = polish / "pl" / "LC_MESSAGES" / "cg_uploader.mo"
    assert translation.catalogue(languages, polish) == (expected if there else None)


def test_no_name_leads_out_of_the_folder(polish: Path) -> None:
    below = polish / "below"
    below.mkdir()
    assert translation.catalogue(["../pl", str(polish / "pl")], below) is None


@pytest.mark.parametrize("cut", [0, 3, 20, 40, 150])
def test_a_cut_catalogue_is_no_error(polish: Path, cut: int) -> None:
    file = polish / "pl" / "LC_MESSAGES" / "cg_uploader.mo"
    file.write_bytes(file.read_bytes()[:cut])
    translation.use(file)
    assert (_("Stopped."), translation.in_use()) == ("Stopped.", None)


@pytest.mark.parametrize("formula", ["n/0", "n+", "import os", "(((", "9" * 5000])
def test_a_wrong_formula_is_no_error(tmp_path: Path, formula: str) -> None:
    file = tmp_path / "wrong.mo"
    header = f"Content-Type: text/plain; charset=utf-8\nPlural-Forms: nplurals=2; plural={formula};\n"
    stream = BytesIO()
    catalog = Catalog(locale="pl")
    catalog.add("Stopped.", "Zatrzymano.")
    write_mo(stream, catalog)
    data = stream.getvalue()
    start, end = data.index(b"Project-Id"), data.index(b"\0", data.index(b"Project-Id"))
    room = end - start
    file.write_bytes(data[:start] + header.encode()[:room].ljust(room, b"\n") + data[end:])
    translation.use(file)
    assert ngettext("row", "rows", 2) == "rows"


@pytest.mark.parametrize("file", ["nothing.mo", "."])
def test_what_cannot_be_read_is_no_error(tmp_path: Path, file: str) -> None:
    translation.use(tmp_path / file)
    assert translation.in_use() is None


def test_the_reading_process_is_told_the_catalogue(polish: Path) -> None:
    translation.use(translation.catalogue(["pl"], polish))
    job = ParseJob(polish / "file.csv", AS_FOUND, DEFAULT_LIMITS)
    assert ParseJob.from_line(job.to_line()).catalogue == polish / "pl" / "LC_MESSAGES" / "cg_uploader.mo"
    translation.use(None)
    assert ParseJob.from_line(ParseJob(polish / "file.csv", AS_FOUND, DEFAULT_LIMITS).to_line()).catalogue is None


def test_the_reading_process_fails_in_the_same_language(polish: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translation.use(translation.catalogue(["pl"], polish))
    job = ParseJob(polish / "file.csv", AS_FOUND, DEFAULT_LIMITS).to_line()
    translation.use(None)  # as in a process that has just begun

    def fail(_job: ParseJob, _out: BytesIO) -> None:
        raise FileError(_("Stopped."))

    monkeypatch.setattr(worker, "_send_tables", fail)
    monkeypatch.setattr(worker, "limit_own_process", lambda _address: None)
    out = BytesIO()
    worker._answer(ParseJob.from_line(job), out)
    out.seek(0)
    message = receive_message(out)
    assert message is not None
    assert json.loads(message[1])["sentence"] == "Zatrzymano."


# --- how texts are marked ---


def badly_marked(text: str) -> list[str]:
    """The calls of ``_``, ``ngettext`` and ``N_`` in a module that extraction cannot read, or reads as another text."""
    texts = {"_": 1, "N_": 1, "ngettext": 2}
    tree, found = ast.parse(text), []
    # Extraction sees no calls within an f-string before Python 3.12.
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in texts:
            marked = node.args[: texts[node.func.id]]
            literal = all(isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value for one in marked)
            if not literal or len(marked) < texts[node.func.id] or id(node) in within:
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize(
    "text",
    [
        '_(f"Row {row}")',
        '_("Row %s" % row)',
        '_("Row " + row)',
        '_("Row {row}".format(row=row))',
        "_()",
        '_("")',
        'ngettext("row", f"{count} rows", count)',
        'ngettext("row")',
        'N_("a" + "b")',
        "f\"{_('a')}\"",
    ],
)
def test_a_text_that_is_no_literal_is_found(text: str) -> None:
    assert len(badly_marked(text)) == 1


def test_what_is_translated_is_a_literal_or_was_marked() -> None:
    """``_(NAME)`` translates what a table has marked: a name or an attribute, never a text that is put together there."""
    found = {}
    for file in PRODUCT.rglob("*.py"):
        calls = [call for call in badly_marked(file.read_text(encoding="utf-8")) if not _translates_a_marked_text(call)]
        if calls:
            found[file.relative_to(PRODUCT).as_posix()] = calls
    assert found == {}


def _translates_a_marked_text(call: str) -> bool:
    """Whether it is ``_`` around a name, an attribute or an entry of a table."""
    node = ast.parse(call.partition(": ")[2], mode="eval").body
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "_" or len(node.args) != 1:
        return False
    return isinstance(node.args[0], ast.Name | ast.Attribute | ast.Subscript)


@pytest.mark.parametrize(("call", "marked"), [("_(status.label)", True), ("_(TITLES[level])", True), ("_(f'{x}')", False)])
def test_a_marked_text_is_known_from_one_made_there(call: str, marked: bool) -> None:
    assert _translates_a_marked_text(f"line 1: {call}") is marked


def test_the_underscore_is_bound_to_nothing_else() -> None:
    """A loop variable or a name for what is not needed would hide it, in the whole function."""
    found = {}
    for file in PRODUCT.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if re.search(r"^from cg_uploader\.translation import .*\b_\b", text, re.MULTILINE) and (lines := bindings(text)):
            found[file.relative_to(PRODUCT).as_posix()] = lines
    assert found == {}


def bindings(text: str) -> set[int]:
    """The lines of a module that give the name ``_`` to something."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
    }


def test_a_binding_is_found() -> None:
    assert bindings("def f():\n    _, kept = 1, 2\n    for _ in kept:\n        pass\n") == {2, 3}


# --- who sees which words ---

TEMPLATE = PRODUCT.parent / "resources" / "locale" / "cg_uploader.pot"
OF_THE_COMMAND_LINE = re.compile(r"(?<![\w-])--?[a-z][a-z-]+|cg-uploader\b|Ctrl-C|\b(terminal|command line)\b")
OF_THE_WINDOW = re.compile(r"\b([Bb]utton|[Cc]lick|[Pp]ress|[Dd]ialog|[Mm]enu|[Tt]ick|[Ss]tep|Settings|drag|drop)\b")


def texts_of(commands: bool) -> list[str]:
    """The texts of the template that stand in the command line's modules alone, or in at least one other."""
    with TEMPLATE.open("rb") as stream:
        messages = [message for message in read_po(stream) if message.id]
    found = []
    for message in messages:
        files = [file for file, _line in message.locations]
        if all(file.startswith(("cg_uploader/commands/", "cg_uploader/cli.py")) for file in files) is commands:
            found += [message.id] if isinstance(message.id, str) else list(message.id)
    assert len(found) > 50
    return found


def test_words_of_the_command_line_stay_there() -> None:
    assert [text for text in texts_of(commands=False) if OF_THE_COMMAND_LINE.search(text)] == []


def test_words_of_the_window_stay_there() -> None:
    assert [text for text in texts_of(commands=True) if OF_THE_WINDOW.search(text)] == []


@pytest.mark.parametrize("text", ["Leave --sheet out.", "“cg-uploader resume 3” goes on.", "Ctrl-C again.", "In the terminal."])
def test_words_of_the_command_line_are_known(text: str) -> None:
    assert OF_THE_COMMAND_LINE.search(text)


# Packages whose texts are not translated: the window's not yet, the pretend server's and the log's never.
_ENGLISH = ("gui/", "practice/", "settings/logs.py")


def _plurals_by_hand(source: str) -> list[int]:
    """Lines that choose one of two texts by whether a number is one."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.IfExp)
        and isinstance(node.test, ast.Compare)
        and any(isinstance(side, ast.Constant) and side.value == 1 for side in (node.test.left, *node.test.comparators))
        and all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in (node.body, node.orelse))
    ]


def test_numbers_choose_their_form_through_ngettext() -> None:
    assert _plurals_by_hand("f\"{count} row{'' if count == 1 else 's'}\"") == [1]
    assert _plurals_by_hand("'is' if 1 == count else 'are'") == [1]
    found = {
        name: lines
        for file in sorted(PRODUCT.rglob("*.py"))
        if not (name := file.relative_to(PRODUCT).as_posix()).startswith(_ENGLISH)
        if (lines := _plurals_by_hand(file.read_text(encoding="utf-8")))
    }
    assert found == {}

"""packaging/make_catalogues.py: the committed template and catalogues are complete, and what would make them not so."""

from __future__ import annotations

import gettext
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages import Catalog

ROWS = ("{count} row of {file}", "{count} rows of {file}")


def test_the_template_is_what_extraction_gives(root: Path, make_catalogues: ModuleType) -> None:
    committed = make_catalogues.template(root).read_text(encoding="utf-8")
    assert committed == make_catalogues.as_text(make_catalogues.extract(root)), "run packaging/make_catalogues.py"


def test_every_committed_language_is_complete(root: Path, make_catalogues: ModuleType) -> None:
    extracted = make_catalogues.extract(root)
    files = make_catalogues.catalogues(root)
    assert {
        file: faults for file in files if (faults := make_catalogues.faults(make_catalogues.read_catalogue(file), extracted))
    } == {}


def _extracted() -> Catalog:
    catalog = Catalog()
    catalog.add("No {name}.")
    catalog.add(ROWS)
    return catalog


def _german(**changed: Any) -> Catalog:
    catalog = Catalog(locale="de")
    catalog.add("No {name}.", changed.get("one", "Kein {name}."), flags=changed.get("flags", ()))
    catalog.add(ROWS, changed.get("many", ("{count} Zeile von {file}", "{count} Zeilen von {file}")))
    for text in changed.get("stale", ()):
        catalog.add(text, "alt")
    return catalog


def test_a_complete_catalogue_has_no_fault(make_catalogues: ModuleType) -> None:
    assert make_catalogues.faults(_german(), _extracted()) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"one": ""}, "missing"),
        ({"one": "Kein {nam}."}, "placeholders"),
        ({"one": "Kein."}, "placeholders"),
        ({"one": "Kein {name}, {other}."}, "placeholders"),
        ({"one": "Kein {name:,}."}, "placeholders"),
        ({"one": "Kein {name}} {."}, "placeholders"),
        ({"flags": ["fuzzy"]}, "fuzzy"),
        ({"stale": ["Gone."]}, "stale"),
        ({"many": ("{count} Zeile von {file}", "")}, "missing"),
        ({"many": ("{count} Zeile von {file}",)}, "missing"),
        ({"many": ("{count} Zeile von {file}", "{count} Zeilen")}, "placeholders"),
        ({"many": ("{count} Zeile", "{count} Zeilen von {file}")}, "placeholders"),
    ],
)
def test_each_fault_is_found(make_catalogues: ModuleType, changed: dict[str, Any], fault: str) -> None:
    (found,) = make_catalogues.faults(_german(**changed), _extracted())
    assert found.startswith(fault)


def test_a_text_that_a_catalogue_lacks_is_found(make_catalogues: ModuleType) -> None:
    extracted = _extracted()
    extracted.add("New.")
    assert make_catalogues.faults(_german(), extracted) == ["missing: 'New.'"]


def test_a_text_that_could_not_be_filled_in_stays_english(repository: Path, make_catalogues: ModuleType) -> None:
    file = make_catalogues.begin(repository, "de")
    file.write_text(
        make_catalogues.as_text(_german(one="Kein {nam}.", many=("{count} Zeile", "{count} Zeilen von {file}"))),
        encoding="utf-8",
    )
    (compiled,) = make_catalogues.compile_all(repository)
    with compiled.open("rb") as stream:
        texts = gettext.GNUTranslations(stream)
    assert texts.gettext("No {name}.") == "No {name}."
    assert [texts.ngettext(*ROWS, count) for count in (1, 2)] == list(ROWS)


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Path:
    """A copy with a package of one module."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    (tmp_path / "cg_uploader").mkdir()
    (tmp_path / "resources" / "locale").mkdir(parents=True)
    return tmp_path


def test_a_language_is_begun_kept_up_to_date_and_compiled(repository: Path, make_catalogues: ModuleType) -> None:
    module = repository / "cg_uploader" / "module.py"
    module.write_text(
        '# Translators: a greeting\n_("Hello {name}.")\nngettext("a row", "{n} rows", n)\nLABEL = N_("A label")\n'
    )
    file = make_catalogues.begin(repository, "de")
    make_catalogues.update_all(repository)
    template = make_catalogues.template(repository).read_text(encoding="utf-8")
    assert "#. a greeting\n#: cg_uploader/module.py\n" in template
    text = file.read_text(encoding="utf-8")
    assert {'msgid "A label"', 'msgid_plural "{n} rows"', '"Language: de\\n"'} <= set(text.splitlines())

    file.write_text(text.replace('{name}."\nmsgstr ""', '{name}."\nmsgstr "Hallo {name}."'), encoding="utf-8")
    assert make_catalogues.begin(repository, "de") == file
    module.write_text('_("Hello {name}.")\n_("Bye.")\n')
    make_catalogues.update_all(repository)
    faults = make_catalogues.faults(make_catalogues.read_catalogue(file), make_catalogues.extract(repository))
    assert faults == ["missing: 'Bye.'"]
    (compiled,) = make_catalogues.compile_all(repository)
    with compiled.open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("Hello {name}.") == "Hallo {name}."

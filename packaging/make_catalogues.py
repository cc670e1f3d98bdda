"""The catalogues of messages in resources/locale: ``python packaging/make_catalogues.py [--compile | --add LANGUAGE]``.

Without an option it extracts every marked text into ``cg_uploader.pot``, brings each ``.po`` up to date, and compiles it.
``--compile`` only makes each ``.mo`` from its ``.po``.  ``--add LANGUAGE`` also begins the ``.po`` of one more language.
pyproject.toml names the packages and the keywords.  It needs Babel.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.core import Locale
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = "cg_uploader"
CHARS_PER_LINE = 120
HEADER = f"# Messages of CG Uploader. packaging/make_catalogues.py makes {DOMAIN}.pot and keeps each .po up to date."
# Fields of the header that change without a change of texts, or that stay empty.
NOT_WRITTEN = tuple(
    f'"{field}'
    for field in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
    )
)


def template(root: Path) -> Path:
    """Return the path of the template of all catalogues."""
    return root / "resources" / "locale" / f"{DOMAIN}.pot"


def catalogues(root: Path) -> list[Path]:
    """Return the ``.po`` files, one for each language."""
    return sorted((root / "resources" / "locale").glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def extract(root: Path) -> Catalog:
    """Return all marked texts of the product, each with the files that hold it."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["catalogues"]
    catalog = Catalog(project="CG Uploader", version="1", header_comment=HEADER, charset="utf-8", fuzzy=False)
    for package in settings["packages"]:
        marked = extract_from_dir(
            root / package,
            method_map=[("**.py", "python")],
            keywords=parse_keywords(settings["keywords"]),
            comment_tags=[settings["comment_tag"]],
            strip_comment_tags=True,
        )
        for file, _line, text, comments, context in sorted(marked, key=lambda found: Path(found[0]).as_posix()):
            catalog.add(text, locations=[(f"{package}/{Path(file).as_posix()}", 0)], auto_comments=comments, context=context)
    return catalog


def as_text(catalog: Catalog) -> str:
    """Return a catalogue as a file has it: without line numbers and dates, which would change with every edit."""
    stream = BytesIO()
    write_po(stream, catalog, width=CHARS_PER_LINE, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return "".join(line for line in stream.getvalue().decode().splitlines(keepends=True) if not line.startswith(NOT_WRITTEN))


def read_catalogue(file: Path) -> Catalog:
    """Read a ``.po`` file.  Its language is the name of the folder two above."""
    with file.open("rb") as stream:
        return read_po(stream, locale=file.parts[-3], domain=DOMAIN)


def update_all(root: Path) -> None:
    """Write the template anew and bring each ``.po`` up to date.  A changed text is fuzzy until it is translated again."""
    extracted = extract(root)
    template(root).write_text(as_text(extracted), encoding="utf-8", newline="\n")
    for file in catalogues(root):
        catalog = read_catalogue(file)
        catalog.update(extracted)
        file.write_text(as_text(catalog), encoding="utf-8", newline="\n")


def begin(root: Path, language: str) -> Path:
    """Make the ``.po`` of one more language, with no text translated yet.  One that is there stays as it is."""
    file = root / "resources" / "locale" / str(Locale.parse(language)) / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not file.exists():
        file.parent.mkdir(parents=True)
        catalog = Catalog(
            locale=language, project="CG Uploader", version="1", header_comment=HEADER, charset="utf-8", fuzzy=False
        )
        file.write_text(as_text(catalog), encoding="utf-8", newline="\n")
    return file


def compile_all(root: Path) -> list[Path]:
    """Make the ``.mo`` of each language beside its ``.po``.  Texts that are fuzzy or could not be filled in stay English."""
    made = []
    for file in catalogues(root):
        target = file.with_suffix(".mo")
        catalog = read_catalogue(file)
        for message in catalog:
            if message.id and _wrong(message, catalog.num_plurals):
                message.string = ""
        with target.open("wb") as stream:
            write_mo(stream, catalog)
        made.append(target)
    return made


def faults(catalog: Catalog, extracted: Catalog) -> list[str]:
    """Return what keeps a catalogue from being complete: a line for each missing, fuzzy, stale or wrong text."""
    known = {message.id for message in extracted if message.id}
    found = [f"missing: {identifier!r}" for identifier in known if catalog.get(_first(identifier)) is None]
    for message in catalog:
        if not message.id:
            continue
        if message.id not in known:
            found.append(f"stale: {message.id!r}")
        elif message.fuzzy:
            found.append(f"fuzzy: {message.id!r}")
        else:
            found += _wrong(message, catalog.num_plurals)
    return sorted(found)


def _wrong(message: Message, plurals: int) -> list[str]:
    """Return what is wrong with the translation of one text."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if not forms or not all(forms) or (message.pluralizable and len(forms) != plurals):
        return [f"missing: {message.id!r}"]
    wanted = _placeholders(message.id[-1] if isinstance(message.id, list | tuple) else message.id)
    return [f"placeholders: {message.id!r}: {form!r}" for form in forms if _placeholders(form) != wanted]


def _first(identifier: str | Iterable[str]) -> str:
    return identifier if isinstance(identifier, str) else next(iter(identifier))


def _placeholders(text: str) -> set[str]:
    """Return the placeholders of a text, each with its format.  A text that cannot be formatted has one of its own."""
    try:
        return {f"{name}!{conversion}:{shown}" for _, name, shown, conversion in Formatter().parse(text) if name is not None}
    except ValueError as error:
        return {str(error)}


def main(arguments: list[str]) -> int:
    """Do what the option says.  1 when a catalogue is not complete."""
    parser = argparse.ArgumentParser(description="Make the catalogues of messages in resources/locale.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--compile", action="store_true", help="only make each .mo from its .po")
    choice.add_argument("--add", metavar="LANGUAGE", help="begin the .po of one more language, such as de or pt_BR")
    options = parser.parse_args(arguments)
    if options.add:
        begin(ROOT, options.add)
    if not options.compile:
        update_all(ROOT)
    compile_all(ROOT)
    if options.compile:
        return 0
    extracted = extract(ROOT)
    found = [
        f"{file.relative_to(ROOT)}: {fault}" for file in catalogues(ROOT) for fault in faults(read_catalogue(file), extracted)
    ]
    print("\n".join(found) or f"{len(extracted)} texts, {len(catalogues(ROOT))} languages beside English, all complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

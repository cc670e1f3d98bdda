"""The XML parser for parts of workbooks: it refuses document types, and drops prefixes of names."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from xml.parsers import expat

from cg_uploader.sheets.containers.errors import damage_as_file_error, damaged_error
from cg_uploader.translation import _

# Takes the name of an element and its attributes, both without prefixes.
StartHandler = Callable[[str, dict[str, str]], None]


def create_xml_parser() -> expat.XMLParserType:
    """Create a parser that refuses document types, and with them every entity that a file could define.

    Raises:
        FileError: from ``Parse``, kind ``damaged``, for a document type.
    """

    def refuse(*_arguments: object) -> None:
        raise damaged_error(_("it holds XML declarations that no spreadsheet has"))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    return parser


@lru_cache(maxsize=2_000)
def local_name(name: str) -> str:
    """Return the name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def drop_prefixes(attributes: dict[str, str]) -> dict[str, str]:
    """Return attributes without prefixes. Of those that differ by prefix only, the last one is kept."""
    return {local_name(name): value for name, value in attributes.items()}


def walk_elements(data: bytes, on_start: StartHandler) -> None:
    """Call ``on_start`` for each element of a small document.

    Elements inside an extension (``extLst``) are left out. Newer programs keep elements there that have the same names as
    those that are meant.

    Raises:
        FileError: kind ``damaged``, for a document that is not well-formed.
    """
    parser = create_xml_parser()
    extension_depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal extension_depth
        name = local_name(tag)
        if extension_depth or name == "extLst":
            extension_depth += 1
        else:
            on_start(name, drop_prefixes(attributes))

    def end(_tag: str) -> None:
        nonlocal extension_depth
        extension_depth -= extension_depth > 0

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    with damage_as_file_error():
        parser.Parse(data, True)

"""The list of texts that the cells of an Excel workbook share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import IO

from cg_uploader.sheets.cells.clean_text import unescape
from cg_uploader.sheets.cells.converter import SharedTexts
from cg_uploader.sheets.containers.errors import damage_as_file_error
from cg_uploader.sheets.containers.xml_parser import create_xml_parser, local_name
from cg_uploader.sheets.containers.xml_stream import XmlChunkDecoder
from cg_uploader.sheets.containers.zip_package import CHUNK_BYTES

# A text as XML writes it, as a regular expression. The only entities in it are the five that XML itself has.
XML_TEXT = "[^<&]*+(?:&(?:amp|lt|gt|quot|apos);[^<&]*+)*+"

_SIMPLE_ITEM = re.compile(rf'<si><t(?: xml:space="preserve")?>({XML_TEXT})</t></si>')
# Texts with these may need a closer look before they are sent.
_NOT_PLAIN = ("> ", " <", ">#", ">Err:", "E+")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
# No XML holds this character.
_SEPARATOR = "\0"


def has_only_named_entities(xml: str) -> bool:
    """Return whether all entities are those that ``XML_TEXT`` knows."""
    return "&" not in xml or xml.count("&") == sum(xml.count(name) for name, _char in _ENTITIES)


def decode_entities(texts: Sequence[str]) -> Sequence[str]:
    """Return texts that match ``XML_TEXT`` with characters in the place of entities, all at once."""
    joined = _SEPARATOR.join(texts)
    if "&" not in joined:
        return texts
    for name, char in _ENTITIES:
        joined = joined.replace(name, char)
    return joined.split(_SEPARATOR)


class SharedStringsReader:
    """Reads the part ``sharedStrings.xml`` piece by piece. Phonetic runs are left out."""

    def __init__(self, part: IO[bytes], tick: Callable[[int], None]) -> None:
        """``part`` is open, and is closed after the last text. ``tick`` is called for each piece."""
        self.shared = SharedTexts(self._read_on)
        self._part = part
        self._tick = tick
        self._decoder = XmlChunkDecoder("</si>")
        self._parser = create_xml_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._pieces: list[str] = []
        self._phonetic = False
        self._depth = 0

    def _read_on(self, _shared: SharedTexts) -> bool:
        """Add the texts of the next piece of the part, and return whether there was one.

        Simple ones are cut out of the stream before the XML parser gets it, because that is faster.
        """
        if self._part.closed:
            return False
        self._tick(0)
        with damage_as_file_error():
            data = self._part.read(CHUNK_BYTES)
            if not data:
                self._parser.Parse(self._decoder.rest(), True)
                self._part.close()
                return True
            text = self._decoder.decode(data)
            if not (self._decoder.simple and isinstance(text, str) and self._depth == 1 and self._take_simple(text)):
                self._parser.Parse(text, False)
        return True

    def _take_simple(self, text: str) -> bool:
        """Take all texts of a piece of the part, if all have the simple form, and return whether they have."""
        pieces = _SIMPLE_ITEM.split(text)
        if "".join(pieces[0::2]).strip():
            return False
        texts = decode_entities(pieces[1::2])
        if "_x" in text:
            self.shared.extend([*map(unescape, texts)])
        else:
            plain = text.isascii() and text.isprintable() and not any(mark in text for mark in _NOT_PLAIN)
            self.shared.extend(texts, plain=plain)
        return True

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        name = local_name(tag)
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t" and not self._phonetic:
            self._parser.CharacterDataHandler = self._pieces.append

    def _end(self, tag: str) -> None:
        self._depth -= 1
        name = local_name(tag)
        if name == "t":
            self._parser.CharacterDataHandler = None
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.shared.extend([unescape("".join(self._pieces))])

"""Owns the list of texts that the cells of an Excel workbook share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import IO

from cg_uploader.sheets.cells.clean_text import unescape
from cg_uploader.sheets.cells.converter import SharedTexts
from cg_uploader.sheets.containers.xml_stream import XmlChunkDecoder
from cg_uploader.sheets.containers.zip_package import CHUNK_BYTES, create_xml_parser, damage_as_file_error, local_name

# Text in XML, as a regular expression: only with the names that XML itself has for characters.
WRITTEN = "[^<&]*+(?:&(?:amp|lt|gt|quot|apos);[^<&]*+)*+"

_SIMPLE = re.compile(rf'<si><t(?: xml:space="preserve")?>({WRITTEN})</t></si>')
_NOT_PLAIN = ("> ", " <", ">#", ">Err:", "E+")
_NAMED = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
# No XML holds this character.
_APART = "\0"


def all_named(xml: str) -> bool:
    """Whether all that XML writes in other ways has the names that ``WRITTEN`` knows."""
    return "&" not in xml or xml.count("&") == sum(xml.count(name) for name, _ in _NAMED)


def decoded(written: Sequence[str]) -> Sequence[str]:
    """The texts that were ``WRITTEN`` so, all at once."""
    joined = _APART.join(written)
    if "&" not in joined:
        return written
    for name, character in _NAMED:
        joined = joined.replace(name, character)
    return joined.split(_APART)


class SharedStringsReader:
    """Reads the part ``sharedStrings.xml``; phonetic runs are left out."""

    def __init__(self, part: IO[bytes], tick: Callable[[int], None]) -> None:
        """``part`` is the open part; it is closed after the last text."""
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

    def _read_on(self, _: SharedTexts) -> bool:
        """Add the texts of the next piece of the part.

        Simple ones are cut out of the stream before the XML parser sees it, because that is faster.
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
            if not (self._decoder.simple and isinstance(text, str) and self._depth == 1 and self._simple(text)):
                self._parser.Parse(text, False)
        return True

    def _simple(self, text: str) -> bool:
        """Take all texts of a piece of the part, if all have the simple form."""
        pieces = _SIMPLE.split(text)
        if "".join(pieces[0::2]).strip():
            return False
        texts = decoded(pieces[1::2])
        if "_x" in text:
            self.shared.extend([*map(unescape, texts)])
        else:
            plain = text.isascii() and text.isprintable() and not any(mark in text for mark in _NOT_PLAIN)
            self.shared.extend(texts, plain=plain)
        return True

    def _start(self, tag: str, _: dict[str, str]) -> None:
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

"""How a large XML stream is cut into text that ends where an element ends."""

from __future__ import annotations

import codecs
import re

_CONTROLS = bytes([*range(9), 11, 12, *range(13, 32)])
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_UTF8_NAMES = (b"utf-8", b"utf8", b"us-ascii")
_MAX_CHARS_HELD = 1 << 21


class XmlChunkDecoder:
    """Decodes chunks of XML into texts that end with ``end_tag``. What comes after it waits for the next chunk.

    ``simple`` becomes False once something was seen that only an XML parser understands: comments, CDATA, control
    characters, another encoding. From then on everything must go to the parser, and the texts may be bytes.
    """

    def __init__(self, end_tag: str) -> None:
        self.simple = True
        self._end_tag = end_tag
        self._held = ""
        self._begun = False
        self._decoder: codecs.IncrementalDecoder | None = None

    def decode(self, data: bytes) -> str | bytes:
        """Return the next text, which may be empty.

        Raises:
            UnicodeDecodeError: for bytes that are not in the encoding.
        """
        if not self._begun:
            self._begun = True
            self._begin(data)
        if self._decoder is None:
            return data
        text = self._held + self._decoder.decode(data)
        if self.simple and not _is_simple(data, text):
            self.simple = False
        if not self.simple:
            self._held = ""
            return text
        tag_start = text.rfind(self._end_tag)
        if tag_start < 0 and len(text) > _MAX_CHARS_HELD:
            self.simple, self._held = False, ""
            return text
        end = tag_start + len(self._end_tag) if tag_start >= 0 else 0
        self._held = text[end:]
        return text[:end]

    def rest(self) -> str | bytes:
        """Return what is left at the end of the stream."""
        if self._decoder is None:
            return b""
        return self._held + self._decoder.decode(b"", True)

    def _begin(self, data: bytes) -> None:
        """Decode UTF-8 here, and leave every other encoding to the parser."""
        declared = _ENCODING.search(data[:200])
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (declared and declared[1].lower() not in _UTF8_NAMES):
            self.simple = False
            return
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()


def _is_simple(data: bytes, text: str) -> bool:
    """Return whether a text, whose last bytes are ``data``, holds nothing that only an XML parser understands."""
    # one character is sought first, which is much faster than two
    has_markup = ("!" in text and "<!" in text) or ("]" in text and "]]>" in text)
    return not has_markup and len(data.translate(None, _CONTROLS)) == len(data)

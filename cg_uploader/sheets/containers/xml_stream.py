"""Owns the cutting of a large XML stream into text that ends where an element ends."""

from __future__ import annotations

import codecs
import re

_ODD = bytes([*range(9), 11, 12, *range(13, 32)])
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_PATIENCE = 1 << 21


class XmlChunkDecoder:
    """Decodes chunks of XML; each answer ends with ``end``, what comes after it waits for the next chunk.

    ``simple`` is False once something was seen that only an XML parser understands (comments, CDATA, odd characters, another
    encoding): from then on everything must go to the parser, and answers may be bytes.
    """

    def __init__(self, end: str) -> None:
        self.simple = True
        self._end = end
        self._left = ""
        self._decoder: codecs.IncrementalDecoder | None = None

    def decode(self, data: bytes) -> str | bytes:
        """The next text, which may be empty; UnicodeDecodeError for text that is not in its encoding."""
        if self._decoder is None:
            self._begin(data)
        if self._decoder is None:
            return data
        text = self._left + self._decoder.decode(data)
        if self.simple and (
            len(data.translate(None, _ODD)) != len(data) or ("!" in text and "<!" in text) or ("]" in text and "]]>" in text)
        ):
            self.simple = False
        if not self.simple:
            self._left = ""
            return text
        cut = text.rfind(self._end) + len(self._end)
        if cut < len(self._end):
            cut = 0
            if len(text) > _PATIENCE:
                self.simple, self._left = False, ""
                return text
        self._left = text[cut:]
        return text[:cut]

    def rest(self) -> str | bytes:
        """What is left at the end of the stream."""
        if self._decoder is None:
            return b""
        return self._left + self._decoder.decode(b"", True)

    def _begin(self, data: bytes) -> None:
        """Decode UTF-8 here; leave every other encoding to the parser."""
        found = _ENCODING.search(data[:200])
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (found and found[1].lower() not in (b"utf-8", b"utf8", b"us-ascii")):
            self.simple = False
            return
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()

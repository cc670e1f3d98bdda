"""One row on the wire: what goes out, and what came back for one attempt."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from cg_uploader.model.enums import Answer, Body
from cg_uploader.model.message import Text

MAX_FIELDS = 900


MAX_URL_CHARS = 7_900


@lru_cache(maxsize=4 * MAX_FIELDS)
def _encoded_name(heading: str) -> str:
    return f"&record%5B{quote(heading, safe='')}%5D="


@dataclass(frozen=True, slots=True)
class Request:
    """One row as it goes out: ordered (heading, value) pairs for one configuration at one address."""

    row: int
    records: str
    reference: str
    pairs: tuple[tuple[str, str], ...]

    def query(self) -> str:
        """The query string, percent-encoded, brackets and spaces too; UnicodeEncodeError for a lone surrogate."""
        start = "configuration=" + quote(self.reference, safe="")
        return start + "".join([_encoded_name(heading) + quote(value, safe="") for heading, value in self.pairs])

    @property
    def fingerprint(self) -> bytes:
        """16 bytes that are equal for equal destination, reference and ordered pairs."""
        text = json.dumps([self.records, self.reference, self.pairs], ensure_ascii=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one attempt, independent of the HTTP library.

    ``status`` is known for COMPLETE and BODY_LOST.  NOTHING (reset, silence, 1xx only) proves neither arrival nor the lack of
    it; every other answer is certain that nothing of the row left.  ``errors``: (key as CustomerGauge wrote it, sentence).
    ``message``: one plain line of the answer's, or what kept it from coming.

    ``retry_after``: seconds, clamped; None when absent or unreadable.
    """

    answer: Answer
    status: int | None = None
    body: Body = Body.BLANK
    errors: tuple[tuple[str, str], ...] = ()
    message: Text = ""
    retry_after: float | None = None

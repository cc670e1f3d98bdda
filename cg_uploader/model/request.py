"""One row on the wire: the request that goes out, and the reply to one attempt."""

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
    """One row as it goes out."""

    # Its number, as Excel shows it.
    row: int
    # The address for records.
    records: str
    reference: str
    # (heading, value) in order.
    pairs: tuple[tuple[str, str], ...]

    def query(self) -> str:
        """Return the query string, percent-encoded, brackets and spaces too.

        Raises:
            UnicodeEncodeError: a text holds a lone surrogate.
        """
        start = "configuration=" + quote(self.reference, safe="")
        return start + "".join([_encoded_name(heading) + quote(value, safe="") for heading, value in self.pairs])

    @property
    def fingerprint(self) -> bytes:
        """16 bytes that are equal for equal address, reference and ordered pairs."""
        text = json.dumps([self.records, self.reference, self.pairs], ensure_ascii=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one attempt, independent of the HTTP library.

    NOTHING (reset, silence, 1xx only) proves neither that the row arrived nor that it did not.  Every answer but COMPLETE,
    BODY_LOST and NOTHING is certain that nothing of the row left.
    """

    answer: Answer
    # Known for COMPLETE and BODY_LOST.
    status: int | None = None
    body: Body = Body.BLANK
    # (key as CustomerGauge wrote it, sentence).
    errors: tuple[tuple[str, str], ...] = ()
    # One plain line of the answer, or what kept it from coming.
    message: Text = ""
    # Seconds, within bounds. None when absent or unreadable.
    retry_after: float | None = None

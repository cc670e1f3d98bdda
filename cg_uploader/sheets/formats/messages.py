"""How a saved e-mail, a web page that is saved as one, and the text of a database dump are recognised."""

from __future__ import annotations

import re

from cg_uploader.sheets.formats.unsupported import ATTACHMENT, DUMP, OtherFile
from cg_uploader.translation import N_

_MAIL = OtherFile(N_("a saved e-mail"), ATTACHMENT)

_MAILBOX = re.compile(r"From [^\n]*\d\d:\d\d[^\n]*\n")
_ENVELOPE = re.compile(rf"(?:\d+\s*\n)?(?:{_MAILBOX.pattern})?")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(?:[ \t]|\r?$)")
_TRANSPORT_HEADERS = frozenset(["received", "return-path", "message-id", "delivered-to", "to"])
_MAIL_HEADERS = _TRANSPORT_HEADERS | {
    "date", "sent", "subject", "mime-version", "content-type", "cc", "reply-to", "dkim-signature",
}  # fmt: skip
_SAVED_PAGE = re.compile(r"^(?:From: <Saved by |Snapshot-Content-Location:|X-Document-Type:)", re.IGNORECASE | re.MULTILINE)
_PAGE_TYPE = re.compile(r"^Content-Type:\s*(?:multipart/related|text/html)", re.IGNORECASE | re.MULTILINE)

_COMMENTS = re.compile(r"(?:\s|--[^\n]*|#[^\n]*|/\*.*?\*/;?|\\(?:connect|restrict|encoding|set)\b[^\n]*)*", re.DOTALL)
_NAME = r"""(?:[\w.$@]+|(?:`[^`\n]+`|"[^"\n]+"|\[[^\]\n]+\])(?:\.(?:`[^`\n]+`|"[^"\n]+"|\[[^\]\n]+\]))*)"""
_END = r"[^;\n]*(?:;\s*?$|\n\s*GO\s*?$)"
_STATEMENT = re.compile(
    "|".join(
        [
            rf"(?:INSERT(?:\s+IGNORE)?\s+INTO|REPLACE\s+INTO)\s+{_NAME}\s*(?:\(|(?:VALUES|SELECT|DEFAULT)\b)",
            rf"INSERT\s+{_NAME}\s*\(",
            rf"CREATE\s+(?:\w+\s+){{0,3}}TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*\(",
            rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:\w+\s+)?VIEW\s+{_NAME}\s+AS\b",
            rf"(?:CREATE|ALTER|DROP)\s+(?:DATABASE|SCHEMA|ROLE|USER|EXTENSION|SEQUENCE|TABLE|VIEW)\b{_END}",
            rf"COPY\s+{_NAME}\s*\([^)\n]*\)\s+FROM\s+stdin\b",
            rf"(?:LOCK\s+TABLES|DELETE\s+FROM|TRUNCATE|USE)\s+{_NAME}{_END}",
            rf"UPDATE\s+{_NAME}\s+SET\s+{_NAME}\s*=",
            rf"SET\s+(?:NAMES|[\w@.]+\s*(?:=|TO\b)|\w+\s+{_NAME}\s+ON\b){_END}",
            r"PRAGMA\s+\w+\s*(?:=[^;\n]*|\([^)\n]*\))?;\s*?$",
            r"(?:BEGIN(?:\s+TRANSACTION|\s+WORK)?|START\s+TRANSACTION)\s*;\s*?$",
            r"SELECT\s+pg_catalog\.set_config\(",
        ]
    ),
    re.IGNORECASE | re.MULTILINE,
)


def is_saved_page(text: str) -> bool:
    """Return whether a text that begins so is a web page that a browser or Excel saved as one file."""
    names, headers = _read_headers(text)
    if _SAVED_PAGE.search(headers):
        return True
    return "mime-version" in names and bool(_PAGE_TYPE.search(headers)) and not names & _TRANSPORT_HEADERS


def identify_by_first_lines(text: str) -> OtherFile | None:
    """Return what a text is that begins so, an e-mail or a dump, or None when it may be delimited text."""
    names = _read_headers(text)[0]
    max_in_table = 1 if "from" in names else 3
    if "mime-version" in names or len(names & _MAIL_HEADERS) > max_in_table or (names and _MAILBOX.match(text)):
        return _MAIL
    comments = _COMMENTS.match(text)
    return DUMP if comments and _STATEMENT.match(text, comments.end()) else None


def _read_headers(text: str) -> tuple[set[str], str]:
    """Return the names of a message's headers in small letters, and all headers as text.

    Both are empty when the first lines are no headers.
    """
    envelope = _ENVELOPE.match(text)
    lines: list[str] = []
    names: set[str] = set()
    for line in text[envelope.end() if envelope else 0 :].split("\n"):
        if not line.strip():
            break
        header = _HEADER.match(line)
        if header:
            names.add(header[1].lower())
        elif not lines or line[0] not in " \t":
            return set(), ""
        lines.append(line)
    return names, "\n".join(lines)

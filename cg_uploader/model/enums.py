"""The closed sets: the words for kinds and states, the blank characters, the encodings."""

from __future__ import annotations

from enum import StrEnum

from cg_uploader.translation import N_

# What is taken off the ends of a text: Unicode White_Space, zero-width space, word joiner, byte order mark.
BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)


class Region(StrEnum):
    """Where the customer's CustomerGauge is.  ``regions`` has the facts."""

    EU = "eu"
    US = "us"
    AU = "au"
    PRACTICE = "practice"


class DataType(StrEnum):
    """What a configuration imports.  The client cannot see it, so the user chooses it.  ``data_types`` has the facts."""

    ACCOUNT = "account"
    CONTACT = "contact"
    ACCOUNT_ALIAS = "account_alias"
    ACTIVITY = "activity"
    SURVEY = "survey"
    MULTI_OBJECT = "multi_object"
    EXTERNAL_RESPONSE = "external_response"
    REVENUE = "revenue"
    UNKNOWN = "unknown"


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    DATETIME = "datetime"
    NUMBER = "number"
    FLAG = "flag"


class Identity(StrEnum):
    """What a field identifies.  It decides order, duplicates and whether an activity can be repeated."""

    EMAIL = "email"
    PHONE = "phone"
    ACCOUNT = "account"
    REFERENCE = "reference"
    ALIAS = "alias"


class BlankCells(StrEnum):
    """What happens to a mapped cell without text."""

    LEAVE_OUT = "leave_out"
    SEND_EMPTY = "send_empty"


class Level(StrEnum):
    """How much a problem matters.

    An error holds the row back.  A warning is shown and the row is sent.  Information is shown in the File step alone.
    """

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class NoteKind(StrEnum):
    """What a note says about a file.  The law is sheets/CELL_TEXT.md."""

    ERROR_TEXT = "error-text"
    ERROR_VALUE = "error-value"
    LOST_CHARACTER = "lost-character"
    LONG_ROW = "long-row"
    NO_SUCH_DATE = "no-such-date"
    NOT_CALCULATED = "not-calculated"
    REPLACED_BYTE = "replaced-byte"
    TRUNCATED_NUMBER = "truncated-number"
    UNCLOSED_QUOTE = "unclosed-quote"
    CONTROL_CHARACTERS = "control-characters"
    DIGITS_LOST = "digits-lost"
    HIDDEN_BY_FORMAT = "hidden-by-format"
    DATE_SYSTEM = "date-system"
    INVISIBLE_CHARACTERS = "invisible-characters"
    MIXED_DATES = "mixed-dates"
    PARTIAL_DATE = "partial-date"
    PERCENT = "percent"
    ROUNDED = "rounded"
    STORED_VALUE = "stored-value"
    DELIMITER_GUESSED = "delimiter-guessed"
    ENCODING_GUESSED = "encoding-guessed"
    RECALCULATION = "recalculation"
    REFUSED = "refused"
    HELD_BACK = "held-back"
    DUPLICATE_HEADING = "duplicate-heading"
    EMPTY_HEADING = "empty-heading"
    HIDDEN_COLUMNS = "hidden-columns"
    HIDDEN_ROWS = "hidden-rows"
    MERGED_CELLS = "merged-cells"
    TOTALS_ROW = "totals-row"
    WRONG_EXTENSION = "wrong-extension"
    FAILED_ROWS = "failed-rows"

    @property
    def level(self) -> Level:
        """How much it matters in columns that are sent."""
        return _NOTE_LEVELS.get(self, Level.INFORMATION)

    @property
    def checked(self) -> bool:
        """Whether the check lists such notes.  The others are information about the file."""
        return self in _NOTE_LEVELS


_NOTE_LEVELS = {
    NoteKind.ERROR_TEXT: Level.ERROR,
    NoteKind.ERROR_VALUE: Level.ERROR,
    NoteKind.LOST_CHARACTER: Level.ERROR,
    NoteKind.LONG_ROW: Level.ERROR,
    NoteKind.NO_SUCH_DATE: Level.ERROR,
    NoteKind.NOT_CALCULATED: Level.ERROR,
    NoteKind.REPLACED_BYTE: Level.ERROR,
    NoteKind.TRUNCATED_NUMBER: Level.ERROR,
    NoteKind.UNCLOSED_QUOTE: Level.ERROR,
    NoteKind.CONTROL_CHARACTERS: Level.WARNING,
    NoteKind.DIGITS_LOST: Level.WARNING,
    NoteKind.HIDDEN_BY_FORMAT: Level.WARNING,
    NoteKind.DATE_SYSTEM: Level.WARNING,
    NoteKind.INVISIBLE_CHARACTERS: Level.WARNING,
    NoteKind.MIXED_DATES: Level.WARNING,
    NoteKind.PARTIAL_DATE: Level.WARNING,
    NoteKind.PERCENT: Level.WARNING,
    NoteKind.ROUNDED: Level.WARNING,
    NoteKind.STORED_VALUE: Level.WARNING,
    NoteKind.DELIMITER_GUESSED: Level.WARNING,
    NoteKind.ENCODING_GUESSED: Level.WARNING,
    NoteKind.RECALCULATION: Level.WARNING,
    NoteKind.REFUSED: Level.WARNING,
    NoteKind.HELD_BACK: Level.WARNING,
}


class RowStatus(StrEnum):
    """What became of a row, finally.  ``statuses`` has the facts."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD_BACK = "held_back"
    NOT_SENT = "not_sent"
    NOT_SURE = "not_sure"
    SKIPPED = "skipped"


class Answer(StrEnum):
    """How much of an answer one attempt brought."""

    COMPLETE = "complete"
    BODY_LOST = "body lost"
    NOTHING = "nothing"
    NOT_CONNECTED = "not connected"
    UNTRUSTED = "untrusted"
    NOT_SIGNED_IN = "not signed in"
    PROXY_LOGIN = "a proxy wants a login"
    TOO_LONG = "too long"

    @property
    def unsent(self) -> bool:
        """Whether it is certain that no byte of the row left."""
        return self not in (Answer.COMPLETE, Answer.BODY_LOST, Answer.NOTHING)


class Body(StrEnum):
    """What the body of an answer was, as far as it decides anything."""

    BLANK = "blank"
    JSON = "json"
    JSON_ERRORS = "json with errors"
    OTHER = "other"


class Activity(StrEnum):
    """What a run is doing at the moment."""

    PREPARING = "preparing"
    SENDING = "sending"
    WAITING = "waiting"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"


# Encodings that the user can choose: Python's name → the usual name, which is translated where it is shown.
ENCODINGS = {
    "utf-8": N_("Unicode (UTF-8)"),
    "cp1252": N_("Western European (Windows-1252)"),
    "cp1250": N_("Central European (Windows-1250)"),
    "cp1251": N_("Cyrillic (Windows-1251)"),
    "cp1253": N_("Greek (Windows-1253)"),
    "cp1254": N_("Turkish (Windows-1254)"),
    "cp1255": N_("Hebrew (Windows-1255)"),
    "cp1256": N_("Arabic (Windows-1256)"),
    "cp1257": N_("Baltic (Windows-1257)"),
    "cp874": N_("Thai (Windows-874)"),
    "utf-16": N_("Unicode (UTF-16)"),
    "mac_roman": N_("Western European (Mac)"),
    "cp850": N_("Western European (DOS)"),
    "iso8859-2": N_("Central European (ISO 8859-2)"),
    "iso8859-7": N_("Greek (ISO 8859-7)"),
    "koi8-r": N_("Cyrillic (KOI8-R)"),
    "cp866": N_("Cyrillic (DOS)"),
    "cp932": N_("Japanese (Shift JIS)"),
    "euc_jp": N_("Japanese (EUC-JP)"),
    "cp949": N_("Korean (Windows-949)"),
    "gb18030": N_("Chinese (GB 18030)"),
    "big5": N_("Chinese (Big5)"),
}

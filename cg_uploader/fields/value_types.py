"""What a value of each field kind looks like, and how bad another value is.

A value that CustomerGauge could take without a word and keep as something else is an error: 03/04/2024 as a date, 12.5% as a
number, TRUE where Y or N is documented. Only a phone number with "." or "/" between its digits is a warning: the documented
signs are digits, blank, ( ) - and +, but nothing in it can be taken for something else.
Sources: vendor's articles H5000736614 (email, phone), H5000872699 (phone), H5000810958 (date with time), H5000690953 (date),
H5000867769 (number), H5000879788 (flag).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from cg_uploader.fields.messages import FieldMessage
from cg_uploader.model.enums import FieldKind, Level

_OUTSIDE = r"\s@,;:<>()\"\[\]\\"
_EMAIL = re.compile(rf"[^{_OUTSIDE}]+@(?:[^{_OUTSIDE}.]+\.)+[^{_OUTSIDE}.]+")
_PHONE = re.compile(r"[0-9 ()+\-]+")
_PUNCTUATED_PHONE = re.compile(r"[0-9 ()+\-./]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_FLAGS = frozenset(("Y", "N", "1", "0"))
MIN_DIGITS = 3


def _is_email(value: str) -> bool:
    return value.isprintable() and _EMAIL.fullmatch(value) is not None


def _is_phone(value: str) -> bool:
    return _PHONE.fullmatch(value) is not None and _has_digits(value)


def _has_digits(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= MIN_DIGITS


def _is_date(value: str) -> bool:
    return len(value) == 10 and value[4] == value[7] == "-" and value.isascii() and _parses(date.fromisoformat, value)


def _is_datetime(value: str) -> bool:
    marks = len(value) == 19 and value[10] == " " and value[13] == value[16] == ":"
    return marks and _is_date(value[:10]) and _parses(datetime.fromisoformat, value)


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _is_flag(value: str) -> bool:
    return value in _FLAGS


@dataclass(frozen=True, slots=True)
class ValueShape:
    """What values of one kind look like."""

    # Whether a value that is not blank is of this kind.
    fits: Callable[[str], bool]
    # What is said of a ``value`` that is not.
    misfit: FieldMessage


# By kind. Texts may look like anything.
VALUE_SHAPES = {
    FieldKind.EMAIL: ValueShape(_is_email, FieldMessage.NO_EMAIL),
    FieldKind.PHONE: ValueShape(_is_phone, FieldMessage.NO_PHONE),
    FieldKind.DATE: ValueShape(_is_date, FieldMessage.NO_DATE),
    FieldKind.DATETIME: ValueShape(_is_datetime, FieldMessage.NO_DATETIME),
    FieldKind.NUMBER: ValueShape(_is_number, FieldMessage.NO_NUMBER),
    FieldKind.FLAG: ValueShape(_is_flag, FieldMessage.NO_FLAG),
}


def get_level(kind: FieldKind, value: str) -> Level:
    """Give how bad it is that ``value`` is not of its kind."""
    punctuated = kind is FieldKind.PHONE and _PUNCTUATED_PHONE.fullmatch(value) is not None and _has_digits(value)
    return Level.WARNING if punctuated else Level.ERROR

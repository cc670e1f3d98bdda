"""The styles of an OpenDocument spreadsheet: each cell style's number format, as a format code like Excel's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format

_DATA_STYLES = frozenset(
    ["number-style", "percentage-style", "currency-style", "date-style", "time-style", "boolean-style", "text-style"]
)
# Codes of parts of dates and times, and which of these may count on beyond a day, an hour or a minute.
_CLOCK_CODES = {
    "day": "d",
    "month": "m",
    "year": "yyyy",
    "era": "g",
    "day-of-week": "dddd",
    "hours": "h",
    "minutes": "m",
    "seconds": "s",
    "am-pm": "AM/PM",
    "quarter": '"Q"',
    "week-of-year": '"W"',
}
_MAY_ELAPSE = ("hours", "minutes", "seconds")
_FIXED_CODES = {
    "scientific-number": "0.00E+00",
    "fraction": "# ?/?",
    "text-content": "@",
    "boolean": '[=0]"FALSE";"TRUE"',
}
_CONDITION = re.compile(r"value\(\)\s*(<=|>=|!=|<|>|=)\s*(-?[0-9.]+(?:E[+-]?[0-9]+)?)", re.IGNORECASE)
_MAX_DIGITS = 60


@dataclass(slots=True)
class _DataStyle:
    """One number format while it is put together."""

    # The pieces of its code.
    code: list[str] = field(default_factory=list)
    # Conditions, and the names of the styles that apply instead when they hold.
    choices: list[tuple[str, str]] = field(default_factory=list)
    # Whether it shows a percentage.
    percent: bool = False
    # Whether its next part of a time counts on.
    elapsed: bool = False


class OdsStyles:
    """Takes styles while XML is read, then returns the number format of a cell style."""

    def __init__(self) -> None:
        self.hidden_tables: set[str] = set()
        self._data_styles: dict[str, _DataStyle] = {}
        # By name of a cell style: the names of its data style and of its parent.
        self._cell_styles: dict[str, tuple[str | None, str | None]] = {}
        # What is open: the name of the style, its data style, a number in it, a text in that and where the text stands.
        self._style = ""
        self._data_style: _DataStyle | None = None
        self._number: dict[str, str] | None = None
        self._embedded: list[tuple[int, str]] = []
        self._text: list[str] | None = None
        self._text_position = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element. Names come without prefixes."""
        if tag in _DATA_STYLES:
            style = _DataStyle(percent=tag == "percentage-style", elapsed=_is_elapsed(attributes))
            self._data_style = self._data_styles[attributes.get("name", "")] = style
        elif tag == "style":
            self._style = attributes.get("name", "")
            self._cell_styles[self._style] = attributes.get("data-style-name"), attributes.get("parent-style-name")
        elif tag == "table-properties" and attributes.get("display") == "false":
            self.hidden_tables.add(self._style)
        elif self._data_style is not None:
            self._start_part(self._data_style, tag, attributes)

    def _start_part(self, style: _DataStyle, tag: str, attributes: dict[str, str]) -> None:
        if tag in _CLOCK_CODES:
            elapsed = tag in _MAY_ELAPSE and (style.elapsed or _is_elapsed(attributes))
            style.code.append(f"[{_CLOCK_CODES[tag]}]" if elapsed else _CLOCK_CODES[tag])
            style.elapsed = style.elapsed and not elapsed
        elif tag in _FIXED_CODES:
            style.code.append(_FIXED_CODES[tag])
        elif tag == "number":
            self._number, self._embedded = attributes, []
        elif tag in ("text", "embedded-text"):
            self._text, self._text_position = [], _parse_position(attributes.get("position", "0"))
        elif tag == "map":
            style.choices.append((attributes.get("condition", ""), attributes.get("apply-style-name", "")))

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        style = self._data_style
        if style is None:
            return
        if tag in _DATA_STYLES:
            self._data_style = None
        elif tag == "number" and self._number is not None:
            style.code.append(_make_digits(self._number, self._embedded))
            self._number = None
        elif tag in ("text", "embedded-text") and self._text is not None:
            text, self._text = "".join(self._text), None
            if tag == "embedded-text":
                self._embedded.append((self._text_position, text))
            else:
                percent = "%" if style.percent else ""
                style.code.append("".join(char if char == percent else f"\\{char}" for char in text))

    def find_format(self, style: str) -> NumberFormat:
        """Return the number format of a cell style, or *General* when it has none."""
        seen: set[str] = set()
        while style in self._cell_styles and style not in seen:
            seen.add(style)
            data_style, parent = self._cell_styles[style]
            if data_style is not None:
                return parse_number_format(self._make_code(data_style))
            style = parent or ""
        return parse_number_format("General")

    def _make_code(self, name: str) -> str:
        style = self._data_styles.get(name)
        if style is None:
            return "General"
        sections = []
        for text, other in style.choices:
            condition, target = _CONDITION.fullmatch(text.strip()), self._data_styles.get(other)
            if condition and target:
                sections.append(f"[{condition[1].replace('!=', '<>')}{condition[2]}]" + "".join(target.code))
        return ";".join([*sections, "".join(style.code)]) or (";" if style.code else "General")


def _is_elapsed(attributes: dict[str, str]) -> bool:
    return attributes.get("truncate-on-overflow") == "false"


def _parse_count(attributes: dict[str, str], name: str, default: int) -> int:
    """Return a small count from an attribute."""
    text = attributes.get(name, "")
    return min(int(text), _MAX_DIGITS) if text.isdecimal() else default


def _parse_position(text: str) -> int:
    """Return before how many digits of the whole part a text stands. From -1 down: before which decimal."""
    return max(-_MAX_DIGITS, min(int(text), _MAX_DIGITS)) if text.removeprefix("-").isdecimal() else 0


def _make_digits(attributes: dict[str, str], embedded: list[tuple[int, str]]) -> str:
    """Return the code of one ``number:number`` element. ``embedded``: (position, text) for texts between its digits."""
    min_integer_digits = _parse_count(attributes, "min-integer-digits", 1)
    if "decimal-places" not in attributes and not embedded:
        return "General" if min_integer_digits <= 1 else "0" * min_integer_digits
    decimals = _parse_count(attributes, "decimal-places", 0)
    min_decimals = min(_parse_count(attributes, "min-decimal-places", decimals), decimals)
    digits = list("0" * min_integer_digits)
    if decimals:
        digits += list("." + "0" * min_decimals + "#" * (decimals - min_decimals))
    width = max([min_integer_digits, *(position + 1 for position, _text in embedded)])
    code = ["#"] * (width - min_integer_digits) + digits
    for position, text in embedded:
        code[min(max(width - position, 1), len(code)) - 1] += "".join(f"\\{char}" for char in text)
    return "".join(code) + "," if attributes.get("display-factor", "1") not in ("1", "1.0") else "".join(code)

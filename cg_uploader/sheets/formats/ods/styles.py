"""Owns the styles of an OpenDocument spreadsheet: each cell style's number format, as a format code like Excel's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format

_KINDS = frozenset(
    ["number-style", "percentage-style", "currency-style", "date-style", "time-style", "boolean-style", "text-style"]
)
_CLOCK = {
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
_ELAPSED = ("hours", "minutes", "seconds")
_CONDITION = re.compile(r"value\(\)\s*(<=|>=|!=|<|>|=)\s*(-?[0-9.]+(?:E[+-]?[0-9]+)?)", re.IGNORECASE)


@dataclass(slots=True)
class _DataStyle:
    """One number format while it is put together."""

    code: list[str] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    percent: bool = False
    elapsed: bool = False


class OdsStyles:
    """Gathers styles while XML is read, then answers with the number format of a cell style."""

    def __init__(self) -> None:
        self._formats: dict[str, _DataStyle] = {}
        self._cells: dict[str, tuple[str | None, str | None]] = {}
        self.hidden_tables: set[str] = set()
        self._open: _DataStyle | None = None
        self._digits: dict[str, str] | None = None
        self._embedded: list[tuple[int, str]] = []
        self._style = ""
        self._text: list[str] | None = None
        self._place = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element; names come without prefixes."""
        if tag in _KINDS:
            style = _DataStyle(percent=tag == "percentage-style", elapsed=attributes.get("truncate-on-overflow") == "false")
            self._open = self._formats[attributes.get("name", "")] = style
        elif tag == "style":
            self._style = attributes.get("name", "")
            self._cells[self._style] = attributes.get("data-style-name"), attributes.get("parent-style-name")
        elif tag == "table-properties" and attributes.get("display") == "false":
            self.hidden_tables.add(self._style)
        elif self._open is not None:
            self._part(self._open, tag, attributes)

    def _part(self, style: _DataStyle, tag: str, attributes: dict[str, str]) -> None:
        if tag in _CLOCK:
            elapsed = tag in _ELAPSED and (style.elapsed or attributes.get("truncate-on-overflow") == "false")
            style.code.append(f"[{_CLOCK[tag]}]" if elapsed else _CLOCK[tag])
            style.elapsed = style.elapsed and not elapsed
        elif tag == "number":
            self._digits, self._embedded = attributes, []
        elif tag in ("text", "embedded-text"):
            self._text, self._place = [], _position(attributes.get("position", "0"))
        elif tag == "scientific-number":
            style.code.append("0.00E+00")
        elif tag == "fraction":
            style.code.append("# ?/?")
        elif tag == "text-content":
            style.code.append("@")
        elif tag == "boolean":
            style.code.append('[=0]"FALSE";"TRUE"')
        elif tag == "map":
            style.choices.append((attributes.get("condition", ""), attributes.get("apply-style-name", "")))

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if self._open is None:
            return
        if tag in _KINDS:
            self._open = None
        elif tag == "number" and self._digits is not None:
            self._open.code.append(_digits(self._digits, self._embedded))
            self._digits = None
        elif tag in ("text", "embedded-text") and self._text is not None:
            text, self._text = "".join(self._text), None
            if tag == "embedded-text":
                self._embedded.append((self._place, text))
            else:
                percent = "%" if self._open.percent else ""
                self._open.code.append("".join(char if char == percent else f"\\{char}" for char in text))

    def format(self, style: str) -> NumberFormat:
        """The number format of a cell style; *General* when it has none."""
        seen: set[str] = set()
        while style in self._cells and style not in seen:
            seen.add(style)
            data, parent = self._cells[style]
            if data is not None:
                return parse_number_format(self._code(data))
            style = parent or ""
        return parse_number_format("General")

    def _code(self, name: str) -> str:
        style = self._formats.get(name)
        if style is None:
            return "General"
        sections = []
        for condition, other in style.choices:
            found, target = _CONDITION.fullmatch(condition.strip()), self._formats.get(other)
            if found and target:
                sections.append(f"[{found[1].replace('!=', '<>')}{found[2]}]" + "".join(target.code))
        return ";".join([*sections, "".join(style.code)]) or (";" if style.code else "General")


def _count(attributes: dict[str, str], name: str, otherwise: int) -> int:
    """A small count from an attribute."""
    text = attributes.get(name, "")
    return min(int(text), 60) if text.isdecimal() else otherwise


def _position(text: str) -> int:
    """Before how many digits of the whole part a text stands; below zero: from -1 on, before which decimal."""
    return max(-60, min(int(text), 60)) if text.removeprefix("-").isdecimal() else 0


def _digits(attributes: dict[str, str], embedded: list[tuple[int, str]]) -> str:
    """The placeholders for one ``number:number`` element."""
    least = _count(attributes, "min-integer-digits", 1)
    if "decimal-places" not in attributes and not embedded:
        return "General" if least <= 1 else "0" * least
    places = _count(attributes, "decimal-places", 0)
    forced = min(_count(attributes, "min-decimal-places", places), places)
    width = max([least, *(place + 1 for place, _ in embedded)])
    digits = list("0" * least + "." + "0" * forced + "#" * (places - forced)) if places else list("0" * least)
    code = ["#"] * (width - least) + digits
    for place, text in embedded:
        code[min(max(width - place, 1), len(code)) - 1] += "".join(f"\\{char}" for char in text)
    return "".join(code) + "," if attributes.get("display-factor", "1") not in ("1", "1.0") else "".join(code)

"""How a number format is applied: the text that Excel shows, with what a program cannot read taken out."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import (
    BulkRenderer,
    NotedText,
    Renderer,
    format_general,
    format_general_many,
    strip_controls,
)
from cg_uploader.sheets.cells.date_format import DateParts, DateRenderer, find_date_parts, make_date_renderer
from cg_uploader.sheets.cells.digit_format import DigitRenderer, render_nothing, without_drawn_sign
from cg_uploader.sheets.cells.format_code import FormatSection, TokenKind, parse_sections

# Excel takes no longer code.
_MAX_CODE_LENGTH = 512
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


def _render_stored(value: float) -> NotedText:
    """Write the stored number, where its section shows less than that."""
    text, kinds = format_general(value)
    return text, (NoteKind.STORED_VALUE, *kinds)


def _shows_less(section: FormatSection) -> bool:
    """Whether the section shows less than the number: scientific, a fraction, or scaled by thousands."""
    kinds = [kind for kind, _ in section.tokens]
    if TokenKind.EXPONENT in kinds:
        return True
    if TokenKind.SLASH in kinds and TokenKind.DIGIT in kinds[: kinds.index(TokenKind.SLASH)]:
        return True
    return any(kind is TokenKind.COMMA and _is_scaling(kinds, i) for i, kind in enumerate(kinds))


def _is_scaling(kinds: list[TokenKind], position: int) -> bool:
    """Whether the comma at a position stands behind all integer digits, which scales by a thousand."""
    if not position or kinds[position - 1] not in (TokenKind.DIGIT, TokenKind.COMMA):
        return False
    following = kinds[position + 1 :]
    if TokenKind.POINT in following:
        following = following[: following.index(TokenKind.POINT)]
    return TokenKind.DIGIT not in following


def _make_renderer(section: FormatSection, date1904: bool) -> Renderer:
    """Make what renders numbers under one section."""
    if not section.tokens:
        return render_nothing
    if section.has(TokenKind.GENERAL):
        return _make_general_renderer(section)
    if section.has(TokenKind.CLOCK, TokenKind.ELAPSED):
        return make_date_renderer(section, date1904)
    if _shows_less(section):
        return _render_stored
    if section.has(TokenKind.TEXT):
        return format_general
    return DigitRenderer(section.tokens)


def _make_general_renderer(section: FormatSection) -> Renderer:
    """Make what renders numbers under a section with *General*, and perhaps texts beside it."""
    tokens = tuple(token for token in section.tokens if token[0] in (TokenKind.GENERAL, TokenKind.LITERAL))
    negative = without_drawn_sign(tokens)
    if len(tokens) == 1:
        return format_general

    def render(value: float) -> NotedText:
        number, kinds = format_general(abs(value))
        drawn = negative if value < 0 else tokens
        text = "".join(number if kind is TokenKind.GENERAL else text for kind, text in drawn).strip()
        return ("-" + text if value < 0 else text), kinds

    return render


def _find_text_section(sections: tuple[FormatSection, ...]) -> FormatSection | None:
    """Find the section for texts: the fourth, or the last if it shows text."""
    last = sections[-1]
    return last if len(sections) == 4 or last.has(TokenKind.TEXT) else None


def _find_text_pieces(section: FormatSection | None) -> list[str | None]:
    """Find what a section draws for a text: its literals, and None where the text itself stands.

    *General* stands for the text as ``@`` does. A section that has neither but digits or dates was not made for texts, so they
    are shown as they are.
    """
    if section is None:
        return [None]
    pieces = [None if kind in (TokenKind.TEXT, TokenKind.GENERAL) else text for kind, text in section.tokens]
    for_numbers = section.has(TokenKind.DIGIT, TokenKind.CLOCK, TokenKind.ELAPSED, TokenKind.EXPONENT)
    return [None] if for_numbers and None not in pieces else pieces


# Comparison (empty: fits all), bound, and what renders the numbers that fit.
_Choice = tuple[str, float, Renderer]


def _make_choices(sections: tuple[FormatSection, ...], date1904: bool) -> list[_Choice]:
    """Make the choices in the order in which they are tried. One that fits all comes last."""
    choices = []
    for i, section in enumerate(sections):
        condition = section.condition
        if condition is None and i < len(sections) - 1:
            condition = ("<", 0.0) if i else (">", 0.0) if len(sections) > 2 else (">=", 0.0)
        operator, bound = condition or ("", 0.0)
        choices.append((operator, bound, _make_renderer(section, date1904)))
    return choices


class NumberFormat:
    """One format code, parsed once.

    Attributes:
        date_parts: What it shows of dates and times. None when it shows neither.
        keeps_text: Whether it shows texts as they are.
        format_number: Gives the text for a number.
        format_many: Gives the texts for many numbers. None when there is no quick way.
    """

    def __init__(self, code: str, date1904: bool = False) -> None:
        sections = parse_sections(strip_controls(code)[0] or "General")
        text_section = _find_text_section(sections)
        for_numbers = sections[:-1] if text_section is not None and len(sections) > 1 else sections
        dated = [section for section in for_numbers if section.has(TokenKind.CLOCK, TokenKind.ELAPSED)]
        self._pieces = _find_text_pieces(text_section)
        self._choices = _make_choices(for_numbers, date1904)
        self.date_parts: DateParts | None = find_date_parts(dated[0]) if dated else None
        self.keeps_text = self._pieces == [None]
        only_one = len(for_numbers) == 1 and not self._choices[0][0]
        self.format_number: Renderer = self._choices[0][2] if only_one else self._choose
        self.format_many = self._find_bulk_renderer()

    def _find_bulk_renderer(self) -> BulkRenderer | None:
        """Find the quick way of the section for positive numbers, and for others that are rendered alike."""
        operator, bound, render = self._choices[0]
        if operator and (operator not in (">", ">=") or bound > 0):
            return None
        if render is format_general:
            return None if operator else lambda values, _: format_general_many(values)
        if isinstance(render, DigitRenderer):
            other = self._find_negative_renderer() if operator else render
            alike = isinstance(other, DigitRenderer) and other.unsigned.plain == render.plain
            return partial(render.render_many, negative=alike)
        return render.render_many if isinstance(render, DateRenderer) else None

    def _find_negative_renderer(self) -> Renderer | None:
        """Find what renders all negative numbers, when the first section is for all others or all that are positive."""
        if self._choices[0][1] == 0 and len(self._choices) > 1 and self._choices[1][:2] in (("", 0.0), ("<", 0.0)):
            return self._choices[1][2]
        return None

    def _choose(self, value: float) -> NotedText:
        """Render a number under the first section that fits."""
        for operator, bound, render in self._choices:
            if not operator or _COMPARE[operator](value, bound):
                return render(value)
        return format_general(value)

    def format_text(self, text: str) -> NotedText:
        """Give the text for a text cell. Most formats show it as it is."""
        if self.keeps_text:
            return text, ()
        shown = "".join(text if piece is None else piece for piece in self._pieces)
        return shown, (NoteKind.HIDDEN_BY_FORMAT,) if text and not shown else ()


@lru_cache(maxsize=2_000)
def parse_number_format(code: str, date1904: bool = False) -> NumberFormat:
    """Parse a format code, once for all cells. A code that Excel would not take shows numbers as they are stored."""
    return NumberFormat(code if len(code) <= _MAX_CODE_LENGTH else "0.00E+00", date1904)

"""Headings of fields and columns: which ones can be sent, how two differ, and how to show what cannot be seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from cg_uploader.model.enums import BLANKS
from cg_uploader.translation import N_, _

_NAMES = {
    "\t": N_("tab"),
    "\n": N_("line break"),
    "\r": N_("carriage return"),
    "\ufeff": N_("byte order mark"),
    "\xad": N_("soft hyphen"),
}
_ODD_IN_TRANSIT = "[+&=%"
_DECEIVING = ("Cf", "Cc", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
_SEPARATORS = re.compile(r"[\s_\-]+")
_SPACES_TO_SHOW = re.compile(r"^ +| +$| {2,}")
# Cyrillic and Greek letters that are drawn like Latin ones.
_LOOKALIKES = str.maketrans(
    "АВЕКМНОРСТУХІЈЅаеорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονυ",
    "ABEKMHOPCTYXIJSaeopcyxijshdqwABEZHIKMNOPTYXovu",
)


def check_heading(heading: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find what makes a heading impossible to send, and what is risky about it: (errors, warnings) in sentences.

    Measured on PHP 8.2: a name ends at its first "]" whatever the encoding, an empty one arrives as the number 0, one with
    NUL is dropped. "+", "&", "=" and "%" do not survive every gateway.
    """
    name = show_invisible(heading)
    if not heading.strip(BLANKS):
        text = _("A heading without a visible character cannot be sent. Rename it in the import configuration and here.")
        return (text,), ()
    errors = []
    if "]" in heading:
        errors.append(
            _(
                "The heading “{heading}” contains “]”, where CustomerGauge takes a name to end: the field would not arrive. "
                "Rename it in the import configuration and here."
            ).format(heading=name)
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in heading):
        errors.append(
            _(
                "The heading “{heading}” contains a character that cannot be sent (a control character or half of one). "
                "Rename it in the import configuration and here."
            ).format(heading=name)
        )
    return tuple(errors), () if errors else tuple(_find_risks(heading))


def _find_risks(heading: str) -> list[str]:
    risks = []
    marks = " ".join(f"“{char}”" for char in _ODD_IN_TRANSIT if char in heading)
    if marks:
        risks.append(
            _(
                "The heading “{heading}” contains {marks}, which may not arrive unchanged. "
                "Send one test row, or rename the heading."
            )
        )
    if heading.strip(BLANKS) != heading:
        risks.append(
            _(
                "The heading “{heading}” has a blank at its beginning or end. It is sent as it is; "
                "compare it with the import configuration."
            )
        )
    if not unicodedata.is_normalized("NFC", heading):
        risks.append(
            _(
                "The heading “{heading}” writes accents in an unusual form. It is sent as it is; "
                "CustomerGauge may have the usual form."
            )
        )
    if _find_hidden(heading.strip(BLANKS)):
        risks.append(
            _(
                "The heading “{heading}” contains something that cannot be seen. It is sent as it is; "
                "compare it with the import configuration."
            )
        )
    return [risk.format(heading=show_invisible(heading), marks=marks) for risk in risks]


def show_invisible(text: str) -> str:
    """Make what cannot be seen visible: ``Email·`` for a blank at an end, ``A··B``, ``A‹no-break space›B``."""
    if text.isprintable() and "  " not in text and text == text.strip(" "):
        return text
    dotted = _SPACES_TO_SHOW.sub(lambda spaces: "·" * len(spaces.group()), text)
    return "".join(char if char.isprintable() else f"‹{_name_char(char)}›" for char in dotted)


def reveal(text: str) -> str:
    """Name only what could make a text look like another one: ``photo‹right-to-left override›gnp.exe``.

    Blanks and line breaks stay. So do the joiners inside words and signs that need them, such as Persian words and families.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" or _is_harmless(text, index) else f"‹{_name_char(char)}›"
        for index, char in enumerate(text)
    )


def _is_harmless(text: str, index: int) -> bool:
    """Whether the character at an index cannot make a text look like another one."""
    char = text[index]
    if unicodedata.category(char) not in _DECEIVING:
        return True
    inside = 0 < index < len(text) - 1
    return char in _JOINERS and inside and not (text[index - 1].isascii() or text[index + 1].isascii())


def _name_char(char: str) -> str:
    if char in _NAMES:
        return _(_NAMES[char])
    name = unicodedata.name(char, "").lower() if _is_hidden(char) else ""
    return name or f"U+{ord(char):04X}"


def quote(value: str, max_chars: int = 60) -> str:
    """Put a value in quotation marks for a sentence: shortened, nothing invisible, one line."""
    text = show_invisible(value[: max_chars + 1])
    return f"“{text[:max_chars]}…”" if len(value) > max_chars or len(text) > 4 * max_chars else f"“{text}”"


def normalize(text: str) -> str:
    """Take case, spaces, ``_``, ``-`` and invisible characters out: what automatic matching compares."""
    visible = "".join(char for char in text if not _is_hidden(char))
    return _SEPARATORS.sub("", visible).casefold()


def make_skeleton(text: str) -> str:
    """Normalize, with look-alike letters as Latin ones and one form of accents: equal for names that look the same."""
    return normalize(unicodedata.normalize("NFKC", text.translate(_LOOKALIKES)))


def describe_difference(heading: str, other: str) -> str | None:
    """Say how ``other`` differs from ``heading``. None when they are equal."""
    if heading == other:
        return None
    differences = [_(words) for words, differs in _DIFFERENCES if differs(heading, other)]
    if normalize(heading) != normalize(other):
        differences.append(_describe_other_letters(heading, other))
    return ", ".join(differences) or _("the spelling differs")


def _split_ends(text: str) -> tuple[str, str]:
    """Give the blanks at the beginning and at the end."""
    bare = text.strip(BLANKS)
    start = text.find(bare) if bare else 0
    return text[:start], text[start + len(bare) :]


def _differs_at_end(heading: str, other: str) -> bool:
    return _split_ends(heading)[1] != _split_ends(other)[1] and " " in _split_ends(other)[1] + _split_ends(heading)[1]


def _differs_at_start(heading: str, other: str) -> bool:
    return _split_ends(heading)[0] != _split_ends(other)[0] and " " in _split_ends(other)[0] + _split_ends(heading)[0]


def _is_hidden(char: str) -> bool:
    """Whether a character is invisible, or a blank that is not the ordinary space."""
    return char != " " and unicodedata.category(char) in ("Cf", "Cc", "Zs", "Zl", "Zp")


def _find_hidden(text: str) -> list[str]:
    return [char for char in text if _is_hidden(char)]


def _differs_in_hidden(heading: str, other: str) -> bool:
    return _find_hidden(heading) != _find_hidden(other)


def _without_hidden(text: str) -> str:
    return "".join(char for char in text if not _is_hidden(char)).strip(" ")


def _differs_in_separators(heading: str, other: str) -> bool:
    separators = [re.findall(r"[ _\-]+", _without_hidden(text)) for text in (heading, other)]
    same_hidden = _find_hidden(heading) == _find_hidden(other)
    return same_hidden and normalize(heading) == normalize(other) and separators[0] != separators[1]


def _differs_in_case(heading: str, other: str) -> bool:
    bare = [_SEPARATORS.sub("", _without_hidden(text)) for text in (heading, other)]
    return bare[0] != bare[1] and normalize(heading) == normalize(other)


_DIFFERENCES: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    (N_("a space at the beginning"), _differs_at_start),
    (N_("a space at the end"), _differs_at_end),
    (N_("an invisible character or a special space"), _differs_in_hidden),
    (N_("spaces, “_” or “-” differ"), _differs_in_separators),
    (N_("capitals differ"), _differs_in_case),
)


def _describe_other_letters(heading: str, other: str) -> str:
    composed = [unicodedata.normalize("NFC", text) for text in (heading, other)]
    if normalize(composed[0]) == normalize(composed[1]):
        return _("looks the same but writes its accents in another form")
    if make_skeleton(heading) != make_skeleton(other):
        return _("the letters differ")
    foreign = next((char for char in other + heading if ord(char) in _LOOKALIKES), None)
    if foreign is None:
        return _("looks the same but uses letters of another form")
    script = unicodedata.name(foreign).split()[0].capitalize()
    return _("looks the same but the letter “{letter}” is {script}").format(letter=foreign, script=script)

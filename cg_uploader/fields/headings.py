"""Field headings and column headings: which ones can travel, how two of them differ, and how to show what cannot be seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from cg_uploader.model.enums import BLANKS

_NAMED = {"\t": "tab", "\n": "line break", "\r": "carriage return", "\ufeff": "byte order mark", "\xad": "soft hyphen"}
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


def problems_of_heading(heading: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(errors, warnings) in sentences: what makes a heading impossible to send, and what is risky about it.

    Measured on PHP 8.2: a name ends at its first "]" whatever the encoding, an empty one arrives as the number 0, one with
    NUL is dropped; "+", "&", "=" and "%" do not survive every gateway.
    """
    name = f"The heading “{visible(heading)}”"
    rename = "Rename it in the import configuration and here."
    if not heading.strip(BLANKS):
        return (f"A heading without a visible character cannot be sent. {rename}",), ()
    errors = []
    if "]" in heading:
        errors.append(f"{name} holds “]”, where CustomerGauge takes a name to end: the field would not arrive. {rename}")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in heading):
        errors.append(f"{name} holds a character that cannot be sent (a control character or half of one). {rename}")
    return tuple(errors), () if errors else tuple(_risks(heading, name))


def _risks(heading: str, name: str) -> list[str]:
    risks = []
    if odd := [letter for letter in _ODD_IN_TRANSIT if letter in heading]:
        marks = " ".join(f"“{letter}”" for letter in odd)
        risks.append(f"{name} holds {marks}, which may not arrive unchanged. Send one test row, or rename the heading.")
    if heading.strip(BLANKS) != heading:
        risks.append(f"{name} has a blank at its beginning or end. It is sent so; compare it with the import configuration.")
    if not unicodedata.is_normalized("NFC", heading):
        risks.append(f"{name} writes accents in an unusual form. It is sent so; the usual form may be what CustomerGauge has.")
    if _hidden(heading.strip(BLANKS)):
        risks.append(f"{name} holds something that cannot be seen. It is sent so; compare it with the import configuration.")
    return risks


def visible(text: str) -> str:
    """``text`` with what cannot be seen made visible: ``Email·`` for a blank at an end, ``A··B``, ``A‹no-break space›B``."""
    if text.isprintable() and "  " not in text and text == text.strip(" "):
        return text
    dotted = _SPACES_TO_SHOW.sub(lambda found: "·" * len(found.group()), text)
    return "".join(letter if letter.isprintable() else f"‹{_called(letter)}›" for letter in dotted)


def revealed(text: str) -> str:
    """``text`` as it is, but for what could make it look like another one: ``photo‹right-to-left override›gnp.exe``.

    Blanks and line breaks stay; so do the joiners inside words and signs that need them, such as Persian words and families.
    """
    if text.isprintable():
        return text
    shown = []
    for at, letter in enumerate(text):
        joins = letter in _JOINERS and 0 < at < len(text) - 1 and not (text[at - 1].isascii() or text[at + 1].isascii())
        plain = letter.isprintable() or joins or unicodedata.category(letter) not in _DECEIVING or letter in "\n\t"
        shown.append(letter if plain else f"‹{_called(letter)}›")
    return "".join(shown)


def _called(letter: str) -> str:
    name = unicodedata.name(letter, "").lower() if _is_hidden(letter) else ""
    return _NAMED.get(letter) or name or f"U+{ord(letter):04X}"


def shown(value: str, most: int = 60) -> str:
    """A value in quotation marks for a sentence: shortened, nothing invisible, one line."""
    seen = visible(value[: most + 1])
    return f"“{seen[:most]}…”" if len(value) > most or len(seen) > 4 * most else f"“{seen}”"


def loose(text: str) -> str:
    """``text`` without case, spaces, ``_``, ``-`` and invisible characters: what automatic matching compares."""
    kept = "".join(letter for letter in text if not _is_hidden(letter))
    return _SEPARATORS.sub("", kept).casefold()


def skeleton(text: str) -> str:
    """``loose`` with look-alike letters as Latin ones and one form of accents: equal for names that look the same."""
    return loose(unicodedata.normalize("NFKC", text.translate(_LOOKALIKES)))


def difference(heading: str, other: str) -> str | None:
    """How ``other`` differs from ``heading``, in plain words; None when they are equal."""
    if heading == other:
        return None
    said = [words for words, differs in _WAYS if differs(heading, other)]
    if loose(heading) != loose(other):
        said.append(_other_letters(heading, other))
    return ", ".join(said) or "the spelling differs"


def _ends(text: str) -> tuple[str, str]:
    bare = text.strip(BLANKS)
    start = text.find(bare) if bare else 0
    return text[:start], text[start + len(bare) :]


def _blank_at_end(heading: str, other: str) -> bool:
    return _ends(heading)[1] != _ends(other)[1] and " " in _ends(other)[1] + _ends(heading)[1]


def _blank_at_start(heading: str, other: str) -> bool:
    return _ends(heading)[0] != _ends(other)[0] and " " in _ends(other)[0] + _ends(heading)[0]


def _is_hidden(letter: str) -> bool:
    """Invisible, or a blank that is not the ordinary space."""
    return letter != " " and unicodedata.category(letter) in ("Cf", "Cc", "Zs", "Zl", "Zp")


def _hidden(text: str) -> list[str]:
    return [letter for letter in text if _is_hidden(letter)]


def _unseen(heading: str, other: str) -> bool:
    return _hidden(heading) != _hidden(other)


def _seen(text: str) -> str:
    return "".join(letter for letter in text if not _is_hidden(letter)).strip(" ")


def _spaces(heading: str, other: str) -> bool:
    separators = [re.findall(r"[ _\-]+", _seen(text)) for text in (heading, other)]
    plain = _hidden(heading) == _hidden(other)
    return plain and loose(heading) == loose(other) and separators[0] != separators[1]


def _capitals(heading: str, other: str) -> bool:
    bare = [_SEPARATORS.sub("", _seen(text)) for text in (heading, other)]
    return bare[0] != bare[1] and loose(heading) == loose(other)


_WAYS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("a space at the beginning", _blank_at_start),
    ("a space at the end", _blank_at_end),
    ("an invisible character or a special space", _unseen),
    ("spaces, “_” or “-” differ", _spaces),
    ("capitals differ", _capitals),
)


def _other_letters(heading: str, other: str) -> str:
    usual = [unicodedata.normalize("NFC", text) for text in (heading, other)]
    if loose(usual[0]) == loose(usual[1]):
        return "looks the same but writes its accents in another form"
    if skeleton(heading) != skeleton(other):
        return "the letters differ"
    foreign = next((letter for letter in other + heading if ord(letter) in _LOOKALIKES), None)
    if foreign is None:
        return "looks the same but uses letters of another form"
    script = unicodedata.name(foreign).split()[0].capitalize()
    return f"looks the same but the letter “{foreign}” is {script}"

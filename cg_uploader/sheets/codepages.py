"""Owns guessing the code page of text that is not Unicode, by the letters that a language would then be written with."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

WESTERN = "cp1252"

_WEST = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüºª", "áâãàçéêíóôõúüºª", "àèéìíòóùúî", "áàâçéèêëíïóöúü", "æøåéèòôäöü", "åäöéüšž",
    "áðéíóúýþæö", "àçèéíïòóúü",
)  # fmt: skip
_LATIN = {
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    "cp1254": ("çğıöşüâîûİ",),
}
_OWN = {
    "cp1251": ("абвгдежзийклмнопрстуфхцчшщъыьэюяё", "абвгдежзийклмнопрстуфхцчшщьюяєіїґ", "абвгдђежзијклљмнњопрстћуфхцчџш"),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",),
}
_SIGNS = frozenset("’‘“”„‚–—…€•·°§«»®©™£¥¢½¼¾²³´¡¿№×÷±µ\xa0")
"""Signs that texts of all languages hold."""

_NOT_IN_WORDS = frozenset("¹³¿£¥¼½¾¯")
"""Signs of the western page that other pages have letters for."""

_LEADS = {"cp949": (0xB0, 0xC8, 0xA1), "gb18030": (0xB0, 0xD7, 0xA1), "big5": (0xA4, 0xC6, 0x40), "cp932": (0x82, 0x98, 0x40)}
"""First bytes of what is written most, from and to, and the least second byte."""
_LEAST_HIGH = {"big5": 0.25}
"""Where first bytes are western letters too: the least share of second bytes above ASCII; with fewer the text is western."""
_PUNCTUATION = (0x81, 0xA1, 0xA3)

_SURE = 0.95
_MOSTLY = 0.9
_BETTER = 0.03
_ENOUGH = 4
_ASCII = bytes(range(128))
_HIGH = re.compile(rb"[\x80-\xff]+")
_WIDE = re.compile("[^\0-\x7f]+")
_PLENTY = 1 << 16


def guess(chunks: Iterable[bytes]) -> tuple[str, str]:
    """The code page, by Python's name, that explains all of the text best; Western unless the evidence is strong.

    The second one is the page for which there is some evidence that is not strong; empty when there is none.
    """
    found = _Evidence()
    wide = [_Wide(name) for name in _LEADS]
    for lines in _telling(chunks):
        found.add(lines)
        for reader in wide:
            reader.count(lines)
        if found.high.total() > _PLENTY:
            break
    best = max(wide, key=lambda reader: reader.share)
    return (best.name, "") if best.share >= _MOSTLY else _narrow(found)


def _telling(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that hold bytes above ASCII, many at once."""
    begun = b""
    for chunk in chunks:
        lines = (begun + chunk).split(b"\n")
        begun = lines.pop()
        yield b"\n".join(line for line in lines if not line.isascii())
    yield begun


class _Evidence:
    """How often each byte above ASCII stands in a text, and each pair that ends with one."""

    def __init__(self) -> None:
        self.high: Counter[int] = Counter()
        self.pairs: Counter[bytes] = Counter()

    def add(self, lines: bytes) -> None:
        """Look at the next lines."""
        self.high.update(lines.translate(None, _ASCII))
        for found in _HIGH.finditer(lines):
            for place in range(max(1, found.start()), found.end()):
                self.pairs[lines[place - 1 : place + 1]] += 1

    @property
    def alone(self) -> bool:
        """Whether few of them stand behind an ASCII letter."""
        touching = sum(count for pair, count in self.pairs.items() if chr(pair[0]).isascii() and chr(pair[0]).isalpha())
        return touching < 0.2 * self.high.total()

    def score(self, page: str, alphabets: Iterable[str]) -> float:
        """How far a page makes the text one of these languages: the share of its letters, less capitals behind small ones."""
        letters = {byte: bytes([byte]).decode(page, "replace") for byte in {*self.high, *range(128)}}
        disorder = sum(count for pair, count in self.pairs.items() if letters[pair[0]].islower() and letters[pair[1]].isupper())
        known = max(
            sum(count for byte, count in self.high.items() if letters[byte] in _SIGNS or letters[byte] in alphabet)
            for alphabet in map(_both_cases, alphabets)
        )
        return (known - disorder) / self.high.total()

    @property
    def strange(self) -> float:
        """The share of western signs that no western language has inside words, but which stand behind an ASCII letter."""
        behind = sum(
            count
            for pair, count in self.pairs.items()
            if pair[0] < 0x80 and chr(pair[0]).isalpha() and bytes([pair[1]]).decode(WESTERN, "replace") in _NOT_IN_WORDS
        )
        return behind / self.high.total()

    def differing(self, page: str) -> int:
        """How many characters another page than the western one changes."""
        return sum(
            count
            for byte, count in self.high.items()
            if bytes([byte]).decode(page, "replace") != bytes([byte]).decode(WESTERN, "replace")
        )


def _narrow(found: _Evidence) -> tuple[str, str]:
    """Among pages of one byte per letter: the one that some language explains, if it does so better than a western one."""
    if not found.high:
        return WESTERN, ""
    western = found.score(WESTERN, _WEST)
    pages = _OWN if found.alone else {**_LATIN, "mac_roman": ("".join(_WEST),)}
    scores = {page: found.score(page, alphabets) for page, alphabets in pages.items()}
    best = max(scores, key=lambda page: scores[page])
    explains = scores[best] >= _SURE and found.differing(best) > 0
    if explains and scores[best] - western >= _BETTER and found.differing(best) >= _ENOUGH:
        return best, ""
    return WESTERN, best if explains and scores[best] > western - found.strange else ""


@cache
def _both_cases(alphabet: str) -> frozenset[str]:
    return frozenset(alphabet + alphabet.upper())


class _Wide:
    """Counts how many characters of several bytes are among those that are written most; none when some are no characters."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._decoder = codecs.getincrementaldecoder(name)()
        self._counts: Counter[str] = Counter()
        self._fits = True

    def count(self, lines: bytes) -> None:
        """Look at the next lines."""
        if self._fits:
            try:
                self._counts.update("".join(_WIDE.findall(self._decoder.decode(lines))))
            except UnicodeDecodeError:
                self._fits = False

    @property
    def share(self) -> float:
        """From 0 to 1."""
        total = self._counts.total()
        if not self._fits or total < _ENOUGH or self._high() < _LEAST_HIGH.get(self.name, 0) * total:
            return 0.0
        return sum(count for char, count in self._counts.items() if self._is_common(char)) / total

    def _high(self) -> int:
        """How many characters end with a byte above ASCII."""
        return sum(count for char, count in self._counts.items() if char.encode(self.name)[-1] >= 0x80)

    def _is_common(self, char: str) -> bool:
        code = char.encode(self.name)
        first, last, least = _LEADS[self.name]
        return len(code) == 2 and (first <= code[0] <= last or code[0] in _PUNCTUATION) and code[1] >= least

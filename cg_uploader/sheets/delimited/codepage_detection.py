"""Owns guessing the code page of text that is not Unicode, by the letters that a language would then be written with."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

WESTERN = "cp1252"

_WEST = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüºª", "áâãàçéêíóôõúüºª", "àèéìíòóùúî", "áàâçéèêëíïóöúü", "æøåéèòôäöü", "åäöéüšž",
    "áðéíóúýþæö", "àçèéíïòóúü",
)  # fmt: skip
_MIDDLE = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")
_LATIN = {
    "cp1250": _MIDDLE,
    "iso8859-2": _MIDDLE,
    "cp1254": ("çğıöşüâîûİ",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "mac_roman": _WEST,
    "cp850": _WEST,
}
_CYRILLIC = ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "оаинтвесркідлмпуязьгюбчїхцжйшєфщґ", "аоиенрстјувкмдлпгзбљчњцхђшћжџф")
_GREEK = ("αοιετσνηυρπκςμλγδωάόίέχθήφβύξζώψϊϋΐΰ",)
_THAI = ("านรกอ่เงม้วั" + "".join(map(chr, [*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E5A)])),)
# Alphabets, the letters that are written most first. Of pages that explain a text alike the first one is meant, as those
# behind it have letters that it has not, unless another one makes far more usual letters of it.
_OWN = {
    "cp1255": ("יוהלאמרבתשנםדחכקפטעצגזסןךץףת",),
    "cp1251": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859-7": _GREEK,
    "cp1256": ("اليمونرتبةعدسفهكقأحجشطصىخإذزثضغئءظؤآپچژگک",),
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp874": _THAI,
}
# Signs that texts of all languages hold.
_SIGNS = frozenset("’‘“”„‚–—…€•·°§«»®©™£¥¢½¼¾²³´¡¿№×÷±µ\xa0")

# Signs of the western page that other pages have letters for.
_NOT_IN_WORDS = frozenset("¹³¿£¥¼½¾¯")

# First bytes of what is written most, from and to, and the least second byte.
_LEADS = {"cp949": (0xB0, 0xC8, 0xA1), "gb18030": (0xB0, 0xD7, 0xA1), "big5": (0xA4, 0xC6, 0x40), "cp932": (0x82, 0x98, 0x40)}
# Where first bytes are western letters too: the least share of second bytes above ASCII; with fewer the text is western.
_LEAST_HIGH = {"big5": 0.25}
_PUNCTUATION = (0x81, 0xA1, 0xA3)

_SURE = 0.95
_MOSTLY = 0.9
_BETTER = 0.03
_ENOUGH = 4
_FEW = 0.2
_USUAL = 12
_FAR_MORE = 1.6
_ASCII = bytes(range(128))
_HIGH = re.compile(rb"[\x80-\xff]+")
_TOUCHING = re.compile(rb"[\x80-\xff](?:(?<=[A-Za-z].)[\x80-\xff]*+|(?<![\x80-\xff].)[\x80-\xff]*+(?=[A-Za-z]))", re.DOTALL)
_WIDE = re.compile("[^\0-\x7f]+")
# A character alone between letters, as a curly apostrophe becomes when the letter behind it is taken for its second byte.
_TORN = re.compile("[^\0-\x7f](?:(?<=[A-Za-z].)(?![^\0-\x7f])|(?<![^\0-\x7f].)(?=[A-Za-z]))", re.DOTALL)
_NARROW = re.compile("[｡-ﾟ]+")
_NARROW_WORD = re.compile("[ｦｱ-ﾝ](?:[ｦ-ﾝ]|(?<=[ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<=[ﾊ-ﾎ])ﾟ)+")
_NARROW_FIRST = re.compile("[ｱ-ｿ]")
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
    best = max(wide, key=lambda reader: (reader.total >= _ENOUGH, reader.share))
    if best.share < _MOSTLY:
        return _narrow(found)
    if best.total >= _ENOUGH:
        return best.name, ""
    name, rival = _narrow(found)
    return name, rival or best.name


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
        self._touching = 0

    def add(self, lines: bytes) -> None:
        """Look at the next lines."""
        self.high.update(lines.translate(None, _ASCII))
        self._touching += sum(map(len, _TOUCHING.findall(lines)))
        for found in _HIGH.finditer(lines):
            for place in range(max(1, found.start()), found.end()):
                self.pairs[lines[place - 1 : place + 1]] += 1

    @property
    def alone(self) -> bool:
        """Whether few of them stand in a word with ASCII letters."""
        return self._touching < _FEW * self.high.total()

    def score(self, page: str, alphabets: Iterable[str]) -> float:
        """How far a page makes the text one of these languages: the share of its letters, less capitals behind small ones."""
        letters = {byte: bytes([byte]).decode(page, "replace") for byte in {*self.high, *range(128)}}
        disorder = sum(count for pair, count in self.pairs.items() if letters[pair[0]].islower() and letters[pair[1]].isupper())
        known = max(
            sum(count for byte, count in self.high.items() if letters[byte] in _SIGNS or letters[byte] in alphabet)
            for alphabet in map(_both_cases, alphabets)
        )
        return (known - disorder) / self.high.total()

    def usual(self, page: str, alphabets: Iterable[str]) -> int:
        """How many of the letters are, by a page, among those that one of these languages uses most."""
        letters = {byte: bytes([byte]).decode(page, "replace") for byte in self.high}
        return max(
            sum(count for byte, count in self.high.items() if letters[byte].lower() in alphabet[:_USUAL])
            for alphabet in alphabets
        )

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
    pages = _OWN if found.alone else _LATIN
    scores = {page: found.score(page, alphabets) for page, alphabets in pages.items()}
    best = max(scores, key=lambda page: scores[page])
    best, rival = _more_usual(found, [page for page in pages if scores[page] == scores[best]]) if found.alone else (best, "")
    explains = scores[best] >= _SURE and found.differing(best) > 0
    if explains and scores[best] - western >= _BETTER and found.differing(best) >= _ENOUGH:
        return best, rival
    return WESTERN, best if explains and scores[best] > western - found.strange else ""


def _more_usual(found: _Evidence, pages: Sequence[str]) -> tuple[str, str]:
    """Of pages that explain a text alike the first, or one by which far more letters are usual; and one by which more are."""
    usual = {page: found.usual(page, _OWN[page]) for page in pages}
    first, other = pages[0], max(pages, key=lambda page: usual[page])
    if usual[other] >= _FAR_MORE * usual[first]:
        return other, ""
    return first, other if usual[other] > usual[first] else ""


@cache
def _both_cases(alphabet: str) -> frozenset[str]:
    return frozenset(alphabet + alphabet.upper())


class _NarrowText:
    """Counts the letters of half width that Japanese banks and offices use, and how many of them stand in words."""

    def __init__(self) -> None:
        self.total = self._in_words = self._first = self._words = 0

    def count(self, text: str) -> None:
        """Look at the next text."""
        for run in _NARROW.findall(text):
            words = _NARROW_WORD.findall(run)
            self.total += len(run)
            self._words += len(words)
            self._in_words += sum(map(len, words))
            self._first += len(_NARROW_FIRST.findall(run))

    @property
    def is_japanese(self) -> bool:
        """Whether it can be nothing else: capitals of other alphabets are never in the first of the two halves."""
        return self._in_words >= _MOSTLY * self.total and self._words < self._in_words / 2 and self._first >= _FEW * self.total


class _Wide:
    """Counts how many characters of several bytes are among those that are written most; none when some are no characters."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._decoder = codecs.getincrementaldecoder(name)()
        self._counts: Counter[str] = Counter()
        self._torn = 0
        self._narrow = _NarrowText()
        self._fits = True

    def count(self, lines: bytes) -> None:
        """Look at the next lines."""
        if self._fits:
            try:
                text = self._decoder.decode(lines)
                self._counts.update("".join(_WIDE.findall(text)))
                self._torn += len(_TORN.findall(text))
                self._narrow.count(text)
            except UnicodeDecodeError:
                self._fits = False

    @property
    def total(self) -> int:
        """How many characters above ASCII there are."""
        return self._counts.total()

    @property
    def share(self) -> float:
        """From 0 to 1; letters of half width say nothing beside as many others, and all when they can be nothing else."""
        total, narrow = self.total, self._narrow.total
        if not self._fits or total == 0 or (total < _ENOUGH and narrow) or self._torn > _FEW * total:
            return 0.0
        if self._high() < _LEAST_HIGH.get(self.name, 0) * total:
            return 0.0
        common = sum(count for char, count in self._counts.items() if self._is_common(char))
        if self._narrow.is_japanese or total - narrow >= max(_ENOUGH, narrow):
            return (common + narrow) / total
        return common / total

    def _high(self) -> int:
        """How many characters end with a byte above ASCII."""
        return sum(count for char, count in self._counts.items() if char.encode(self.name)[-1] >= 0x80)

    def _is_common(self, char: str) -> bool:
        code = char.encode(self.name)
        first, last, least = _LEADS[self.name]
        return len(code) == 2 and (first <= code[0] <= last or code[0] in _PUNCTUATION) and code[1] >= least

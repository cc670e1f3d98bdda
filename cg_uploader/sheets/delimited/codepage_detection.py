"""How the code page of text that is not Unicode is guessed, by the letters that a language would then be written with."""

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
# Alphabets of languages whose words hold few ASCII letters, the most frequent letters first. Of pages that explain a text alike
# the first one is meant, as those behind it have letters that it has not, unless another one makes far more frequent letters of
# it.
_NON_LATIN = {
    "cp1255": ("יוהלאמרבתשנםדחכקפטעצגזסןךץףת",),
    "cp1251": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859-7": _GREEK,
    "cp1256": ("اليمونرتبةعدسفهكقأحجشطصىخإذزثضغئءظؤآپچژگک",),
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp874": _THAI,
}
# Signs that texts of all languages contain.
_SIGNS = frozenset("’‘“”„‚–—…€•·°§«»®©™£¥¢½¼¾²³´¡¿№×÷±µ\xa0")

# Signs of the western page that other pages have letters for.
_NOT_IN_WORDS = frozenset("¹³¿£¥¼½¾¯")

# Lead bytes of the most frequent characters, from and to, and the smallest second byte.
_LEAD_BYTES = {
    "cp949": (0xB0, 0xC8, 0xA1),
    "gb18030": (0xB0, 0xD7, 0xA1),
    "big5": (0xA4, 0xC6, 0x40),
    "cp932": (0x82, 0x98, 0x40),
}
_PUNCTUATION = (0x81, 0xA1, 0xA3)
# Where lead bytes are western letters too: the smallest share of second bytes above ASCII. With fewer the text is western.
_MIN_HIGH_SHARE = {"big5": 0.25}

# Shares, from 0 to 1.
_SURE = 0.95
_MOSTLY = 0.9
_FEW = 0.2
# By how much the score of another page must be better than the western one's.
_MIN_GAIN = 0.03
# How many characters are enough to tell.
_MIN_CHARS = 4
# How many letters of an alphabet count as frequent, and how many times as many of them another page must make.
_FREQUENT_LETTERS = 12
_FAR_MORE = 1.6
_MAX_CHARS = 1 << 16

_ASCII = bytes(range(128))
_HIGH = re.compile(rb"[\x80-\xff]+")
_TOUCHING = re.compile(rb"[\x80-\xff](?:(?<=[A-Za-z].)[\x80-\xff]*+|(?<![\x80-\xff].)[\x80-\xff]*+(?=[A-Za-z]))", re.DOTALL)
_NOT_ASCII = re.compile("[^\0-\x7f]+")
# A character alone between letters, as a curly apostrophe becomes when the letter behind it is taken for its second byte.
_TORN = re.compile("[^\0-\x7f](?:(?<=[A-Za-z].)(?![^\0-\x7f])|(?<![^\0-\x7f].)(?=[A-Za-z]))", re.DOTALL)
_HALF_WIDTH = re.compile("[｡-ﾟ]+")
_HALF_WIDTH_WORD = re.compile("[ｦｱ-ﾝ](?:[ｦ-ﾝ]|(?<=[ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<=[ﾊ-ﾎ])ﾟ)+")
_HALF_WIDTH_FIRST = re.compile("[ｱ-ｿ]")


def guess_code_page(chunks: Iterable[bytes]) -> tuple[str, str]:
    """Guess the code page that explains all of the text best, by Python's name. Western unless the evidence is strong.

    The second one is the page for which there is some evidence that is not strong. It is empty when there is none.
    """
    statistics = _ByteStatistics()
    candidates = [_MultibyteCandidate(name) for name in _LEAD_BYTES]
    for lines in _find_high_lines(chunks):
        statistics.add(lines)
        for candidate in candidates:
            candidate.add(lines)
        if statistics.high.total() > _MAX_CHARS:
            break
    best = max(candidates, key=lambda candidate: (candidate.total >= _MIN_CHARS, candidate.share))
    if best.share < _MOSTLY:
        return _guess_single_byte(statistics)
    if best.total >= _MIN_CHARS:
        return best.name, ""
    name, rival = _guess_single_byte(statistics)
    return name, rival or best.name


def _find_high_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines that hold bytes above ASCII, many at once."""
    begun = b""
    for chunk in chunks:
        lines = (begun + chunk).split(b"\n")
        begun = lines.pop()
        yield b"\n".join(line for line in lines if not line.isascii())
    yield begun


class _ByteStatistics:
    """How often each byte above ASCII stands in a text, and each pair that ends with one."""

    def __init__(self) -> None:
        self.high: Counter[int] = Counter()
        self.pairs: Counter[bytes] = Counter()
        self._touching = 0

    def add(self, lines: bytes) -> None:
        """Count the next lines."""
        self.high.update(lines.translate(None, _ASCII))
        self._touching += sum(map(len, _TOUCHING.findall(lines)))
        for run in _HIGH.finditer(lines):
            for index in range(max(1, run.start()), run.end()):
                self.pairs[lines[index - 1 : index + 1]] += 1

    @property
    def is_non_latin(self) -> bool:
        """Whether few of them stand in a word with ASCII letters."""
        return self._touching < _FEW * self.high.total()

    def score(self, page: str, alphabets: Iterable[str]) -> float:
        """Score how far a page makes the text one of these languages: the share of its letters, from 0 to 1.

        Capitals behind small letters count against it.
        """
        chars = {byte: bytes([byte]).decode(page, "replace") for byte in {*self.high, *range(128)}}
        disorder = sum(count for pair, count in self.pairs.items() if chars[pair[0]].islower() and chars[pair[1]].isupper())
        known = max(
            sum(count for byte, count in self.high.items() if chars[byte] in _SIGNS or chars[byte] in alphabet)
            for alphabet in map(_add_capitals, alphabets)
        )
        return (known - disorder) / self.high.total()

    def count_frequent(self, page: str, alphabets: Iterable[str]) -> int:
        """Count the letters that are, by a page, among the most frequent ones of one of these languages."""
        chars = {byte: bytes([byte]).decode(page, "replace") for byte in self.high}
        return max(
            sum(count for byte, count in self.high.items() if chars[byte].lower() in alphabet[:_FREQUENT_LETTERS])
            for alphabet in alphabets
        )

    @property
    def strange_share(self) -> float:
        """The share of western signs that no western language has inside words, but which stand behind an ASCII letter."""
        behind = sum(
            count
            for pair, count in self.pairs.items()
            if pair[0] < 0x80 and chr(pair[0]).isalpha() and bytes([pair[1]]).decode(WESTERN, "replace") in _NOT_IN_WORDS
        )
        return behind / self.high.total()

    def count_differing(self, page: str) -> int:
        """Count the characters that are others than under the western page."""
        return sum(
            count
            for byte, count in self.high.items()
            if bytes([byte]).decode(page, "replace") != bytes([byte]).decode(WESTERN, "replace")
        )


def _guess_single_byte(statistics: _ByteStatistics) -> tuple[str, str]:
    """Guess among pages of one byte for each letter: one that explains the text better than the western one does."""
    if not statistics.high:
        return WESTERN, ""
    best, rival, score = _find_best_page(statistics)
    differing = statistics.count_differing(best)
    if score < _SURE or not differing:
        return WESTERN, ""
    western = statistics.score(WESTERN, _WEST)
    if score - western >= _MIN_GAIN and differing >= _MIN_CHARS:
        return best, rival
    return WESTERN, best if score > western - statistics.strange_share else ""


def _find_best_page(statistics: _ByteStatistics) -> tuple[str, str, float]:
    """Find the page of the best score, its rival, and the score."""
    pages = _NON_LATIN if statistics.is_non_latin else _LATIN
    scores = {page: statistics.score(page, alphabets) for page, alphabets in pages.items()}
    score = max(scores.values())
    alike = [page for page in pages if scores[page] == score]
    best, rival = _prefer_frequent(statistics, alike) if statistics.is_non_latin else (alike[0], "")
    return best, rival, score


def _prefer_frequent(statistics: _ByteStatistics, pages: Sequence[str]) -> tuple[str, str]:
    """Choose among pages that explain a text alike: the first, or one that makes far more frequent letters of it.

    The second one is a page that makes more frequent letters of it, but not far more.
    """
    frequent = {page: statistics.count_frequent(page, _NON_LATIN[page]) for page in pages}
    first, other = pages[0], max(pages, key=lambda page: frequent[page])
    if frequent[other] >= _FAR_MORE * frequent[first]:
        return other, ""
    return first, other if frequent[other] > frequent[first] else ""


@cache
def _add_capitals(alphabet: str) -> frozenset[str]:
    return frozenset(alphabet + alphabet.upper())


class _HalfWidthStatistics:
    """Counts the letters of half width that Japanese banks and offices use, and how many of them stand in words."""

    def __init__(self) -> None:
        self.total = self._in_words = self._first = self._words = 0

    def add(self, text: str) -> None:
        """Count the next text."""
        for run in _HALF_WIDTH.findall(text):
            words = _HALF_WIDTH_WORD.findall(run)
            self.total += len(run)
            self._words += len(words)
            self._in_words += sum(map(len, words))
            self._first += len(_HALF_WIDTH_FIRST.findall(run))

    @property
    def is_japanese(self) -> bool:
        """Whether it can be nothing else: capitals of other alphabets are never in the first of the two halves."""
        return self._in_words >= _MOSTLY * self.total and self._words < self._in_words / 2 and self._first >= _FEW * self.total


class _MultibyteCandidate:
    """A page of several bytes for a character, and how many frequent characters it makes of a text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._decoder = codecs.getincrementaldecoder(name)()
        self._counts: Counter[str] = Counter()
        self._torn = 0
        self._half_width = _HalfWidthStatistics()
        self._fits = True

    def add(self, lines: bytes) -> None:
        """Count the next lines."""
        if self._fits:
            try:
                text = self._decoder.decode(lines)
                self._counts.update("".join(_NOT_ASCII.findall(text)))
                self._torn += len(_TORN.findall(text))
                self._half_width.add(text)
            except UnicodeDecodeError:
                self._fits = False

    @property
    def total(self) -> int:
        """How many characters above ASCII there are."""
        return self._counts.total()

    @property
    def share(self) -> float:
        """The share of frequent characters, from 0 to 1. 0 when some bytes are no characters.

        Letters of half width say nothing beside as many others, and all when they can be nothing else.
        """
        total, half_width = self.total, self._half_width.total
        if not self._fits or total == 0 or (total < _MIN_CHARS and half_width) or self._torn > _FEW * total:
            return 0.0
        if self._count_high() < _MIN_HIGH_SHARE.get(self.name, 0) * total:
            return 0.0
        frequent = sum(count for char, count in self._counts.items() if self._is_frequent(char))
        if self._half_width.is_japanese or total - half_width >= max(_MIN_CHARS, half_width):
            return (frequent + half_width) / total
        return frequent / total

    def _count_high(self) -> int:
        """Count the characters that end with a byte above ASCII."""
        return sum(count for char, count in self._counts.items() if char.encode(self.name)[-1] >= 0x80)

    def _is_frequent(self, char: str) -> bool:
        code = char.encode(self.name)
        first, last, min_second = _LEAD_BYTES[self.name]
        return len(code) == 2 and (first <= code[0] <= last or code[0] in _PUNCTUATION) and code[1] >= min_second

"""Owns telling what a text is that begins with a tag: by its prolog, its root element and that element's namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from cg_uploader.sheets.formats.unsupported import ANOTHER, AS_XLSX, COPY, EXPORT, MADE_FROM, OtherFile, identify_open_document


class Markup(Enum):
    """Markup that is more than *something else than a spreadsheet*."""

    PAGE = auto()
    XML_2003 = auto()
    # An OpenDocument spreadsheet in one file.
    FLAT = auto()


_SCRIPT = ("a program", ANOTHER)
_XML = ("an XML document", AS_XLSX)
_FEED = ("a news feed", EXPORT)
_PICTURE = ("a picture", MADE_FROM)
_MAP = ("a map", EXPORT)
_WORD = ("a Word document", COPY)
_PRESENTATION = ("a PowerPoint presentation", COPY)
_PART = ("only a part of an unpacked workbook", "Choose the whole workbook.")
_BY_NAMESPACE: dict[str, Markup | OtherFile] = {
    "urn:schemas-microsoft-com:office:spreadsheet": Markup.XML_2003,
    "http://www.w3.org/1999/xhtml": Markup.PAGE,
    "http://www.w3.org/2005/atom": _FEED,
    "http://purl.org/atom/ns#": _FEED,
    "http://www.w3.org/2000/svg": _PICTURE,
    "http://schemas.microsoft.com/office/word/2003/wordml": _WORD,
    "http://schemas.microsoft.com/office/2006/xmlpackage": ("an Office document in one XML file", COPY),
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": _PART,
    "http://purl.oclc.org/ooxml/spreadsheetml/main": _PART,
    "http://www.topografix.com/gpx/1/0": _MAP,
    "http://www.topografix.com/gpx/1/1": _MAP,
    "http://www.opengis.net/kml/2.2": _MAP,
}
_BY_ELEMENT: dict[str, Markup | OtherFile] = {
    "rss": _FEED,
    "svg": _PICTURE,
    "plist": ("a property list", ANOTHER),
}
_BY_PROGRAM: dict[str, Markup | OtherFile] = {
    "Excel.Sheet": Markup.XML_2003,
    "Word.Document": _WORD,
    "PowerPoint.Show": _PRESENTATION,
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS = "http://purl.org/rss/1.0/"
_OFFICE = ("urn:oasis:names:tc:opendocument:", "http://openoffice.org/")

_VOID = re.compile(r"area|base|basefont|br|col|embed|hr|img|input|link|meta|param|source|track|wbr")
_HTML = re.compile(
    _VOID.pattern + "|"
    r"a|abbr|acronym|address|article|aside|b|big|blockquote|body|button|caption|center|cite|code|colgroup|data|dd|del|"
    r"details|dfn|dir|div|dl|dt|em|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|header|html|"
    r"i|iframe|ins|kbd|label|legend|li|main|map|mark|nav|nobr|noscript|object|ol|option|output|p|pre|q|s|samp|script|"
    r"section|select|small|span|strike|strong|style|sub|summary|sup|table|tbody|td|template|textarea|tfoot|th|thead|"
    r"time|title|tr|tt|u|ul|var|video"
)
_PROLOG = re.compile(
    r"\s*(?:<\?(?P<instruction>.*?)\?>|<!--.*?-->|<!doctype\b\s*(?P<doctype>[^\s>\[]*)[^>\[]*(?:\[.*?\]\s*)?>)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(
    r"""<(?:(?P<prefix>[A-Za-z_][\w.-]*):)?(?P<name>[A-Za-z_][\w.-]*)(?P<attributes>(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?)>"""
)
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PROGRAM = re.compile(r"""mso-application\s.*?progid\s*=\s*["']([\w.]+)""", re.DOTALL)
_TABLE = re.compile(
    r"<table\b[^<>]*>(?:\s|<!--.*?-->)*<(?:tr|thead|tbody|tfoot|caption|col|colgroup)\b", re.DOTALL | re.IGNORECASE
)
_BETWEEN = re.compile(r"(?:\s|<!--.*?-->)*", re.DOTALL)
_CUT = re.compile(r" *[,;|^]")
_TAGS = re.compile(r"<[^<>]*>")
_DELIMITER = re.compile(r"[,;\t|^]")


@dataclass(frozen=True, slots=True)
class _Element:
    """A start tag: its name and namespace in small letters, its attributes, and where it begins and ends in the text."""

    name: str
    namespace: str
    attributes: dict[str, str]
    start: int
    end: int
    empty: bool


def identify_markup(text: str, tail: str) -> Markup | OtherFile | None:
    """What a file is whose text begins and ends so; None when it may be delimited text."""
    if re.match(r"<\?(?:php\b|=)", text):
        return _SCRIPT
    place, doctype, declared, program = 0, "", False, ""
    while found := _PROLOG.match(text, place):
        place = found.end()
        instruction, kind = found["instruction"] or "", found["doctype"]
        doctype = (kind or doctype).lower()
        declared = declared or kind is not None or instruction.lower().startswith("xml")
        if said := _PROGRAM.match(instruction):
            program = said[1]
    root = _element(text, _BETWEEN.match(text, place).end())  # type: ignore[union-attr]
    if doctype == "html":
        return Markup.PAGE
    if root is None:
        return _XML if declared else None
    if declared or root.namespace:
        return _by_root(text, root, program)
    return _bare(text, root, tail)


def _element(text: str, place: int) -> _Element | None:
    """The start tag at a place; None when there is none."""
    found = _TAG.match(text, place)
    if found is None:
        return None
    attributes = {name: one or other for name, one, other in _ATTRIBUTE.findall(found["attributes"])}
    namespace = attributes.get(f"xmlns:{found['prefix']}" if found["prefix"] else "xmlns", "")
    name, empty = found["name"].lower(), found[0].endswith("/>")
    return _Element(name, namespace.lower(), attributes, found.start(), found.end(), empty or bool(_VOID.fullmatch(name)))


def _by_root(text: str, root: _Element, program: str) -> Markup | OtherFile:
    """What a document is that says so: by its root, or by the program that its prolog names."""
    if root.name == "html":
        return Markup.PAGE
    if root.namespace.startswith(_OFFICE):
        kind = next((value for name, value in root.attributes.items() if name.endswith("mimetype")), "")
        return Markup.FLAT if ".spreadsheet" in kind else identify_open_document(kind)
    if program in _BY_PROGRAM:
        return _BY_PROGRAM[program]
    if root.namespace == _RDF:
        return _FEED if _RSS in root.attributes.values() else _XML
    if root.namespace in _BY_NAMESPACE:
        return _BY_NAMESPACE[root.namespace]
    if _HTML.fullmatch(root.name) and not root.namespace and _TABLE.search(text, root.start):
        return Markup.PAGE
    return _BY_ELEMENT.get(root.name, _XML)


def _bare(text: str, root: _Element, tail: str) -> Markup | OtherFile | None:
    """What a text is whose first tag has no namespace and no prolog: a tag may be a heading, or stand in one.

    In markup nothing but blanks stands between elements.  A delimiter or a word there makes a delimited text.
    """
    other = Markup.PAGE if _HTML.fullmatch(root.name) else _BY_ELEMENT.get(root.name, _XML)
    if _TABLE.match(text, root.start):
        return Markup.PAGE
    if _is_cut(text, root.end):
        return None
    place, last = root.start, root
    while (element := _element(text, place)) is not None:
        last = element
        end = element.end if element.empty else _end_of(text, element)
        if end < 0:
            return other if _is_open(text, last, tail) else None
        if _is_cut(text, end):
            return None
        place = _BETWEEN.match(text, end).end()  # type: ignore[union-attr]
    if place >= len(text):
        return other
    table = _TABLE.search(text, place) if other is Markup.PAGE else None
    return other if table and not _DELIMITER.search(_TAGS.sub("", text[: table.start()])) else None


def _is_cut(text: str, place: int) -> bool:
    """Whether a delimiter stands at a place: a tab only if the first two lines have as many."""
    if _CUT.match(text, place):
        return True
    first, second = (*text.splitlines()[:2], "")[:2]
    return text.startswith("\t", place) and first.count("\t") == second.count("\t")


def _end_of(text: str, element: _Element) -> int:
    """The place behind the end tag of an element; -1 when there is none."""
    depth = 0
    tags = re.compile(rf"<(/?){re.escape(element.name)}(?![\w.:-])[^<>]*>", re.IGNORECASE)
    for found in tags.finditer(text, element.start):
        depth += -1 if found[1] else not found[0].endswith("/>")
        if depth == 0:
            return found.end()
    return -1


def _is_open(text: str, element: _Element, tail: str) -> bool:
    """Whether an element without an end tag, as far as the text is known, is one all the same."""
    child = _element(text, _BETWEEN.match(text, element.end).end())  # type: ignore[union-attr]
    if element.name == "html" and (child is not None or not text[element.end :].strip()):
        return True
    if _HTML.fullmatch(element.name):
        return child is not None and bool(_HTML.fullmatch(child.name)) and "</" in text
    if re.search(rf"</(?:[\w.-]+:)?{re.escape(element.name)}\s*>(?:\s|<!--[^<>]*-->|\0)*$", tail, re.IGNORECASE):
        return True
    return child is not None and bool(element.attributes)

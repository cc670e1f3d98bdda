"""What a text that begins with a tag is: by its prolog, its root element and the namespace of that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from cg_uploader.sheets.formats.unsupported import (
    ANOTHER,
    AS_XLSX,
    COPY,
    EXPORT,
    PICTURE,
    POWERPOINT,
    PROGRAM,
    WORD,
    OtherFile,
    identify_open_document,
)
from cg_uploader.translation import N_


class Markup(Enum):
    """Markup that may hold a table."""

    # A web page.
    PAGE = auto()
    # A workbook in the XML format of Excel 2003.
    XML_2003 = auto()
    # An OpenDocument spreadsheet in one file.
    FLAT = auto()


_XML = OtherFile(N_("an XML document"), AS_XLSX)
_FEED = OtherFile(N_("a news feed"), EXPORT)
_MAP = OtherFile(N_("a map"), EXPORT)
_PART = OtherFile(N_("only a part of an unpacked workbook"), N_("Choose the whole workbook."))
_BY_NAMESPACE: dict[str, Markup | OtherFile] = {
    "urn:schemas-microsoft-com:office:spreadsheet": Markup.XML_2003,
    "http://www.w3.org/1999/xhtml": Markup.PAGE,
    "http://www.w3.org/2005/atom": _FEED,
    "http://purl.org/atom/ns#": _FEED,
    "http://www.w3.org/2000/svg": PICTURE,
    "http://schemas.microsoft.com/office/word/2003/wordml": WORD,
    "http://schemas.microsoft.com/office/2006/xmlpackage": OtherFile(N_("an Office document in one XML file"), COPY),
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": _PART,
    "http://purl.oclc.org/ooxml/spreadsheetml/main": _PART,
    "http://www.topografix.com/gpx/1/0": _MAP,
    "http://www.topografix.com/gpx/1/1": _MAP,
    "http://www.opengis.net/kml/2.2": _MAP,
}
_BY_ELEMENT: dict[str, Markup | OtherFile] = {
    "rss": _FEED,
    "svg": PICTURE,
    "plist": OtherFile(N_("a property list"), ANOTHER),
}
_BY_PROGRAM: dict[str, Markup | OtherFile] = {
    "Excel.Sheet": Markup.XML_2003,
    "Word.Document": WORD,
    "PowerPoint.Show": POWERPOINT,
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS = "http://purl.org/rss/1.0/"
_OFFICE_NAMESPACES = ("urn:oasis:names:tc:opendocument:", "http://openoffice.org/")

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
_BLANKS = re.compile(r"(?:\s|<!--.*?-->)*", re.DOTALL)
_DELIMITER_NEXT = re.compile(r" *[,;|^]")
_TAGS = re.compile(r"<[^<>]*>")
_DELIMITER = re.compile(r"[,;\t|^]")


@dataclass(frozen=True, slots=True)
class _Prolog:
    """What stands before the root element."""

    # Where it ends in the text.
    end: int
    # The document type in small letters.
    doctype: str
    # Whether the text is declared to be XML, or has a document type.
    declared: bool
    # The program that is named as the one for the document.
    program: str


@dataclass(frozen=True, slots=True)
class _Element:
    """A start tag."""

    # Its name and namespace in small letters.
    name: str
    namespace: str
    attributes: dict[str, str]
    # Where it begins and ends in the text.
    start: int
    end: int
    # Whether it has no end tag.
    empty: bool


def identify_markup(text: str, tail: str) -> Markup | OtherFile | None:
    """Return what a file is whose text begins and ends so, or None when it may be delimited text."""
    if re.match(r"<\?(?:php\b|=)", text):
        return PROGRAM
    prolog = _parse_prolog(text)
    root = _parse_element(text, _skip_blanks(text, prolog.end))
    if prolog.doctype == "html":
        return Markup.PAGE
    if root is None:
        return _XML if prolog.declared else None
    if prolog.declared or root.namespace:
        return _identify_by_root(text, root, prolog.program)
    return _identify_bare(text, root, tail)


def _parse_prolog(text: str) -> _Prolog:
    end, doctype, declared, program = 0, "", False, ""
    while part := _PROLOG.match(text, end):
        end = part.end()
        instruction, kind = part["instruction"] or "", part["doctype"]
        doctype = (kind or doctype).lower()
        declared = declared or kind is not None or instruction.lower().startswith("xml")
        if named := _PROGRAM.match(instruction):
            program = named[1]
    return _Prolog(end, doctype, declared, program)


def _skip_blanks(text: str, index: int) -> int:
    """Return where blanks and comments end that begin at an index."""
    blanks = _BLANKS.match(text, index)
    return blanks.end() if blanks else index


def _parse_element(text: str, index: int) -> _Element | None:
    """Return the start tag at an index, or None when there is none."""
    tag = _TAG.match(text, index)
    if tag is None:
        return None
    attributes = {name: one or other for name, one, other in _ATTRIBUTE.findall(tag["attributes"])}
    namespace = attributes.get(f"xmlns:{tag['prefix']}" if tag["prefix"] else "xmlns", "")
    name, empty = tag["name"].lower(), tag[0].endswith("/>")
    return _Element(name, namespace.lower(), attributes, tag.start(), tag.end(), empty or bool(_VOID.fullmatch(name)))


def _identify_by_root(text: str, root: _Element, program: str) -> Markup | OtherFile:
    """Return what a document is by its root, or by the program that its prolog names."""
    if root.name == "html":
        return Markup.PAGE
    if root.namespace.startswith(_OFFICE_NAMESPACES):
        return _identify_office(root)
    if program in _BY_PROGRAM:
        return _BY_PROGRAM[program]
    if root.namespace == _RDF:
        return _FEED if _RSS in root.attributes.values() else _XML
    if root.namespace in _BY_NAMESPACE:
        return _BY_NAMESPACE[root.namespace]
    if _HTML.fullmatch(root.name) and not root.namespace and _TABLE.search(text, root.start):
        return Markup.PAGE
    return _BY_ELEMENT.get(root.name, _XML)


def _identify_office(root: _Element) -> Markup | OtherFile:
    mimetype = next((value for name, value in root.attributes.items() if name.endswith("mimetype")), "")
    return Markup.FLAT if ".spreadsheet" in mimetype else identify_open_document(mimetype)


def _identify_bare(text: str, root: _Element, tail: str) -> Markup | OtherFile | None:
    """Return what a text is whose first tag has no namespace and no prolog: a tag may be a heading, or stand in one.

    In markup nothing but blanks stands between elements. A delimiter or a word there makes a delimited text.
    """
    markup = Markup.PAGE if _HTML.fullmatch(root.name) else _BY_ELEMENT.get(root.name, _XML)
    if _TABLE.match(text, root.start):
        return Markup.PAGE
    if _has_delimiter_at(text, root.end):
        return None
    return markup if _is_markup(text, root, tail, may_be_page=markup is Markup.PAGE) else None


def _is_markup(text: str, root: _Element, tail: str, *, may_be_page: bool) -> bool:
    """Return whether a text is elements from ``root`` to its end. A page may have text before its table."""
    index = root.start
    while (element := _parse_element(text, index)) is not None:
        end = element.end if element.empty else _find_end(text, element)
        if end < 0:
            return _is_open(text, element, tail)
        if _has_delimiter_at(text, end):
            return False
        index = _skip_blanks(text, end)
    return index >= len(text) or (may_be_page and _has_table_behind(text, index))


def _has_table_behind(text: str, index: int) -> bool:
    """Return whether a table of HTML begins behind an index, and no delimiter stands before it."""
    table = _TABLE.search(text, index)
    return table is not None and not _DELIMITER.search(_TAGS.sub("", text[: table.start()]))


def _has_delimiter_at(text: str, index: int) -> bool:
    """Return whether a delimiter stands at an index: a tab only if the first two lines have as many."""
    if _DELIMITER_NEXT.match(text, index):
        return True
    first, second = (*text.splitlines()[:2], "")[:2]
    return text.startswith("\t", index) and first.count("\t") == second.count("\t")


def _find_end(text: str, element: _Element) -> int:
    """Return the index behind the end tag of an element, or -1 when there is none."""
    depth = 0
    tags = re.compile(rf"<(/?){re.escape(element.name)}(?![\w.:-])[^<>]*>", re.IGNORECASE)
    for tag in tags.finditer(text, element.start):
        depth += -1 if tag[1] else not tag[0].endswith("/>")
        if depth == 0:
            return tag.end()
    return -1


def _is_open(text: str, element: _Element, tail: str) -> bool:
    """Return whether an element without an end tag, as far as the text is known, is an element."""
    child = _parse_element(text, _skip_blanks(text, element.end))
    if element.name == "html" and (child is not None or not text[element.end :].strip()):
        return True
    if _HTML.fullmatch(element.name):
        return child is not None and bool(_HTML.fullmatch(child.name)) and "</" in text
    if re.search(rf"</(?:[\w.-]+:)?{re.escape(element.name)}\s*>(?:\s|<!--[^<>]*-->|\0)*$", tail, re.IGNORECASE):
        return True
    return child is not None and bool(element.attributes)

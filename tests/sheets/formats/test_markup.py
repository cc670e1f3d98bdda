"""Texts that begin with a tag, and messages and dumps: named for what they are; a table that begins like one is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sheetfiles import read

from cg_uploader.errors import FileError

OLD = "urn:schemas-microsoft-com:office:spreadsheet"
OASIS = "urn:oasis:names:tc:opendocument"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title></feed>'
ROWS = "<row><name>Ann</name></row>" * 3000

PAGES = {
    "a document": "<!DOCTYPE html>\n<html><body><p>Sign in</p></body></html>",
    "an old document type": '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"\n "http://x/strict.dtd"><HTML><BODY>x</BODY></HTML>',
    "without an end": "<html><head><title>x",
    "nothing but its beginning": "<html>",
    "behind comments and blanks": "\n \t<!-- saved from url=(0014)about:internet -->\n<!-- , -->\n<html><p>x</p></html>",
    "of Excel": '<html xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns="http://www.w3.org/TR/REC-html40"><head></head></html>',
    "of Excel, with its other namespace": f'<html xmlns:ss="{OLD}"><table><tr><td>x</table></html>',
    "strict": '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head/></html>',
    "a table": "<table border=1><tr><td>Name<td>City</table>",
    "a table that never ends": "<TABLE BORDER=1>\n<!-- x -->\n<TR><TD>Name<TD>City",
    "a table behind an XML declaration": "<?xml version='1.0'?><table><tr><td>Name</td></tr></table>",
    "a table with tabs": "<table>\t<tr>\t<td>a</td>\t</tr>\n\t<tr><td>b</td></tr></table>",
    "a style, then a table": "<style>td {mso-number-format:'@'; color: red}</style><table><tr><td>x</td></tr></table>",
    "a line of meta, then a table": '<meta http-equiv="Content-Type" content="text/html"/><table><tr><td>x</table>',
    "a heading, then a table": "<h3>Report; of May, 2024</h3>\n<table><tr><td>x</td></tr></table>",
    "words around a table": "<b>Report</b> of May <table><tr><td>x</td></tr></table>",
    "a block that never ends": "<div class=x><center><p>Hello</p>",
    "a script": "<script>location = '/login?a=1,b;c'</script>",
    "saved by a browser": (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://x.example/\r\nSubject: =?utf-8?Q?x?=\r\n"
        "Date: Mon, 30 Nov 2026\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype=x\r\n\r\n"
    ),
    "saved by Internet Explorer": "From: <Saved by Windows Internet Explorer 8>\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n",
    "saved by Excel": "MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary=x\r\n\r\n",
}  # fmt: skip

OF_2003 = {
    "plain": f'<?xml version="1.0"?>\n<Workbook xmlns="{OLD}"><Worksheet><Table/></Worksheet></Workbook>',
    "without a declaration": f'<Workbook xmlns="{OLD}"><Worksheet><Table><Row/></Table></Worksheet></Workbook>',
    "with a prefix": f"<?xml version='1.0'?><ss:Workbook xmlns:ss='{OLD}'><ss:Table/></ss:Workbook>",
    "with a page in it": (
        f'<?xml version="1.0"?><Workbook xmlns="{OLD}" xmlns:html="http://www.w3.org/TR/REC-html40">'
        "<Worksheet><Table><Row><Cell><div>x</div><html:b>x</html:b></Cell></Row></Table></Worksheet></Workbook>"
    ),
    "behind all that may stand before it": (
        '\n<?xml version="1.0" encoding="utf-8"?><!-- <html> --><!DOCTYPE Workbook [<!ENTITY x "y">]>\n'
        f'<?mso-application progid="Excel.Sheet"?>\n<!-- x --><Workbook\n xmlns:o="urn:x"\n xmlns="{OLD}">'
    ),
    "by the program alone": "<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook><Table/></Workbook>",
}

OTHERS = {
    "a news feed": (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>',
        '<rss version="2.0">\n<channel><title>x</title></channel></rss>',
        '<rss version="2.0">\n<channel><title>x</title><description><table><tr>',
        ATOM,
        '<?xml version="1.0"?><!-- <html> <table> -->' + ATOM,
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/></rdf:RDF>',
    ),
    "a picture": (
        '<svg xmlns="http://www.w3.org/2000/svg"><style>x</style></svg>',
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/svg11.dtd"><svg><title>x</title></svg>',
    ),
    "a property list": (
        '<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD//EN" "x.dtd"><plist version="1.0"><dict/></plist>',
    ),
    "a Word document": (
        '<?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part/></pkg:package>',
        '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body/></w:wordDocument>',
    ),
    "an Office document": ('<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"/>',),
    "a text document": (
        f'<o:document xmlns:o="{OASIS}:xmlns:office:1.0" o:mimetype="application/vnd.oasis.opendocument.text"/>',
    ),
    "a part of an unpacked workbook": ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',),
    "an XML document": (
        "<?xml version='1.0'?><rows/>",
        "<rows>\n <row><name>Ann; Lee</name></row>\n</rows>\n",
        f"<rows>{ROWS}</rows>\n<!-- the end -->\n",
        "<note>hello</note>",
        "<Error><Code>AccessDenied</Code><Message>Access, Denied</Message></Error>",
        '<?xml version="1.0"?><Größe/>',
        '<?xml version="1.0"?><!-- mentions urn:schemas-microsoft-com:office:spreadsheet and <html> --><list><table/></list>',
    ),
    "a program": ("<?php echo 'a,b'; ?>",),
    "a saved e-mail": (
        "Return-Path: <a@x.example>\nReceived: from x\n\tby y; Mon\nSubject: contacts\nFrom: a@x.example\n\nHello, world\n",
        "From: Ann <a@x.example>\r\nTo: b@x.example\r\nSubject: x\r\nDate: Mon, 30 Nov 2026\r\n\r\n<html>",
        "From a@x.example Mon Nov 30 10:00:00 2026\nFrom: a@x.example\nSubject: x\n\nx\n",
        "From - Mon Nov 30 10:00:00 2026\nX-Mozilla-Status: 0001\nReturn-Path: <a@x.example>\nFrom: x\n\n",
        "MIME-Version: 1.0\nTo: b@x.example\nMessage-ID: <1@x>\nContent-Type: multipart/related; boundary=x\nSubject: x\n\n",
        "X-Mailer: x\nMIME-Version: 1.0\nContent-Type: text/plain\n\n",
        "From:\tAnn\nSent:\tMonday\nTo:\tBob\nSubject:\tx\n\nHello\n",
        "1234      \nReceived: from x\nFrom: x\nDate: y\n\n",
    ),
    "a database dump": (
        "INSERT INTO contacts (email, name) VALUES ('a@x.example','Ann, Jr.');\n",
        "insert into `my shop`.`contacts` values (1,'a');\n",
        "-- MySQL dump 10.13  Distrib 8.0\n--\n-- Host: x\n\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `x`;\n",
        "-- phpMyAdmin SQL Dump\n-- version 5\n\nSET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\nSTART TRANSACTION;\n",
        "# Host: x\n# ----\n\nCREATE TABLE `x` (\n  `id` int,\n  `name` text\n);\n",
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE x(a,b);\n",
        "USE [shop]\nGO\nCREATE TABLE [dbo].[x](\n\t[id] [int]\n)\n",
        "SET IDENTITY_INSERT [dbo].[x] ON\nGO\nINSERT [dbo].[x] ([id], [name]) VALUES (1, N'a')\n",
        "COPY public.x (id, name) FROM stdin;\n1\tAnn\n\\.\n",
        "CREATE TABLE IF NOT EXISTS x (a int, b int);",
    ),
    "JSON": ('["Ann", "Bob"]', '{"a": [1, 2]}\n', '[\n "Ann",\n "Bob"\n]\n', '{"a": 1}\n{"a": 2}\n'),
    "contacts (LDIF)": ("dn: cn=Ann,mail=a@x.example\nobjectclass: top\n", "version: 1\n\ndn: cn=Ann,o=x\ncn: Ann\n"),
    "encrypted": ("-----BEGIN PGP MESSAGE-----\n\nhQ\n",),
    "a packed file": ("begin 644 a.csv\nM86)C\n",),
    "the answer of a web server": ("HTTP/1.1 200 OK\nContent-Type: text/csv\n\na,b\n",),
}  # fmt: skip

TABLES = {
    "a heading in angles": "<Email>;<Name>\na@x.example;<div>x</div>\n",
    "headings that are elements of a page": "<Title>,<Address>,<Label>\nx,<table><tr><td>x</td></tr></table>,z</label>\n",
    "the same with tabs": "<Title>\t<Body>\na\t<p>b</p>\n",
    "the same with blanks": "<Title> ; <Body>\na ; <p>b</p>\n",
    "a heading of two words": "<Name of customer>|<City>\nAnn|Oslo\n",
    "headings in bold": "<b>Name</b>;<b>City</b>\nAnn;Oslo\n",
    "headings in bold, with tabs": "<b>Name</b>\t<b>City</b>\nAnn\tOslo\n",
    "a link in each line": '<a href="x">Ann</a>,Oslo\n<a href="y">Bob</a>,Rome\n',
    "one column": "<Email>\na@x.example\nb@x.example\n",
    "one column of names of elements": "<Title>\n<Mr>\n<Ms>\n",
    "one column of addresses in angles": "<Email>\n<a@x.example>\n<b@x.example>\n",
    "addresses in angles": "<a@x.example>;Ann\n<b@x.example>;Bob\n",
    "a web address in angles": "<http://x.example>,1\n<https://y.example>,2\n",
    "less than": "<5 years,<10 years\n1,2\n",
    "less than, and a blank": "< 5; > 5\n1;2\n",
    "an empty pair": "<>,b\n1,2\n",
    "a placeholder": "<none>,<null/>\n1,2\n",
    "an element of XML": "<id/>,name\n1,<name>x</name>\n",
    "a comment above": "<!-- exported by x -->\nEmail,Name\na@x.example,Ann\n",
    "a warning of PHP above": "<br />\n<b>Warning</b>: x in <b>y.php</b> on <b>3</b><br />\nEmail,Name\na@x.example,Ann\n",
    "a break in the heading": "<br>Name,<br>City\nAnn,Oslo\n",
    "letters of another alphabet": "<Größe>;<Straße>\n1;2\n",
    "an exclamation": "<!important>,b\n1,2\n",
    "words of a mail": "From;To;Subject\na@x.example;b@x.example;MIME-Version: 1.0\n",
    "words of a mail with colons": "From:;To:;Subject:\na;b;c\n",
    "one header": "Date: 2024-01-01\n\nEmail,Name\na@x.example,Ann\n",
    "a date in the title": "Report: May\nDate: 2024-01-01\n\nEmail,Name\na@x.example,Ann\n",
    "words of a dump": "Query,Count\n\"INSERT INTO x (a) VALUES (1);\",5\n",
    "headings like a dump": "Insert into,Create table,Drop table\n1,2,3\n",
    "headings like a dump, with semicolons": "Drop table x;Set a = b;Use x\n1;2;3\n",
    "comments above": "-- export of May\n# of all\nEmail,Name\na@x.example,Ann\n",
    "a log": "2024-01-01 10:00:00,INFO,<html> served\n2024-01-01 10:00:01,WARN,INSERT INTO x (a) VALUES (1);\n",
    "words of a PDF": "%PDF;n\n1;2\n",
    "words of JSON": "[a],{b}\n1,2\n",
    "an object of JSON": '{"a": 1},b\n{"a": 2},c\n',
    "an object of JSON, with tabs": '{"a": 1}\tb\n{"a": 2}\tc\n',
    "an object of JSON beside another": '{"a": 1}\t{b}\n{"a": 2}\t{c}\n',
    "a name of dn": "dn: x,b\n1,2\n",
    "begin": "begin 644,b\n1,2\n",
}  # fmt: skip


def refusal(folder: Path, content: bytes) -> tuple[str, str]:
    (folder / "a.csv").write_bytes(content)
    with pytest.raises(FileError) as failure:
        read(folder / "a.csv").rows.close()
    assert failure.value.exit_code == 3
    return failure.value.kind, failure.value.sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("case", PAGES)
def test_a_web_page(tmp_path: Path, case: str, encoding: str) -> None:
    assert refusal(tmp_path, PAGES[case].encode(encoding))[0] == "web-page"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("case", OF_2003)
def test_the_xml_of_excel_2003(tmp_path: Path, case: str, encoding: str) -> None:
    assert refusal(tmp_path, OF_2003[case].encode(encoding))[0] == "xml-2003"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("what", "text"), [(what, text) for what, texts in OTHERS.items() for text in texts])
def test_what_else_a_text_is(tmp_path: Path, what: str, text: str, encoding: str) -> None:
    kind, sentence = refusal(tmp_path, text.encode(encoding))
    assert (kind, what in sentence) == ("not-a-spreadsheet", True), sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_only_begins_like_something_else(tmp_path: Path, case: str, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(TABLES[case].encode(encoding))
    table = read(tmp_path / "a.csv")
    assert len(table.rows) + len(table.above) >= 1
    table.rows.close()


@pytest.mark.parametrize("lines", [3, 30_000])
def test_headings_in_angles_are_headings(tmp_path: Path, lines: int) -> None:
    (tmp_path / "a.csv").write_text("<Email>;<Name>\n" + "a@x.example;<div>x</div>\n" * lines)
    table = read(tmp_path / "a.csv")
    assert [column.heading for column in table.columns] == ["<Email>", "<Name>"]
    assert [row.cells for row in table.rows] == [("a@x.example", "<div>x</div>")] * lines
    table.rows.close()

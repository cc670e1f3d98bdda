"""The sample file contacts.xlsx, with the same bytes every time: ``python packaging/make_samples.py [FOLDER]``.

It holds 252 made-up contacts with addresses at reserved example domains and telephone numbers of ranges kept for films.
The common problems that some rows have on purpose stand below them in the code.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

SAMPLES = Path(__file__).resolve().parent.parent / "resources" / "samples"
TITLE = "Customer contacts, exported on 3 March 2025"
HEADINGS = (
    *("Email", "First name", "Last Name", "Account Name", "Phone", "Job Title"),
    *("Country", "Language", "Segment A", "Customer since", "Postcode", "Notes"),
)
HEADER_ROW = 3  # as Excel shows it: a title and an empty line stand above
PEOPLE_PER_COUNTRY = 18

Cell = str | int | date | None
Row = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Country:
    """What the contacts of one country are made of.  ``name/latin`` gives the spelling used in the address.

    ``phone``: a pattern whose ``{}`` takes two digits, empty where no range is kept for made-up numbers.
    ``postcode``: the first one, a number that Excel shows with five digits, or a text with ``{}``.
    """

    name: str
    language: str
    first: str
    last: str
    companies: str
    phone: str
    postcode: int | str


COUNTRIES = (
    Country(
        *("Germany", "de", "Anna Jürgen Katrin Lukas Mareike Sören", "Müller Weiß Schäfer Köhler Brandt Öztürk"),
        *("Nordlicht Logistik GmbH, Bäckerei Grünwald, Rheintal Maschinenbau AG", "+49 30 23125 1{}", 1067),
    ),
    Country(
        *("France", "fr", "Chloé Étienne Inès Jérôme Maëlle Théo", "Lefèvre Garçon Dubois Moreau Béranger N'Diaye"),
        *("Ateliers du Léman, Café Lumière SARL, Voiles d'Azur", "+33 1 99 00 12 {}", 6000),
    ),
    Country(
        *("United Kingdom", "en", "Amelia Callum Priya Rhys Siobhán Tom", "O'Connor Smith-Jones Patel Evans MacLeod Clarke"),
        *("Harbour & Vale Ltd, Thistle Insurance plc, Fenwick Foods", "+44 1632 9601{}", "LS1 {}AB"),
    ),
    Country(
        *("United States", "en", "Ashley Brandon Chidi Destiny José Megan", "Johnson Nguyen Ramirez Okafor Kowalski Lee"),
        *("Blue Mesa Software Inc., Prairie Dental Group, Old Mill Outfitters", "+1 617 555 01{}", 2110),
    ),
    Country(
        *("Australia", "en", "Bindi Cooper Isla Jack Matilda Noah", "Wilson Papadopoulos Tran Campbell Hughes Singh"),
        *("Wattle Street Energy, Coral Bay Tours, Southern Cross Freight Pty Ltd", "+61 2 5550 12{}", "30{}"),
    ),
    Country(
        *("Spain", "es", "Begoña Íñigo Lucía Martín Nuria Xavier", "Muñoz Peña Ibáñez Castaño Ferrer Aguirre"),
        *("Olivares del Sur S.L., Talleres Ibarra, Costa Verde Hoteles", "", 8001),
    ),
    Country(
        *("Italy", "it", "Alessia Davide Giulia Nicolò Paola Tommaso", "Rossi D'Angelo Conti Bianco Ferrari Esposito"),
        *("Ceramiche Valli S.p.A., Cantina Tre Colli, Officine Adriatiche", "", 184),
    ),
    Country(
        *("Netherlands", "nl", "Daan Eline Joost Maartje Sanne Willem", "Jansen Bakker Visser Hoekstra Dijkstra Smit"),
        *("Windmolen Techniek B.V., Tulpenhof Bloemen, Noordzee Shipping N.V.", "", "10{} AB"),
    ),
    Country(
        *("Sweden", "sv", "Åsa Björn Elin Göran Linnéa Örjan", "Åkesson Lindström Sjöberg Nyström Ek Håkansson"),
        *("Norrsken Data AB, Fjällbo Möbler AB, Björklunda Bageri", "+46 8 465 004 {}", 11122),
    ),
    Country(
        *("Poland", "pl", "Łukasz Agnieszka Michał Zofia Grzegorz Żaneta", "Wójcik Kowalczyk Zieliński Dąbrowska Król Mazur"),
        *("Wisła Transport Sp. z o.o., Bursztyn Jubiler, Tatry Sport", "", "00-0{}"),
    ),
    Country(
        *("Brazil", "pt", "João Conceição Thaís Rafael Luíza Antônio", "Gonçalves Araújo Magalhães Assunção Pereira Brandão"),
        *("Café Serra Azul Ltda., Construtora Ipê, Clínica São Lucas", "", "01310-1{}"),
    ),
    Country(
        *("Japan", "ja", "健/Ken 美咲/Misaki 翔太/Shota 葵/Aoi 結衣/Yui 大輔/Daisuke"),
        *("佐藤/Sato 鈴木/Suzuki 高橋/Takahashi 田中/Tanaka 渡辺/Watanabe 小林/Kobayashi",),
        *("桜電機株式会社/Sakura Denki, Minato Trading K.K., 青空食品/Aozora Foods", "", "100-00{}"),
    ),
    Country(
        *("Türkiye", "tr", "Ayşe Çağla Emre Gökçe İbrahim Şule", "Yılmaz Çelik Doğan Güneş Öztürk Işık"),
        *("Anadolu Tekstil A.Ş., Boğaz Lojistik, Zeytindalı Gıda", "", 6100),
    ),
    Country(
        *("India", "en", "Aarav Diya Ishaan Kavya Meera Rohan", "Sharma Iyer Banerjee Khan Reddy D'Souza"),
        *("Monsoon Analytics Pvt Ltd, Banyan Health, Deccan Motors", "", "5600{}"),
    ),
)
JOBS = ("Buyer", "Head of Operations", "Account Manager", "Managing Director", "IT Lead", "Office Manager", "Service Engineer")
SEGMENTS = ("Enterprise", "Mid-market", "Small business")
NOTES = ("", "", "", "Prefers a call in the morning", "", "Met at the spring fair", "", "Ask about the renewal")
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "ø": "o"})


def people() -> Iterator[Row]:
    """Make all contacts, country by country in turn, so that neighbours in the file are of different companies."""
    for turn in range(PEOPLE_PER_COUNTRY):
        for place, country in enumerate(COUNTRIES):
            yield person(country, turn, turn * len(COUNTRIES) + place)


def person(country: Country, turn: int, number: int) -> Row:
    """Make the ``turn``-th contact of a country, the ``number``-th of all.  No two have the same name."""
    first_names, last_names, companies = country.first.split(), country.last.split(), country.companies.split(", ")
    first, first_latin = spellings(first_names[turn % len(first_names)])
    last, last_latin = spellings(last_names[(turn + turn // len(first_names)) % len(last_names)])
    company, company_latin = spellings(companies[turn % len(companies)])
    digits = f"{10 + turn:02}"
    code = country.postcode
    return {
        "Email": f"{address_part(first_latin)}.{address_part(last_latin)}@{address_part(company_latin)}.example",
        "First name": first,
        "Last Name": last,
        "Account Name": company,
        "Phone": country.phone.format(digits) or None,
        "Job Title": JOBS[(number + turn) % len(JOBS)],
        "Country": country.name,
        "Language": country.language,
        "Segment A": SEGMENTS[(turn % len(companies) + len(country.name)) % len(SEGMENTS)],
        "Customer since": date(2012, 1, 9) + timedelta(days=(number * 997) % 4500),
        "Postcode": code + turn if isinstance(code, int) else code.format(digits),
        "Notes": NOTES[number % len(NOTES)] or None,
    }


def spellings(name: str) -> tuple[str, str]:
    """Return a name as it is written, and in Latin letters."""
    written, _, latin = name.partition("/")
    return written, latin or written


def address_part(name: str) -> str:
    """Return a name as in an e-mail address: small plain letters, the first two words joined."""
    plain = unicodedata.normalize("NFKD", name.translate(LETTERS)).encode("ascii", "ignore").decode().lower()
    words = ["".join(filter(str.isalnum, word)) for word in plain.split()]
    return "".join([word for word in words if word][:2])


# The problems: position among the contacts (0 is the first) → what stands there instead.
PROBLEMS: dict[int, Row] = {
    8: {"Email": "asa.akesson@norrskendata.example  ", "Last Name": "Åkesson "},  # blanks at the end
    21: {"Email": "eline.bakker(at)tulpenhofbloemen.example"},
    31: {"Phone": 16175550112},  # a long number, which Excel shows as 1.6176E+10
    40: {"Email": None},
    58: {"Last Name": None},
    59: {"Account Name": "Prairie\u00a0Dental\u00a0Group"},  # no-break spaces
    66: {
        "Job Title": "Deputy head of procurement, responsible for "
        + "framework contracts, supplier audits and " * 3
        + "imports"
    },
    75: {"Customer since": "31/12/2019 or earlier"},
    84: {"Phone": "0049 30 23125 116"},  # zeros in front
    89: {"Email": "begoña peña@olivaresdel.example"},  # a blank inside
    112: {"Account Name": "#N/A"},
    126: {"First name": "Anna", "Last Name": "Müller", "Notes": "Same person as in row 4, entered again"},
    139: {"Email": None},
    148: {"Email": "linnea.hakansson@@fjallbomobler.example"},
    163: {"Job Title": "Interim " + "and acting deputy " * 14 + "director"},
    178: {"Email": "joao.magalhaes@cafeserra,example"},
    190: {"Last Name": None},
    201: {"Account Name": "#N/A"},
    211: {"Email": "jerome.ndiaye@ateliersdu.example\u00a0"},  # a no-break space at the end
}
DUPLICATES = {126: 0, 224: 70}  # position → whose address it has too
HIDDEN = (99,)
EMPTY_LINES_BEFORE = (120,)
ABOUT = (
    "The people and companies on the sheet “Contacts” are made up. Some rows have, on purpose, what real files have:",
    "no e-mail address, or one that cannot be right, or one that another row has too",
    "no last name; a formula without a result; a text where a date is expected; a very long job title",
    "blanks at the end of a cell, and no-break spaces that look like blanks",
    "telephone numbers as one long number, and with zeros in front; postcodes whose zeros only Excel's format shows",
    "a title above the headings, an empty row, a hidden row, and a column that CustomerGauge does not know",
)


def rows() -> Iterator[Row]:
    """Return all contacts, with the problems in place."""
    everybody = list(people())
    for position, row in enumerate(everybody):
        twice = {"Email": everybody[DUPLICATES[position]]["Email"]} if position in DUPLICATES else {}
        yield row | PROBLEMS.get(position, {}) | twice


class Writer:
    """Writes the sheet of contacts."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        """Add the sheet, its title and its header row."""
        self._sheet = book.add_worksheet("Contacts")
        bold = book.add_format({"bold": True})
        self._date = book.add_format({"num_format": "dd.mm.yyyy"})
        self._postcode = book.add_format({"num_format": "00000"})
        self._sheet.write_string(0, 0, TITLE, book.add_format({"bold": True, "font_size": 14}))
        for column, heading in enumerate(HEADINGS):
            self._sheet.write_string(HEADER_ROW - 1, column, heading, bold)
        self._sheet.set_column(0, len(HEADINGS) - 1, 18)
        self._sheet.set_column(0, 0, 42)
        self._sheet.set_column(3, 3, 30)
        self._sheet.freeze_panes(HEADER_ROW, 1)

    def write(self, line: int, row: Row) -> None:
        """Write one row.  ``line`` counts from 0."""
        for column, heading in enumerate(HEADINGS):
            value = row[heading]
            if value == "#N/A":
                self._sheet.write_formula(line, column, "=NA()", None, "#N/A")
            elif isinstance(value, date):
                self._sheet.write_datetime(line, column, datetime(value.year, value.month, value.day), self._date)  # noqa: DTZ001
            elif isinstance(value, int):
                self._sheet.write_number(line, column, value, self._postcode if heading == "Postcode" else None)
            elif value is not None:
                self._sheet.write_string(line, column, value)

    def hide(self, line: int) -> None:
        """Hide one row, as a filter does."""
        self._sheet.set_row(line, options={"hidden": True})


def make(folder: Path) -> Path:
    """Write contacts.xlsx into ``folder``."""
    file = folder / "contacts.xlsx"
    with xlsxwriter.Workbook(file) as book:
        book.set_properties({"title": TITLE, "created": datetime(2025, 3, 3, 9, 30)})  # noqa: DTZ001 - Excel has no zones
        book.calc_on_load = False  # as Excel saves it: the results of the formulas are good
        writer = Writer(book)
        line = HEADER_ROW
        for position, row in enumerate(rows()):
            line += position in EMPTY_LINES_BEFORE
            writer.write(line, row)
            if position in HIDDEN:
                writer.hide(line)
            line += 1
        book.add_worksheet("About").write_column(0, 0, ABOUT)
    return file


if __name__ == "__main__":
    print(make(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES))

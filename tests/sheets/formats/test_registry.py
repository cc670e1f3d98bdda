"""File formats: one entry more is all that a new one needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sheetfiles import read

from cg_uploader.commands import arguments
from cg_uploader.errors import FileError
from cg_uploader.gui.widgets.drop_zone import files_to_choose, kinds_in_words
from cg_uploader.sheets.delimited.row_builder import RowBuilder
from cg_uploader.sheets.failed_rows.writer import WRITTEN
from cg_uploader.sheets.formats import registry
from cg_uploader.sheets.formats.registry import FORMATS, FileContent, FileFormat, OpenedFile
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import SheetReading

PART = "table/rows"


class _Listed:
    """A workbook of the format that the tests add: a ZIP container with one part of text."""

    sheets = ("Table",)

    def __init__(self, file: OpenedFile) -> None:
        self._lines = file.package.read(PART).decode().splitlines()

    def read(self, wanted: str | None, watch: ReadControl, header_row: int | None) -> SheetReading:
        """Read the one sheet."""
        builder = RowBuilder(watch, header_row)
        builder.add_records([line.replace("|", "\x1f") for line in self._lines])
        builder.close_rows()
        return SheetReading(wanted or "Table", builder)


LISTED = FileFormat(
    family="Listed",
    suffixes=(".listed", ".lst"),
    content=FileContent.ZIP,
    matches=lambda file: PART in file.package,
    load_opener=lambda: _Listed,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of that format."""
    made = tmp_path / "people.listed"
    with zipfile.ZipFile(made, "w") as package:
        package.writestr(PART, "Email|Name\nann@example.com|Ann\n")
    return made


def test_an_entry_is_all_that_a_new_format_needs(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match="packed file of something else"):
        read(file)
    monkeypatch.setattr(registry, "FORMATS", (*FORMATS, LISTED))
    table = read(file)
    assert [row.cells for row in table.rows] == [("ann@example.com", "Ann")]
    assert [column.heading for column in table.columns] == ["Email", "Name"]
    assert not table.notes
    renamed = read(file.rename(file.with_suffix(".xlsx")))
    assert ["content is that of .listed" in note.text for note in renamed.notes] == [True]


def test_a_new_format_is_offered_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMATS", (*FORMATS, LISTED))
    assert "*.prn *.listed *.lst);;All files" in files_to_choose()
    assert kinds_in_words().endswith("text (csv, tsv, txt), or Listed (listed)")
    assert "txt or listed" in " ".join(arguments._file_options().format_help().split())
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("inner.lst", "x")
    with pytest.raises(FileError, match="is a packed folder"):
        read(packed)


def test_what_is_offered_is_what_is_read() -> None:
    offered = files_to_choose().partition("(")[2].partition(")")[0].split()
    assert offered == [f"*{suffix}" for entry in FORMATS for suffix in entry.suffixes]
    assert len(set(offered)) == len(offered)
    assert kinds_in_words() == "Excel (xlsx, xlsm, xls, xlsb), OpenDocument (ods), or text (csv, tsv, txt)"
    assert set(WRITTEN) <= set(registry.all_suffixes())


def test_asking_for_suffixes_loads_no_reader() -> None:
    """The window and the command line do at their start."""
    asked = "import sys; from cg_uploader.sheets.formats import registry; registry.all_suffixes(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("cg_uploader.sheets.") and "registry" not in name] == [
        "cg_uploader.sheets.formats"
    ]

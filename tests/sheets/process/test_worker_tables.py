from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from sheetfiles import binary_cell, excel, excel_binary, excel_old, open_document, record8, row_xml, sheet_xml, text8
from sheetfiles import read as read_here
from workers import PYTHON, Numbers, readers, real, refused, same, stand_in

from cg_uploader.errors import Cancelled, FileError, UsageError
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.process.parse_process import PARSE_WORKER, worker_command
from cg_uploader.sheets.reader import Readers, ReadProgress, read

PACKAGE = worker_command()[-1]


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    return Numbers(tmp_path)


def wait_for(true: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        os.sched_yield() if hasattr(os, "sched_yield") else None


def files(folder: Path) -> list[Path]:
    """One of each kind, with notes of all sorts."""
    rows = row_xml(1, ["Key", "Email", "Key"]) + row_xml(3, ["a", "x\N{NO-BREAK SPACE}y", "#N/A"])
    rows += '<row r="4"><c r="A4" t="e"><v>#REF!</v></c><c r="B4"><f>1+1</f></c></row>'
    rows += '<row r="5" hidden="1"><c r="A5"><v>1</v></c></row>'
    rows += "".join(row_xml(6 + i, [f"n{i}", "ä€😀", i]) for i in range(2000))
    merged = sheet_xml(rows).replace("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A7:B900"/></mergeCells>')
    disordered = sheet_xml(row_xml(1, ["a", "b"]) + "".join(row_xml(i, [i, "x"]) for i in (5, 2, 9, 3)))
    csv = folder / "f.csv"
    csv.write_bytes(('Ä;"b ""b"\n' + "1;2\n" * 1500 + '3;4;5\nx\n"open;9\n').encode("cp1252"))
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = [f"<table:table-row>{cell.format(a)}{cell.format(b)}</table:table-row>" for a, b in ("Kk", "xy", "zü")]
    return [
        excel(folder / "merged.xlsx", merged),
        excel(folder / "disordered.csv", disordered),
        excel_binary(folder / "f.xlsb", [(i, i == 3, binary_cell(0, "k") + binary_cell(1, "v")) for i in range(1, 9)]),
        open_document(folder / "f.ods", f'<table:table table:name="T">{"".join(lines)}</table:table>'),
        excel_old(folder / "f.xls", b"".join(record8(0x204, bytes([i, 0, 0, 0, 0, 0]) + text8(f"tü{i}")) for i in range(4))),
        csv,
    ]


def test_a_child_gives_the_table_that_the_same_code_gives_here(tmp_path: Path) -> None:
    made = Readers()
    for file in files(tmp_path):
        for options in (ReadOptions(), ReadOptions(limit=2)):
            here, there = read_here(file, options), made.read(file, options)
            assert same(there, here), file.name
            assert len(there.rows) > 0
            here.rows.close()
            there.rows.close()
    made.close()


def test_failures_are_those_of_the_reading_code(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b\n1,2\n")
    excel(tmp_path / "f.xlsx", sheet_xml([["a", "b"], ["c", "d"]]))
    made = Readers()
    with pytest.raises(UsageError, match="There is no sheet of that name") as failure:
        made.read(tmp_path / "f.xlsx", ReadOptions(sheet="X"))
    assert failure.value.kind == "sheet"
    with pytest.raises(UsageError):
        made.read(tmp_path / "f.csv", ReadOptions(encoding="no-such"))
    for file, kind in ((tmp_path / "no.csv", "missing"), (tmp_path, "not-a-spreadsheet"), (Path("bad\0name"), "missing")):
        error = refused(made, file)
        assert (error.kind, error.exit_code) == (kind, 3)
    made.close()


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_names_of_files_are_bytes(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xe4 \xc3\xa4.csv"))
    file.write_text("a,b\n1,2\n")
    table = read(file)
    assert table.file == file
    file.write_bytes(b"")
    with pytest.raises(FileError) as failure:
        read(file)
    assert failure.value.kind == "empty"


def test_a_relative_name_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    assert read(Path("f.csv")).file == Path("f.csv")


# ------------------------------------------------------------------------------------------------------------ the child


def test_a_child_has_the_reading_code_and_nothing_else() -> None:
    code = f"import sys; sys.path.append({PACKAGE!r}); import cg_uploader.sheets.process.worker, json; "
    code += "print(json.dumps(list(sys.modules)))"
    imported = json.loads(subprocess.run([*PYTHON, code], capture_output=True, check=True, env={}).stdout)
    modules = {name.partition(".")[0] for name in imported}
    assert modules - set(sys.stdlib_module_names) <= {"cg_uploader", "__main__", "__mp_main__"}
    assert not modules & {"socket", "ssl", "subprocess", "multiprocessing", "sqlite3", "ctypes", "pickle"}
    assert "cg_uploader.cli" not in imported
    assert "cg_uploader.sheets.reader" not in imported


def test_a_child_knows_nothing_of_the_environment_or_the_folder(
    tmp_path: Path, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CG_UPLOADER_CLIENT_SECRET", "secret")
    monkeypatch.chdir(tmp_path)
    code = """
import json
told = {"error": "usage", "kind": "x", "sentence": f"{sorted(os.environ)} {os.getcwd()} {os.listdir('/proc/self/fd')}."}
say(b"F", json.dumps(told).encode())
"""
    (tmp_path / "f.csv").touch()
    with readers(stand_in(numbers, code)) as made:
        sentence = refused(made, tmp_path / "f.csv").sentence
    assert "SECRET" not in sentence
    assert "HOME" not in sentence
    assert str(tmp_path) not in sentence


def test_the_installed_program_is_its_own_child(tmp_path: Path) -> None:
    file = excel(tmp_path / "f.xlsx", sheet_xml([["a", "b"], ["c", "d"]]))
    start = f"import runpy, sys; sys.path.append({PACKAGE!r}); sys.argv[1:] = [{PARSE_WORKER!r}]; "
    with readers([*PYTHON, start + "runpy.run_module('cg_uploader', run_name='__main__')"]) as made:
        assert same(made.read(file), read_here(file))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_one_child_reads_one_file_and_the_next_is_ready(tmp_path: Path, numbers: Numbers) -> None:
    file = excel(tmp_path / "f.xlsx", sheet_xml([["a", "b"], ["c", "d"]]))
    with readers(real(numbers)) as made:
        made.prepare()
        made.prepare()
        wait_for(lambda: len(list(numbers)) == 1)
        for count in (2, 3):
            made.read(file)
            wait_for(lambda count=count: len(list(numbers)) == count)
            assert len(numbers.alive()) == 1
        ready = list(numbers)[-1]
        os.kill(ready, 9)
        wait_for(lambda: ") Z " in Path(f"/proc/{ready}/stat").read_text())
        assert len(made.read(file).rows) == 1
    assert numbers.alive() == []
    made.prepare()
    assert len(made.read(file).rows) == 1
    assert numbers.alive() == []


def test_readers_that_are_forgotten_leave_nothing(numbers: Numbers) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = Readers(real(numbers))
        made.prepare()
        wait_for(lambda: list(numbers))
        del made
        gc.collect()
    assert numbers.alive() == []


# ---------------------------------------------------------------------------------------------------------- in mid-read


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """A file that takes a child many times longer than the time between two calls of ``progress``."""
    file = tmp_path / "long.csv"
    file.write_text("a,b\n" + "1,2\n" * 1_500_000)
    return file


@pytest.mark.parametrize("change", [lambda path: path.write_text("a,b\n9,9\n"), Path.unlink])
def test_a_file_that_changes_while_a_child_reads_it(long_file: Path, change: Callable[[Path], object]) -> None:
    said: list[ReadProgress] = []

    def progress(so_far: ReadProgress) -> None:
        if so_far.rows and not said:
            said.append(so_far)
            change(long_file)

    with pytest.raises(FileError) as failure:
        read(long_file, progress=progress)
    assert failure.value.kind == "changed"


def test_a_person_can_stop_a_child(long_file: Path, numbers: Numbers) -> None:
    said: list[ReadProgress] = []
    with readers(real(numbers)) as made, pytest.raises(Cancelled):
        made.read(long_file, progress=said.append, cancelled=lambda: bool(said and said[-1].rows))
    assert len(said) >= 1
    assert numbers.alive() == []


def test_a_person_can_stop_a_child_that_says_nothing(tmp_path: Path, numbers: Numbers) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 4

    with readers(stand_in(numbers, "time.sleep(100)")) as made, pytest.raises(Cancelled):
        made.read(tmp_path, cancelled=cancelled)
    assert numbers.alive() == []


def test_a_child_that_is_killed_is_a_sentence(long_file: Path, numbers: Numbers) -> None:
    def progress(so_far: ReadProgress) -> None:
        if so_far.rows:
            os.kill(next(iter(numbers)), 9)

    with readers(real(numbers)) as made, pytest.raises(FileError, match=r"memory than a file may take") as failure:
        made.read(long_file, progress=progress)
    assert failure.value.kind == "too-big"
    assert numbers.alive() == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_child_ends_with_the_process_that_asked(tmp_path: Path, numbers: Numbers) -> None:
    silent = (
        "sys.path.append(sys.argv[1])\nfrom cg_uploader.sheets.process import worker\nworker.parse = lambda *_: time.sleep(999)"
    )
    code = (
        f"import sys; sys.path.append({PACKAGE!r}); from pathlib import Path; from cg_uploader.sheets.reader import Readers; "
    )
    code += f"Readers({real(numbers, silent)!r}).read(Path({str(tmp_path)!r}), progress=lambda _: print(flush=True))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline()
        wait_for(lambda: list(numbers))
        asking.kill()
    wait_for(lambda: not numbers.alive() or ") Z " in Path(f"/proc/{next(iter(numbers))}/stat").read_text())


def test_a_failure_in_what_is_asked_ends_the_child(long_file: Path, numbers: Numbers) -> None:
    def progress(_: ReadProgress) -> None:
        raise KeyboardInterrupt

    with readers(real(numbers)) as made, pytest.raises(KeyboardInterrupt):
        made.read(long_file, progress=progress)
    assert numbers.alive() == []

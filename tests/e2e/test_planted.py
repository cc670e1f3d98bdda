"""Nothing that somebody has planted beside a file is loaded, by the program or by the process that reads the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import Program, workbook

PLANTED = (
    "json",
    "csv",
    "zipfile",
    "decimal",
    "openpyxl",
    "requests",
    "cg_uploader",
    "sitecustomize",
    "usercustomize",
    "pandas",
)


@pytest.mark.process
def test_modules_beside_the_file_are_never_run(tmp_path: Path) -> None:
    program = Program(tmp_path)
    mark = tmp_path / "was-run"
    for name in PLANTED:
        (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})\nraise SystemExit(9)\n")
    (tmp_path / "qt.conf").write_text("[Paths]\nPlugins=.\n")
    file = workbook(tmp_path / "people.xlsx", ("Email",), [("ann@example.com",), ("no address",)])
    failed = tmp_path / "failed.xlsx"
    with program.practice() as practice:
        done = program.run_process("upload", file, "--profile", program.profile(practice, ("Email",)), "--save-failed", failed)
    assert done.returncode == 1, done.stderr
    assert failed.exists()
    assert not mark.exists(), mark.read_text()

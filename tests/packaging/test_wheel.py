"""The wheel: what is in it, and the demonstration from an installed one, far from the repository."""

from __future__ import annotations

import gettext
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.process]
NOT_SHIPPED = "resources/screenshots/"  # the README's
SOURCES = (".po", ".pot")  # what is shipped is made from them


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the repository as it is, built with what is installed."""
    (file,) = _build(root, tmp_path_factory.mktemp("dist")).glob("cg_uploader-*-py3-none-any.whl")
    return file


def _build(root: Path, folder: Path) -> Path:
    command = [sys.executable, "-I", "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def program(wheel: Path, tmp_path: Path) -> Path:
    """The command of an environment that holds the wheel; the libraries are those of the environment of the tests.

    Their folder is appended by a path file, and the path files inside it (a repository in development) do not act there.
    """
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=os.name == "posix")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-I", "-m", "pip", "--python", scripts / "python", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-index", "--no-deps", wheel], check=True)
    (site,) = folder.rglob("site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts / "cg-uploader"


def _run(program: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in an empty folder, with temporary files below it, and neither a display nor a hint of the repository."""
    hidden = ("PYTHONPATH", "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    return subprocess.run(
        [program, *words],
        cwd=folder,
        env=kept | places,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_every_resource_is_in_the_wheel(root: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {file.relative_to(root).as_posix() for file in (root / "resources").rglob("*") if file.is_file()}
    assert "resources/samples/contacts.xlsx" in files
    wanted = {f"cg_uploader/{name}" for name in files if not name.startswith(NOT_SHIPPED) and not name.endswith(SOURCES)}
    assert wanted == {name for name in names if name.startswith("cg_uploader/resources/")}


def test_a_language_is_compiled_into_the_wheel(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    left_out = shutil.ignore_patterns(".*", "tests", "screenshots", "__pycache__", "*.mo")
    shutil.copytree(root, copy, ignore=left_out)
    catalogue = copy / "resources" / "locale" / "de" / "LC_MESSAGES" / "cg_uploader.po"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    catalogue.write_text('msgid "a"\nmsgstr "b"\n', encoding="utf-8")
    (wheel,) = _build(copy, tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        compiled = archive.read("cg_uploader/resources/locale/de/LC_MESSAGES/cg_uploader.mo")
    assert gettext.GNUTranslations(io.BytesIO(compiled)).gettext("a") == "b"


def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entries = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert {name.split("/")[0] for name in names} == {"cg_uploader", names[-1].split("/")[0]}
    assert names[-1].endswith(".dist-info/RECORD")
    assert not [name for name in names if "test" in name or "screenshot" in name or name.endswith(".pyc")]
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert "cg-uploader = cg_uploader.cli:main" in entries


def test_the_demonstration_runs_where_nothing_of_the_repository_is(program: Path, tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = _run(program, folder, "demo", "--headless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    said = done.stdout + done.stderr
    assert str(root) not in said
    assert re.search(r"\b\d+ accepted", said, re.IGNORECASE), said
    (repair_file,) = folder.rglob("*.xlsx")
    assert str(repair_file) in said


def test_the_version_is_the_wheels(program: Path, tmp_path: Path, wheel: Path) -> None:
    done = _run(program, tmp_path, "--version")
    assert done.returncode == 0
    assert wheel.name.split("-")[1] in done.stdout

"""packaging/bootstrap.py: what it finds missing, what it says about it, and when it builds the environment anew."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="apt and sonames are Linux's")
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs a shell script in the place of a program")

BACKEND = """
import base64, hashlib, zipfile
from pathlib import Path

def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "cg_uploader-1.dist-info/"
    files = {
        "tiny.py": "def main():\\n    print('tiny')\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: cg-uploader\\nVersion: 1\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "entry_points.txt": "[console_scripts]\\ncg-uploader = tiny:main\\n",
    }
    files[info + "RECORD"] = "".join(f"{name},,\\n" for name in [*files, info + "RECORD"])
    with zipfile.ZipFile(Path(folder) / "cg_uploader-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "cg_uploader-1-py3-none-any.whl"
"""
PYPROJECT = """
build-system = { requires = [], build-backend = "backend", backend-path = ["."] }
project = { name = "cg-uploader", version = "1" }
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The least repository that bootstrap can work on: empty locks, and a project that builds itself without a library."""
    root = tmp_path / "a clone"
    (root / "packaging").mkdir(parents=True)
    for level in ("run", "dev"):
        (root / "packaging" / f"requirements-{level}.txt").write_text(f"# {level}\n")
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND)
    return root


@pytest.fixture
def finished(bootstrap: ModuleType, repository: Path) -> Any:
    """An environment that looks as ``prepare("run")`` leaves it, without the work."""
    environment = bootstrap.Environment(repository)
    for name in ("python", "cg-uploader"):
        environment.program(name).parent.mkdir(parents=True, exist_ok=True)
        environment.program(name).touch()
    (repository / ".venv" / "stamp").write_text(f"run {environment.checksum()}\n")
    return environment


# --- the system ---


def test_a_window_needs_more_than_the_tests(bootstrap: ModuleType) -> None:
    headless = bootstrap.libraries("test", "linux", {"DISPLAY": ":0"})
    assert "libegl1" in headless
    assert "libxcb-cursor0" not in headless
    assert bootstrap.libraries("demo", "linux", {}) == headless
    assert "libxcb-cursor0" in bootstrap.libraries("demo", "linux", {"DISPLAY": ":0"})
    assert "libwayland-cursor0" in bootstrap.libraries("demo", "linux", {"WAYLAND_DISPLAY": "wayland-0"})


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_need_nothing(bootstrap: ModuleType, platform: str) -> None:
    assert bootstrap.libraries("demo", platform, {"DISPLAY": ":0"}) == {}


@linux_only
def test_missing_is_what_the_loader_does_not_find(bootstrap: ModuleType) -> None:
    needed = {"libc6": "libc.so.6", "libnothing7": "libnothing-at-all.so.7"}
    assert bootstrap.missing_libraries(needed) == ["libnothing7"]


def test_nothing_missing_says_nothing(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.still_missing("test", [], [], with_apt=True) == []
    assert capsys.readouterr().out == ""


def test_the_demonstration_goes_on_in_the_terminal(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    missing = bootstrap.still_missing("demo", ["libegl1", "libgl1"], [], with_apt=True)
    assert "    sudo apt-get install -y libegl1 libgl1\n" in capsys.readouterr().out
    assert bootstrap.demo_arguments(["--headless"], missing) == ["--headless"]
    assert bootstrap.demo_arguments([], missing) == ["--headless"]
    assert bootstrap.demo_arguments([], []) == []


def test_the_tests_do_not_go_on(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(bootstrap.CannotGoOn, match="tests of the window"):
        bootstrap.still_missing("test", ["libegl1"], [], with_apt=True)
    assert "sudo apt-get install -y libegl1\n" in capsys.readouterr().out


def test_without_a_way_to_make_an_environment_nothing_goes_on(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(bootstrap.CannotGoOn, match="cannot make an environment"):
        bootstrap.still_missing("demo", ["libgl1", "python3.11-venv"], ["python3.11-venv"], with_apt=True)
    assert "sudo apt-get install -y libgl1 python3.11-venv\n" in capsys.readouterr().out


def test_without_apt_the_names_are_said(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.still_missing("develop", ["libegl1"], [], with_apt=False) == ["libegl1"]
    said = capsys.readouterr().out
    assert "libegl1" in said
    assert "sudo" not in said


def _fake_apt(folder: Path, monkeypatch: pytest.MonkeyPatch, *, ends: str) -> Path:
    """Put an ``apt-get`` first on the PATH that writes down how it was called, and ends installing as ``ends`` says."""
    log = folder / "calls"
    apt = folder / "apt-get"
    note = f'echo "$DEBIAN_FRONTEND $*" >>"{log}"'
    apt.write_text(f'#!/bin/sh\n{note}\ncase "$*" in *install*) {ends};; *) touch "{folder}/updated";; esac\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return log


@posix_only
def test_old_lists_are_updated_once(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = _fake_apt(tmp_path, monkeypatch, ends=f'test -e "{tmp_path}/updated"')
    assert bootstrap.install(["libegl1"])
    calls = log.read_text().splitlines()
    assert [("update" in call, "libegl1" in call) for call in calls] == [(False, True), (True, False), (False, True)]
    assert all(call.startswith("noninteractive ") and " -y " in call for call in calls if "install" in call)


@posix_only
def test_lists_that_are_good_are_not_updated(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = _fake_apt(tmp_path, monkeypatch, ends="true")
    assert bootstrap.install(["libegl1", "libgl1"])
    assert len(log.read_text().splitlines()) == 1


@posix_only
def test_what_apt_says_last_is_shown(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fake_apt(tmp_path, monkeypatch, ends='echo "E: no space left"; exit 100')
    assert not bootstrap.install(["libegl1"])
    assert "E: no space left" in capsys.readouterr().err


@posix_only
def test_what_tests_compare_with_is_found_as_a_program_or_a_file(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, file = tmp_path / "php", tmp_path / "any" / "clock.so"
    monkeypatch.setenv("PATH", str(tmp_path))
    needed = {"php-cli": "php", "libclock": f"{tmp_path}/*/clock.so"}
    assert bootstrap.missing_optional(needed) == ["php-cli", "libclock"]
    program.touch(mode=0o755)
    file.parent.mkdir()
    file.touch()
    assert bootstrap.missing_optional(needed) == []


@posix_only
@pytest.mark.parametrize("root", [True, False])
def test_what_tests_compare_with_is_installed_where_it_may_be(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: bool
) -> None:
    log = _fake_apt(tmp_path, monkeypatch, ends=f'touch "{tmp_path}/there"')
    monkeypatch.setattr(bootstrap, "OPTIONAL", {"peer": f"{tmp_path}/there"})
    monkeypatch.setattr(bootstrap, "is_root", lambda: root)
    bootstrap.install_optional()
    assert log.exists() is root
    assert ("Skipped are the tests that need peer" in capsys.readouterr().out) is not root


# --- the environment ---


def test_equal_stamp_is_whole(finished: Any) -> None:
    assert finished.holds() == "run"


def test_no_stamp_is_nothing(finished: Any, repository: Path) -> None:
    (repository / ".venv" / "stamp").unlink()
    assert finished.holds() is None


@pytest.mark.parametrize("content", ["", "run", "run 0123", "run a b c", "\x00\xff"])
def test_another_stamp_is_nothing(finished: Any, repository: Path, content: str) -> None:
    (repository / ".venv" / "stamp").write_text(content, encoding="utf-8")
    assert finished.holds() is None


@pytest.mark.parametrize("name", ["packaging/requirements-run.txt", "packaging/requirements-dev.txt", "pyproject.toml"])
def test_a_change_makes_it_old(finished: Any, repository: Path, name: str) -> None:
    (repository / name).write_text("# changed\n")
    assert finished.holds() is None


@pytest.mark.parametrize("name", ["python", "cg-uploader"])
def test_a_lost_program_makes_it_old(finished: Any, name: str) -> None:
    finished.program(name).unlink()
    assert finished.holds() is None


def test_a_moved_folder_makes_it_old(bootstrap: ModuleType, finished: Any, repository: Path) -> None:
    assert finished.holds() == "run"
    moved = repository.rename(repository.with_name("moved"))
    assert bootstrap.Environment(moved).holds() is None


@pytest.mark.parametrize(("held", "wanted"), [("run", "run"), ("dev", "dev"), ("dev", "run")])
def test_what_is_there_is_not_made_again(
    finished: Any, repository: Path, held: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp = repository / ".venv" / "stamp"
    stamp.write_text(f"{held} {finished.checksum()}\n")
    finished.prepare(wanted)
    assert finished.holds() == held
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.slow
def test_from_nothing_to_a_program_and_on(
    bootstrap: ModuleType, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    environment = bootstrap.Environment(repository)
    environment.prepare("run")
    assert environment.holds() == "run"
    assert "Making the environment" in capsys.readouterr().out
    program = environment.program("cg-uploader")
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == "tiny\n"

    kept = repository / ".venv" / "kept"
    kept.touch()
    environment.prepare("dev")  # the tools are added to what is there
    assert environment.holds() == "dev"
    assert kept.exists()

    (repository / "packaging" / "requirements-dev.txt").write_text("nothing-of-this-name==1 --hash=sha256:" + 64 * "0" + "\n")
    with pytest.raises(bootstrap.CannotGoOn, match="package index"):
        environment.prepare("dev")
    assert environment.holds() is None
    assert not kept.exists()  # an environment that may be half is made anew


# --- the catalogues of messages ---


def test_a_catalogue_is_compiled_when_its_source_has_changed(
    bootstrap: ModuleType, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    environment = bootstrap.Environment(repository)
    monkeypatch.setattr(environment, "_must", lambda command, _sentence: calls.append(command))
    environment.compile_catalogues()
    assert calls == []
    source = repository / "resources" / "locale" / "de" / "LC_MESSAGES" / "cg_uploader.po"
    source.parent.mkdir(parents=True)
    source.touch()
    environment.compile_catalogues()
    assert [command[1:] for command in calls] == [["-I", str(repository / "packaging" / "make_catalogues.py"), "--compile"]]
    compiled = source.with_suffix(".mo")
    compiled.touch()
    os.utime(compiled, (source.stat().st_atime, source.stat().st_mtime + 1))
    environment.compile_catalogues()
    assert len(calls) == 1
    os.utime(source, (source.stat().st_atime, source.stat().st_mtime + 2))
    environment.compile_catalogues()
    assert len(calls) == 2


# --- the command ---


def test_an_old_python_can_read_far_enough_to_say_so(root: Path) -> None:
    source = (root / "packaging" / "bootstrap.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    imported = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert "__future__" not in imported  # a Python without the feature would stop there, without our sentence
    first = next(node for node in tree.body if not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom))
    assert isinstance(first, ast.If)


@pytest.mark.process
@pytest.mark.parametrize("arguments", [[], ["--help"], ["run"]])
def test_usage(root: Path, arguments: list[str]) -> None:
    command = [sys.executable, root / "packaging" / "bootstrap.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python3 packaging/bootstrap.py demo|test|develop")

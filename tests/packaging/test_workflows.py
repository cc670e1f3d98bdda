"""What runs elsewhere: the workflows, the CI script, and the commands that the README promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _workflows(root: Path) -> dict[str, str]:
    found = {file.name: file.read_text(encoding="utf-8") for file in (root / ".github" / "workflows").glob("*.y*ml")}
    assert "tests.yml" in found
    return found


def _jobs(workflow: str) -> dict[str, str]:
    """The text of each job, by name."""
    parts = re.split(r"^  ([\w-]+):\n", workflow.split("\njobs:\n", 1)[1], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_action_is_a_commit(root: Path) -> None:
    for name, text in _workflows(root).items():
        used = re.findall(r"uses:(.*)", text)
        assert used, name
        for action in used:
            assert re.fullmatch(r" [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), (name, action)


def test_rights_are_given_by_the_job(root: Path) -> None:
    for name, text in _workflows(root).items():
        assert re.search(r"^permissions: \{\}$", text, re.MULTILINE), name
        for job, steps in _jobs(text).items():
            assert "    permissions:\n" in steps, (name, job)
            assert "    timeout-minutes: " in steps, (name, job)


def test_no_checkout_leaves_a_key_behind(root: Path) -> None:
    for name, text in _workflows(root).items():
        assert text.count("actions/checkout@") == len(
            re.findall(r"checkout@.*\n +with:\n +persist-credentials: false\n", text)
        ), name


def test_the_workflow_installs_what_bootstrap_asks_for(root: Path, bootstrap: ModuleType) -> None:
    said = dict(re.findall(r"^  (QT_LIBRARIES|OPTIONAL): (.*)$", _workflows(root)["tests.yml"], re.MULTILINE))
    assert said["QT_LIBRARIES"].split() == list(bootstrap.QT_LIBRARIES)
    assert said["OPTIONAL"].split() == list(bootstrap.OPTIONAL)


def test_the_readme_names_the_two_commands(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "python3 packaging/bootstrap.py demo\npython3 packaging/bootstrap.py test\n" in readme


def test_the_ci_script_ends_with_the_tests(root: Path) -> None:
    script = root / ".ci" / "run"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert "python3 packaging/bootstrap.py develop --optional" in lines
    assert lines[-1] == "exec python3 packaging/bootstrap.py test"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no executable bit and has no bash of its own")
def test_the_ci_script_can_run(root: Path) -> None:
    script = root / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)

"""The two lock files, made from pyproject.toml: ``python packaging/make_locks.py [--upgrade]``, with uv on the PATH.

Every entry has the hashes of all its files, for every system.  No address of an index is written, so that pip uses the
index its machine is configured for.  Without ``--upgrade`` versions that still fit stay as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / "packaging" / "requirements-run.txt"
DEV = ROOT / "packaging" / "requirements-dev.txt"
PINS = ["PySide6-Essentials==6.11.3"]  # the newest that is sound on every Python from 3.11 on: 6.12.0 aborts on 3.11
HEADER = "# Made by packaging/make_locks.py from pyproject.toml; not edited by hand.\n"


def compile_lock(uv: str, lock: Path, wanted: list[str], options: list[str]) -> None:
    """Write ``lock`` for the requirements ``wanted``.

    Raises:
        CalledProcessError: they cannot be met.
    """
    command = [uv, "pip", "compile", "-", "--output-file", str(lock), "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    subprocess.run([*command, *options], input="\n".join(wanted), text=True, check=True, cwd=ROOT)
    lock.write_text(HEADER + lock.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")


def main() -> int:
    """Make both.  The lock to develop includes the lock to run, version for version."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is not on the PATH. Install it, then run this again.", file=sys.stderr)
        return 3
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = PINS + project["build-system"]["requires"] + project["project"]["dependencies"]
    compile_lock(uv, RUN, run, sys.argv[1:])
    compile_lock(uv, DEV, run + project["dependency-groups"]["dev"], [*sys.argv[1:], "--constraint", str(RUN)])
    return 0


if __name__ == "__main__":
    sys.exit(main())

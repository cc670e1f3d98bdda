"""Shows that the promises' tests can fail: breaks one line of the product for each promise and expects a red test.

``.venv/bin/python tests/break_promises.py [NUMBER …]``, from any folder.  It works on copies, and the checkout stays as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
PROMISES = Path(__file__).with_name("promises.toml")
COPIED = ("cg_uploader", "resources", "tests", "packaging", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
COPIES = 2
FAILED_TESTS = 1
ENOUGH_SECONDS = 600


@dataclass(frozen=True)
class Break:
    """One line of the product, what it is changed to, and the tests that must notice."""

    number: int
    promise: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """Return the module's text with the change.

        Raises:
            ValueError: the line does not stand there exactly once.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} has the text {self.old!r} {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)


def load() -> list[Break]:
    """Return all breaks, in the order of the promises."""
    with PROMISES.open("rb") as stream:
        promises = tomllib.load(stream)["promise"]
    return [
        Break(promise["number"], promise["says"], broken["file"], broken["old"], broken["new"], tuple(broken["tests"]))
        for promise in promises
        for broken in promise.get("break", ())
    ]


@contextmanager
def _copies(count: int) -> Iterator[SimpleQueue[Path]]:
    with tempfile.TemporaryDirectory(prefix="cg-uploader-promises-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            copy = Path(folder) / str(number)
            copy.mkdir()
            for name in COPIED:
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, copy / name)
            free.put(copy)
        yield free


def _tests_in(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Return pytest's exit status for these tests, and its last line."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=copy, env=env, capture_output=True, text=True, timeout=ENOUGH_SECONDS, check=False)
    return done.returncode, (done.stdout.strip() or done.stderr.strip()).splitlines()[-1]


def _try(broken: Break, free: SimpleQueue[Path]) -> tuple[bool, str]:
    """Tell whether the tests noticed, and return pytest's last line."""
    copy = free.get()
    try:
        module = copy / broken.file
        text = module.read_text(encoding="utf-8")
        module.write_text(broken.applied(text), encoding="utf-8")
        try:
            status, said = _tests_in(copy, broken.tests)
        finally:
            module.write_text(text, encoding="utf-8")
    finally:
        free.put(copy)
    return status == FAILED_TESTS, said


def main(words: Sequence[str]) -> int:
    """Break what is asked for, or everything.  0 when every break was noticed and nothing is red without one."""
    wanted = [broken for broken in load() if not words or str(broken.number) in words]
    with _copies(COPIES) as free, ThreadPoolExecutor(COPIES) as pool:
        copy = free.get()
        status, said = _tests_in(copy, sorted({test for broken in wanted for test in broken.tests}))
        free.put(copy)
        print(f"unbroken: {said}", flush=True)
        if status:
            return status
        unnoticed = 0
        for broken, (noticed, said) in zip(wanted, pool.map(lambda each: _try(each, free), wanted), strict=True):
            unnoticed += not noticed
            print(f"{broken.number:2} {'red ' if noticed else 'GREEN'} {broken.promise}: {broken.file}: {said}", flush=True)
    print(f"{len(wanted)} breaks, {unnoticed} unnoticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The program on a computer of its own, called in the tests' process, or started as a process where that is the point.

``CG_UPLOADER_PROGRAM`` names another program, such as an installed one.  Then every command is a process.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import openpyxl

from cg_uploader import cli
from cg_uploader.practice import faults
from cg_uploader.practice.server import PracticeServer

NAMED = shlex.split(os.environ.get("CG_UPLOADER_PROGRAM", ""))
PROGRAM = NAMED or [sys.executable, "-P", "-m", "cg_uploader"]
DIRECT = build_opener(ProxyHandler({}))
ENOUGH_SECONDS = 120
LIFE_SECONDS = 200
LOOK_SECONDS = 0.005


class _LimitedProcess(subprocess.Popen[str]):
    """A process that is killed when it lives longer than any test needs, so that nothing waits for its output for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit = threading.Timer(LIFE_SECONDS, self.kill)
        self._limit.daemon = True
        self._limit.start()

    def __exit__(self, *error: Any) -> None:
        self._limit.cancel()
        super().__exit__(*error)


@dataclass
class Program:
    """The computer of one user: a folder, and the program's commands in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str | Path) -> list[str]:
        """Return the words that start a command."""
        return [*PROGRAM, *map(str, words)]

    def start(self, *words: str | Path, **more: Any) -> subprocess.Popen[str]:
        """Start a command as a process whose output is text."""
        return _LimitedProcess(
            self.command(*words),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **more,
        )

    def run_process(self, *words: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as a process, to its end.  ``more`` goes to Popen."""
        with self.start(*words, **more) as process:
            try:
                out, err = process.communicate(timeout=ENOUGH_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in this process, with its folder, its environment and streams of its own."""
        if NAMED:
            return self.run_process(*words)
        argv = [str(word) for word in words]
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with _as_if_alone(self.folder, self._environment()), Path(os.devnull).open(encoding="utf-8") as nothing:
            sys.stdin, sys.stdout, sys.stderr = nothing, out, err
            try:
                code: Any = cli.main(argv)
            except SystemExit as left:  # as argparse leaves after a help
                code = left.code or 0
        said, told = (stream.detach().getvalue().decode("utf-8") for stream in (out, err))
        assert "Traceback" not in told, told
        return subprocess.CompletedProcess(argv, code, said, told)

    def json(self, *words: str | Path) -> tuple[int, dict[str, Any]]:
        """Run a command with ``--json``, and return its exit code and the one object."""
        done = self.run(*words, "--json")
        return done.returncode, json.loads(done.stdout)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return {
            **kept,
            "CG_UPLOADER_HOME": str(self.folder / "home"),
            "CG_UPLOADER_CLIENT_ID": "an-id",
            "CG_UPLOADER_CLIENT_SECRET": "a-very-secret-secret",
            "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
            **self.environment,
        }

    @contextlib.contextmanager
    def practice(self, script: dict[str, Any] | None = None, *, delay: int = 0, port: int = 0) -> Iterator[Practice]:
        """Run the practice server in this process.  ``delay`` is milliseconds before each answer."""
        ledger = self.folder / "ledger.jsonl"
        chosen = faults.parse(script) if script is not None else None
        with PracticeServer(port=port, script=chosen, delay=delay / 1000, ledger_file=ledger) as server:
            yield Practice({"auth": server.address.auth, "records": server.address.records, "page": server.page})

    @contextlib.contextmanager
    def practice_process(
        self, script: dict[str, Any] | None = None, *, delay: int = 0, port: int = 0
    ) -> Iterator[PracticeProcess]:
        """Run the practice server as a process of its own, which can be killed."""
        words: list[str | Path] = ["practice-server", "--delay", str(delay), "--port", str(port)]
        words += ["--ledger", self.folder / "ledger.jsonl"]
        if script is not None:
            file = self.folder / "script.json"
            file.write_text(json.dumps(script), encoding="utf-8")
            words += ["--script", file]
        with self.start(*words) as process:
            try:
                assert process.stdout is not None
                addresses = dict(process.stdout.readline().split(" ", 1) for _ in range(3))
                yield PracticeProcess({name: url.strip() for name, url in addresses.items()}, process)
            finally:
                process.terminate()
                process.communicate(timeout=ENOUGH_SECONDS)

    def profile(self, practice: Practice, headings: Sequence[str], **changes: Any) -> Path:
        """Write a profile file for the practice server.  ``changes`` go into its configuration."""
        fields = [{"heading": heading, "kind": "email" if heading == "Email" else "text"} for heading in headings]
        configuration = {"reference": "contact", "data_type": "contact", "fields": fields, **changes}
        address = {"auth": practice.addresses["auth"], "records": practice.addresses["records"]}
        content = {"version": 1, "name": "Test", "region": "practice", "address": address, "configuration": configuration}
        file = self.folder / "profile.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return file


@dataclass
class Practice:
    """A running practice server, with its addresses and its ledger."""

    addresses: dict[str, str]

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self.addresses["page"].rstrip("/").rpartition(":")[2])

    def summary(self) -> dict[str, Any]:
        """Return the counts of its ledger."""
        return self._get("ledger?summary=1")

    def entries(self) -> list[dict[str, Any]]:
        """Return everything that it has received, in order."""
        found: list[dict[str, Any]] = self._get("ledger")["entries"]
        return found

    def _get(self, path: str) -> dict[str, Any]:
        with DIRECT.open(self.addresses["page"] + path, timeout=ENOUGH_SECONDS) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found


@dataclass
class PracticeProcess(Practice):
    """A practice server that is a process."""

    process: subprocess.Popen[str]


@contextlib.contextmanager
def _as_if_alone(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Give this process a folder and an environment.  Afterwards everything is as before."""
    given, streams, temporary = dict(os.environ), (sys.stdin, sys.stdout, sys.stderr), tempfile.tempdir
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with contextlib.chdir(folder), _core_limit():
        _replace_environment(environment)
        tempfile.tempdir = None  # it is found anew, as TMPDIR says
        try:
            yield
        finally:
            _replace_environment(given)
            tempfile.tempdir = temporary
            sys.stdin, sys.stdout, sys.stderr = streams
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _replace_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


@contextlib.contextmanager
def _core_limit() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until a condition holds, as long as the process lives."""
    pause = threading.Event()
    while not true():
        assert process.poll() is None, process.communicate()
        pause.wait(LOOK_SECONDS)


def received_count(folder: Path) -> int:
    """Return how many lines the ledger's file has by now."""
    file = folder / "ledger.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def workbook(file: Path, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """Write an xlsx file with text cells, headings in row 1."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    for row in (headings, *rows):
        sheet.append(list(row))
    book.save(file)
    book.close()
    return file


def ledger_lines(folder: Path) -> list[dict[str, Any]]:
    """Return the entries of the ledger's file, also of a killed process.  A last line without its end does not count."""
    text = (folder / "ledger.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

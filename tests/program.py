"""The program as a process: started from source, or from what ``CG_UPLOADER_PROGRAM`` names, with a home of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import openpyxl

PROGRAM = shlex.split(os.environ.get("CG_UPLOADER_PROGRAM", "")) or [sys.executable, "-P", "-m", "cg_uploader"]
DIRECT = build_opener(ProxyHandler({}))
ENOUGH_SECONDS = 120


@dataclass
class Program:
    """One person's computer: a folder, and the program's commands in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str | Path) -> list[str]:
        """The words that start a command."""
        return [*PROGRAM, *map(str, words)]

    def start(self, *words: str | Path, **more: Any) -> subprocess.Popen[str]:
        """A command as a process; its output is text."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **more,
        )

    def run(self, *words: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        with self.start(*words, **more) as process:
            try:
                out, err = process.communicate(timeout=ENOUGH_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *words: str | Path) -> tuple[int, dict[str, Any]]:
        """A command with ``--json``: its exit code, and the one object."""
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

    @contextmanager
    def practice(self, script: dict[str, Any] | None = None, *, delay: int = 0, port: int = 0) -> Iterator[Practice]:
        """The practice server as a process of its own."""
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
                yield Practice({name: url.strip() for name, url in addresses.items()}, process)
            finally:
                process.terminate()
                process.communicate(timeout=ENOUGH_SECONDS)

    def profile(self, practice: Practice, headings: Sequence[str], **changes: Any) -> Path:
        """A profile file for the practice server; ``changes`` go into its configuration."""
        fields = [{"heading": heading, "kind": "email" if heading == "Email" else "text"} for heading in headings]
        configuration = {"reference": "contact", "data_type": "contact", "fields": fields, **changes}
        address = {"auth": practice.addresses["auth"], "records": practice.addresses["records"]}
        content = {"version": 1, "name": "Test", "region": "practice", "address": address, "configuration": configuration}
        file = self.folder / "profile.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return file


@dataclass
class Practice:
    """A running practice server: its addresses, and what its ledger says."""

    addresses: dict[str, str]
    process: subprocess.Popen[str]

    def summary(self) -> dict[str, Any]:
        """The counts of its ledger."""
        return self._get("ledger?summary=1")

    def entries(self) -> list[dict[str, Any]]:
        """Everything that it has received, in order."""
        found: list[dict[str, Any]] = self._get("ledger")["entries"]
        return found

    def _get(self, path: str) -> dict[str, Any]:
        with DIRECT.open(self.addresses["page"] + path, timeout=ENOUGH_SECONDS) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found


def workbook(file: Path, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """An xlsx file with text cells, headings in row 1."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    for row in (headings, *rows):
        sheet.append(list(row))
    book.save(file)
    book.close()
    return file


def ledger_lines(folder: Path) -> list[dict[str, Any]]:
    """What the ledger's file says, also when a process was killed; a last line without its end does not count."""
    text = (folder / "ledger.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

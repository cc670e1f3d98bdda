"""Postman's runner beside the program: the same rows from a collection, where npm can install it; one request at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import quote

import loops
from people import CACHE, EIGHT, person
from processes import Spent, environment, spend
from servers import Server

_INSTALL_SECONDS = 300


@cache
def program() -> Path | None:
    """The runner: an installed one, or one that npm puts beside the benchmarks' files; None when neither can be had."""
    found = shutil.which("newman")
    if found is not None:
        return Path(found)
    npm, folder = shutil.which("npm"), CACHE / "newman"
    runner = folder / "node_modules" / ".bin" / "newman"
    if runner.exists() or npm is None:
        return runner if runner.exists() else None
    folder.mkdir(parents=True, exist_ok=True)
    print("  (installing newman)", flush=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), "newman"]
    try:
        subprocess.run(command, check=True, timeout=_INSTALL_SECONDS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    return runner if runner.exists() else None


def send(rows: int, server: Server) -> Spent:
    """Send that many people; the answers are counted by ``server``.  Only where ``program`` found something."""
    runner = program()
    assert runner is not None
    with tempfile.TemporaryDirectory(prefix="cg-uploader-newman-") as folder:
        collection, data = Path(folder, "collection.json"), Path(folder, "people.json")
        collection.write_text(json.dumps(_collection(server)))
        data.write_text(json.dumps([dict(zip(EIGHT, person(number), strict=True)) for number in range(rows)]))
        command = [runner, "run", collection, "--iteration-data", data, "--silent", "--timeout-request", "60000"]
        return spend(command, env=environment())


def _collection(server: Server) -> dict[str, object]:
    query = "&".join(f"record%5B{quote(heading)}%5D={{{{{heading}}}}}" for heading in EIGHT)
    request = {
        "method": "PUT",
        "url": f"{server.records}?configuration=contact&{query}",
        "header": [
            {"key": "Accept", "value": "application/json"},
            {"key": "Authorization", "value": f"Bearer {loops.sign_in(server.auth)}"},
        ],
    }
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    return {"info": {"name": "rows", "schema": schema}, "item": [{"name": "row", "request": request}]}

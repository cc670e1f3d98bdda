"""Writes php_table.json: raw query strings, and what a real PHP makes of each.  Needs PHP 8.  Run it with Python from anywhere.

Every query goes through ``parse_str``, and every one that a request line can carry (no raw blanks) over HTTP into ``$_GET``
of PHP's own web server.  The two must agree.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("php_table.json")
OUT = """
function out($v) {
    if (!is_array($v)) return base64_encode($v);
    $r = [];
    foreach ($v as $k => $x) $r[] = [is_int($k) ? $k : base64_encode($k), out($x)];
    return $r;
}
"""
PARSE_STR = (
    OUT + "while (($l = fgets(STDIN)) !== false) "
    "{ $o = []; @parse_str(base64_decode(trim($l)), $o); echo json_encode(out($o)), PHP_EOL; }"
)
VALUES = (
    *("a b", " a", "a ", "", " ", "0", "'\"", "a\\b", "é", "e\u0301", "日本", "😀", "שלום", "\ufeffa", "a\nb", "a\rb", "a\tb"),
    *(
        "a?b",
        "a/b",
        "[x]",
        "a;b",
        "..",
        "a+b",
        "%41",
        "50%25",
        "a&b",
        "a#b",
        "a=b",
        "a\0b",
        "\x01",
        "\x7f",
        "<b>",
        "x" * 300,
        "-",
    ),
)
NAMES = (
    *("Email", "First Name", "Acct. Name", "e-mail", "50%", "50%25", "R&D", "a=b", "a#b", "it's", '"q"', "😀", "é", "e\u0301"),
    *(
        " Email",
        "Email ",
        "  ",
        " ",
        "",
        "a\tb",
        "a\nb",
        "\t",
        "\n",
        "\r",
        "\x0b",
        "\x0c",
        "a[b",
        "[",
        "a[b]",
        "Amount [EUR]",
        "a]b",
    ),
    *("]", "]a", "2024", "007", "0", "-5", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *("1.5", "1e3", "+5", "a\0b", "\0", "A+B", "a/b", "a;b", "__proto__"),
)
QUERIES = (
    *("", "&", "&&a=1&&", "a", "a=", "=", "=1", "a=1&a=2", "a[]=1&a[]=2", "a[5]=1&a[]=2", "a[-5]=1&a[]=2", "a[b]=1&a=2&a[c]=3"),
    *(
        "a.b=1",
        "a b=1",
        " a=1",
        "+a=1",
        "%20%20a=1",
        "a.b[c.d]=1",
        "a.b[c.d=1",
        "a[b.c d[e=1",
        "a[b[c]=1",
        "a[b]c=1",
        "a[b][c",
        "a[b][c=1",
    ),
    *("record=x", "record=x&record[a]=1", "record[a]=1&record=x", "record[a]=1&record[a][b]=2", "record[a][b]=1&record[a]=2"),
    *(
        "Record[Email]=1",
        "record%255BEmail%255D=1",
        "record [a]=1",
        "rec.ord[a]=1",
        "record%00[a]=1",
        "record[a%00b]=1",
        "[a]=1",
    ),
    *(
        "a[9223372036854775807]=1&a[]=2",
        "5=1&-5=2&05=3",
        "a]=1",
        "a]b=1",
        "a[[b]]=1",
        "a[]]=1",
        "a[ ][b]=1",
        "a[\t]=1",
        "a[ b]=1",
    ),
    *("%zz=%zz", "a=%", "a=%4", "a=%c3%28", "a=%ff", "%ff=1", "a%5bb%5d=1", "a%5Bb%5d=1", "a=%2b+%2B", "A=1&a=2"),
    *("a" + "[b]" * depth + "=1&c=1" for depth in (63, 64, 65, 66)),
    "a=2&a" + "[b]" * 65 + "=1",
    "a" + "[b]" * 64 + "[c=1",
    "configuration=c&" + "&".join(f"record[f{n}]={n}" for n in range(1005)),
    "configuration=c&" + "&".join(f"={n}" for n in range(1005)) + "&z=1",
)
PIECES = (
    *(
        "[",
        "]",
        ".",
        "+",
        "%00",
        "%5B",
        "%5D",
        "%20",
        "&",
        "=",
        "a",
        "b",
        "0",
        "1",
        "-",
        "record",
        "record[",
        "%",
        "%C3%A9",
        "%ff",
    ),
    *("%0a", "%0c", "%09", "%a", "%aB", "%Ab", "9223372036854775807"),
)


def encode(text: str) -> str:
    """Every byte of a text as %XX: written anew here, so that nothing of the product is in the table."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def mixtures(seed: int, count: int) -> list[str]:
    """Random queries made of the pieces that matter."""
    dice = random.Random(seed)
    return ["".join(dice.choice(PIECES) for _ in range(dice.randint(1, 14))) for _ in range(count)]


def queries() -> list[str]:
    """Return all queries of the table.  Each is ASCII."""
    values = [f"configuration=c&record%5Ba%5D={encode(value)}&record%5Bz%5D=1" for value in VALUES]
    names = [f"configuration=c&record%5B{encode(name)}%5D=v&record%5Bz%5D=1" for name in NAMES]
    return [*values, *names, *QUERIES, *mixtures(1, 400)]


def _plain(value: Any) -> Any:
    """PHP's base64 as text, arrays as lists of [key, value] so that numbers and texts stay apart."""
    if isinstance(value, str):
        return base64.b64decode(value).decode("utf-8", "surrogateescape")
    return [[key if isinstance(key, int) else _plain(key), _plain(item)] for key, item in value]


def by_parse_str(raw: Sequence[str]) -> list[Any]:
    """What ``parse_str`` makes of each query."""
    told = "\n".join(base64.b64encode(query.encode("ascii")).decode() for query in raw) + "\n"
    php = [shutil.which("php") or "php", "-d", "max_input_vars=1000", "-r", PARSE_STR]
    done = subprocess.run(php, input=told, capture_output=True, text=True, check=True, timeout=60)
    return [_plain(json.loads(line)) for line in done.stdout.splitlines()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(port: int, query: str) -> Any:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"GET /index.php?{query} HTTP/1.0\r\n\r\n".encode("ascii"))
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    return _plain(json.loads(answer.partition(b"\r\n\r\n")[2]))


def can_travel(query: str) -> bool:
    """Whether a request line can carry the query."""
    return not any(character.isspace() for character in query)


def by_web_server(raw: Sequence[str]) -> list[Any]:
    """What PHP's own web server puts into ``$_GET`` for each query."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.php").write_text(f"<?php {OUT} echo json_encode(out($_GET));")
        php = [shutil.which("php") or "php", "-d", "max_input_vars=1000", "-d", "display_errors=0"]
        with subprocess.Popen([*php, "-S", f"127.0.0.1:{port}", "-t", folder], stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(port)
                return [_get(port, query) for query in raw]
            finally:
                server.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
        else:
            return


def main() -> None:
    """Write the table, unless PHP disagrees with itself."""
    raw = queries()
    table = dict(zip(raw, by_parse_str(raw), strict=True))
    travelling = [query for query in raw if can_travel(query)]
    for query, got in zip(travelling, by_web_server(travelling), strict=True):
        if table[query] != got:
            raise SystemExit(f"parse_str and $_GET differ for {query!r}: {table[query]} and {got}")
    lines = [json.dumps(pair, ensure_ascii=True) for pair in table.items()]
    TABLE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="ascii")


if __name__ == "__main__":
    main()

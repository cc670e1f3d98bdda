"""The anchors of the upload figures, as programs: the same rows in the shortest loop one could write, without any record.

``session`` is a plain ``requests.Session``; ``lean`` prepares each request and hands it to the mounted adapter; ``raw``
writes one ready-made request to a socket again and again, and shows what the server itself can take.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from people import EIGHT, person

if TYPE_CHECKING:
    import requests

_HEADERS = {"Accept": "application/json", "User-Agent": "anchor/1"}
_TIMEOUT = (10, 60)

Send = Callable[[tuple[str, ...]], int]


def main() -> None:
    """``loops.py KIND AUTH RECORDS ROWS CONNECTIONS``; ends with an exception when an answer is not 200."""
    kind, auth, records, rows, connections = sys.argv[1:]
    headers = {**_HEADERS, "Authorization": f"Bearer {sign_in(auth)}"}
    if kind == "raw":
        share = int(rows) // int(connections)
        _together([lambda: _raw(records, headers, share) for _ in range(int(connections))])
        return
    import requests

    todo = iter(range(int(rows)))
    lock = threading.Lock()

    def numbers() -> Iterator[int]:
        while True:
            with lock:
                number = next(todo, None)
            if number is None:
                return
            yield number

    def work() -> None:
        with requests.Session() as session:
            send = (_plain if kind == "session" else _lean)(session, records, headers)
            for number in numbers():
                status = send(person(number))
                if status != 200:
                    raise RuntimeError(f"row {number}: {status}")

    _together([work] * int(connections))


def sign_in(auth: str) -> str:
    """A token."""
    form = b"grant_type=client_credentials&client_id=practice&client_secret=practice"
    with urlopen(Request(auth, form, {"Content-Type": "application/x-www-form-urlencoded"})) as answer:
        return str(json.load(answer)["access_token"])


def _params(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("configuration", "contact"), *((f"record[{heading}]", text) for heading, text in zip(EIGHT, texts, strict=True))]


def _plain(session: requests.Session, url: str, headers: dict[str, str]) -> Send:
    session.headers.update(headers)

    def send(texts: tuple[str, ...]) -> int:
        return session.put(url, params=_params(texts), timeout=_TIMEOUT).status_code

    return send


def _lean(session: requests.Session, url: str, headers: dict[str, str]) -> Send:
    import requests

    adapter = session.get_adapter(url)

    def send(texts: tuple[str, ...]) -> int:
        prepared = requests.Request("PUT", url, params=_params(texts), headers=headers).prepare()
        answer = adapter.send(prepared, timeout=_TIMEOUT)
        _ = answer.content
        return answer.status_code

    return send


def _raw(records: str, headers: dict[str, str], rows: int) -> None:
    place = urlsplit(records)
    query = "configuration=contact&record%5BEmail%5D=person%40example.com"
    lines = [f"PUT {place.path}?{query} HTTP/1.1", f"Host: {place.netloc}", "Content-Length: 0"]
    asked = ("\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())]) + "\r\n\r\n").encode()
    with socket.create_connection((place.hostname or "", place.port or 80)) as line:
        for _ in range(rows):
            line.sendall(asked)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += line.recv(4_096)


def _together(works: list[Callable[[], None]]) -> None:
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main()

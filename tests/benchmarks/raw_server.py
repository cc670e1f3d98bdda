"""A server that does next to nothing, so that it is never what a speed run waits for: counts records and answers 200.

It prints its addresses as the practice server does, and its ``/ledger`` holds the same counts and times.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_TOKEN = json.dumps({"access_token": "benchmark." + "x" * 900, "token_type": "Bearer", "expires_in": 3600}).encode()


class Counts:
    """What came, and when the first and the last of it."""

    def __init__(self) -> None:
        self.received = 0
        self.first = 0.0
        self.last = 0.0

    def arrive(self) -> None:
        """One more record."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.received += 1

    def as_json(self) -> bytes:
        """The same names as in the practice server's ledger."""
        return json.dumps({"received": self.received, "first_received": self.first, "last_received": self.last}).encode()


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, counts: Counts, delay: float) -> None:
        self._counts = counts
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = 0
            if not head.startswith(b"PUT "):
                length = _length(head)
                if len(self._buffer) < end + 4 + length:
                    return
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"PUT "):
            self._counts.arrive()
            if self._delay:
                self._loop.call_later(self._delay, self._transport.write, _OK)
            else:
                self._transport.write(_OK)
        else:
            body = _TOKEN if head.startswith(b"POST ") else self._counts.as_json()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def serve(delay: float, port: int) -> None:
    """Listen until the process is ended; ``delay`` is seconds per record, port 0 any free one."""
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(counts, delay), "127.0.0.1", port)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(f"auth {base}/oauth2/token\nrecords {base}/records/\npage {base}/", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000, int(sys.argv[2])))

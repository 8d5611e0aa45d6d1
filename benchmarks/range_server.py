"""Files of a folder over HTTP with byte ranges, as far away and as narrow as one says; requests and bytes counted.

In a process of its own. A connection costs one round trip before its first answer, as TCP's handshake does; each answer
costs one more. All connections share one bandwidth.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import unquote

from benchmarks.another_process import served

_RANGE = re.compile(rb"^range:\s*bytes=(\d*)-(\d*)", re.IGNORECASE | re.MULTILINE)
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Network:
    """What lies between.

    Attributes:
        latency_s: one round trip.
        bytes_per_s: of all connections together; 0 is as fast as loopback is.
    """

    latency_s: float = 0.0
    bytes_per_s: float = 0.0

    def __str__(self) -> str:
        width = f", {self.bytes_per_s * 8 / 1e6:.0f} Mbit/s" if self.bytes_per_s else ""
        return f"{self.latency_s * 1000:.0f} ms{width}"


@dataclass(frozen=True, slots=True)
class Counted:
    """What was asked for since it was last counted."""

    requests: int
    bytes: int


class RangeServer:
    """A folder, served."""

    def __init__(self, url: str, line: Connection) -> None:
        self.url = url
        self._line = line

    def is_now(self, network: Network) -> None:
        """Move it elsewhere."""
        self._line.send(network)
        self._line.recv()

    def counted(self) -> Counted:
        """Give what was asked for, and count anew."""
        self._line.send("count")
        found: Counted = self._line.recv()
        return found


@contextmanager
def range_server(folder: Path) -> Iterator[RangeServer]:
    """Serve a folder."""
    with served(_Folder(str(folder)).serve, 0) as (url, line):
        yield RangeServer(url, line)


@dataclass
class _Folder:
    """What the other process serves."""

    folder: str
    network: Network = Network()
    requests: int = 0
    sent: int = 0
    free_at: float = 0.0

    def serve(self, _count: int, line: Connection) -> None:
        asyncio.run(self._run(line))

    async def _run(self, line: Connection) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        line.send(f"http://127.0.0.1:{port}")
        while True:
            told = await asyncio.to_thread(line.recv)
            if isinstance(told, Network):
                self.network, self.free_at = told, 0.0
                line.send("moved")
            else:
                line.send(Counted(self.requests, self.sent))
                self.requests = self.sent = 0

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(self.network.latency_s)
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(self.network.latency_s)
                await self._answer(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        path = Path(self.folder) / unquote(target.partition("?")[0].lstrip("/"))
        if not path.is_file():
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        size = path.stat().st_size
        asked = _RANGE.search(head)
        start, stop = _span(asked.group(1), asked.group(2), size) if asked else (0, size)
        if start >= size:
            writer.write(f"HTTP/1.1 416 No\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        lines = ["HTTP/1.1 206 Partial Content" if asked else "HTTP/1.1 200 OK", f"Content-Length: {stop - start}"]
        lines += ["Accept-Ranges: bytes", "Content-Type: application/octet-stream", f'ETag: "{size:x}"']
        lines += [f"Content-Range: bytes {start}-{stop - 1}/{size}"] if asked else []
        writer.write("\r\n".join([*lines, "", ""]).encode())
        if method != "HEAD":
            await self._send(path, start, stop, writer)

    async def _send(self, path: Path, start: int, stop: int, writer: asyncio.StreamWriter) -> None:
        with path.open("rb") as file:
            file.seek(start)
            while start < stop:
                piece = file.read(min(_PIECE, stop - start))
                start += len(piece)
                self.sent += len(piece)
                await self._wait_for(len(piece))
                writer.write(piece)
                await writer.drain()

    async def _wait_for(self, size: int) -> None:
        if not self.network.bytes_per_s:
            return
        now = time.monotonic()
        self.free_at = max(self.free_at, now) + size / self.network.bytes_per_s
        await asyncio.sleep(self.free_at - now)


def _span(first: bytes, last: bytes, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size

"""Files behind HTTP and in buckets, read in ranges: few requests, large ones, several at a time.

with open_ranges("https://…/ATL06.h5", settings=Settings()) as file:
    first, second = file.read([(0, 4096), (1_000_000, 1_200_000)])
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from tercet.errors import ReaderError, UpstreamError
from tercet.readers.locations import without_secrets
from tercet.readers.remote.http import HttpFile, NoRangesError, Take, Version
from tercet.readers.remote.loop import Loop, loop
from tercet.readers.remote.spans import CONNECTIONS, SMALLEST, Region, Span, regions
from tercet.settings import Settings

WHOLE = 8 * 2**20
"""Bytes up to which a file is taken whole with the first request."""
FIRST = 64 * 1024
_BATCH = 128 * 1024
"""Bytes that are handed on together: fewer cost more to hand on than to unpack."""

Each = Callable[[int, memoryview], None]
"""Called in any order and any thread with the number of a span and its bytes."""


class Remote(Protocol):
    """Where ranges come from."""

    @property
    def name(self) -> str:
        """For messages, without secrets."""

    @property
    def version(self) -> Version | None:
        """Of the file, as soon as the first bytes are there."""

    @property
    def is_ranged(self) -> bool:
        """Whether parts of the file can be had, as far as is known."""

    @property
    def requests(self) -> int:
        """How many were sent."""

    @property
    def received(self) -> int:
        """How many bytes came."""

    async def get(self, start: int, stop: int, take: Take) -> None:
        """Fetch bytes ``start`` to ``stop``, fewer where the file ends before, and hand them out in order."""


def open_ranges(  # noqa: PLR0913 - what is known of a file beforehand, by name
    href: str,
    *,
    settings: Settings,
    size: int | None = None,
    first: int = FIRST,
    whole: int = WHOLE,
    version: Version | None = None,
) -> "Ranges":
    """Open a file for reading ranges of it; its first bytes come with it.

    Args:
        href: https, http or s3.
        settings: credentials and patience.
        size: of the file, where it is known: one that is small is then taken with one request of just that length.
        first: bytes to fetch at once, for `Ranges.head`.
        whole: files up to this size are taken whole at once.
        version: of the file, where it is known: nothing is fetched before it is asked for, and no other version then.

    Raises:
        AuthError: we are not let in.
        ReaderError: nothing can be read from there.
        UpstreamError: no answer.
    """
    worker = loop()
    kind = href.partition(":")[0].lower()
    if kind == "s3":
        opened = Ranges(_bucket_file(href, version), worker, None)
    elif kind in ("http", "https"):
        client = worker.run(worker.clients.take(settings))
        opened = Ranges(HttpFile(client, href, settings.attempts, version=version), worker, settings)
    else:
        raise ReaderError(f"{without_secrets(href)}: files are read from https, http and s3")
    try:
        worker.run(opened.begin(size, first, whole))
    except BaseException:
        opened.close()
        raise
    return opened


def _bucket_file(href: str, version: Version | None) -> Remote:
    from tercet.readers.remote.s3 import BucketFile  # noqa: PLC0415 - who reads no bucket needs no library for it

    return BucketFile(href, version)


class Ranges:
    """A remote file, open. Threads may share it.

    Attributes:
        head: its first bytes: all of them where it is small.
    """

    def __init__(self, remote: Remote, worker: Loop, settings: Settings | None) -> None:
        self._remote = remote
        self._settings = settings
        self._loop = worker
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._is_open = True
        self._connections = 0
        self.head = b""

    @property
    def name(self) -> str:
        """For messages, without secrets."""
        return self._remote.name

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._version.size

    @property
    def etag(self) -> str:
        """What the server calls this version of the file; "" where it says nothing."""
        return self._version.mark

    @property
    def requests(self) -> int:
        """How many requests were sent, retries and redirects among them."""
        return self._remote.requests

    @property
    def received(self) -> int:
        """How many bytes of the file came."""
        return self._remote.received

    @property
    def _version(self) -> Version:
        if self._remote.version is None:
            raise ReaderError(f"{self.name}: its server does not say how long the file is: download it")
        return self._remote.version

    async def begin(self, size: int | None, first: int, whole: int) -> None:
        """Fetch the head, unless the file is known."""
        if self._remote.version is not None:
            return
        try:
            if size is not None and size > whole:
                await self._begin_wide(first)
            else:
                await self._begin_alone(max(first, whole) if size is None else size, first, max(first, whole))
        except NoRangesError:
            await self._begin_alone(size or whole, first, whole)

    async def _begin_alone(self, stop: int, first: int, whole: int) -> None:
        """Fetch the head with one request, all of the file where it is small."""
        head = bytearray()

        def take(part: bytes) -> bool:
            head.extend(part)
            return len(head) < first or self.size <= whole or not self._remote.is_ranged

        await self._remote.get(0, stop, take)
        self.head = bytes(head)

    async def _begin_wide(self, first: int) -> None:
        """Fetch the head over all connections: they are made then, and the values need not wait for that."""
        share = max(FIRST, -(-first // CONNECTIONS))
        parts = [(bytearray(), start, min(start + share, first)) for start in range(0, first, share)]

        async def fetch(part: bytearray, start: int, stop: int) -> None:
            def take(arrived: bytes) -> bool:
                part.extend(arrived)
                return True

            await self._remote.get(start, stop, take)

        await asyncio.gather(*(fetch(*part) for part in parts))
        self._connections = len(parts)
        self.head = b"".join(part for part, _, _ in parts)

    def read(self, spans: Sequence[Span], then: int = 0) -> list[bytes]:
        """Read spans, in their order; ``then`` as for `each`.

        Raises:
            AuthError: we are not let in any more.
            ReaderError: the file was replaced, or ends before.
            UpstreamError: no answer.
        """
        return [bytes(one) for one in self.views(spans, then)]

    def views(self, spans: Sequence[Span], then: int = 0) -> list[memoryview]:
        """As `read`, for what is large: nothing is copied, and what is long comes over all connections."""
        share = max(SMALLEST, -(-sum(stop - start for start, stop in spans) // CONNECTIONS))
        found = [memoryview(bytearray(stop - start)) for start, stop in spans]
        parts = [
            (number, at, min(at + share, stop))
            for number, (start, stop) in enumerate(spans)
            for at in range(start, stop, share)
        ]

        def keep(part: int, content: memoryview) -> None:
            number, start, stop = parts[part]
            first = spans[number][0]
            found[number][start - first : stop - first] = content

        self.each([(start, stop) for _, start, stop in parts], keep, then)
        return found

    def each(self, spans: Sequence[Span], take: Each, then: int = 0) -> None:
        """Read spans, and hand out each as soon as its bytes are there; those that lie near each other come together.

        Args:
            spans: in any order.
            take: gets them.
            then: how many are probably read next: connections for them are made meanwhile.

        Raises:
            AuthError: we are not let in any more.
            ReaderError: the file was replaced, or ends before.
            UpstreamError: no answer.
        """
        if not self._is_open:
            raise ReaderError(f"{self.name} is closed")
        for start, stop in spans:
            if start < 0 or stop > self.size:
                raise ReaderError(
                    f"{self.name} is cut off at byte {self.size}: bytes {start} to {stop} are wanted; get it again"
                )
        held = len(self.head)
        head = memoryview(self.head)
        rest = []
        for number, (start, stop) in enumerate(spans):
            if stop <= held:
                take(number, head[start:stop])
            else:
                rest.append(number)
        if rest:
            wanted = regions([spans[number] for number in rest])
            self._loop.run(self._fetch(wanted, lambda number, content: take(rest[number], content), then))

    async def _fetch(self, wanted: Sequence[Region], take: Each, then: int) -> None:
        tasks = [asyncio.create_task(self._region(region, take)) for region in wanted]
        tasks += [asyncio.create_task(self._connect()) for _ in range(self._missing_connections(len(wanted), then))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _missing_connections(self, now: int, then: int) -> int:
        """How many more than are used now, or were before, are worth making for what is read next."""
        self._connections = max(self._connections, min(now, CONNECTIONS))
        missing = max(min(then, CONNECTIONS) - self._connections, 0)
        self._connections += missing
        return missing

    async def _connect(self) -> None:
        """Make a connection: to ask for one byte takes as long, and no longer, than what is asked for beside it."""
        async with self._slots:
            # whoever needs it will hear why it could not be made
            with suppress(UpstreamError):
                await self._remote.get(0, 1, lambda _: True)

    async def _region(self, region: Region, take: Each) -> None:
        """Fetch a region; whoever takes its spans, does so beside the loop, while the rest is on its way."""
        async with self._slots:
            arriving = _Arriving(region, take)
            running = asyncio.get_running_loop()
            under_way: list[asyncio.Future[None]] = []

            def arrived(part: bytes) -> bool:
                ready = arriving.arrived(part)
                if ready:
                    under_way.append(running.run_in_executor(self._loop.unpackers, arriving.hand_out, ready))
                return True

            await self._remote.get(region.start, region.stop, arrived)
            # only then the next region: what was not unpacked yet must not fill the memory
            await asyncio.gather(*under_way)
            if arriving.at < len(arriving.content):
                raise ReaderError(f"{self.name} is cut off at byte {region.start + arriving.at}: get it again")

    def close(self) -> None:
        """Let go of connections; a second time does nothing."""
        if self._is_open:
            self._is_open = False
            if self._settings is not None:
                self._loop.run(self._loop.clients.give_back(self._settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Arriving:
    """A region while its bytes arrive.

    Attributes:
        content: of the region.
        at: how many bytes are there.
    """

    def __init__(self, region: Region, take: Each) -> None:
        self.content = bytearray(region.stop - region.start)
        self.at = 0
        self._region = region
        self._take = take
        self._next = 0
        self._handed = 0

    def arrived(self, part: bytes) -> Sequence[tuple[int, int, int]]:
        """Keep a part; give the spans that are whole now, once they are worth handing on."""
        # a server may send more than was asked for
        part = part[: len(self.content) - self.at]
        self.content[self.at : self.at + len(part)] = part
        self.at += len(part)
        if self.at - self._handed < _BATCH and self.at < len(self.content):
            return ()
        self._handed = self.at
        first, spans, here = self._next, self._region.spans, self._region.start + self.at
        while self._next < len(spans) and spans[self._next][2] <= here:
            self._next += 1
        return spans[first : self._next]

    def hand_out(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """Give each span to whoever takes it."""
        view, origin = memoryview(self.content), self._region.start
        for number, start, stop in spans:
            self._take(number, view[start - origin : stop - origin])

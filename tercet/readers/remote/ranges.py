"""Files behind HTTP and in buckets, read in ranges: few requests, large ones, several at a time.

with open_ranges("https://…/ATL06.h5", settings=Settings()) as file:
    first, second = file.read([(0, 4096), (1_000_000, 1_200_000)])
"""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from tercet.errors import ReaderError
from tercet.readers.locations import without_secrets
from tercet.readers.remote.base import Each, NoRangesError, Remote
from tercet.readers.remote.fetching import Fetching
from tercet.readers.remote.heads import head_of, whole_of
from tercet.readers.remote.http import HttpFile
from tercet.readers.remote.loop import Loop, loop
from tercet.readers.remote.spans import CONNECTIONS, SMALLEST, Span, regions
from tercet.readers.remote.version import Version
from tercet.settings import Settings

WHOLE = 8 * 2**20
"""Bytes up to which a file is taken whole with the first request."""
FIRST = 64 * 1024


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
        self._fetching = Fetching(remote, worker.unpackers)
        self._is_open = True
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
        if self._remote.version is None:
            self.head, self._fetching.connections = await head_of(self._remote, size, first, whole)

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
        rest = self._of_head(spans, range(len(spans)), take)
        if rest:
            wanted = regions([spans[number] for number in rest])
            try:
                self._loop.run(self._fetching.fetch(wanted, lambda number, one: take(rest[number], one), then))
            except NoRangesError:  # which is not known before, where an index spared the head
                self.head = self._loop.run(whole_of(self._remote))
                if self._of_head(spans, rest, take):
                    raise

    def _of_head(self, spans: Sequence[Span], numbers: Iterable[int], take: Each) -> list[int]:
        """Hand out what the head holds; give the numbers of the other spans."""
        held = len(self.head)
        head = memoryview(self.head)
        rest = []
        for number in numbers:
            start, stop = spans[number]
            if stop <= held:
                take(number, head[start:stop])
            else:
                rest.append(number)
        return rest

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

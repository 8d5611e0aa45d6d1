"""Ranges of a file behind HTTP: resumed where they broke, and never of two versions of the file."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import stamina

from tercet.errors import ReaderError, UpstreamError
from tercet.fetch.assets import AssetClient
from tercet.readers.locations import without_secrets
from tercet.readers.remote.base import NoRangesError, Take
from tercet.readers.remote.version import Version

log = logging.getLogger(__name__)

MOST_WITHOUT_RANGES = 256 * 2**20
"""Bytes of the largest file that is taken whole where its server sends no ranges."""
_PARTIAL = 206
_BEHIND_THE_END = 416
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)", re.IGNORECASE)
_PACKED = frozenset({"gzip", "x-gzip", "deflate", "compress", "br", "zstd"})
_PROGRESS = 64 * 1024
"""Bytes that an answer that broke off must have brought to be no failure."""


class _CutError(Exception):
    """An answer ended before it was whole; what came of it is kept."""


@dataclass(slots=True)
class HttpFile:
    """A file behind HTTP.

    Attributes:
        client: that knows who we are, and asks again where that can help.
        href: of the file; its query is never shown.
        attempts: answers to one range that may end early.
        version: of the file: as it is known before, or by the first answer.
        requests: that were sent, as far as answers came: without what the client repeated.
        received: bytes.
        is_ranged: whether the server sends parts, as far as is known.
    """

    client: AssetClient
    href: str
    attempts: int
    version: Version | None = None
    requests: int = field(default=0, init=False)
    received: int = field(default=0, init=False)
    is_ranged: bool = field(default=True, init=False)

    @property
    def name(self) -> str:
        """The address as messages may show it."""
        return without_secrets(self.href)

    async def get(self, start: int, stop: int, take: Take) -> None:
        """Fetch bytes ``start`` to ``stop``, fewer where the file ends before, and hand them out in order.

        Raises:
            AuthError: 401 or 403, also after a new token.
            ReaderError: the file is another than at the first request, or the server sends no ranges of it.
            UpstreamError: no answer after all attempts.
        """
        wanted = _Wanted(start, stop, take)
        try:
            async for attempt in stamina.retry_context(
                on=_CutError, attempts=self.attempts, timeout=None, wait_initial=0.2, wait_max=20.0
            ):
                with attempt:
                    await self._steadily(wanted)
        except _CutError as error:
            raise UpstreamError(
                f"{self.name} breaks off at byte {wanted.at} each time: try again later", url=self.name
            ) from error

    async def _steadily(self, wanted: "_Wanted") -> None:
        """Ask for the rest at once as long as each answer brings something: some servers send no more at a time."""
        while True:
            before = wanted.at
            try:
                return await self._once(wanted)
            except _CutError:
                if wanted.at - before < _PROGRESS:
                    raise

    async def _once(self, wanted: "_Wanted") -> None:
        async with self.client.open(self.href, headers={"Range": f"bytes={wanted.at}-{wanted.stop - 1}"}) as answer:
            self.requests += 1
            self._understand(answer.status, answer.headers, wanted)
            if answer.status == _BEHIND_THE_END:
                return
            try:
                async for part in answer.parts():
                    self.received += len(part)
                    if not wanted.arrived(part):
                        return  # the connection is lost then: what is not wanted would have to be read first
            except UpstreamError as error:
                log.info("%s: %s; going on at byte %d", self.name, error, wanted.at)
                raise _CutError from error
        if wanted.at < min(wanted.stop, self.version.size if self.version else 0):
            raise _CutError

    def _understand(self, status: int, headers: Mapping[str, str], wanted: "_Wanted") -> None:
        """See what comes: the range that was asked for, the whole file, or nothing because it ends before."""
        packed = headers.get("Content-Encoding", "").lower()
        # of files that are called so some servers say it, and send them as they are
        if packed in _PACKED and not self.name.endswith(".gz"):
            raise ReaderError(
                f"{self.name}: its server sends it compressed ({packed}), of which no parts can be read: download it"
            )
        if status == _BEHIND_THE_END:
            self._agree(headers, headers.get("Content-Range", "").rpartition("/")[2])
            return
        if status == _PARTIAL:
            said = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
            if said is None or int(said[1]) != wanted.at:
                raise ReaderError(f"{self.name}: its server sends other bytes than those asked for: download the file")
            self._agree(headers, said[2])
            return
        size = headers.get("Content-Length", "")
        if wanted.start or not size.isdecimal() or int(size) > MOST_WITHOUT_RANGES:
            raise NoRangesError(f"{self.name}: its server sends no parts of files: download it, and open it from disk")
        self._agree(headers, size)
        self.is_ranged = False
        wanted.whole(int(size))

    def _agree(self, headers: Mapping[str, str], size: str) -> None:
        """Note the file's version at the first answer, and hold all others to it."""
        if not size.isdecimal():
            return
        now = Version.said(int(size), headers)
        if self.version is None:
            self.version = now
        elif self.version.is_another(now):
            raise ReaderError(
                f"{self.name} was replaced while it was read (it had {self.version.size} bytes, {self.version.mark}; "
                f"now {now.size} bytes, {now.mark}): open it again"
            )
        elif not self.version.mark:
            self.version = now


class _Wanted:
    """How far a range has come, over several answers where one broke.

    Attributes:
        start: first byte.
        stop: one past the last.
        at: the next byte.
    """

    def __init__(self, start: int, stop: int, take: Take) -> None:
        self.start = self.at = start
        self.stop = stop
        self._take = take
        self._skip = 0

    def whole(self, size: int) -> None:
        """What comes is the whole file: all of it is wanted then, but what is there already."""
        self.stop = size
        self._skip = self.at

    def arrived(self, part: bytes) -> bool:
        """Hand on a part; say whether to read on, to the end of what was asked for if there is no other wish."""
        skipped = min(self._skip, len(part))
        self._skip -= skipped
        new = part[skipped:] if skipped else part
        self.at += len(new)
        return not new or self._take(new) or self.at >= self.stop

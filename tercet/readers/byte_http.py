"""Ranges of a file behind HTTP: retried, resumed where they broke, and never of two versions of the file."""

import contextlib
import datetime as dt
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx2
import stamina

from tercet.errors import ReaderError
from tercet.fetch.answers import RefusedError, detail_of, without_query
from tercet.fetch.failures import refused, unanswered, worth_retrying

Take = Callable[[bytes], bool]
"""Called with each part as it arrives; says whether the rest of it is wanted."""

MOST_WITHOUT_RANGES = 256 * 2**20
"""Bytes of the largest file that is taken whole where its server sends no ranges."""
_LONGEST_REFUSAL = 64 * 1024
_REFUSALS = frozenset({401, 403, 404, 410})
"""What an address says that was signed for a while, when the while is over."""
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one version of a file from another.

    Attributes:
        size: bytes of the whole file.
        mark: its ETag, or when it was last modified; "" where the server says neither.
    """

    size: int
    mark: str = ""


class _SignatureEndedError(Exception):
    """A signed address was good for a while, and the while is over."""


@dataclass(slots=True)
class HttpFile:
    """A file behind HTTP.

    Attributes:
        client: that sends, and follows redirects.
        url: of the file; its query is never shown.
        auth: adds who we are, for the hosts that it concerns.
        attempts: tries of one range.
        max_wait_s: the longest pause that the server may ask for.
        version: of the file, by the first answer.
        requests: that were sent, with retries and redirects.
        received: bytes.
    """

    client: httpx2.AsyncClient
    url: httpx2.URL
    auth: httpx2.Auth | None = None
    attempts: int = 6
    max_wait_s: float = 300.0
    version: Version | None = field(default=None, init=False)
    requests: int = field(default=0, init=False)
    received: int = field(default=0, init=False)
    _signed: httpx2.URL | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The URL as messages may show it."""
        return without_query(self.url)

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
                on=self._worth_retrying, attempts=self.attempts, timeout=None, wait_initial=0.5, wait_max=30.0
            ):
                with attempt:
                    await self._once(wanted)
        except RefusedError as error:
            raise refused(self.url.host, error.response, error.detail) from error
        except httpx2.HTTPError as error:
            raise unanswered(self.url.host, self.name, error, attempts=self.attempts) from error

    async def close(self) -> None:
        """Let go of connections."""
        await self.client.aclose()

    def _worth_retrying(self, error: Exception) -> bool | dt.timedelta:
        if isinstance(error, _SignatureEndedError):
            return dt.timedelta(0)
        return worth_retrying(error, max_wait_s=self.max_wait_s)

    async def _once(self, wanted: "_Wanted") -> None:
        async with self._answer(wanted) as response:
            if response.status_code == httpx2.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._agree(_version(response, response.headers.get("Content-Range", "").rpartition("/")[2]))
                return
            if not response.is_success:
                raise await self._refusal(response)
            if response.history:  # each redirect is a round trip; where it leads to is good for a while
                self._signed = response.url
            self._understand(response, wanted)
            async for part in response.aiter_raw():
                self.received += len(part)
                if not wanted.arrived(part):
                    return  # the connection is lost then: what is not wanted would have to be read first
            if wanted.at < min(wanted.stop, self.version.size if self.version else 0):
                raise httpx2.ReadError("the answer ended early", request=response.request)

    @contextlib.asynccontextmanager
    async def _answer(self, wanted: "_Wanted") -> AsyncIterator[httpx2.Response]:
        # compressed on the way, bytes would not be counted as they are in the file
        headers = {"Range": f"bytes={wanted.at}-{wanted.stop - 1}", "Accept-Encoding": "identity"}
        request = self.client.build_request("GET", self._signed or self.url, headers=headers)
        response = await self.client.send(request, auth=self.auth, stream=True)
        self.requests += 1 + len(response.history)
        try:
            yield response
        finally:
            await response.aclose()

    async def _refusal(self, response: httpx2.Response) -> Exception:
        if response.status_code in _REFUSALS and self._signed is not None:
            self._signed = None
            return _SignatureEndedError()
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > _LONGEST_REFUSAL:
                break
        return RefusedError(response, detail_of(bytes(body)))

    def _understand(self, response: httpx2.Response, wanted: "_Wanted") -> None:
        """See what comes: the range that was asked for, or the whole file."""
        if response.status_code == httpx2.codes.PARTIAL_CONTENT:
            said = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if said is None or int(said[1]) != wanted.at:
                raise ReaderError(f"{self.name}: its server sends other bytes than those asked for: download the file")
            self._agree(_version(response, said[2]))
            return
        size = response.headers.get("Content-Length", "")
        if wanted.start or not size.isdecimal() or int(size) > MOST_WITHOUT_RANGES:
            raise ReaderError(f"{self.name}: its server sends no parts of files: download it, and open it from disk")
        self._agree(_version(response, size))
        wanted.whole(int(size))

    def _agree(self, version: Version | None) -> None:
        """Note the file's version at the first answer, and hold all others to it."""
        if version is None:
            return
        if self.version is None:
            self.version = version
        elif self.version != version:
            raise ReaderError(
                f"{self.name} was replaced while it was read (it had {self.version.size} bytes, {self.version.mark}; "
                f"now {version.size} bytes, {version.mark}): open it again"
            )


def _version(response: httpx2.Response, size: str) -> Version | None:
    headers = response.headers
    mark = headers.get("ETag") or headers.get("Last-Modified") or ""
    return Version(int(size), mark) if size.isdecimal() else None


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

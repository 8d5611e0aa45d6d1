"""Files of the providers through blocks on disk: what was fetched is not fetched again while the file is the same."""

import re
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import anyio.to_thread

from stac_api.gateway_blocks import BLOCK, Blocks
from stac_api.gateway_ranges import Version, Wanted, chosen
from stac_api.gateway_stream import Source
from stac_api.gateway_upstream import failure
from tercet.errors import TercetError, UpstreamError
from tercet.fetch.asset_answers import AssetAnswer
from tercet.fetch.assets import AssetClient

_FRESH_S = 60.0
"""So long a file counts as what it was; then its provider is asked again, which also says whether we still may."""
_MOST = 10_000
_AT_ONCE = 16
"""Blocks that are fetched in one request."""
_LARGEST = 0.25
"""Of the cache's size: what is larger passes it by, or it would push all else out."""
_TOTAL = re.compile(r"bytes 0-\d+/(\d+)")
_PARTIAL, _UNCHANGED = 206, 304


@dataclass(frozen=True, slots=True)
class _Known:
    """A file's version, or that it has none that blocks could be kept by; and until when that counts."""

    version: Version | None
    until: float


class Cache:
    """The blocks, and what is known of the files that they are of."""

    def __init__(self, blocks: Blocks, limit: int) -> None:
        self._blocks = blocks
        self._largest = int(limit * _LARGEST)
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def open(self, client: AssetClient, href: str, asked: Wanted) -> Source | None:
        """Answer from blocks, fetching those that are missing; None for what has to pass the cache by.

        Raises:
            HTTPException: the provider's failure.
        """
        try:
            version = await self._version(client, href)
        except TercetError as error:
            raise failure(error) from error
        if version is None:
            return None
        answer = chosen(asked, version)
        if answer.stop - answer.start > self._largest:
            return None
        parts = self._parts(client, href, version, answer.start, answer.stop)
        return Source(answer.status, {**version.headers, **answer.headers}, parts, parts.aclose)

    async def _version(self, client: AssetClient, href: str) -> Version | None:
        known = self._known.get(href)
        if known and known.until > time.monotonic():
            return known.version
        before = known.version if known else None
        condition = {"If-None-Match": before.etag} if before else {}
        async with client.open(href, headers={"Range": f"bytes=0-{BLOCK - 1}", **condition}) as answer:
            version = before if answer.status == _UNCHANGED else _version(answer)
            if version and answer.status != _UNCHANGED:
                await self._keep(href, version, 0, await answer.read())
        self._known[href] = _Known(version, time.monotonic() + _FRESH_S)
        self._known.move_to_end(href)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return version

    async def _parts(
        self, client: AssetClient, href: str, version: Version, start: int, stop: int
    ) -> AsyncGenerator[bytes, None]:
        while start < stop:
            number = start // BLOCK
            end = min((number + 1) * BLOCK, stop)
            inside = start - number * BLOCK, end - number * BLOCK
            found = await anyio.to_thread.run_sync(self._blocks.read, _file(href, version), number, *inside)
            if found is None:
                last = min(number + _AT_ONCE, -(-stop // BLOCK))
                async with aclosing(self._fetched(client, href, version, number, last)) as blocks:
                    async for fetched, block in blocks:
                        base = fetched * BLOCK
                        yield block[max(start - base, 0) : stop - base]
                start = min(last * BLOCK, stop)
            else:
                yield found
                start = end

    async def _fetched(
        self, client: AssetClient, href: str, version: Version, first: int, last: int
    ) -> AsyncGenerator[tuple[int, bytes], None]:
        """Fetch blocks, from and to, and keep them."""
        asked = {"Range": f"bytes={first * BLOCK}-{min(last * BLOCK, version.size) - 1}", "If-Match": version.etag}
        async with client.open(href, headers=asked) as answer:
            if answer.status != _PARTIAL or answer.headers.get("ETag") != version.etag:
                self._known.pop(href, None)
                raise UpstreamError("the file was changed while it was read: ask again", url=href)
            number, rest = first, bytearray()
            async for part in answer.parts():
                rest += part
                while len(rest) >= BLOCK:
                    block = bytes(rest[:BLOCK])
                    del rest[:BLOCK]
                    await self._keep(href, version, number, block)
                    yield number, block
                    number += 1
            if rest:
                await self._keep(href, version, number, bytes(rest))
                yield number, bytes(rest)

    async def _keep(self, href: str, version: Version, number: int, block: bytes) -> None:
        await anyio.to_thread.run_sync(self._blocks.write, _file(href, version), number, block)


def _file(href: str, version: Version) -> str:
    return f"{href}\n{version.etag}"


def _version(answer: AssetAnswer) -> Version | None:
    """The version of a file by the answer to its first block; None without ranges, or without a strong validator."""
    total = _TOTAL.fullmatch(answer.headers.get("Content-Range", ""))
    etag = answer.headers.get("ETag", "")
    if answer.status != _PARTIAL or total is None or not etag.startswith('"') or "Content-Encoding" in answer.headers:
        return None
    return Version(int(total[1]), etag, answer.headers.get("Last-Modified", ""))

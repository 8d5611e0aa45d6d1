"""The first bytes of a file: all of them where it is small."""

import asyncio

from tercet.readers.remote.base import NoRangesError, Remote
from tercet.readers.remote.spans import CONNECTIONS

_SHARE = 64 * 1024
"""Bytes that are worth a connection, where all are made at once anyway."""


async def head_of(remote: Remote, size: int | None, first: int, whole: int) -> tuple[bytes, int]:
    """Fetch the head of a file.

    Args:
        remote: the file.
        size: of it, where that is known.
        first: bytes to fetch of one that is large.
        whole: files up to this size are taken whole.

    Returns:
        The head, and how many connections were made that are good for more.
    """
    try:
        if size is not None and size > whole:
            return await _wide(remote, first)
        return await _alone(remote, max(first, whole) if size is None else size, first, max(first, whole)), 0
    except NoRangesError:
        return await _alone(remote, size or whole, first, whole), 0


async def whole_of(remote: Remote) -> bytes:
    """Fetch all of a file whose server sends no parts."""
    return await _alone(remote, 1, 1, 1)


async def _alone(remote: Remote, stop: int, first: int, whole: int) -> bytes:
    """Fetch the head with one request, all of the file where it is small."""
    head = bytearray()

    def take(part: bytes) -> bool:
        head.extend(part)
        is_small = remote.version is not None and remote.version.size <= whole
        return len(head) < first or is_small or not remote.is_ranged

    await remote.get(0, stop, take)
    return bytes(head)


async def _wide(remote: Remote, first: int) -> tuple[bytes, int]:
    """Fetch the head over all connections: they are made then, and the values need not wait for that."""
    share = max(_SHARE, -(-first // CONNECTIONS))
    spans = [(start, min(start + share, first)) for start in range(0, first, share)]

    async def fetch(start: int, stop: int) -> bytes:
        found = bytearray()

        def take(arrived: bytes) -> bool:
            found.extend(arrived)
            return True

        await remote.get(start, stop, take)
        return bytes(found)

    tasks = [asyncio.create_task(fetch(*span)) for span in spans]
    try:
        return b"".join(await asyncio.gather(*tasks)), len(spans)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

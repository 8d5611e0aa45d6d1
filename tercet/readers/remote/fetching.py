"""Regions of a file, fetched side by side."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress

from tercet.errors import ReaderError, UpstreamError
from tercet.readers.remote.arriving import Arriving
from tercet.readers.remote.base import Each, Remote
from tercet.readers.remote.spans import CONNECTIONS, Region


class Fetching:
    """Fetches regions of one file, in one event loop.

    Attributes:
        connections: how many were made, as far as is known.
    """

    def __init__(self, remote: Remote, unpackers: Executor) -> None:
        self._remote = remote
        self._unpackers = unpackers
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self.connections = 0

    async def fetch(self, wanted: Sequence[Region], take: Each, then: int) -> None:
        """Fetch regions, and hand out their spans.

        Args:
            wanted: regions.
            take: gets the spans.
            then: how many regions are probably fetched next: connections for them are made meanwhile.
        """
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
        self.connections = max(self.connections, min(now, CONNECTIONS))
        missing = max(min(then, CONNECTIONS) - self.connections, 0)
        self.connections += missing
        return missing

    async def _connect(self) -> None:
        """Make a connection: to ask for one byte takes as long, and no longer, than what is asked for beside it."""
        async with self._slots:
            # whoever needs it will hear why it could not be made
            with suppress(UpstreamError):
                # of a server that sends whole files no more than what came
                await self._remote.get(0, 1, lambda _: False)

    async def _region(self, region: Region, take: Each) -> None:
        """Fetch a region; whoever takes its spans, does so beside the loop, while the rest is on its way."""
        async with self._slots:
            arriving = Arriving(region, take)
            running = asyncio.get_running_loop()
            under_way: list[asyncio.Future[None]] = []

            def arrived(part: bytes) -> bool:
                ready = arriving.arrived(part)
                if ready:
                    under_way.append(running.run_in_executor(self._unpackers, arriving.hand_out, ready))
                return True

            await self._remote.get(region.start, region.stop, arrived)
            # only then the next region: what was not unpacked yet must not fill the memory
            await asyncio.gather(*under_way)
            if arriving.at < len(arriving.content):
                raise ReaderError(f"{self._remote.name} is cut off at byte {region.start + arriving.at}: get it again")

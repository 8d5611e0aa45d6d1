"""Clients that the open files of a process share: their connections and signed addresses are good for all of them."""

import asyncio
from dataclasses import dataclass

from tercet.fetch.assets import AssetClient
from tercet.readers.remote.spans import CONNECTIONS
from tercet.settings import Settings

_KEPT_S = 5.0
"""How long connections outlive the last file: who reads one granule after the other makes them once."""


@dataclass(slots=True)
class _Shared:
    client: AssetClient
    users: int = 0
    ending: asyncio.TimerHandle | None = None


class Clients:
    """One client for each way to be set, in one event loop, for as long as a file needs it, and a little longer."""

    def __init__(self) -> None:
        self._shared: dict[Settings, _Shared] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def take(self, settings: Settings) -> AssetClient:
        """Give the client for these settings.

        Raises:
            ConfigError: a credential is half there.
        """
        if settings not in self._shared:
            self._shared[settings] = _Shared(await AssetClient(settings, connections=2 * CONNECTIONS).__aenter__())
        shared = self._shared[settings]
        shared.users += 1
        if shared.ending is not None:
            shared.ending.cancel()
            shared.ending = None
        return shared.client

    async def give_back(self, settings: Settings) -> None:
        """Say that a file is closed; some time after the last one connections are closed."""
        shared = self._shared[settings]
        shared.users -= 1
        if not shared.users:
            shared.ending = asyncio.get_running_loop().call_later(_KEPT_S, self._end, settings)

    def _end(self, settings: Settings) -> None:
        closing = asyncio.ensure_future(_close(self._shared.pop(settings)))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def close_unused(self) -> None:
        """Close at once what no file needs."""
        for settings in [settings for settings, shared in self._shared.items() if not shared.users]:
            await _close(self._shared.pop(settings))
        await asyncio.gather(*self._closing)


async def _close(shared: _Shared) -> None:
    if shared.ending is not None:
        shared.ending.cancel()
    await shared.client.__aexit__(None, None, None)

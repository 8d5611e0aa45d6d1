"""Clients that the open files of a process share: their connections and signed addresses are good for all of them."""

from dataclasses import dataclass

from tercet.fetch.assets import AssetClient
from tercet.readers.remote.spans import CONNECTIONS
from tercet.settings import Settings


@dataclass(slots=True)
class _Shared:
    client: AssetClient
    users: int = 0


class Clients:
    """One client for each way to be set, in one event loop, for as long as a file needs it."""

    def __init__(self) -> None:
        self._shared: dict[Settings, _Shared] = {}

    async def take(self, settings: Settings) -> AssetClient:
        """Give the client for these settings.

        Raises:
            ConfigError: a credential is half there.
        """
        if settings not in self._shared:
            self._shared[settings] = _Shared(await AssetClient(settings, connections=2 * CONNECTIONS).__aenter__())
        shared = self._shared[settings]
        shared.users += 1
        return shared.client

    async def give_back(self, settings: Settings) -> None:
        """Say that a file is closed; the last one closes the connections."""
        shared = self._shared[settings]
        shared.users -= 1
        if not shared.users:
            del self._shared[settings]
            await shared.client.__aexit__(None, None, None)

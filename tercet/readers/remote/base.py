"""What files at a distance have in common, wherever they lie."""

from collections.abc import Callable
from typing import Protocol

from tercet.errors import ReaderError
from tercet.readers.remote.version import Version

Take = Callable[[bytes], bool]
"""Called with each part as it arrives; says whether the rest of it is wanted."""
Each = Callable[[int, memoryview], None]
"""Called in any order and any thread with the number of a span and its bytes."""


class NoRangesError(ReaderError):
    """The server sends whole files only."""


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

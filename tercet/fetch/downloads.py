"""A file, whole, on local disk."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from tercet.errors import UpstreamError
from tercet.fetch.assets import AssetClient
from tercet.settings import Settings

log = logging.getLogger(__name__)

_WHOLE, _PARTIAL = 200, 206
_CUT = frozenset({None, 504})
"""What ``status`` an error has that may come in the middle of a file."""


def download(href: str, settings: Settings, target: Path) -> Path:
    """Fetch a file with the credentials of its provider; the target is there whole, or not at all.

    Args:
        href: as the Item has it.
        settings: of this deployment.
        target: the file to make, in a folder that exists; until it is whole it has ``.part`` after its name.

    Raises:
        AuthError: the provider does not know us, or the account lacks a right.
        NotServedError: the file is not there.
        UpstreamError: any other failure, after all attempts.
    """

    async def fetch() -> None:
        async with AssetClient(settings) as client:
            await fetched(client, href, target, attempts=settings.attempts)

    asyncio.run(fetch())
    return target


async def fetched(client: AssetClient, href: str, target: Path, *, attempts: int) -> None:
    """Fetch a file; where the connection is cut, go on from there if the provider says that it is the same file."""
    part = _Part(target.with_name(f"{target.name}.part"))
    try:
        for left in reversed(range(attempts)):
            try:
                await part.go_on(client, href)
                break
            except UpstreamError as error:
                if not left or not part.size or error.status not in _CUT:
                    raise
                log.info("%s; going on from byte %d", error, part.size)
        part.path.replace(target)
    finally:
        part.path.unlink(missing_ok=True)


@dataclass(slots=True)
class _Part:
    """What came of a file."""

    path: Path
    size: int = 0
    etag: str = ""

    async def go_on(self, client: AssetClient, href: str) -> None:
        is_same = self.size and self.etag and not self.etag.startswith("W/")
        wanted = {"Range": f"bytes={self.size}-", "If-Range": self.etag} if is_same else {}
        async with client.open(href, headers=wanted) as answer:
            if answer.status not in (_WHOLE, _PARTIAL):
                raise UpstreamError(f"{href} answered {answer.status} where a file was due", status=answer.status)
            if answer.status == _WHOLE:
                self.size = 0
            self.etag = answer.headers.get("ETag", "")
            with self.path.open("r+b" if self.size else "wb") as file:
                file.seek(self.size)
                async for piece in answer.parts():
                    file.write(piece)
                    self.size += len(piece)

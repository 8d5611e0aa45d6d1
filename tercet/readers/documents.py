"""Small files that are wanted whole: Items, outlines, records; and the first bytes of others."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tercet.errors import ReaderError, UpstreamError
from tercet.fetch import Fetcher, Politeness
from tercet.readers.locations import Location, without_secrets
from tercet.settings import Settings

_T = TypeVar("_T")
_HEAD = 1024
_GONE = 404


def document(href: str, settings: Settings) -> Any:  # noqa: ANN401 - any JSON value
    """JSON of a path or address.

    Raises:
        ReaderError: there is no such file, or it is not JSON.
        UpstreamError: the address did not answer.
    """
    location = Location(href)
    if not location.is_local:
        return waited_for(_fetched(href, settings))
    try:
        return json.loads(location.path.read_bytes())
    except OSError as error:
        raise ReaderError(f"{location.name} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ReaderError(f"{location.name} is not JSON: {error}") from error


def text(location: Location, settings: Settings) -> str:
    """A text file, whole.

    Raises:
        ReaderError: it cannot be read, or is not UTF-8.
    """
    try:
        content = location.path.read_bytes() if location.is_local else _whole(location, settings)
        return content.decode()
    except OSError as error:
        raise ReaderError(f"{location.name} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ReaderError(f"{location.name} is no text in UTF-8: {error}") from error


def _whole(location: Location, settings: Settings) -> bytes:
    from tercet.readers.byte_ranges import open_ranges  # noqa: PLC0415 - who reads local files needs no HTTP

    ranges = open_ranges(location.href, settings=settings, size=location.size)
    try:
        return bytes(ranges.read([(0, ranges.size)])[0])
    finally:
        ranges.close()


def head_of(location: Location, settings: Settings) -> bytes:
    """The first bytes of a remote file."""
    from tercet.readers.byte_ranges import open_ranges  # noqa: PLC0415 - who reads local files needs no HTTP

    ranges = open_ranges(location.href, settings=settings, first=_HEAD, whole=_HEAD)
    try:
        return bytes(ranges.head[:_HEAD])
    finally:
        ranges.close()


def first_that_exists(addresses: Mapping[str, str], settings: Settings) -> str | None:
    """Ask for files one after the other until one is there; its name, or None where none is.

    Args:
        addresses: name to address.
        settings: credentials.

    Raises:
        AuthError: we are not let in, so that nobody said whether it is there.
        UpstreamError: an address did not answer.
    """
    return waited_for(_first(addresses, settings))


async def _first(addresses: Mapping[str, str], settings: Settings) -> str | None:
    for name, address in addresses.items():
        async with _fetcher(address, settings) as fetcher:
            if await fetcher.exists(address):
                return name
    return None


def waited_for(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine, also where an event loop runs already, as in notebooks."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def _fetcher(href: str, settings: Settings) -> Fetcher:
    return Fetcher(without_secrets(href), Politeness.of(settings, concurrency=4, per_second=50))


def item_of_catalog(name: str, settings: Settings) -> tuple[Any, str]:
    """The Item ``collection/id`` of the catalog that is served, and its address.

    Raises:
        UpstreamError: it has no such Item, or is not served.
    """
    collection, _, item = name.partition("/")
    root = str(settings.api_url).rstrip("/")
    url = f"{root}/collections/{collection}/items/{item}"
    # nobody waits for a catalog on this machine that is not served
    impatient = settings.model_copy(update={"attempts": min(settings.attempts, 2)})
    try:
        return document(url, impatient), url
    except UpstreamError as error:
        if error.status is None:
            raise UpstreamError(
                f"the catalog at {root} does not answer: `tercet serve` serves it, TERCET_API_URL names another",
                url=url,
            ) from error
        if error.status == _GONE:
            raise UpstreamError(f"the catalog at {root} has no Item {name}", url=url, status=_GONE) from error
        raise


async def _fetched(href: str, settings: Settings) -> Any:  # noqa: ANN401 - any JSON value
    async with _fetcher(href, settings) as fetcher:
        return (await fetcher.json(href)).document

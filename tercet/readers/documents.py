"""Small files that are wanted whole: Items, outlines, records, texts; with the credentials of their provider."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tercet.errors import NotServedError, ReaderError, UpstreamError
from tercet.fetch.assets import AssetClient
from tercet.readers.locations import Location
from tercet.settings import Settings

_T = TypeVar("_T")
_IMPATIENT = 2
"""How often a catalog is asked that may not be served at all."""


def document(href: str, settings: Settings) -> Any:  # noqa: ANN401 - any JSON value
    """JSON of a path or address.

    Raises:
        AuthError: we are not let in.
        ReaderError: there is no such file, or it is not JSON.
        UpstreamError: the address did not answer.
    """
    location = Location(href)
    try:
        return json.loads(content_of(location, settings))
    except ValueError as error:
        raise ReaderError(f"{location.name} is not JSON: {error}") from error


def text(location: Location, settings: Settings) -> str:
    """A text file, whole.

    Raises:
        ReaderError: it cannot be read, or is not UTF-8.
    """
    try:
        return content_of(location, settings).decode()
    except UnicodeDecodeError as error:
        raise ReaderError(f"{location.name} is no text in UTF-8: {error}") from error


def content_of(location: Location, settings: Settings, *, first: int | None = None) -> bytes:
    """A file, or its first bytes.

    Raises:
        AuthError: we are not let in.
        ReaderError: there is no such file.
        UpstreamError: the address did not answer.
    """
    if not location.is_local:
        return waited_for(_fetched(location.href, settings, first))
    try:
        with location.path.open("rb") as file:
            return file.read(-1 if first is None else first)
    except OSError as error:
        raise ReaderError(f"{location.name} cannot be read: {error.strerror or error}") from error


def item_of_catalog(name: str, settings: Settings) -> tuple[Any, str]:
    """The Item ``collection/id`` of the catalog that is served, and its address.

    Raises:
        UpstreamError: it has no such Item, or is not served.
    """
    collection, _, item = name.partition("/")
    root = str(settings.api_url).rstrip("/")
    url = f"{root}/collections/{collection}/items/{item}"
    impatient = settings.model_copy(update={"attempts": min(settings.attempts, _IMPATIENT)})
    try:
        return document(url, impatient), url
    except NotServedError as error:
        raise NotServedError(f"the catalog at {root} has no Item {name}", url=url, status=error.status) from error
    except UpstreamError as error:
        if error.status is not None:
            raise
        raise UpstreamError(
            f"the catalog at {root} does not answer: `tercet serve` serves it, TERCET_API_URL names another", url=url
        ) from error


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


def waited_for(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine, also where an event loop runs already, as in notebooks."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def _first(addresses: Mapping[str, str], settings: Settings) -> str | None:
    async with AssetClient(settings) as client:
        for name, address in addresses.items():
            try:
                async with client.open(address, headers={"Range": "bytes=0-1"}):
                    return name
            except NotServedError:
                continue
    return None


async def _fetched(href: str, settings: Settings, first: int | None) -> bytes:
    headers = {"Accept": "application/json, application/geo+json, */*"}
    if first is not None:
        headers["Range"] = f"bytes=0-{first - 1}"
    async with AssetClient(settings) as client, client.open(href, headers=headers) as answer:
        found = bytearray()
        async for part in answer.parts():
            found += part
            if first is not None and len(found) >= first:  # it sends no ranges
                return bytes(found[:first])
        return bytes(found)

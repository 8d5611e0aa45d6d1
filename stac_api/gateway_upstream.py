"""Files at the providers: asked for with the operator's credentials, answered as the provider answered."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing

from fastapi import HTTPException

from stac_api.gateway_ranges import Wanted
from stac_api.gateway_stream import Source
from tercet.errors import AuthError, ConfigError, NotServedError, TercetError, UpstreamError
from tercet.fetch.asset_answers import AssetAnswer
from tercet.fetch.assets import AssetClient, ForbiddenHrefError, ForbiddenRedirectError

_PASSED_ON = (
    *("Content-Length", "Content-Range", "Accept-Ranges", "Content-Encoding"),
    *("ETag", "Last-Modified"),
)
_VALUE = re.compile(r"[\t -~]*")
_TOTAL = re.compile(r"bytes \d+-\d+/(\d+)")
_START = re.compile(r"bytes (\d+)-")
_RESUMPTIONS = 5
_FIRST_BYTE = {"Range": "bytes=0-0"}


async def open_upstream(client: AssetClient, href: str, asked: Wanted, *, only_head: bool) -> Source:
    """Ask a provider for a file; only as far as its headers, the bytes come as they are taken.

    Args:
        client: of the providers' hosts only.
        href: from the catalog.
        asked: by the client.
        only_head: whether no bytes are wanted. Addresses that are signed for GET answer nothing else, so the first
            byte is asked for, which tells the rest.

    Raises:
        HTTPException: the failure, as `failure` says it.
    """
    stack = AsyncExitStack()
    headers = {**asked.headers, **(_FIRST_BYTE if only_head else {})}
    try:
        answer = await stack.enter_async_context(client.open(href, headers=headers))
    except TercetError as error:
        raise failure(error) from error
    said = {name: answer.headers[name] for name in _PASSED_ON if _VALUE.fullmatch(answer.headers.get(name, "\n"))}
    status = answer.status
    if only_head:
        status, said = _whole(status, said)
    return Source(status, said, _resumed(client, href, answer, stack), stack.aclose)


async def _resumed(
    client: AssetClient, href: str, answer: AssetAnswer, stack: AsyncExitStack
) -> AsyncGenerator[bytes, None]:
    """The bytes of an answer; where its connection is cut, the rest is asked for, if it is still the same file."""
    start, left, etag = _extent(answer)
    for resumptions_left in reversed(range(_RESUMPTIONS)):
        try:
            async with aclosing(answer.parts()) as parts:
                async for part in parts:
                    start, left = start + len(part), left - len(part)
                    yield part
        except UpstreamError as error:
            if left <= 0 or not etag or error.status is not None or not resumptions_left:
                raise
        else:
            return
        rest = {"Range": f"bytes={start}-{start + left - 1}", "If-Match": etag}
        answer = await stack.enter_async_context(client.open(href, headers=rest))
        if answer.status != 206 or answer.headers.get("ETag") != etag:  # noqa: PLR2004 - a part
            raise UpstreamError("the file was changed while it was read: ask again", url=href)


def _extent(answer: AssetAnswer) -> tuple[int, int, str]:
    """Where the bytes of an answer begin, how many they are, and the file's strong validator; 0 and "" if unsaid."""
    length, etag = answer.headers.get("Content-Length", ""), answer.headers.get("ETag", "")
    part = _START.match(answer.headers.get("Content-Range", ""))
    is_known = length.isdecimal() and (part is not None) == (answer.status == 206)  # noqa: PLR2004 - a part
    return int(part[1]) if part else 0, int(length) if is_known else 0, etag if etag.startswith('"') else ""


def _whole(status: int, said: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """What the answer to the first byte says of the whole file."""
    known = {name: value for name, value in said.items() if name not in ("Content-Range", "Content-Length")}
    if status == 416:  # noqa: PLR2004 - a file of no bytes has no first one
        return 200, {**known, "Content-Length": "0"}
    if status != 206:  # noqa: PLR2004 - a part
        return status, dict(said)
    total = _TOTAL.fullmatch(said.get("Content-Range", ""))
    return 200, {**known, **({"Content-Length": total[1]} if total else {}), "Accept-Ranges": "bytes"}


def failure(error: TercetError) -> HTTPException:
    """What a client of ours is told of a provider's failure."""
    words, headers = str(error), {}
    status = 502
    if isinstance(error, ForbiddenRedirectError):
        pass
    elif isinstance(error, ForbiddenHrefError | AuthError):
        status = 403  # never 401: it is not this client's login that is missing
    elif isinstance(error, NotServedError):
        status = 404
    elif isinstance(error, ConfigError):
        status = 503
    elif isinstance(error, UpstreamError) and error.status in (429, 504):
        status = error.status
        if error.status == 429:  # noqa: PLR2004 - too many requests
            headers = {"Retry-After": str(max(round(error.retry_after_s or 1), 1))}
    return HTTPException(status, words, headers=headers)

"""One request and its answer, bounded in time and size."""

import asyncio

import httpx2

from tercet.fetch.answers import RefusedError, TooLongError

LARGEST_ANSWER = 256 * 2**20
"""Bytes, unpacked: ten times the largest page that we know of. An answer without an end must not fill the memory."""

_SILENCES = 10


async def exchanged(
    client: httpx2.AsyncClient,
    request: httpx2.Request,
    auth: httpx2.Auth | None,
    *,
    timeout_s: float,
    whole: bool = True,
) -> tuple[httpx2.Response, bytes]:
    """Send a request and read the answer, of whatever status.

    Args:
        client: that sends, and follows redirects.
        request: may be sent again afterwards.
        auth: adds the credential.
        timeout_s: of silence; the whole may take ten times as long.
        whole: whether the body of a plain 200 is wanted; where it is not, a file may be any size.

    Raises:
        RefusedError: a login was.
        TooLongError: the answer is longer than `LARGEST_ANSWER`.
        httpx2.HTTPError: no answer, or not all of it.
    """
    # the client's own limit is for each read: a server that drips would hold us forever
    longest = _SILENCES * timeout_s
    try:
        async with asyncio.timeout(longest):
            response = await client.send(request, auth=auth, stream=True)
            try:
                wanted = whole or response.status_code != httpx2.codes.OK
                return response, await _body(response) if wanted else b""
            finally:
                await response.aclose()
    except TimeoutError:
        raise httpx2.ReadTimeout(f"not all of it in {longest:g} s", request=request) from None
    except httpx2.HTTPStatusError as error:
        # what a login answers may repeat what it was sent
        raise RefusedError(error.response, detail="") from None


async def _body(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise TooLongError(f"more than {LARGEST_ANSWER >> 20} MiB")
    return bytes(body)

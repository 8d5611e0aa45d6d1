"""What a provider answers when it is asked for a file: the bytes as they come, or an error with a next step."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import httpx2

from tercet.errors import AuthError, NotServedError, UpstreamError
from tercet.fetch.accounts import Account
from tercet.fetch.answers import RefusedError, detail_of, json_object, reason_of, retry_after, without_query

_LONGEST_REFUSAL = 64 * 1024
"""Bytes of an error's body that are read: the words are in the first few."""
_DETAIL_LENGTH = 300

USABLE = frozenset({200, 206, 304, 412, 416})
"""Statuses that answer a request for a file or a part of it; all others are failures."""
_GONE = frozenset({404, 410})
_STRANGERS = frozenset({401, 403})
_THROTTLED = 429


@dataclass(frozen=True, slots=True)
class AssetAnswer:
    """An answer that is there as far as its headers; its bytes come as they are asked for.

    Attributes:
        status: 200, 206, 304, 412 or 416.
        headers: names in any case.
    """

    status: int
    headers: Mapping[str, str]
    _response: httpx2.Response
    _provider: str

    async def parts(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces, not unpacked; no more is read than was asked for.

        Raises:
            UpstreamError: it ended early, or fell silent.
        """
        try:
            async for part in self._response.aiter_raw():
                yield part
        except httpx2.HTTPError as error:
            raise silent(self._provider, self._response.request.url, error) from error

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            UpstreamError: it ended early, or fell silent.
        """
        return b"".join([part async for part in self.parts()])


class ForbiddenHrefError(UpstreamError):
    """An address that is not asked: it is on another host than the providers'."""


class ForbiddenRedirectError(ForbiddenHrefError):
    """A provider sends us to where we do not go, or its name leads to where we do not go."""


class NoFileError(RefusedError):
    """An answer that is no file.

    Attributes:
        resolution: where the account gets the right that it lacks; NASA says it.
    """

    def __init__(self, response: httpx2.Response, detail: str, resolution: str = "") -> None:
        self.resolution = resolution
        super().__init__(response, detail[:_DETAIL_LENGTH])


def provider_of(account: Account | None, url: httpx2.URL) -> str:
    """As messages name whom we ask."""
    return account.provider if account else url.host


async def refusal(response: httpx2.Response) -> NoFileError:
    """What an answer that is no file says; a body without an end is not read to it."""
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > _LONGEST_REFUSAL:
            break
    return NoFileError(response, detail_of(bytes(body)), _resolution(bytes(body)))


def _resolution(body: bytes) -> str:
    url = json_object(body).get("resolution_url")
    return url if isinstance(url, str) and url.startswith("https://urs.earthdata.nasa.gov/") else ""


def failed(account: Account | None, error: NoFileError, *, without_secrets: str) -> UpstreamError:
    """The error for an answer that is no file.

    Args:
        account: whose file it is; None for a host that is nobody's.
        error: the answer.
        without_secrets: the provider's words without our tokens.
    """
    response, detail = error.response, without_secrets
    status, where = response.status_code, without_query(response.request.url)
    provider = provider_of(account, response.request.url)
    said = f"{provider} answered {status} at {where}{f': {detail}' if detail else ''}"
    if status in _STRANGERS:
        return AuthError(f"{said}; {_right(account, error)}", url=where, status=status, detail=detail)
    if status in _GONE:
        return NotServedError(f"{said}; the file is not there (any more)", url=where, status=status, detail=detail)
    wait = retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    pause = wait.total_seconds() if wait is not None else None
    hint = "it asks for a pause" if status == _THROTTLED else "try again later"
    return UpstreamError(f"{said}; {hint}", url=where, status=status, detail=detail, retry_after_s=pause)


def _right(account: Account | None, error: NoFileError) -> str:
    if account is None:
        return "it wants a login that Tercet does not have"
    if account.credential is None:
        return account.login
    if error.response.status_code == httpx2.codes.UNAUTHORIZED:
        return f"it does not take our login: {account.login}"
    return f"{account.rights}{f' ({error.resolution})' if error.resolution else ''}"


def is_page(response: httpx2.Response) -> bool:
    """Whether it is a page for people where a file was due: an outage, or a login."""
    _, dot, suffix = response.request.url.path.rpartition("/")[2].rpartition(".")
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return bool(is_html and dot and not suffix.lower().startswith("htm"))


def unusable(provider: str, url: httpx2.URL) -> UpstreamError:
    """The error for a page where a file was due."""
    where = without_query(url)
    return UpstreamError(
        f"{provider} answered {where} with an HTML page where a file was due: try again later", url=where
    )


def unknown(account: Account, url: httpx2.URL) -> AuthError:
    """The error where a provider sends us to its login's page."""
    where = without_query(url)
    return AuthError(
        f"{account.provider} does not know us at {where}: {account.login}", url=where, status=httpx2.codes.UNAUTHORIZED
    )


def silent(provider: str, url: httpx2.URL, error: Exception) -> UpstreamError:
    """The error where no answer came, or not all of it; ``status`` is 504 where it was for time."""
    where = without_query(url)
    status = httpx2.codes.GATEWAY_TIMEOUT if isinstance(error, httpx2.TimeoutException) else None
    return UpstreamError(
        f"{provider} did not answer {where} ({reason_of(error)}): check the network, or try again later",
        url=where,
        status=status,
    )

"""What a failed request means: whether to ask again, and what to tell the user."""

import datetime as dt

import httpx2

from tercet.errors import AuthError, UpstreamError
from tercet.fetch.answers import RefusedError, WrongBodyError, reason_of, retry_after, without_query

RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})
_DETAIL_LENGTH = 300

# the same request would fail the same way
_FOR_GOOD = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.TooManyRedirects)


def worth_retrying(error: Exception, *, max_wait_s: float) -> bool | dt.timedelta:
    """Whether to ask again, and when: the server's word beats our back-off.

    Args:
        error: of one attempt.
        max_wait_s: a longer pause than this is not waited for.
    """
    if isinstance(error, RefusedError):
        if error.response.status_code not in RETRYABLE:
            return False
        wait = retry_after(error.response.headers.get("Retry-After", ""))
        if wait is None:
            return True
        return wait if wait.total_seconds() <= max_wait_s else False
    if isinstance(error, _FOR_GOOD):
        return False
    return isinstance(error, httpx2.TransportError | httpx2.DecodingError | WrongBodyError)


def refused(provider: str, response: httpx2.Response, detail: str) -> UpstreamError:
    """The error for an answer of another status than success.

    Args:
        provider: the name that messages use.
        response: the last answer.
        detail: the provider's own words, without our secrets.
    """
    status, where, detail = response.status_code, without_query(response.request.url), detail[:_DETAIL_LENGTH]
    said = f": {detail}" if detail else ""
    if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        return AuthError(
            f"{provider} answered {status} at {where}{said}; check its credentials in the environment",
            url=where,
            status=status,
            detail=detail,
        )
    return UpstreamError(
        f"{provider} answered {status} at {where}{said}; {_hint(response)}", url=where, status=status, detail=detail
    )


def _hint(response: httpx2.Response) -> str:
    if response.status_code not in RETRYABLE:
        return "check what was asked for"
    wait = retry_after(response.headers.get("Retry-After", ""))
    return f"it asks for a pause of {wait.total_seconds():.0f} s, try again after that" if wait else "try again later"


def unusable(provider: str, where: str, error: WrongBodyError) -> UpstreamError:
    """The error for answers that were not the JSON that was asked for."""
    return UpstreamError(
        f"{provider} answered {where} with {error}: it may be under maintenance, try again later", url=where
    )


def unanswered(provider: str, where: str, error: Exception, *, attempts: int) -> UpstreamError:
    """The error for a request to which no answer came."""
    if isinstance(error, _FOR_GOOD):
        return UpstreamError(
            f"{provider} cannot be asked at {where} ({reason_of(error)}): check its address in the environment",
            url=where,
        )
    return UpstreamError(
        f"{provider} did not answer {where} ({reason_of(error)}) in {attempts} attempts: "
        "check the network, or try again later",
        url=where,
    )

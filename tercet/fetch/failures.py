"""What a failed request means: whether to ask again, and what to tell the user."""

import datetime as dt

import httpx2

from tercet.errors import AuthError, UpstreamError
from tercet.fetch.answers import RefusedError, TooLongError, WrongBodyError, reason_of, retry_after, without_query

_DETAIL_LENGTH = 300
# a provider that says 0 means "again", not "at once, as often as you like"
_SHORTEST_PAUSE = dt.timedelta(seconds=1)

# the same request would fail the same way
_FOR_GOOD = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.TooManyRedirects, TooLongError)


def _is_passing(status: int) -> bool:
    """Whether the same request may succeed later; all of 5xx but "not implemented", and HTTP versions."""
    return status in (408, 425, 429) or (httpx2.codes.is_server_error(status) and status not in (501, 505))


def worth_retrying(error: Exception, *, max_wait_s: float) -> bool | dt.timedelta:
    """Whether to ask again, and when: the server's word beats our back-off.

    Args:
        error: of one attempt.
        max_wait_s: a longer pause than this is not waited for.
    """
    if isinstance(error, RefusedError):
        if not _is_passing(error.response.status_code):
            return False
        wait = _pause(error.response)
        if wait is None:
            return True
        return max(wait, _SHORTEST_PAUSE) if wait.total_seconds() <= max_wait_s else False
    if isinstance(error, _FOR_GOOD):
        return False
    return isinstance(error, httpx2.TransportError | httpx2.DecodingError | WrongBodyError)


def _pause(response: httpx2.Response) -> dt.timedelta | None:
    return retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))


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
            f"{provider} answered {status} at {where}{said}; check its credentials in the environment: "
            "renew the token, or unset it where public records are enough",
            url=where,
            status=status,
            detail=detail,
        )
    return UpstreamError(
        f"{provider} answered {status} at {where}{said}; {_hint(response)}", url=where, status=status, detail=detail
    )


def _hint(response: httpx2.Response) -> str:
    if not _is_passing(response.status_code):
        return "check what was asked for"
    wait = _pause(response)
    return f"it asks for a pause of {wait.total_seconds():.0f} s, try again after that" if wait else "try again later"


def moved(provider: str, where: str, to: str) -> UpstreamError:
    """The error for a redirect that turned a POST into a GET: what it answers is not what was asked."""
    return UpstreamError(
        f"{provider} redirects {where} to {to}, and what was asked is lost on the way: "
        "set its new address in the environment, or try again later",
        url=where,
    )


def unusable(provider: str, where: str, error: WrongBodyError) -> UpstreamError:
    """The error for answers that were not the JSON that was asked for."""
    return UpstreamError(f"{provider} answered {where} with {error}: {error.hint}", url=where)


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

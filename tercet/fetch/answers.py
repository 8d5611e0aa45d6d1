"""What an HTTP answer says: JSON or not, when to ask again, the provider's own words."""

import datetime as dt
import email.utils
from collections.abc import Iterable, Mapping
from typing import Any

import httpx2
import orjson


class WrongBodyError(Exception):
    """An answer of status 200 that is not the JSON that was asked for: an outage page, or cut short."""


class RefusedError(Exception):
    """An answer of another status than success. Unlike the client's own errors it does not spell the query."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        super().__init__(f"status {response.status_code} at {without_query(response.request.url)}")


def retry_after(value: str) -> dt.timedelta | None:
    """Read a Retry-After header, in seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Returns:
        How long to wait from now, never negative; None where the header is absent or unreadable.
    """
    value = value.strip()
    try:
        if value.isdecimal():
            return dt.timedelta(seconds=int(value))
        moment = email.utils.parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return max(moment - dt.datetime.now(dt.UTC), dt.timedelta(0))
    except OverflowError:  # more than the calendar holds is still a number: longer than anybody waits
        return dt.timedelta.max
    except ValueError:
        return None


def parsed(response: httpx2.Response) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON value of an answer.

    Raises:
        WrongBodyError: it is a page for people, or not whole.
    """
    body = response.content
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind in ("text/html", "application/xhtml+xml") or body.lstrip()[:1] == b"<":
        raise WrongBodyError("an HTML or XML page where JSON was due")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        what = "nothing" if not body.strip() else f"{len(body)} bytes that are not whole JSON ({error.msg})"
        raise WrongBodyError(what) from error


def detail_of(response: httpx2.Response) -> str:
    """The provider's own words in an error body, on one line; each spells them differently."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return ""
    return " ".join(" ".join(_sentences(body)).split())


def _sentences(body: Any) -> Iterable[str]:  # noqa: ANN401 - any JSON value
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for part in body:
            yield from _sentences(part)
    elif isinstance(body, Mapping):
        # CMR: errors; FedEO: error.message; django-ninja: detail[].msg; Keycloak: error_description
        for key in (
            "errors",
            "error",
            "detail",
            "messages",
            "message",
            "msg",
            "error_description",
            "description",
        ):
            yield from _sentences(body.get(key))


def without_query(url: httpx2.URL) -> str:
    """A URL fit for messages and logs: queries and user names may be secrets."""
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))


def reason_of(error: Exception) -> str:
    """What went wrong, in a word at least."""
    return str(error) or type(error).__name__

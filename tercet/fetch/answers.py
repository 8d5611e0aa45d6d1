"""What an HTTP answer says: JSON or not, when to ask again, the provider's own words."""

import datetime as dt
import email.utils
from collections.abc import Iterable, Mapping
from typing import Any

import httpx2
import orjson


class WrongBodyError(Exception):
    """An answer of status 200 that is not the JSON that was asked for: an outage page, or cut short."""

    hint = "it may be under maintenance, try again later"


class TooLongError(WrongBodyError):
    """An answer that does not come to an end within reason; the next one would not either."""

    hint = "ask for less at once"


class RefusedError(Exception):
    """An answer of another status than success. Unlike the client's own errors it does not spell the query.

    Attributes:
        response: its status and headers.
        detail: the provider's own words.
    """

    def __init__(self, response: httpx2.Response, detail: str) -> None:
        self.response = response
        self.detail = detail
        super().__init__(f"status {response.status_code} at {without_query(response.request.url)}")


def retry_after(value: str, date: str = "") -> dt.timedelta | None:
    """Read a Retry-After header, in seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Args:
        value: of the header.
        date: of the Date header that came with it: by the provider's own clock, ours may be wrong.

    Returns:
        How long to wait from now, never negative; None where the header is absent or unreadable.
    """
    value = value.strip()
    try:
        if value.isdecimal():
            return dt.timedelta(seconds=int(value))
        return max(_moment(value) - (_moment(date) if date else dt.datetime.now(dt.UTC)), dt.timedelta(0))
    except OverflowError:  # more than the calendar holds is still a number: longer than anybody waits
        return dt.timedelta.max
    except ValueError:
        return None


def _moment(http_date: str) -> dt.datetime:
    moment = email.utils.parsedate_to_datetime(http_date)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def parsed(body: bytes, media_type: str) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON value of an answer.

    Raises:
        WrongBodyError: it is a page for people, or not whole.
    """
    kind = media_type.partition(";")[0].strip()
    if kind in ("text/html", "application/xhtml+xml") or body.lstrip()[:1] == b"<":
        raise WrongBodyError("an HTML or XML page where JSON was due")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        what = "nothing" if not body.strip() else f"{len(body)} bytes that are not whole JSON ({error.msg})"
        raise WrongBodyError(what) from error


def json_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that an answer is; an empty one where it is something else."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


# CMR: errors; FedEO: error.message; django-ninja: detail[].msg; Carbon Mapper: errors.NAME[]; Keycloak:
# error_description
_WORDS = ("errors", "error", "detail", "messages", "message", "msg", "error_description", "description")
_DEEPEST = 8


def detail_of(body: bytes) -> str:
    """The provider's own words in an error body, on one line; each spells them differently."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return " ".join(" ".join(_sentences(document)).split())


def _sentences(part: Any, depth: int = 0) -> Iterable[str]:  # noqa: ANN401 - any JSON value
    if isinstance(part, str):
        yield part
    elif depth < _DEEPEST:
        for inner in _parts(part, is_inner=depth > 0):
            yield from _sentences(inner, depth + 1)


def _parts(part: Any, *, is_inner: bool) -> Iterable[Any]:  # noqa: ANN401 - any JSON value
    if isinstance(part, Mapping):
        named = [part[name] for name in _WORDS if name in part]
        return named or (part.values() if is_inner else ())
    return part if isinstance(part, list) else ()


def without_query(url: httpx2.URL) -> str:
    """A URL fit for messages and logs: queries and user names may be secrets."""
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))


def reason_of(error: Exception) -> str:
    """What went wrong, in a word at least."""
    return str(error) or type(error).__name__

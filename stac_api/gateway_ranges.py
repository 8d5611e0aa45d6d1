"""What a client asks for of a file: a part of it, or only if it has changed (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from fastapi import HTTPException, Request

_ONE_RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\s*", re.ASCII)
CONDITIONS = ("If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """A range and conditions; all that goes on from a client's headers.

    Attributes:
        first: the first byte, None for a suffix or the whole.
        last: the last byte, inclusive; None for all that follows.
        suffix: so many bytes from the end, or None.
        conditions: by the names of their headers.
    """

    first: int | None
    last: int | None
    suffix: int | None
    conditions: Mapping[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """The same for a provider: what the client sent is written anew, not passed on."""
        asked = dict(self.conditions)
        if self.suffix is not None:
            asked["Range"] = f"bytes=-{self.suffix}"
        elif self.first is not None:
            asked["Range"] = f"bytes={self.first}-{'' if self.last is None else self.last}"
        else:
            asked.pop("If-Range", None)
        return asked


def wanted(request: Request) -> Wanted:
    """Read what a request asks for. HEAD is about the whole.

    Several ranges at once are refused: an answer with all of the file, which is allowed, may be gigabytes that
    nobody asked for; one made of many parts would let a client multiply them.

    Raises:
        HTTPException: 416 for several ranges, or none that makes sense; 400 for headers that are too long.
    """
    if any(len(request.headers.get(name, "")) > _LONGEST for name in (*CONDITIONS, "Range")):
        raise HTTPException(400, f"a condition or range has more than {_LONGEST} characters")
    conditions = {name: value for name in CONDITIONS if (value := request.headers.get(name))}
    ranges = [] if request.method == "HEAD" else request.headers.getlist("Range")
    unit = ranges[0].partition("=")[0].strip().lower() if ranges else ""
    if unit != "bytes":
        return Wanted(None, None, None, conditions)  # of other units nobody knows what they mean
    found = _ONE_RANGE.fullmatch(ranges[0]) if len(ranges) == 1 else None
    first, last, suffix = ((int(part) if part else None) for part in found.groups()) if found else (1, 0, None)
    if first is not None and last is not None and last < first:
        raise HTTPException(416, "ask for one range, such as bytes=0-1023, bytes=1024- or bytes=-512")
    return Wanted(first, last, suffix, conditions)


@dataclass(frozen=True, slots=True)
class Version:
    """A file as it is now.

    Attributes:
        size: bytes.
        etag: with its quotes.
        modified: an HTTP date.
    """

    size: int
    etag: str
    modified: str

    @property
    def headers(self) -> dict[str, str]:
        """What every answer says of it."""
        said = {"ETag": self.etag, "Last-Modified": self.modified, "Accept-Ranges": "bytes"}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is answered: a status, and which bytes.

    Attributes:
        status: 200, 206, 304, 412 or 416.
        start: the first byte.
        stop: after the last byte.
        headers: that the range brings with it.
    """

    status: int
    start: int
    stop: int
    headers: Mapping[str, str]


def chosen(asked: Wanted, version: Version) -> Chosen:
    """Hold what is asked for against a file that we have ourselves."""
    status = _conditional(asked.conditions, version)
    if status is not None:
        return Chosen(status, 0, 0, {})
    span = _span(asked, version.size) if _is_same(asked.conditions.get("If-Range"), version) else None
    if span is None:
        return Chosen(200, 0, version.size, {"Content-Length": str(version.size)})
    start, stop = span
    if start >= stop:
        return Chosen(416, 0, 0, {"Content-Range": f"bytes */{version.size}"})
    said = {"Content-Range": f"bytes {start}-{stop - 1}/{version.size}", "Content-Length": str(stop - start)}
    return Chosen(206, start, stop, said)


def _span(asked: Wanted, size: int) -> tuple[int, int] | None:
    if asked.suffix is not None:
        return max(size - asked.suffix, 0) if asked.suffix else size, size
    if asked.first is None:
        return None
    return asked.first, size if asked.last is None else min(asked.last + 1, size)


def _conditional(conditions: Mapping[str, str], version: Version) -> int | None:
    """The status that conditions lead to, in the order of RFC 9110, section 13.2.2."""
    if match := conditions.get("If-Match"):
        if not _lists(match, version.etag, strongly=True):
            return 412
    elif (since := conditions.get("If-Unmodified-Since")) and _is_later(version.modified, since) is True:
        return 412
    if none_match := conditions.get("If-None-Match"):
        return 304 if _lists(none_match, version.etag, strongly=False) else None
    since = conditions.get("If-Modified-Since")
    return 304 if since and _is_later(version.modified, since) is False else None


def _lists(tags: str, etag: str, *, strongly: bool) -> bool:
    if tags.strip() == "*":
        return True
    if strongly and etag.startswith("W/"):
        return False
    listed = re.findall(r'(?:W/)?"[^"]*"', tags)
    return etag.removeprefix("W/") in {tag if strongly else tag.removeprefix("W/") for tag in listed}


def _is_same(condition: str | None, version: Version) -> bool:
    if condition is None:
        return True
    return not condition.startswith("W/") and condition in (version.etag, version.modified)


def _is_later(modified: str, since: str) -> bool | None:
    """Whether a file was changed after a date; None where one of both cannot be read."""
    try:
        return parsedate_to_datetime(modified) > parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return None

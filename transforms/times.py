"""One spelling of time: UTC, RFC 3339, milliseconds, Z. pgSTAC's loader compares datetimes as strings."""

import re
from datetime import UTC, datetime

from tercet.errors import RecordError

_OURS = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z", re.ASCII)
_COMPACT = re.compile(r"\d{14}", re.ASCII)


def utc(value: str, *, name: str = "time") -> str:
    """Spell a provider's timestamp as 2026-01-02T03:04:05.678Z.

    Args:
        value: any ISO 8601 spelling that the providers use; without an offset it is UTC.
        name: the field, for the error.

    Raises:
        RecordError: it is not a timestamp.
    """
    try:
        ours = _OURS.fullmatch(value)
        moment = datetime.fromisoformat(value)
        if ours:  # most are; writing them again takes four times as long
            return value
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        # OverflowError: 9999-12-31 with an offset leaves the calendar
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordError(f"{name} is not a timestamp: {value!r}") from error


def compact(value: str, *, name: str = "time") -> str:
    """Spell 20260102030405, as file names do, as 2026-01-02T03:04:05.000Z.

    Raises:
        RecordError: it is not fourteen digits of a date and time.
    """
    whole = isinstance(value, str) and _COMPACT.fullmatch(value)
    try:
        # strptime takes ten times as long, and thirteen digits too
        return datetime.fromisoformat(f"{value[:8]}T{value[8:]}" if whole else "").isoformat() + ".000Z"
    except ValueError as error:
        raise RecordError(f"{name} is not yyyymmddHHMMSS: {value!r}") from error

"""How the values of Carbon Mapper's fields are read, whichever surface they came from."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from tercet.errors import RecordError
from transforms.times import utc

# AVIRIS flies on several aircraft and the answers do not say on which, so its platform is the provider's own
# label, which names the instrument; GAO is the aircraft, and the provider's code for the spectrometer on it
PLATFORMS: Mapping[str, tuple[str, str]] = {
    "tan": ("tanager-1", "tanager"),
    "emi": ("iss", "emit"),
    "GAO": ("global-airborne-observatory", "gao"),
    "av3": ("aviris-3", "aviris-3"),
    "ang": ("aviris-ng", "aviris-ng"),
    "ssc": ("skysat", "skysat"),
}
"""Instrument code to platform and instrument as this catalog spells them."""

_NO_SECTOR = frozenset({"NA", "NULL"})
_FLAGS = {"true": True, "false": False}
_SECTOR_CODE = re.compile(r"\(([^()]+)\)$")
_SLUG = re.compile(r"[^a-z0-9]+")
_RIGHT_ANGLE = 90.0
_TURN, _HALF_TURN = 360.0, 180.0
_WHOLE = 100.0

Reader = Callable[[Any, str], Any]
Table = tuple[tuple[str, str, Reader], ...]
"""Field, property, and how the one becomes the other, in the order in which Items show them."""


def read(table: Table, record: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are one field each; what is null or empty is left out.

    Raises:
        RecordError: a field holds what it cannot hold.
    """
    found: dict[str, Any] = {}
    for field, name, reader in table:
        value = record.get(field)
        if value is None or value == "":
            continue
        value = reader(value, field)
        if value is not None:
            found[name] = value
    return found


def number(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """A finite number, or None where there is none; CSV has it as text.

    Raises:
        RecordError: it is something else.
    """
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            result = float(value)
        except (ValueError, OverflowError) as error:
            raise RecordError(f"{name} is not a number: {value!r}") from error
        return result if math.isfinite(result) else None
    raise RecordError(f"{name} is not a number: {value!r}")


def count(value: Any, name: str) -> int | None:  # noqa: ANN401 - any JSON value
    """A whole number that is not negative."""
    found = number(value, name)
    return int(found) if found is not None and found >= 0 else None


def text(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON value
    """A text without blanks around it, or None where nothing is left."""
    if not isinstance(value, str):
        raise RecordError(f"{name} is not a text: {value!r}")
    return value.strip() or None


def upper(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON value
    """A text in upper case: the gas is ``CH4`` here and ``ch4`` there."""
    found = text(value, name)
    return found and found.upper()


def flag(value: Any, name: str) -> bool:  # noqa: ANN401 - any JSON value
    """True or false; CSV has it as text."""
    found = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise RecordError(f"{name} is neither true nor false: {value!r}")
    return found


def values(value: Any, name: str) -> list[Any] | None:  # noqa: ANN401 - any JSON value
    """What a list holds besides nulls, or None where that is nothing; CSV has it as a JSON text."""
    try:
        found = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise RecordError(f"{name} is not a list: {value!r}")
    return [one for one in found if one is not None] or None


def numbers(value: Any, name: str) -> list[Any] | None:  # noqa: ANN401 - any JSON value
    """A list of finite numbers as they are, or None where one of them is none."""
    if not isinstance(value, list) or any(number(one, name) is None for one in value if one is not None):
        raise RecordError(f"{name} is not a list of numbers: {value!r}")
    return value if value and None not in value else None


def moment(value: Any, name: str) -> str:  # noqa: ANN401 - any JSON value
    """A time in the catalog's spelling."""
    return utc(value, name=name)


def size(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """A number above 0."""
    found = number(value, name)
    return found if found is not None and found > 0 else None


def share(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """A share in percent."""
    found = number(value, name)
    return found if found is not None and 0 <= found <= _WHOLE else None


def corners(value: Any, name: str) -> list[float] | None:  # noqa: ANN401 - any JSON value
    """West, south, east and north of a plume or scene, degrees; None where they are a point or a line.

    Raises:
        RecordError: they are not four numbers.
    """
    try:
        west, south, east, north = map(float, value)
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordError(f"{name} is not west, south, east, north: {value!r}") from error
    if west == east or south == north:
        return None
    # none is half as wide as the globe: these are least and greatest longitude of what lies across the antimeridian
    return [east, south, west, north] if east - west > _HALF_TURN else [west, south, east, north]


def angle(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """An angle from north, clockwise, in [0, 360)."""
    found = number(value, name)
    return found % _TURN if found is not None else None


def elevation(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """Degrees above the horizon, of those from the zenith."""
    found = number(value, name)
    return _RIGHT_ANGLE - found if found is not None and 0 <= found <= 2 * _RIGHT_ANGLE else None


def nadir_angle(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """An angle from nadir; to which side it leans is not what view:off_nadir tells."""
    found = number(value, name)
    return abs(found) if found is not None and abs(found) <= _RIGHT_ANGLE else None


def sector(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON value
    """The code: JSON has it bare, CSV in brackets after words ("Oil & Gas (1B2)")."""
    found = text(value, name)
    if found is None or found in _NO_SECTOR:
        return None
    if found == "Other":
        return "other"
    code = _SECTOR_CODE.search(found)
    return code[1] if code else found


def platform(code: object, label: object, name_code: str) -> tuple[str, str]:
    """Platform and instrument as this catalog spells them; codes that are new to us are taken as they are.

    Args:
        code: of the instrument, as the record has it.
        label: of the platform, as the record has it.
        name_code: the code that the thing's name begins with, for records without one.

    Raises:
        RecordError: code or label is no text.
    """
    code, label = code or name_code, label or ""
    if not isinstance(code, str) or not isinstance(label, str):
        raise RecordError(f"instrument and platform are not texts: {code!r}, {label!r}")
    return PLATFORMS.get(code) or PLATFORMS.get(name_code) or (slug(label or code), slug(code))


def slug(words: str) -> str:
    """Lower case, words joined by hyphens."""
    return _SLUG.sub("-", words.lower()).strip("-") or "unknown"


def acquired(value: Any, second: str, fraction: str, name: str) -> str:  # noqa: ANN401 - any JSON value
    """The start of a scene, the same whichever surface spoke.

    Only some answers have a fraction of a second, so it is the name's: Tanager's hundredths.

    Args:
        value: as the record has it, or nothing.
        second: start of the scene in its name, to the second.
        fraction: of the second in its name, as milliseconds.
        name: the field, for the error.
    """
    found = utc(value, name=name)[:19] if value else utc(second, name="its name's time")[:19]
    return f"{found}.{fraction if found == second else '000'}Z"


def updated(published: str | None, modified: str | None) -> dict[str, str]:
    """``published`` and ``updated``, as far as they are known.

    The provider's ``modified`` can be some milliseconds before its ``published_at``: a record is not changed
    before it is published, so ``updated`` is the later.
    """
    found = {"published": published, "updated": max(filter(None, (published, modified)), default=None)}
    return {name: value for name, value in found.items() if value}


def new_fields(names: Iterable[str], known: frozenset[str]) -> list[str]:
    """Names that are not known, in order."""
    return sorted(str(name) for name in names if name not in known)

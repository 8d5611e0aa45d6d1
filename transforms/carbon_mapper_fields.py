"""The fields of a plume, as REST (JSON) and as CSV spell them, and the properties that they become.

Every field of either is in one of the tables here; the assets' addresses are in ``ADDRESSES``.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tercet.errors import RecordError
from transforms.times import utc

Record = Mapping[str, Any]

ADDRESSES = ("plume_tif", "con_tif", "rgb_tif", "plume_png", "plume_rgb_png", "rgb_png")

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
_SECTOR_CODE = re.compile(r"\(([^()]+)\)$")
_SLUG = re.compile(r"[^a-z0-9]+")
_RIGHT_ANGLE = 90.0


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


def _text(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str):
        raise RecordError(f"{name} is not a text: {value!r}")
    return value.strip() or None


def _upper(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON value
    text = _text(value, name)
    return text and text.upper()


def _flag(value: Any, name: str) -> bool:  # noqa: ANN401 - any JSON value
    if not isinstance(value, bool):
        raise RecordError(f"{name} is neither true nor false: {value!r}")
    return value


def _list(value: Any, name: str) -> list[Any] | None:  # noqa: ANN401 - any JSON value
    if not isinstance(value, list):
        raise RecordError(f"{name} is not a list: {value!r}")
    return value or None


def _size(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    size = number(value, name)
    return size if size is not None and size > 0 else None


def _angle(value: Any, name: str) -> float | None:  # noqa: ANN401 - any JSON value
    """An angle from nadir; to which side it leans is not what view:off_nadir tells."""
    angle = number(value, name)
    return abs(angle) if angle is not None and abs(angle) <= _RIGHT_ANGLE else None


def _sector(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON value
    """The code: JSON has it bare, CSV in brackets after words ("Oil & Gas (1B2)")."""
    text = _text(value, name)
    if text is None or text in _NO_SECTOR:
        return None
    if text == "Other":
        return "other"
    code = _SECTOR_CODE.search(text)
    return code[1] if code else text


_Reader = Callable[[Any, str], Any]

# in the order in which Items show them
_PROPERTIES: tuple[tuple[str, str, _Reader], ...] = (
    ("gas", "cm:gas", _upper),
    ("emission_auto", "cm:emission", number),
    ("emission_uncertainty_auto", "cm:emission_uncertainty", number),
    ("emission_cmf_type", "cm:emission_cmf_type", _text),
    ("hide_emission", "cm:hide_emission", _flag),
    ("sector", "cm:sector", _sector),
    ("ipcc_sector", "cm:sector", _sector),
    ("wind_speed_avg_auto", "cm:wind_speed_avg", number),
    ("wind_speed_std_auto", "cm:wind_speed_std", number),
    ("wind_direction_avg_auto", "cm:wind_direction_avg", number),
    ("wind_direction_std_auto", "cm:wind_direction_std", number),
    ("wind_source_auto", "cm:wind_source", _text),
    ("plume_latitude", "cm:plume_latitude", number),
    ("plume_longitude", "cm:plume_longitude", number),
    ("country", "cm:country", _text),
    ("state_province", "cm:state_province", _text),
    ("is_offshore", "cm:is_offshore", _flag),
    ("mission_phase", "cm:mission_phase", _text),
    ("sensitivity_mode", "cm:sensitivity_mode", _text),
    ("cmf_type", "cm:cmf_type", _text),
    ("collection", "cm:collection", _text),
    ("id", "cm:plume_uuid", _text),
    ("scene_id", "cm:scene_uuid", _text),
    ("plume_quality", "cm:plume_quality", _text),
    ("phme_candidate", "cm:phme_candidate", _flag),
    ("publication_sources", "cm:publications", _list),
    ("provider", "cm:provider", _text),
    ("gsd", "gsd", _size),
    ("off_nadir", "view:off_nadir", _angle),
)
MAPPED_ELSEWHERE = frozenset(
    {
        *ADDRESSES,
        "plume_id",
        "geometry_json",
        "scene_timestamp",
        "datetime",
        "instrument",
        "platform",
        "plume_bounds",
        "emission_version",
        "processing_software",
        "published_at",
        "modified",
        "status",
    }
)
"""Fields that become the id, geometry, times, version or assets of the Item, or only decide whether there is one."""
KNOWN = MAPPED_ELSEWHERE | {field for field, _, _ in _PROPERTIES}
"""Every field of the two surfaces; what else a record has is new."""


def properties(record: Record) -> dict[str, Any]:
    """The properties that are one field each.

    Raises:
        RecordError: a field holds what it cannot hold.
    """
    found: dict[str, Any] = {}
    for field, name, read in _PROPERTIES:
        value = record.get(field)
        if value is None or value == "":
            continue
        value = read(value, field)
        if value is not None:
            found[name] = value
    if found.get("cm:hide_emission"):  # known but not said: even where an account may see it
        found.pop("cm:emission", None)
        found.pop("cm:emission_uncertainty", None)
    _add_origin(found, record)
    return found


def _add_origin(found: dict[str, Any], record: Record) -> None:
    """Where the plume begins: REST has it as a GeoJSON Point, CSV in two columns."""
    point = record.get("geometry_json")
    if point is None:
        return
    try:
        longitude, latitude = point["coordinates"][:2]
    except (TypeError, KeyError, ValueError) as error:
        raise RecordError(f"geometry_json is not a GeoJSON Point: {point!r}") from error
    found["cm:plume_latitude"] = number(latitude, "geometry_json")
    found["cm:plume_longitude"] = number(longitude, "geometry_json")


def bounds(record: Record) -> tuple[float, float, float, float]:
    """West, south, east, north of the plume's crop, degrees; CSV has them as a JSON text.

    Raises:
        RecordError: there are none, or not four numbers.
    """
    value = record.get("plume_bounds")
    if not value:
        raise RecordError("it has no plume_bounds, so what it covers is not known")
    try:
        corners = orjson.loads(value) if isinstance(value, str) else value
        west, south, east, north = (float(corner) for corner in corners)
    except (TypeError, ValueError) as error:
        raise RecordError(f"plume_bounds is not west, south, east, north: {value!r}") from error
    return west, south, east, north


def platform(record: Record, instrument: str) -> tuple[str, str]:
    """Platform and instrument as this catalog spells them; codes that are new to us are taken as they are.

    Args:
        record: a plume.
        instrument: the code in its id, for records without one.
    """
    code, label = record.get("instrument") or instrument, record.get("platform") or ""
    if not isinstance(code, str) or not isinstance(label, str):
        raise RecordError(f"instrument and platform are not texts: {code!r}, {label!r}")
    return PLATFORMS.get(code) or PLATFORMS.get(instrument) or (slug(label or code), slug(code))


def slug(text: str) -> str:
    """Lower case, words joined by hyphens."""
    return _SLUG.sub("-", text.lower()).strip("-") or "unknown"


def times(record: Record) -> dict[str, str]:
    """``published`` and ``updated``, as far as they are known.

    The provider's ``modified`` can be some milliseconds before its ``published_at``: a record is not changed
    before it is published, so ``updated`` is the later.
    """
    found = {}
    published, modified = record.get("published_at"), record.get("modified")
    if published:
        found["published"] = found["updated"] = utc(published, name="published_at")
    if modified:
        changed = utc(modified, name="modified")
        found["updated"] = max(changed, found.get("updated", changed))
    return found

"""Values that several commands take, each with an error that says what is wrong with it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from tercet.errors import ConfigError, RecordError
from tercet.readers.base import Bbox
from transforms.geometry import repaired


class Moment(click.ParamType[datetime]):
    """A date or a moment; without an offset it is UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read it, or end with a usage error."""
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no date or moment: write 2026-01-31 or 2026-01-31T12:00:00Z", param, ctx)


class BboxParameter(click.ParamType[Bbox]):
    """West, south, east, north in degrees."""

    name = "W,S,E,N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Bbox:  # noqa: ANN401
        """Read it, or end with a usage error that says which number is wrong."""
        try:
            west, south, east, north = (float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not four numbers: west,south,east,north", param, ctx)
        wrong = _wrong_corner(west, south, east, north)
        if wrong:
            self.fail(f"{value!r}: {wrong}; the order is west,south,east,north", param, ctx)
        return west, south, east, north


def _wrong_corner(west: float, south: float, east: float, north: float) -> str | None:
    for name, value, limit in (("west", west, 180), ("south", south, 90), ("east", east, 180), ("north", north, 90)):
        if not -limit <= value <= limit:
            return f"{name} is {value:g}, beyond ±{limit}"
    if south >= north:
        return f"south {south:g} is not below north {north:g}"
    return "it has no width" if west == east else None


def geometry_in(path: str | None, *, option: str) -> dict[str, Any] | None:
    """Read the one geometry in a GeoJSON file: a geometry, a Feature, or a FeatureCollection of one.

    Raises:
        ConfigError: it holds no such thing; the option's name is in the message.
    """
    if path is None:
        return None
    try:
        document = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"{option} {path} cannot be read ({error.strerror}): name a file of GeoJSON") from error
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{option} {path} is no GeoJSON: {error}") from error
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        features = document.get("features") or []
        if len(features) != 1:
            raise ConfigError(f"{option} {path} holds {len(features)} features: one is needed")
        document = features[0]
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = document.get("geometry")
    if not isinstance(document, dict):
        raise ConfigError(f"{option} {path} holds no GeoJSON geometry")
    try:
        return repaired(document)
    except RecordError as error:
        raise ConfigError(f"{option} {path} holds no usable geometry: {error}") from error

"""What may be asked for of an EarthCARE product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from tercet.readers.base import Bbox, Polygon, TimeSpan
from tercet.readers.earthcare.times import TimeScale

Margins = Literal["kept", "trimmed"]
"""A file reaches some 100 km beyond its frame: ``trimmed`` cuts it at the frame's latitudes."""

Heights = tuple[float | None, float | None]
"""Bottom and top in metres above the WGS 84 ellipsoid; None leaves one open."""

Quality = int | Mapping[str, Sequence[int]] | None
"""None keeps all. 2 keeps what ``quality_status`` calls 0, 1 or 2 (0 is best). A mapping names other statuses and
the values that are kept."""


@dataclass(frozen=True, slots=True)
class Options:
    """What else may be asked for.

    Attributes:
        height: bottom and top, metres above the ellipsoid.
        quality: which statuses are kept.
        time_scale: UTC, or as the file counts.
    """

    height: Heights | None = None
    quality: Quality = None
    time_scale: TimeScale = "utc"


class More(TypedDict, total=False):
    """What else than place and time may be asked for, the same for `dataset`, `table`, `near` and `plot`."""

    height: Heights | None
    margins: Margins
    quality: Quality
    resolution: str | None
    time_scale: TimeScale


class Part(More, total=False):
    """What may be asked for of a file."""

    bbox: Bbox | None
    polygon: Polygon
    time: TimeSpan | None

"""A user's geometry as CMR searches by it.

CMR's polygons have great circles for edges, hold at most one pole, and are wound counter-clockwise; GeoJSON's have
edges that are straight in longitude and latitude. What CMR is asked for holds all of what the user drew, and a
little more where it has to be simplified: footprints are wider than their data anyway.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import shapely
from shapely.geometry import shape

from tercet.errors import ConfigError, RecordError
from transforms.geometry import repaired

MOST_POINTS: Final = 5000
"""CMR's limit for a shapefile; it publishes none for polygons."""

LONGEST_LINE: Final = 500
"""Points of a line, CMR's limit."""

LONGEST_EDGE: Final = 1.0
"""Degrees. A great circle between such points leaves the straight edge by less than 0.25 km."""

NORTHERNMOST: Final = 89.9
"""Degrees. No footprint reaches it, and no polygon of CMR can have an edge along a pole."""

GRID: Final = 1e-7
"""Degrees, a centimetre: what is thinner would fold onto itself when its numbers are written, and be refused."""

_BAND: Final = 90
_FINEST: Final = 0.005
_COARSENINGS: Final = 12


def shapes(geometry: Mapping[str, Any]) -> dict[str, list[str]]:
    """The shapes that CMR is to look in, by the parameter that takes them; any of them is enough.

    Raises:
        ConfigError: it is none, or encloses nothing that ICESat-2 passes over.
    """
    try:
        drawn = shape(repaired(geometry))
    except RecordError as error:
        raise ConfigError(f"--intersects is not usable: {error}") from error
    parts = shapely.get_parts(drawn)
    if drawn.geom_type == "Point":
        return {"point": [_numbers(drawn)]}
    if drawn.geom_type.endswith("LineString"):
        return {
            "line": [_numbers(piece) for part in parts for piece in _pieces(shapely.segmentize(part, LONGEST_EDGE))]
        }
    rings = [_numbers(part.exterior) for part in _polygons(parts)]
    if not rings:
        raise ConfigError(
            "--intersects lies at a pole, where ICESat-2 measures nothing, or is thinner than a centimetre: "
            "draw it wider"
        )
    return {"polygon": rings}


def _polygons(parts: Sequence[Any]) -> list[Any]:
    # holes are left out: CMR has none in a query, so granules that lie in one only come along
    whole = shapely.union_all([shapely.polygons(part.exterior) for part in parts])
    for tolerance in (0.0, *(_FINEST * 2**step for step in range(_COARSENINGS))):
        pieces = [piece for part in shapely.get_parts(_simpler(whole, tolerance)) for piece in _on_the_sphere(part)]
        if sum(map(shapely.get_num_coordinates, pieces)) <= MOST_POINTS:
            break
    return pieces


def _simpler(whole: Any, tolerance: float) -> Any:  # noqa: ANN401 - shapely ships no types
    """A shape of fewer points that holds all of the first."""
    if not tolerance:
        return whole
    wider = shapely.simplify(shapely.buffer(whole, 1.5 * tolerance, quad_segs=2), tolerance)
    return shapely.intersection(wider, shapely.box(-180, -90, 180, 90))


def _on_the_sphere(part: Any) -> list[Any]:  # noqa: ANN401 - shapely ships no types
    """A polygon as CMR's: off the poles, no wider than a band, with points so dense that its edges are straight."""
    west, _, east, _ = shapely.bounds(part)
    # one that goes round the globe would touch itself, or hold both poles
    widths = [(-180, 180)] if east - west <= _BAND else [(start, start + _BAND) for start in range(-180, 180, _BAND)]
    cut = [shapely.intersection(part, shapely.box(a, -NORTHERNMOST, b, NORTHERNMOST)) for a, b in widths]
    rings = [
        shapely.polygons(p.exterior) for found in cut for p in shapely.get_parts(found) if p.geom_type == "Polygon"
    ]
    written = shapely.get_parts(shapely.set_precision(shapely.segmentize(rings, LONGEST_EDGE), GRID))
    return [shapely.orient_polygons(shapely.polygons(piece.exterior)) for piece in written if not piece.is_empty]


def _pieces(line: Any) -> list[Any]:  # noqa: ANN401 - shapely ships no types
    """A line in pieces that CMR takes; each begins where the one before ends."""
    positions = shapely.get_coordinates(line)
    starts = range(0, len(positions) - 1, LONGEST_LINE - 1)
    return [shapely.linestrings(positions[start : start + LONGEST_LINE]) for start in starts]


def _numbers(part: Any) -> str:  # noqa: ANN401 - shapely ships no types
    return ",".join(f"{value:.10g}" for position in shapely.get_coordinates(part) for value in position)

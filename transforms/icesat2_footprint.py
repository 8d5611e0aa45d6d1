"""A granule's footprint, of whichever shapes its record holds.

CMR joins positions by great circles, so edges that a straight line in longitude and latitude would miss by more than
a kilometre get positions between their ends. Source: CMR's search documentation on coordinate systems; footprints of
NSIDC_CPRD and NSIDC_ECS, 2021 to 2026.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from tercet.errors import RecordError
from transforms.geometry import Edges, Geometry, bbox, box, line, merged, points, polygon
from transforms.geometry_positions import HALF_TURN, TURN, Positions
from transforms.icesat2_orbit import Orbit, track

OF_ORBIT: Final = "orbit"
"""`Footprint.made_of` where only an orbit is known, and the track below it is computed."""

COMPUTED: Final = "its footprint is a track computed from the orbit element: the record holds no measured one"
CUT_SHORT: Final = "its footprint cuts the pole short: the ring leaves out where the track turns beside the pole"
LEFT_OUT: Final = "a part of its footprint encloses nothing and is left out"

_POLAR: Final = 81.0
_TURN_BEGINS: Final = 87.5
"""Tracks turn at 88°: a ring that goes beyond 81° and ends before this has lost positions, or its granule ends."""
_WIDE: Final = 60.0
"""Degrees of longitude that no edge between positions of a track spans below that latitude."""


class Shapes(NamedTuple):
    """What a record holds, positions as (longitude, latitude).

    Attributes:
        rings: polygons: an exterior and its holes each.
        boxes: west, south, east, north each.
        lines: positions each.
        points: positions.
        orbit: the part of an orbit.
        edges: what joins the positions.
    """

    rings: Sequence[Sequence[Positions]] = ()
    boxes: Sequence[tuple[float, float, float, float]] = ()
    lines: Sequence[Positions] = ()
    points: Sequence[tuple[float, float]] = ()
    orbit: Orbit | None = None
    edges: Edges = "great circles"


class Footprint(NamedTuple):
    """A footprint that is valid GeoJSON.

    Attributes:
        geometry: split at the antimeridian, wound by the right-hand rule.
        bbox: as RFC 7946 has it.
        made_of: what it is made of, where it is none that the provider states.
        remarks: what was odd.
    """

    geometry: Geometry
    bbox: list[float]
    made_of: str = ""
    remarks: tuple[str, ...] = ()


def footprint(shapes: Shapes) -> Footprint | None:
    """Make a footprint of one kind: surfaces before lines before points; None where there are no shapes.

    An orbit counts before everything: what CMR adds to it is computed from it, by way of times, and off by degrees.

    Raises:
        RecordError: there are shapes, and none that can be used.
    """
    if shapes.orbit:
        geometry = track(shapes.orbit)
        return Footprint(geometry, bbox(geometry), OF_ORBIT, (COMPUTED,))
    remarks: tuple[str, ...] = ()
    if len(shapes.rings) == 1 and not shapes.boxes:  # as nearly all are
        geometry = polygon(shapes.rings[0][0], shapes.rings[0][1:], edges=shapes.edges)
    else:
        parts, remarks = _usable(_makers(shapes))
        if not parts:
            return None
        geometry = merged(parts)
    extent = bbox(geometry)
    if (extent[3] > _POLAR or extent[1] < -_POLAR) and any(_cut_short(rings[0]) for rings in shapes.rings):
        remarks += (CUT_SHORT,)
    return Footprint(geometry, extent, "", remarks)


def _makers(shapes: Shapes) -> list[Callable[[], Geometry]]:
    """How to make each part, of the first kind that there is."""
    surfaces: list[Callable[[], Geometry]] = [
        partial(polygon, rings[0], rings[1:], edges=shapes.edges) for rings in shapes.rings
    ]
    surfaces += [partial(box, *sides) for sides in shapes.boxes]
    if surfaces:
        return surfaces
    if shapes.lines:
        return [partial(line, positions, edges=shapes.edges) for positions in shapes.lines]
    return [partial(points, shapes.points)] if shapes.points else []


def _usable(makers: Sequence[Callable[[], Geometry]]) -> tuple[list[Geometry], tuple[str, ...]]:
    """The parts that can be made; where none can, the first one's error."""
    parts: list[Geometry] = []
    failed: list[RecordError] = []
    for make in makers:
        try:
            parts.append(make())
        except RecordError as error:
            failed.append(error)
    if failed and not parts:
        raise failed[0]
    return parts, (LEFT_OUT,) if failed else ()


def _cut_short(ring: Positions) -> bool:
    """Whether a ring near a pole has an edge across what it leaves out."""
    latitudes = [position[1] for position in ring]
    farthest = max(*latitudes, -min(latitudes))
    return _POLAR < farthest < _TURN_BEGINS and any(step > _WIDE for step in _polar_steps(ring))


def _polar_steps(ring: Positions) -> Iterator[Any]:
    """How far each edge near a pole goes in longitude."""
    for index in range(1, len(ring)):
        (x, y), (x_2, y_2) = ring[index - 1][:2], ring[index][:2]
        if min(abs(y), abs(y_2)) > _POLAR:
            yield abs((x_2 - x + HALF_TURN) % TURN - HALF_TURN)

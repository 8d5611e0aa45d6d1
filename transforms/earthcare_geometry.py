"""EarthCARE's footprints: the archive's coarse ones, those of files, and both near the poles.

The archive draws a frame with ten positions on 5000 km (nadir) or on each edge of the swath. Where the orbit turns, at
82.95°, two of them are 40° of longitude apart: straight edges there miss the track by 45 km (elsewhere by 10 at most).
They are bent along the great circle, which the track nearly is.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from transforms.geometry import Geometry, box, line, polygon, repaired
from transforms.geometry_positions import DECIMALS, HALF_TURN, POLE, TURN

POLAR_FRAMES: Final = frozenset("CG")
LIMIT_KM: Final = 10.0
"""A straight edge of a polar frame may be this far from the great circle, as those of other frames are.
`transforms.geometry_great_circles` keeps to 1 km with five times as many positions, which such outlines do not earn."""

_DRAWN_ALONG: Final = 8
"""Rings and lines of fewer positions were not drawn along an orbit: a box means its edges as they are."""
_KM_PER_SQUARE_DEGREE: Final = 6371 * math.radians(1) ** 2 / 4
_DECIMALS: Final = 6
_FLAT, _SOLID = 4, 6


def footprint(sent: Mapping[str, Any], frame: str | None) -> Geometry:
    """Repair a footprint of the archive.

    Args:
        sent: GeoJSON, longitudes jumping at ±180° as the archive writes them.
        frame: A to H; None for what has no frame.

    Returns:
        LineString or Polygon, Multi where it crosses the antimeridian.

    Raises:
        RecordError: it is no footprint.
    """
    drawn = _bent(sent) if frame in POLAR_FRAMES else sent
    if drawn.get("type") == "LineString":
        try:
            quick = _quick_line(drawn["coordinates"])
        except (KeyError, TypeError, ValueError):
            quick = None  # what is wrong with it, its repair says
        if quick:
            return quick
    return repaired(drawn)


def along(track: Sequence[Sequence[float]]) -> Geometry:
    """The line of a nadir product, from positions in order of time.

    Raises:
        RecordError: fewer than two different positions.
    """
    return line(track)


def between(left: Sequence[Sequence[float]], right: Sequence[Sequence[float]]) -> Geometry:
    """The outline of a swath, from positions along its two edges in order of time.

    Raises:
        RecordError: the edges enclose nothing.
    """
    return polygon([*left, *reversed(right)])


def stated_box(bbox: object) -> Geometry | None:
    """The area that a record states as its bbox (four numbers, or six with heights), None where it states none.

    Raises:
        RecordError: it has no area.
    """
    if not isinstance(bbox, list) or len(bbox) not in (_FLAT, _SOLID):
        return None
    half = len(bbox) // 2
    return box(bbox[0], bbox[1], bbox[half], bbox[half + 1])


def _bent(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    kind, coordinates = sent.get("type"), sent.get("coordinates")
    try:
        if kind == "LineString":
            return {"type": kind, "coordinates": _along_great_circles(coordinates or ())}
        if kind == "Polygon":
            return {"type": kind, "coordinates": [_along_great_circles(ring) for ring in coordinates or ()]}
    except (TypeError, ValueError, IndexError):
        pass  # what is wrong with it, its repair says
    return sent


def _along_great_circles(positions: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    if len(positions) < _DRAWN_ALONG:
        return positions
    bent = [positions[0]]
    for start, end in pairwise(positions):
        step = (end[0] - start[0] + HALF_TURN) % TURN - HALF_TURN
        pieces = math.ceil(math.sqrt(_stray_km(start[1], end[1], step) / LIMIT_KM))
        if pieces > 1 and abs(start[1]) < POLE and abs(end[1]) < POLE:
            bent += _great_circle(start, end, step, pieces)
        bent.append(end)
    return bent


def _stray_km(south: float, north: float, step: float) -> float:
    """How far a straight edge may stray from its great circle, at most; the two bend apart by its turn and length."""
    latitude = math.radians(south + north) / 2
    length = math.hypot(step * math.cos(latitude), north - south)
    return _KM_PER_SQUARE_DEGREE * abs(step * math.sin(latitude)) * length


def _great_circle(start: Sequence[float], end: Sequence[float], step: float, pieces: int) -> list[list[float]]:
    """Positions on the shortest way between two others, neither of which is in it, at equal steps of longitude."""
    near, far = math.tan(math.radians(start[1])), math.tan(math.radians(end[1]))
    whole, whole_sine = math.radians(step), math.sin(math.radians(step))
    inner = []
    for piece in range(1, pieces):
        gone = whole * piece / pieces
        slope = (near * math.sin(whole - gone) + far * math.sin(gone)) / whole_sine
        longitude = (start[0] + step * piece / pieces + HALF_TURN) % TURN - HALF_TURN
        inner.append([round(longitude, _DECIMALS), round(math.degrees(math.atan(slope)), _DECIMALS)])
    return inner


def _quick_line(track: Any) -> Geometry | None:  # noqa: ANN401 - any JSON value
    """A track that needs no repair but cuts at ±180°, as most do: an array costs more than its ten positions.

    None for any other: with positions twice, on ±180°, or off the globe.
    """
    piece: list[list[float]] = []
    pieces = [piece]
    before = below = TURN
    for longitude, latitude in track:
        if not (-HALF_TURN < longitude < HALF_TURN and -POLE <= latitude <= POLE) or longitude == before:
            return None
        step = abs(longitude - before)
        if step > HALF_TURN and before != TURN:
            side = math.copysign(HALF_TURN, before)
            share = (side - before) / (longitude + 2 * side - before)
            crossing = round(below + share * (latitude - below), DECIMALS)
            piece.append([side, crossing])
            piece = [[-side, crossing]]
            pieces.append(piece)
        before, below = longitude, latitude
        piece.append([float(longitude), float(latitude)])
    if len(pieces) > 1:
        return {"type": "MultiLineString", "coordinates": pieces}
    return {"type": "LineString", "coordinates": piece} if len(piece) > 1 else None

"""A small map without tiles: where something lies, as SVG paths in degrees."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Position = Sequence[float]

_MOST_POSITIONS = 2000
"""Of one outline: a page stays small."""

_COASTS: Mapping[str, str] = {
    "Americas": (
        "-168,66 -156,71 -128,70 -95,72 -82,73 -78,63 -94,59 -82,53 -79,62 -64,60 -55,52 -66,44 -76,35 -81,25 -84,30 "
        "-97,28 -97,20 -88,21 -83,10 -77,8 -61,10 -50,0 -35,-7 -40,-22 -58,-38 -66,-55 -75,-50 -71,-18 -81,-5 -78,7 "
        "-95,15 -106,21 -115,31 -124,40 -124,48 -135,58 -152,59 -165,55 -158,58 -165,63"
    ),
    "Greenland": "-73,78 -60,82 -30,83 -18,77 -22,70 -43,60 -52,65 -55,70",
    "Africa and Eurasia": (
        "-10,36 -9,44 -1,44 -5,48 8,54 8,57 11,59 5,59 5,62 15,69 28,71 41,67 45,68 68,69 75,73 105,78 113,74 140,73 "
        "160,70 180,69 180,65 163,60 157,51 155,59 141,59 135,54 141,53 129,42 129,35 126,38 118,39 122,31 116,23 "
        "109,21 109,12 105,9 100,13 104,1 98,8 94,17 87,22 80,15 78,8 73,20 67,25 57,25 50,30 59,22 45,13 39,21 34,28 "
        "43,12 51,12 40,-3 40,-15 33,-26 27,-34 18,-34 12,-18 13,-6 9,4 -8,4 -17,14 -16,22 -6,36 10,37 20,31 34,31 "
        "36,36 27,37 26,40 41,41 38,46 31,46 23,40 23,36 19,42 13,45 18,40 16,38 9,44 3,43 -2,37"
    ),
    "Madagascar": "44,-25 43,-17 49,-12 50,-16 47,-25",
    "Australia": "114,-22 122,-18 130,-12 136,-12 136,-16 142,-11 146,-19 153,-25 150,-37 140,-38 131,-31 116,-35",
    "New Zealand": "173,-35 178,-38 171,-46 167,-46 174,-41",
    "Borneo": "109,1 117,7 118,1 115,-4 110,-2",
    "New Guinea": "131,-1 141,-3 150,-10 138,-8 132,-3",
    "Sumatra and Java": "95,5 104,-2 106,-6 114,-8 106,-7 102,-4",
    "Japan": "130,31 136,34 141,36 142,43 145,44 141,45 140,39 132,35",
    "Great Britain": "-5,50 1,51 0,54 -3,58 -5,58 -3,54",
    "Iceland": "-24,65 -16,66 -14,65 -20,63",
    "Antarctica": (
        "-180,-84 -150,-77 -100,-73 -75,-73 -58,-63 -62,-75 -35,-78 0,-70 55,-66 90,-66 140,-66 170,-72 160,-78 "
        "180,-84 180,-90 -180,-90"
    ),
}
"""Coasts to a few degrees, drawn by hand: they say which continent, and claim no more."""


def outline(*shapes: Any) -> Mapping[str, Any]:  # noqa: ANN401 - GeoJSON geometries, or boxes of 4 or 6 numbers
    """Give what a template draws of geometries or boxes.

    Returns:
        ``path`` as SVG path data, y downwards, and ``points``: middles of what is too small to be seen.
    """
    rings = [ring for shape in shapes if shape for ring in _rings(shape)]
    drawn = [ring for ring in rings if max(_spans(ring)) >= _VISIBLE]
    points = [_middle(ring) for ring in rings if max(_spans(ring)) < _VISIBLE]
    return {"path": " ".join(_path(ring) for ring in drawn), "points": points}


_VISIBLE = 3.0
"""Degrees below which a shape is drawn as a point."""


def _rings(shape: Any) -> Iterator[Sequence[Position]]:  # noqa: ANN401 - as above
    if not isinstance(shape, Mapping):
        half = len(shape) // 2
        (west, south), (east, north) = shape[:2], shape[half : half + 2]
        for left, right in [(west, east)] if west <= east else [(west, 180), (-180, east)]:
            yield [(left, south), (right, south), (right, north), (left, north), (left, south)]
    elif shape.get("type") == "GeometryCollection":
        for part in shape.get("geometries", ()):
            yield from _rings(part)
    else:
        yield from _lines(shape.get("coordinates") or ())


def _lines(coordinates: Sequence[Any]) -> Iterator[Sequence[Position]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield [coordinates]
    elif coordinates and isinstance(coordinates[0][0], int | float):
        yield coordinates[:: 1 + len(coordinates) // _MOST_POSITIONS]
    else:
        for part in coordinates:
            yield from _lines(part)


def _spans(ring: Sequence[Position]) -> tuple[float, float]:
    xs, ys = [position[0] for position in ring], [position[1] for position in ring]
    return max(xs) - min(xs), max(ys) - min(ys)


def _middle(ring: Sequence[Position]) -> tuple[float, float]:
    xs, ys = [position[0] for position in ring], [position[1] for position in ring]
    return (max(xs) + min(xs)) / 2, -(max(ys) + min(ys)) / 2


def _path(ring: Iterable[Position]) -> str:
    return "M" + " ".join(f"{x:.2f},{-y:.2f}" for x, y, *_ in ring)


def _flipped(ring: str) -> Iterator[str]:
    for position in ring.split():
        x, y = position.split(",")
        yield f"{x},{-int(y)}"


LAND = " ".join(f"M{' '.join(_flipped(ring))}Z" for ring in _COASTS.values())
"""SVG path data of all land."""

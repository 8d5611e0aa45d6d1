"""Rings and lines that cross ±180° or go round a pole, cut into pieces that do not.

The way: add whole turns until no step is longer than 180° (unwrapping), do plane geometry there, cut at
the odd multiples of 180°, and take the turns away again. Areas and edges stay what they were.

Arrays are (n, 2), degrees, longitude and latitude, longitudes in [-180, 180], no position twice in a row;
rings are closed.
"""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from tercet.errors import RecordError
from transforms.geometry_positions import DECIMALS, HALF_TURN, MIN_RING, POLE, TURN

HALVES = 2


def crosses(positions: NDArray[np.float64]) -> bool:
    """Whether some step is longer than 180°, so that the shorter way is over the antimeridian."""
    longitudes = positions[:, 0]
    if longitudes.max() - longitudes.min() <= HALF_TURN:
        return False
    return bool((np.abs(longitudes[1:] - longitudes[:-1]) > HALF_TURN).any())


def filled(ring: NDArray[np.float64]) -> shapely.Geometry:
    """What a ring encloses: valid and within [-180, 180]; empty where it encloses nothing.

    Raises:
        RecordError: it winds round the globe more than once.
    """
    if not crosses(ring):
        return _valid(shapely.polygons(ring))
    if _is_drawn_round(ring):
        return _valid(shapely.polygons(ring))
    turned = _unwrapped(ring)
    turns = round((turned[-1, 0] - turned[0, 0]) / TURN)
    if abs(turns) > 1:
        raise RecordError(f"the footprint's ring winds {abs(turns)} times round the globe, it cannot be a footprint")
    if turns:
        return _folded(_valid(shapely.polygons(_capped(turned))))
    if len(turned) <= MIN_RING:
        return shapely.Polygon()
    return _folded(_valid(shapely.polygons(turned)))


def halved(ring: Sequence[list[float]]) -> list[list[list[float]]]:
    """The two sides of a closed ring that crosses ±180° twice, there and back, as nearly all do that cross it.

    Nothing where it crosses otherwise, or has positions on the line. Ten times as fast as what takes any ring.
    """
    sides: tuple[list[list[float]], list[list[float]]] = ([], [])
    lines: list[float] = []
    side, before = sides[0], ring[0]
    for position in ring[1:]:
        side.append(before)
        (x, y), (x_2, y_2) = before, position
        before = position
        if abs(x_2 - x) > HALF_TURN:
            left, ahead = HALF_TURN - abs(x), HALF_TURN - abs(x_2)
            if not (left and ahead):
                return []
            line, height = math.copysign(HALF_TURN, x), round(y + left / (left + ahead) * (y_2 - y), DECIMALS)
            lines.append(line)
            side.append([line, height])
            side = sides[len(lines) % HALVES]
            side.append([-line, height])
    if len(lines) != HALVES or lines[0] == lines[1]:
        return []
    return [[*side, side[0]] for side in sides]


def cut_line(positions: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Cut a line where it crosses the antimeridian: one array per piece, in order along the line."""
    if not crosses(positions):
        return [positions]
    track = _unwrapped(positions)
    # -180° and 180° are one place: a line between them is none
    return _cut(track) if len(track) > 1 else [track]


def _cut(track: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    track = _with_crossings(track)
    # no edge crosses a line any more, so its middle tells which turn it is in
    turn = np.floor((track[:-1, 0] + track[1:, 0] + TURN) / (2 * TURN))
    cuts = (np.flatnonzero(turn[1:] != turn[:-1]) + 1).tolist()
    starts, ends = [0, *cuts], [*cuts, len(turn)]
    return [_shifted(track[start : end + 1], turn[start]) for start, end in zip(starts, ends, strict=True)]


def _shifted(track: NDArray[np.float64], turn: float) -> NDArray[np.float64]:
    shifted = track.copy()
    shifted[:, 0] = np.round(track[:, 0] - TURN * turn, DECIMALS)
    return shifted


def _unwrapped(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same line without jumps; longitudes leave [-180, 180], positions that became equal are dropped."""
    steps = positions[1:, 0] - positions[:-1, 0]
    turns = np.cumsum((steps < -HALF_TURN).astype(float) - (steps > HALF_TURN))
    track = positions.copy()
    track[1:, 0] += TURN * turns
    moved = (track[1:] != track[:-1]).any(axis=1)
    return track if moved.all() else track[np.concatenate([[True], moved])]


def _with_crossings(track: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add a position wherever an unwrapped line crosses an odd multiple of 180°."""
    x, y = track.T
    lines = TURN * np.round((x[:-1] + x[1:]) / 2 / TURN - 0.5) + HALF_TURN
    at = np.flatnonzero((x[:-1] - lines) * (x[1:] - lines) < 0)
    share = (lines[at] - x[at]) / (x[at + 1] - x[at])
    return np.insert(track, at + 1, np.column_stack([lines[at], y[at] + share * (y[at + 1] - y[at])]), axis=0)


def _is_drawn_round(ring: NDArray[np.float64]) -> bool:
    """Whether the long steps are edges meant to go all round: the sides of a box, or along a pole.

    Such an edge runs from one side of ±180° to the other between two edges along the line; a ring that
    has positions on ±180° where it crosses comes from elsewhere and goes elsewhere.
    """
    longitudes = ring[:-1, 0]
    steps = np.abs(ring[1:, 0] - longitudes)
    at = np.flatnonzero(steps > HALF_TURN)
    if (steps[at] != TURN).any():
        return False
    neighbours = np.concatenate([longitudes[at - 1], longitudes[(at + 2) % len(longitudes)]])
    return bool((np.abs(neighbours) == HALF_TURN).all())


def _capped(turned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Close a ring that winds once round the globe over the pole on whose side it lies."""
    if turned[-1, 0] < turned[0, 0]:
        turned = turned[::-1]
    x, y = turned.T
    mean = float(np.sum(np.diff(x) * (y[:-1] + y[1:])) / 2 / TURN)
    # wound eastwards the north is on the left hand, which settles a ring along the equator
    pole = math.copysign(POLE, mean) if mean else POLE
    path = _from_the_line(turned, pole)
    return np.concatenate([path, [[path[-1, 0], pole], [path[0, 0], pole]]])


def _from_the_line(turned: NDArray[np.float64], pole: float) -> NDArray[np.float64]:
    """Start and end an eastward ring where it meets ±180° nearest to the pole: from there nothing bars the way."""
    track = _with_crossings(turned)
    on_line = np.flatnonzero((track[:-1, 0] - HALF_TURN) % TURN == 0)
    start = on_line[np.argmin(np.abs(track[on_line, 1] - pole))]
    later = track[: start + 1].copy()
    later[:, 0] += TURN
    path = np.concatenate([track[start:-1], later])
    path[:, 0] -= path[0, 0] + HALF_TURN
    return path


def _folded(shape: shapely.Geometry) -> shapely.Geometry:
    """Cut an unwrapped shape at the odd multiples of 180° and bring the pieces into [-180, 180]."""
    if shape.is_empty:
        return shape
    west, _, east, _ = shape.bounds
    pieces = []
    for turn in range(math.floor((west + HALF_TURN) / TURN), math.floor((east + HALF_TURN) / TURN) + 1):
        window = shapely.box(TURN * turn - HALF_TURN, -POLE, TURN * turn + HALF_TURN, POLE)
        cut = shapely.get_parts(shapely.intersection(shape, window))
        # what only touches the line leaves positions and lines as well
        polygons = [part for part in cut if part.geom_type == "Polygon"]
        pieces += [shapely.transform(part, lambda track, turn=turn: _shifted(track, turn)) for part in polygons]
    return _valid(shapely.union_all(pieces) if east - west > TURN else shapely.multipolygons(pieces))


def _valid(shape: shapely.Geometry) -> shapely.Geometry:
    if shapely.is_valid(shape):
        return shape
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)

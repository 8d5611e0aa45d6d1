import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.transforms.test_geometry import assert_right
from transforms import geometry
from transforms.geometry_great_circles import LIMIT_KM, densified

RADIUS_KM = 6371.0088
position = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(lambda at: [round(at[0], 5), round(at[1], 5)])


def vectors(longitudes: NDArray[np.float64], latitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = np.radians(longitudes), np.radians(latitudes)
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)


def strays_km(drawn: list[list[float]], start: list[float], end: list[float]) -> float:
    """How far straight edges lie from the great circle from start to end, at most."""
    track = np.array(drawn)
    x = np.unwrap(track[:, 0], period=360)
    share = np.linspace(0, 1, 9)
    longitudes = (x[:-1, None] + share * np.diff(x)[:, None]).ravel()
    latitudes = (track[:-1, 1, None] + share * np.diff(track[:, 1])[:, None]).ravel()
    normal = np.cross(*vectors(np.array([start[0], end[0]]), np.array([start[1], end[1]])))
    off = vectors(longitudes, latitudes) @ (normal / np.linalg.norm(normal))
    return float(RADIUS_KM * np.abs(np.arcsin(np.clip(off, -1, 1))).max())


@given(position, position)
@example([-170.0, -86.2], [65.0, -86.3])
@example([10.0, 89.9999], [-140.0, 89.9])
@example([-60.0, -50.0], [60.0, 50.0])
def test_no_straight_edge_strays_by_much_more_than_the_limit(start: list[float], end: list[float]) -> None:
    angle = math.acos(np.clip(vectors(*np.array(start)) @ vectors(*np.array(end)), -1, 1))
    assume(1e-6 < angle < math.radians(170))
    drawn = densified([start, end])
    assert drawn[0] == start
    assert drawn[-1] == end
    # over the equator, and within ten kilometres of a pole, the middle of an edge is not its farthest place
    spare = 1.5 if max(abs(y) for _, y in drawn) < 89.9 else 2
    assert strays_km(drawn, start, end) < spare * LIMIT_KM


def test_positions_near_each_other_are_kept_as_they_are() -> None:
    ring = [[0.0, 0.0], [0.1, 0.0], [0.1, 15.0], [0.0, 15.0], [0.0, 0.0]]
    assert densified(ring) == ring


def test_what_lies_on_a_meridian_or_the_equator_needs_nothing() -> None:
    for line in ([[5.0, -80.0], [5.0, 80.0]], [[-60.0, 0.0], [60.0, 0.0]]):
        assert densified(line) in (line, [line[0], pytest.approx([line[0][0] / 2 + line[1][0] / 2, 0.0]), line[1]])


def test_a_step_over_the_antimeridian_goes_the_shorter_way() -> None:
    drawn = densified([[170.0, 60.0], [-170.0, 60.0]])
    assert len(drawn) > 3
    assert all(abs(x) >= 170 for x, _ in drawn)
    assert max(y for _, y in drawn) == pytest.approx(
        math.degrees(math.atan(math.tan(math.radians(60)) / math.cos(math.radians(10)))), abs=1e-4
    )


@given(
    node=st.floats(-180, 180),
    start=st.floats(0, 359),
    length=st.floats(1, 60),
    width=st.floats(6, 30),
    count=st.integers(2, 12),
)
def test_any_strip_along_an_orbit_keeps_its_area_on_the_sphere(
    node: float, start: float, length: float, width: float, count: int
) -> None:
    """Straight pieces, cut at the antimeridian, enclose what the great circles of the ring do."""
    ring = strip(node, start, length, width, count)
    made = geometry.polygon(ring, edges="great circles")
    assert_right(made)
    assert area_km2(made) == pytest.approx(spherical_area_km2(ring), rel=0.04, abs=30)


def strip(node: float, start: float, length: float, width: float, count: int) -> list[list[float]]:
    """A ring beside a circle inclined by 92 degrees, width in km."""
    angles = np.radians(np.linspace(start, start + length, count + 1))
    tilt = math.radians(92)
    track = np.stack([np.cos(angles), np.sin(angles) * math.cos(tilt), np.sin(angles) * math.sin(tilt)], axis=-1)
    pole = np.array([0, -math.sin(tilt), math.cos(tilt)])
    half = width / 2 / RADIUS_KM
    sides = [track * math.cos(half) - pole * math.sin(half), track[::-1] * math.cos(half) + pole * math.sin(half)]
    x, y, z = np.concatenate(sides).T
    longitudes = (np.degrees(np.arctan2(y, x)) + node + 180) % 360 - 180
    ring = np.round(np.column_stack([longitudes, np.degrees(np.arcsin(z))]), 6).tolist()
    return [*ring, ring[0]]


def spherical_area_km2(ring: list[list[float]]) -> float:
    """Of a ring of great circles that holds no pole, by triangles with its first position."""
    points = vectors(*np.array(ring[:-1]).T)
    total = 0.0
    for a, b in pairwise(points[1:]):
        first = points[0]
        total += 2 * math.atan2(first @ np.cross(a, b), 1 + first @ a + a @ b + b @ first)
    return abs(total) * RADIUS_KM**2


def area_km2(made: geometry.Geometry) -> float:
    """Of straight edges in longitude and latitude: the integral of the sine of the latitude, in small steps."""
    total = 0.0
    for part in getattr(shapely.geometry.shape(made), "geoms", [shapely.geometry.shape(made)]):
        fine = shapely.get_coordinates(shapely.segmentize(part.exterior, 0.05))
        x, y = np.radians(fine).T
        total -= float(np.sum(np.diff(x) * (np.sin(y[1:]) + np.sin(y[:-1])) / 2))
    return abs(total) * RADIUS_KM**2

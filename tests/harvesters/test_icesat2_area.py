"""A user's geometry as CMR searches by it: all that was drawn is in it, and CMR takes it."""

import math
from itertools import pairwise
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from harvesters.icesat2_area import LONGEST_EDGE, LONGEST_LINE, MOST_POINTS, NORTHERNMOST, shapes
from tercet.errors import ConfigError, RecordError
from tests.upstreams.icesat2_rules import _polygon
from transforms.geometry import repaired

LAST_DIGIT = 1e-5
"""Square degrees that ten digits of each number leave aside."""


def polygon(*rings: list[tuple[float, float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(position) for position in ring] for ring in rings]}


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return polygon([(west, south), (east, south), (east, north), (west, north), (west, south)])


def asked(geometry: dict[str, Any]) -> Any:
    """What CMR would search, in longitude and latitude; refused where CMR would refuse it."""
    found = shapes(geometry)
    assert found.keys() == {"polygon"}
    return shapely.union_all([_polygon(text) for text in found["polygon"]])


@pytest.mark.parametrize(
    "geometry",
    [
        box(-110, 20, -80, 50),
        box(-180, -90, 180, -60),
        box(-180, -90, 180, 90),
        box(-180, 60, 180, 90),
        box(-60, 55, 60, 85),
        polygon([(170, -10), (190, -10), (190, 10), (170, 10), (170, -10)]),
        polygon([(-10, -10), (-10, 10), (10, 10), (10, -10), (-10, -10)]),
        polygon([(0, 70), (90, 70), (180, 70), (-90, 70), (0, 70)]),
        {"type": "MultiPolygon", "coordinates": [box(0, 0, 1, 1)["coordinates"], box(5, 5, 6, 6)["coordinates"]]},
    ],
    ids=["box", "antarctica", "globe", "arctic", "wide", "dateline", "clockwise", "polar cap", "two"],
)
def test_all_that_was_drawn_is_asked_for_and_little_more(geometry: dict[str, Any]) -> None:
    drawn = shapely.intersection(shape(repaired(geometry)), shapely.box(-180, -NORTHERNMOST, 180, NORTHERNMOST))
    searched = asked(geometry)
    assert shapely.difference(drawn, searched).area < LAST_DIGIT
    assert searched.area <= drawn.area * 1.001


@settings(max_examples=40)
@given(
    st.floats(-180, 180),
    st.floats(-70, 70),
    st.lists(st.tuples(st.floats(0.01, 40), st.floats(0.01, 1)), min_size=3, max_size=60),
)
def test_whatever_is_drawn_cmr_takes_it_and_all_of_it(
    longitude: float, latitude: float, spokes: list[tuple[float, float]]
) -> None:
    turns = [index / len(spokes) * 2 * math.pi for index in range(len(spokes))]
    ring = [
        (longitude + radius * math.cos(turn), max(-89, min(89, latitude + radius * height * math.sin(turn))))
        for turn, (radius, height) in zip(turns, spokes, strict=True)
    ]
    geometry = polygon([*ring, ring[0]])
    try:
        drawn = shape(repaired(geometry))
    except RecordError:
        with pytest.raises(ConfigError):
            shapes(geometry)
        return
    assert shapely.difference(drawn, asked(geometry)).area < LAST_DIGIT


def test_what_is_thinner_than_a_centimetre_is_left_out() -> None:
    thin = [(10.0, 0.0), (10 + 4e-9, 10.0), (10.0, 20.0), (10 - 4e-9, 10.0), (10.0, 0.0)]
    wide = box(0, 0, 1, 1)["coordinates"]
    (text,) = shapes({"type": "MultiPolygon", "coordinates": [wide, [thin]]})["polygon"]
    assert _polygon(text).bounds == (0, 0, 1, 1)
    with pytest.raises(ConfigError, match="thinner than a centimetre"):
        shapes(polygon(thin))


def test_edges_are_so_short_that_great_circles_keep_to_them() -> None:
    (text,) = shapes(box(-60, 55, 10, 60))["polygon"]
    numbers = [float(number) for number in text.split(",")]
    positions = list(zip(numbers[::2], numbers[1::2], strict=True))
    steps = [math.dist(one, other) for one, other in pairwise(positions)]
    assert max(steps) <= LONGEST_EDGE + 1e-9


def test_a_coast_of_a_hundred_thousand_points_is_simplified_outwards() -> None:
    count = 100_000
    ring = [
        (10 * math.cos(a) * (1 + 0.01 * math.sin(500 * a)) - 40, 8 * math.sin(a) + 70)
        for a in (index / count * 2 * math.pi for index in range(count))
    ]
    geometry = polygon([*ring, ring[0]])
    found = shapes(geometry)["polygon"]
    assert sum(text.count(",") + 1 for text in found) / 2 <= MOST_POINTS
    searched = shapely.union_all([_polygon(text) for text in found])
    assert shapely.difference(shape(geometry), searched).area < 1e-9
    assert searched.area < shape(geometry).area * 1.02


def test_a_thousand_islands_become_fewer_shapes_that_hold_them_all() -> None:
    islands = [box(x / 10, y / 10, x / 10 + 0.05, y / 10 + 0.05)["coordinates"] for x in range(40) for y in range(40)]
    geometry = {"type": "MultiPolygon", "coordinates": islands}
    found = shapes(geometry)["polygon"]
    assert sum(text.count(",") + 1 for text in found) / 2 <= MOST_POINTS
    assert shapely.difference(shape(geometry), shapely.union_all([_polygon(text) for text in found])).area < 1e-9


def test_a_hole_is_left_out_for_cmr_has_none() -> None:
    hole = [(2.0, 2.0), (2.0, 8.0), (8.0, 8.0), (8.0, 2.0), (2.0, 2.0)]
    outer = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)]
    assert asked(polygon(outer, hole)).area == pytest.approx(100)


def test_a_point_and_a_line_are_asked_for_as_such() -> None:
    assert shapes({"type": "Point", "coordinates": [10.5, -3.25]}) == {"point": ["10.5,-3.25"]}
    assert shapes({"type": "LineString", "coordinates": [[0, 0], [0, 2]]}) == {"line": ["0,0,0,1,0,2"]}


def test_a_long_line_goes_in_pieces_that_touch() -> None:
    line = {"type": "LineString", "coordinates": [[index / 100, 0] for index in range(1201)]}
    pieces = [[float(number) for number in text.split(",")] for text in shapes(line)["line"]]
    assert [len(piece) / 2 for piece in pieces] == [LONGEST_LINE, LONGEST_LINE, 203]
    assert all(one[-2:] == other[:2] for one, other in pairwise(pieces))
    assert (pieces[0][0], pieces[-1][-2]) == (0, 12)


def test_what_lies_at_the_pole_only_is_refused_for_nothing_was_measured_there() -> None:
    with pytest.raises(ConfigError, match="lies at a pole, where ICESat-2 measures nothing"):
        shapes(box(-10, 89.95, 10, 90))


@pytest.mark.parametrize(
    "geometry",
    [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, {"type": "GeometryCollection"}, {}, {"type": "Point"}],
)
def test_what_is_none_is_the_users_to_mend(geometry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="--intersects is not usable"):
        shapes(geometry)

import math
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import shape

from tercet.errors import RecordError
from transforms import geometry

SAMPLES = Path(__file__).parents[2] / "../shared/upstream/cmr-icesat2/samples/stac"

longitude = st.floats(-180, 180).map(lambda value: round(value, 5))
latitude = st.floats(-90, 90).map(lambda value: round(value, 5))
any_position = st.tuples(longitude | st.sampled_from([-180.0, 180.0, 0.0]), latitude | st.sampled_from([-90.0, 90.0]))
any_ring = st.lists(any_position, min_size=0, max_size=12)


def parts(made: geometry.Geometry) -> list[Any]:
    built = shape(made)
    return list(getattr(built, "geoms", [built]))


def assert_right(made: geometry.Geometry) -> None:
    assert orjson.loads(orjson.dumps(made)) == made, "tuples, numpy numbers or NaN inside"
    assert shape(made).is_valid
    west, south, east, north = shape(made).bounds
    assert west >= -180
    assert south >= -90
    assert east <= 180
    assert north <= 90
    for part in parts(made):
        assert part.exterior.is_ccw
        assert not any(hole.is_ccw for hole in part.interiors)


def unwrapped(ring: Any) -> NDArray[np.float64]:
    array = np.asarray(ring, dtype=float)
    return np.column_stack([np.unwrap(array[:, 0], period=360), array[:, 1]])


def wrapped(ring: Any) -> list[tuple[float, float]]:
    return [((x + 180) % 360 - 180, y) for x, y in ring]


@given(any_ring)
@example([(179.0, 60.0), (-179.0, 60.0), (-179.0, 61.0), (179.0, 61.0)])
@example([(180.0, 0.0), (-180.0, 0.0), (180.0, 1.0)])
@example([(0.0, 90.0), (120.0, 90.0), (-120.0, 90.0)])
def test_any_ring_gives_a_valid_right_hand_geometry_or_a_reason(ring: list[tuple[float, float]]) -> None:
    try:
        made = geometry.polygon(ring)
    except RecordError as error:
        assert str(error)  # noqa: PT017 - both ways out are right, this one needs words
    else:
        assert_right(made)
        west, south, east, north = geometry.bbox(made)
        assert -180 <= west <= 180
        assert -180 <= east <= 180
        assert -90 <= south < north <= 90


@given(any_ring, st.lists(any_ring, max_size=2))
def test_any_holes_leave_a_valid_geometry_or_a_reason(ring: Any, holes: Any) -> None:
    try:
        made = geometry.polygon(ring, holes)
    except RecordError:
        return
    assert_right(made)


@given(
    centre=st.tuples(st.floats(-180, 180), st.floats(-60, 60)),
    radii=st.lists(st.floats(0.5, 25), min_size=3, max_size=20),
    start=st.integers(0, 19),
    turned=st.booleans(),
)
def test_a_ring_keeps_its_area_and_cover_wherever_it_lies(
    centre: tuple[float, float], radii: list[float], start: int, *, turned: bool
) -> None:
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    flat = [(centre[0] + r * math.cos(a), centre[1] + r * math.sin(a)) for r, a in zip(radii, angles, strict=True)]
    expected = shapely.Polygon(flat)
    assume(expected.is_valid)
    start %= len(flat)
    ring = wrapped(flat[start:] + flat[:start])
    made = geometry.polygon(ring[::-1] if turned else ring)
    assert_right(made)
    assert shape(made).area == pytest.approx(expected.area, rel=1e-6)
    inside = expected.representative_point()
    assert shape(made).buffer(1e-6).contains(shapely.Point(wrapped([(inside.x, inside.y)])[0]))
    west, _, east, _ = geometry.bbox(made)
    assert (east - west) % 360 == pytest.approx(expected.bounds[2] - expected.bounds[0], abs=1e-6)
    # what was repaired once needs no second repair
    assert shape(geometry.repaired(made)).symmetric_difference(shape(made)).area < 1e-6


@given(
    latitudes=st.lists(st.floats(20, 88), min_size=4, max_size=24),
    start=st.floats(-180, 180),
    north=st.booleans(),
    turned=st.booleans(),
)
def test_a_ring_round_a_pole_encloses_it_whichever_way_it_is_wound(
    latitudes: list[float], start: float, *, north: bool, turned: bool
) -> None:
    side = 1 if north else -1
    step = 360 / len(latitudes)
    ring = wrapped([(start + index * step, side * latitude) for index, latitude in enumerate(latitudes)])
    made = geometry.polygon(ring[::-1] if turned else ring)
    assert_right(made)
    mean = sum(90 - latitude for latitude in latitudes) / len(latitudes)
    assert shape(made).area == pytest.approx(360 * mean, rel=1e-6)
    nearest = min(latitudes)
    assert geometry.bbox(made) == pytest.approx([-180, nearest, 180, 90] if north else [-180, -90, 180, -nearest])


def test_a_ring_far_north_that_does_not_go_round_the_pole_stays_a_strip() -> None:
    flat = [(100.0, 80.0), (140.0, 86.0), (200.0, 88.0), (260.0, 84.0), (258.0, 83.0), (200.0, 87.0), (140.0, 85.0)]
    made = geometry.polygon(wrapped(flat))
    assert_right(made)
    assert shape(made).area == pytest.approx(shapely.Polygon(flat).area)
    assert geometry.bbox(made) == pytest.approx([100, 80, -100, 88])


def test_an_open_clockwise_ring_comes_out_closed_and_counter_clockwise() -> None:
    made = geometry.polygon([(0, 0), (0, 2), (3, 2), (3, 0)])
    assert made == {"type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 2], [0, 2], [0, 0]]]}


def test_a_clockwise_ring_over_the_line_is_split_into_what_it_encloses() -> None:
    made = geometry.polygon([(-179, 10), (179, 10), (179, 12), (-179, 12)][::-1])
    assert made["type"] == "MultiPolygon"
    assert shape(made).area == pytest.approx(4)
    assert geometry.bbox(made) == [179, 10, -179, 12]


def test_positions_on_the_line_where_a_ring_crosses_it_are_no_edges_round_the_globe() -> None:
    ring = [(170, 60.2), (180, 60), (-180, 60), (-170, 60.2), (-170, 60.8), (-180, 61), (180, 61), (170, 60.8)]
    made = geometry.polygon(ring)
    assert geometry.bbox(made) == [170, 60, -170, 61]
    assert shape(made).area == pytest.approx(20 * 0.8)


@pytest.mark.parametrize(
    "ring",
    [
        [(-180, 60), (180, 60), (180, 88), (-180, 88)],
        [(-180, 60), (0, 60), (180, 60), (180, 88), (-180, 88)],
        [(-180, 88), (-180, 60), (0, 60), (180, 60), (180, 88)],
    ],
)
def test_a_box_drawn_round_the_globe_stays_that_box(ring: list[tuple[float, float]]) -> None:
    made = geometry.polygon(ring)
    assert geometry.bbox(made) == [-180, 60, 180, 88]
    assert shape(made).area == pytest.approx(360 * 28)


def test_a_cap_that_came_split_is_kept() -> None:
    ring = [(-180, 61), (-90, 62), (0, 60), (90, 61), (180, 61), (180, 90), (-180, 90)]
    made = geometry.polygon(ring)
    assert_right(made)
    assert shape(made).area == pytest.approx(shapely.Polygon(ring).area)


def test_longitudes_up_to_360_mean_the_same_places() -> None:
    made = geometry.polygon([(170, 0), (190, 0), (190, 5), (170, 5)])
    assert geometry.bbox(made) == [170, 0, -170, 5]


def test_heights_and_repeated_positions_are_left_out() -> None:
    made = geometry.polygon([(0, 0, 9.0), (1, 0), (1, 0), (1, 1, 9.0), (0, 0)])
    assert made["coordinates"] == [[[0, 0], [1, 0], [1, 1], [0, 0]]]


def test_a_ring_that_crosses_itself_becomes_the_parts_that_it_encloses() -> None:
    made = geometry.polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert made["type"] == "MultiPolygon"
    assert_right(made)
    assert shape(made).area == pytest.approx(2)


def test_a_spiral_that_crosses_the_line_twice_the_same_way_is_no_strip() -> None:
    spiral = [
        (170, 10),
        (-170, 12),
        (-60, 12),
        (60, 13),
        (170, 14),
        (-170, 16),
        (-60, 17),
        (60, 18),
        (150, 19),
        (170, 10),
    ]
    with pytest.raises(RecordError, match="2 times round"):
        geometry.polygon(spiral)


def test_a_hole_over_the_line_is_cut_out_on_both_sides() -> None:
    outer = [(170, 0), (-170, 0), (-170, 20), (170, 20)]
    made = geometry.polygon(outer, [[(175, 5), (-175, 5), (-175, 15), (175, 15)]])
    assert_right(made)
    assert shape(made).area == pytest.approx(20 * 20 - 10 * 10)


def test_a_hole_round_the_pole_leaves_a_belt() -> None:
    outer = [(x, 60) for x in range(-180, 180, 10)]
    inner = [(x, 80) for x in range(-180, 180, 10)]
    made = geometry.polygon(outer, [inner])
    assert_right(made)
    assert shape(made).area == pytest.approx(360 * 20)


@pytest.mark.parametrize(
    ("ring", "word"),
    [
        ([], "no positions"),
        ([(1, 1)], r"1 different position"),
        ([(1, 1), (2, 2), (1, 1)], "2 different position"),
        ([(1, 1), (2, 2), (3, 3)], "encloses nothing"),
        ([(0, 0), (1, 91), (1, 1)], "off the globe"),
        ([(0, 0), (1, math.nan), (1, 1)], "off the globe"),
        ([(0, 0), (math.inf, 1), (1, 1)], "off the globe"),
        ([(0, 0), (400, 1), (1, 1)], "off the globe"),
        ([(0, 0), (1, None), (1, 1)], "off the globe"),
        ([(0, 0), ("north", 1), (1, 1)], "not two numbers"),
        ([(0,), (1,), (2,)], "not two numbers"),
        ([1, 2, 3, 4], "not two numbers"),
        ([(x * 100 % 360 - 180, x) for x in range(8)], "2 times round"),
    ],
)
def test_an_impossible_ring_is_refused_in_words(ring: Any, word: str) -> None:
    with pytest.raises(RecordError, match=word):
        geometry.polygon(ring)


@given(st.lists(any_position, max_size=12))
@example([(-180.0, 0.0), (180.0, 0.0)])
def test_any_line_gives_valid_pieces_of_the_same_length_or_a_reason(positions: list[tuple[float, float]]) -> None:
    try:
        made = geometry.line(positions)
    except RecordError:
        return
    assert orjson.loads(orjson.dumps(made)) == made
    assert all(abs(x) <= 180 for piece in parts(made) for x, _ in piece.coords)
    assert all(
        abs(b[0] - a[0]) <= 180 for piece in parts(made) for a, b in zip(piece.coords, piece.coords[1:], strict=False)
    )
    flat = shapely.LineString(unwrapped(positions))
    assert shape(made).length == pytest.approx(flat.length, abs=1e-6)


def test_a_line_over_the_line_is_cut_where_it_crosses() -> None:
    made = geometry.line([(178, 0), (-178, 4), (-170, 5)])
    assert made == {"type": "MultiLineString", "coordinates": [[[178, 0], [180, 2]], [[-180, 2], [-178, 4], [-170, 5]]]}
    assert geometry.bbox(made) == [178, 0, -170, 5]


def test_a_line_of_one_position_is_refused() -> None:
    with pytest.raises(RecordError, match="1 different position"):
        geometry.line([(5, 5), (5, 5)])


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((10, 20, 11, 21), [10, 20, 11, 21]),
        ((179, -5, -179, 5), [179, -5, -179, 5]),
        ((170, -5, 190, 5), [170, -5, -170, 5]),
        ((180, -5, -170, 5), [-180, -5, -170, 5]),
        ((170, -5, -180, 5), [170, -5, 180, 5]),
        ((-180, -90, 180, 90), [-180, -90, 180, 90]),
        ((0, -90, 360, 90), [-180, -90, 180, 90]),
    ],
)
def test_a_box_is_the_polygon_between_its_edges(edges: Any, expected: list[float]) -> None:
    made = geometry.box(*edges)
    assert_right(made)
    assert geometry.bbox(made) == expected


@pytest.mark.parametrize(
    "edges", [(10, 20, 10, 21), (10, 21, 11, 20), (180, 0, -180, 1), (10, 20, 370.5, 21), (0, 0, 1, 91)]
)
def test_a_box_without_area_or_off_the_globe_is_refused(edges: Any) -> None:
    with pytest.raises(RecordError, match=r"no area|off the globe"):
        geometry.box(*edges)


def test_a_point_is_kept_within_the_globe() -> None:
    assert geometry.point(190, 5) == {"type": "Point", "coordinates": [-170, 5]}
    assert geometry.bbox(geometry.point(10, 5)) == [10, 5, 10, 5]
    with pytest.raises(RecordError, match="off the globe"):
        geometry.point(0, math.nan)


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": "POLYGON"},
        {"type": "Polygon", "coordinates": [5, 6]},
        {"type": "MultiPolygon", "coordinates": [5]},
        {"type": "Point", "coordinates": [5]},
        {"type": "GeometryCollection", "coordinates": [5, 6]},
        {"coordinates": [5, 6]},
        {},
    ],
)
def test_what_is_no_geometry_is_refused(broken: Any) -> None:
    with pytest.raises(RecordError, match=r"geometry|footprint"):
        geometry.repaired(broken)


def test_every_kind_of_geometry_comes_out_as_it_went_in_where_nothing_is_wrong() -> None:
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    far = [[5, 5], [6, 5], [6, 6], [5, 6], [5, 5]]
    for sound in (
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
        {"type": "Polygon", "coordinates": [square]},
    ):
        assert geometry.repaired(sound) == sound
    both = geometry.repaired({"type": "MultiPolygon", "coordinates": [[square], [far]]})
    assert both["type"] == "MultiPolygon"
    assert shape(both).area == 2


def test_overlapping_footprints_become_their_union() -> None:
    made = geometry.merged([geometry.box(0, 0, 2, 2), geometry.box(1, 1, 3, 3), geometry.box(179, 0, -179, 1)])
    assert_right(made)
    assert shape(made).area == pytest.approx(7 + 2)


def test_a_hole_survives_the_joining() -> None:
    ring = geometry.polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    made = geometry.merged([ring, geometry.box(20, 0, 21, 1)])
    assert shape(made).area == pytest.approx(81 - 9 + 1)


def test_lines_and_polygons_are_not_joined() -> None:
    with pytest.raises(RecordError, match="cannot be joined"):
        geometry.merged([geometry.box(0, 0, 1, 1), geometry.line([(0, 0), (1, 1)])])


def test_a_box_of_parts_that_do_not_touch_the_line_does_not_cross_it() -> None:
    apart = geometry.merged([geometry.box(-170, 0, -169, 1), geometry.box(169, 0, 170, 1)])
    assert geometry.bbox(apart) == [-170, 0, 170, 1]


def test_a_box_of_parts_on_both_sides_leaves_out_the_widest_gap() -> None:
    parts_of_it = [geometry.box(170, 0, -170, 1), geometry.box(-100, 0, -90, 1), geometry.box(100, 0, 110, 1)]
    assert geometry.bbox(geometry.merged(parts_of_it)) == [100, 0, -90, 1]


def real_rings(name: str) -> list[Any]:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow reads the real footprints")
    if not (SAMPLES / name).exists():
        pytest.skip(f"{SAMPLES / name} is absent: the real footprints are not checked")
    column = parquet.read_table(SAMPLES / name, columns=["geometry"]).column("geometry")
    return [shapely.get_coordinates(footprint) for footprint in shapely.from_wkb(column.to_pylist())]


@pytest.mark.parametrize(
    ("name", "rings", "crossing"), [("cat_neon.parquet", 2089, 1020), ("cat_88s_extract.parquet", 260, 115)]
)
def test_every_real_footprint_comes_out_valid_with_its_area(name: str, rings: int, crossing: int) -> None:
    found = real_rings(name)
    assert len(found) == rings
    split = 0
    for ring in found:
        made = geometry.polygon(ring.tolist())
        assert_right(made)
        flat = shapely.make_valid(shapely.Polygon(unwrapped(ring)), method="structure")
        assert shape(made).area == pytest.approx(flat.area, rel=1e-9)
        crosses = bool((np.abs(np.diff(ring[:, 0])) > 180).any())
        assert (made["type"] == "MultiPolygon") == crosses
        west, _, east, _ = geometry.bbox(made)
        assert (west > east) == crosses
        split += crosses
    assert split == crossing

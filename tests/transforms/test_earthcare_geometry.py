import itertools
import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tercet.errors import RecordError
from tests.upstreams.earthcare_archive import item
from tests.upstreams.earthcare_orbit import _KM_IN_RADIANS, _STARTS, FRAMES, Frame
from transforms.earthcare import entry
from transforms.earthcare_geometry import footprint, stated_box
from transforms.geometry import bbox, repaired

MADE = datetime(2025, 9, 21, 4, 12, 37, tzinfo=UTC)
ORBITS = st.integers(1, 20_000)
INDEXES = st.integers(0, len(FRAMES) - 1)
LONGITUDES = st.floats(-180, 180).map(lambda value: round(value, 6))
LATITUDES = st.floats(-90, 90).map(lambda value: round(value, 6))
WIDTHS_KM = (-26.0, 0.0, 40.0, 106.0)
OUTSIDE_KM = (-62.0, 144.0)


def made(frame: Frame, kind: str = "MSI_COP_2A") -> dict[str, Any]:
    return entry(item(frame, kind, "BA", MADE, "EarthCAREL2Validated_MAAP")).item


def positions(frame: Frame, offsets_km: Sequence[float], count: int = 60) -> Iterator[list[float]]:
    """Where the swath really is, away from the two ends of the frame."""
    first, last = _STARTS[frame.index], _STARTS[frame.index + 1]
    for angle, km in itertools.product(np.linspace(first, last, count + 4)[2:-2], offsets_km):
        yield frame._position(angle, km * _KM_IN_RADIANS)


def area_km2(geometry: shapely.Geometry) -> float:
    """On the sphere, by Lambert's cylindrical projection."""
    flat = shapely.transform(
        shapely.segmentize(geometry, 0.1),
        lambda xy: np.column_stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))]) * 6371,
    )
    return float(flat.area)


@given(ORBITS, INDEXES)
def test_a_swath_covers_what_was_seen_and_nothing_else_everywhere_on_the_globe(orbit: int, index: int) -> None:
    frame = Frame(orbit, index)
    shape = shapely.from_geojson(json.dumps(made(frame)["geometry"]))
    assert shape.is_valid
    inner, outer = (np.array(list(positions(frame, km))) for km in (WIDTHS_KM, OUTSIDE_KM))
    assert shapely.contains_xy(shape, inner).all()
    assert not shapely.contains_xy(shape, outer).any()
    length_km = math.radians(_STARTS[index + 1] - _STARTS[index]) * 6371
    assert area_km2(shape) == pytest.approx(162 * length_km, rel=0.03)


@given(ORBITS, INDEXES)
def test_a_track_passes_through_where_the_satellite_was(orbit: int, index: int) -> None:
    frame = Frame(orbit, index)
    shape = shapely.from_geojson(json.dumps(made(frame, "ACM_CAP_2B")["geometry"]))
    for longitude, latitude in positions(frame, (0.0,), 40):
        place = shapely.Point(longitude, latitude)
        near = shapely.shortest_line(place, shape)
        (x, y), (x_2, y_2) = near.coords
        km = math.hypot((x_2 - x) * math.cos(math.radians(latitude)), y_2 - y) * 111.2
        assert km < 14


@given(ORBITS, INDEXES, st.sampled_from(["MSI_COP_2A", "ACM_CAP_2B"]))
def test_every_footprint_obeys_rfc_7946(orbit: int, index: int, kind: str) -> None:
    frame = Frame(orbit, index)
    one = made(frame, kind)
    shape, (west, south, east, north) = shapely.from_geojson(json.dumps(one["geometry"])), one["bbox"]
    parts = shapely.get_parts(shape)
    for part in parts:
        low, bottom, high, top = part.bounds
        assert -180 <= low <= high <= 180
        assert -90 < bottom <= top < 90, "EarthCARE never looks beyond 84.1 degrees"
        assert high - low < 180
        if kind == "MSI_COP_2A":
            assert part.exterior.is_ccw
    assert (west > east) == (len(parts) > 1)
    assert south == min(part.bounds[1] for part in parts)
    assert north == max(part.bounds[3] for part in parts)
    wide = (east - west) % 360
    assert wide < 200
    for longitude, latitude in frame.track():
        assert (longitude - west) % 360 <= wide + 1e-9
        assert south - 1e-9 <= latitude <= north + 1e-9


@pytest.mark.parametrize(("frame", "pole"), [("C", 1), ("G", -1)])
def test_a_polar_track_reaches_as_far_as_the_orbit_does(frame: str, pole: int) -> None:
    track = made(Frame(5989, FRAMES.index(frame)), "ACM_CAP_2B")["bbox"]
    assert max(pole * track[1], pole * track[3]) == pytest.approx(82.95, abs=0.1)


@pytest.mark.parametrize("frame", sorted(set(FRAMES) - set("CG")))
def test_away_from_the_poles_positions_are_the_archives_own(frame: str) -> None:
    one = Frame(5989, FRAMES.index(frame))
    assert made(one, "ACM_CAP_2B")["geometry"] == {"type": "LineString", "coordinates": one.track()}
    assert sorted(made(one)["geometry"]["coordinates"][0][1:]) == sorted(one.swath()[1:])


@pytest.mark.parametrize("frame", "CG")
def test_at_the_poles_the_archives_own_positions_stay(frame: str) -> None:
    one = Frame(5989, FRAMES.index(frame))
    drawn = shapely.get_coordinates(shapely.from_geojson(json.dumps(made(one)["geometry"])))
    assert all(np.isclose(drawn, position, rtol=0, atol=1e-9).all(axis=1).any() for position in one.swath())
    assert len(one.swath()) < len(drawn) < 3 * len(one.swath())


@given(ORBITS, INDEXES, st.integers(0, 21), st.booleans())
def test_a_ring_may_start_anywhere_and_be_wound_either_way(orbit: int, index: int, start: int, turned: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    frame = Frame(orbit, index)
    ring = frame.swath()
    other = [*ring[start:-1], *ring[:start], ring[start]]
    shapes = [
        shapely.from_geojson(json.dumps(footprint({"type": "Polygon", "coordinates": [one]}, frame.letter)))
        for one in (ring, other[::-1] if turned else other)
    ]
    assert shapely.symmetric_difference(*shapes).area < 1e-4
    assert all(part.exterior.is_ccw for shape in shapes for part in shapely.get_parts(shape))


@given(ORBITS, INDEXES)
def test_a_footprint_that_the_archive_has_split_itself_is_the_same(orbit: int, index: int) -> None:
    frame = Frame(orbit, index)
    split = footprint({"type": "Polygon", "coordinates": [frame.swath()]}, frame.letter)
    again = footprint(split, frame.letter)
    assert shapely.symmetric_difference(*(shapely.from_geojson(json.dumps(g)) for g in (split, again))).area < 1e-6
    assert bbox(again) == bbox(split)


@given(st.lists(st.tuples(LONGITUDES, LATITUDES), max_size=14), st.sampled_from(FRAMES))
def test_any_line_gives_a_valid_one_or_a_reason(track: list[tuple[float, float]], frame: str) -> None:
    sent = {"type": "LineString", "coordinates": [list(position) for position in track]}
    try:
        drawn = footprint(sent, frame)
    except RecordError as error:
        assert str(error)  # noqa: PT017 - both ways out are right, this one needs words
        return
    shape = shapely.from_geojson(json.dumps(drawn))
    assert -180 <= shape.bounds[0] <= shape.bounds[2] <= 180
    if frame not in "CG":
        # what needed no repair is told as the general repair would tell it
        assert shapely.equals_exact(shape, shapely.from_geojson(json.dumps(repaired(sent))), tolerance=1e-9)


def test_a_ring_that_encloses_the_pole_encloses_it_still() -> None:
    ring = [[longitude, 80.0] for longitude in range(-180, 180, 30)]
    drawn = footprint({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}, "C")
    assert shapely.contains_xy(shapely.from_geojson(json.dumps(drawn)), 17, 89.9)
    assert bbox(drawn)[3] == 90


def test_a_ring_that_touches_the_pole_is_valid() -> None:
    ring = [[-60, 80], [-60, 85], [-60, 90], [60, 90], [60, 85], [60, 80], [20, 79], [-20, 79], [-60, 80]]
    drawn = footprint({"type": "Polygon", "coordinates": [ring]}, "C")
    assert shapely.from_geojson(json.dumps(drawn)).is_valid
    assert bbox(drawn)[3] == 90


def test_a_box_is_no_orbit_and_stays_a_box() -> None:
    ring = [[-60, 70], [60, 70], [60, 80], [-60, 80], [-60, 70]]
    assert footprint({"type": "Polygon", "coordinates": [ring]}, "C") == {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "LineString"},
        {"type": "LineString", "coordinates": None},
        {"type": "LineString", "coordinates": [[0, 0]] * 9},
        {"type": "LineString", "coordinates": [[0, 0], ["a", "b"]]},
        {"type": "LineString", "coordinates": [[math.nan, 0], [1, 1]]},
        {"type": "LineString", "coordinates": [[0, 95], [1, 1]]},
        {"type": "Polygon", "coordinates": [3]},
        {"type": "Polygon", "coordinates": [[[0, 0], [0, None]] * 5]},
        {"type": "Circle", "coordinates": [[0, 0]]},
    ],
)
@pytest.mark.parametrize("frame", ["C", "D", None])
def test_what_is_no_footprint_is_refused(geometry: dict[str, Any], frame: str | None) -> None:
    with pytest.raises(RecordError):
        footprint(geometry, frame)


def test_a_stated_box_may_cross_the_antimeridian_or_have_heights() -> None:
    assert bbox(stated_box([170, -10, -170, 10]) or {}) == [170, -10, -170, 10]
    assert bbox(stated_box([1, 2, 0, 3, 4, 9]) or {}) == [1, 2, 3, 4]
    assert stated_box(None) is stated_box("text") is stated_box([1, 2]) is None

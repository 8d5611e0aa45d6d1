import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from tercet.errors import RecordError
from tests.upstreams.icesat2 import records
from tests.upstreams.icesat2_track import Pass
from transforms.entry import Entry
from transforms.icesat2 import entry
from transforms.icesat2_footprint import COMPUTED, CUT_SHORT, LEFT_OUT
from transforms.icesat2_orbit import Orbit, track


def placed(extent: Any) -> Entry:
    sent = copy.deepcopy(records(1, seed=6)[0])
    sent["umm"]["SpatialExtent"] = extent
    return entry(sent)


def shaped(**shapes: Any) -> Entry:
    return placed({"HorizontalSpatialDomain": {"Geometry": shapes}})


def ring(*positions: tuple[float, float]) -> dict[str, Any]:
    return {"Points": [{"Longitude": x, "Latitude": y} for x, y in positions]}


def orbit(crossing: float, start: float, started: str, end: float, ended: str) -> dict[str, Any]:
    return {
        "AscendingCrossing": crossing, "StartLatitude": start, "StartDirection": started, "EndLatitude": end,
        "EndDirection": ended,
    }  # fmt: skip


SQUARE = ring((0, 0), (2, 0), (2, 2), (0, 2))


def test_several_polygons_become_one_geometry() -> None:
    far = ring((10, 0), (12, 0), (12, 2), (10, 2))
    item = shaped(GPolygons=[{"Boundary": SQUARE}, {"Boundary": far}]).item
    assert item["geometry"]["type"] == "MultiPolygon"
    assert item["bbox"] == [0, 0, 12, 2]


def test_fifty_six_strips_of_a_pass_over_oceans_become_one_valid_geometry() -> None:
    strips = [ring((x - 180, y), (x - 179.9, y), (x - 179.9, y + 5), (x - 180, y + 5)) for x, y in
              ((index * 6.4, index % 8 * 10 - 40) for index in range(56))]  # fmt: skip
    item = shaped(GPolygons=[{"Boundary": strip} for strip in strips]).item
    assert shape(item["geometry"]).is_valid
    assert len(item["geometry"]["coordinates"]) == 56


def test_a_zone_left_out_is_a_hole() -> None:
    outer, hole = ring((0, 0), (2, 0), (2, 2), (0, 2)), ring((0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5))
    item = shaped(GPolygons=[{"Boundary": outer, "ExclusiveZone": {"Boundaries": [hole]}}]).item
    assert shape(item["geometry"]).area == 3
    assert len(item["geometry"]["coordinates"]) == 2


def test_a_box_a_line_and_a_point_are_footprints_too() -> None:
    sides = {"West": 170, "South": -5, "East": -170, "North": 5}
    box = {f"{side}BoundingCoordinate": value for side, value in sides.items()}
    assert shaped(BoundingRectangles=[box]).item["bbox"] == [170, -5, -170, 5]
    assert shaped(Lines=[ring((0, 0), (5, 5))]).item["geometry"]["type"] == "LineString"
    assert shaped(Points=[{"Longitude": 5, "Latitude": 6}]).item["bbox"] == [5, 6, 5, 6]
    both = shaped(Points=[{"Longitude": 179, "Latitude": 6}, {"Longitude": -178, "Latitude": 2}]).item
    assert both["geometry"] == {"type": "MultiPoint", "coordinates": [[179, 6], [-178, 2]]}
    assert both["bbox"] == [179, 2, -178, 6]


def test_a_part_that_encloses_nothing_is_left_out_and_told() -> None:
    broken = ring((5, 5), (6, 6), (5, 5))
    found = shaped(GPolygons=[{"Boundary": SQUARE}, {"Boundary": broken}])
    assert found.item["bbox"] == [0, 0, 2, 2]
    assert found.remarks == (LEFT_OUT,)
    assert shaped(GPolygons=[{"Boundary": SQUARE}]).remarks == ()


@pytest.mark.parametrize(
    ("extent", "reason"),
    [
        (None, "has no footprint"),
        ({}, "has no footprint"),
        ({"HorizontalSpatialDomain": {"Geometry": {}}}, "has no footprint"),
        ({"HorizontalSpatialDomain": {"Orbit": {"StartLatitude": 80}}}, "cannot be read.*AscendingCrossing"),
        ({"HorizontalSpatialDomain": {"Orbit": orbit(math.nan, 0, "A", 27, "A")}}, "cannot be read"),
        ({"HorizontalSpatialDomain": {"Geometry": {"GPolygons": [{"Boundary": ring((0, 0))}]}}}, "3 are needed"),
        ({"HorizontalSpatialDomain": {"Geometry": {"GPolygons": [{}]}}}, "cannot be read"),
    ],
)
def test_without_a_footprint_there_is_no_item(extent: Any, reason: str) -> None:
    with pytest.raises(RecordError, match=reason) as refused:
        placed(extent)
    assert str(refused.value).startswith("ATL08_")


def test_edges_are_great_circles_and_boxes_are_not() -> None:
    wide = ring((0, 60), (10, 60), (10, 61), (0, 61))
    curved = shape(shaped(GPolygons=[{"Boundary": wide}]).item["geometry"])
    # halfway the great circle lies at atan(tan 61 / cos 5)
    assert curved.bounds[3] == pytest.approx(
        math.degrees(math.atan(math.tan(math.radians(61)) / math.cos(math.radians(5)))), abs=1e-4
    )
    box = {"WestBoundingCoordinate": 0, "SouthBoundingCoordinate": 60, "EastBoundingCoordinate": 10,
           "NorthBoundingCoordinate": 61}  # fmt: skip
    assert shaped(BoundingRectangles=[box]).item["bbox"] == [0, 60, 10, 61]


def test_a_ring_that_cuts_the_pole_short_is_told_and_one_that_turns_beside_it_is_not() -> None:
    short = ring(
        (-110, -79),
        (-100, -84.6),
        (-40, -86.3),
        (20, -84.7),
        (29, -79),
        (30, -79),
        (21, -84.6),
        (-99, -84.5),
        (-109, -79),
    )
    assert shaped(GPolygons=[{"Boundary": short}]).remarks == (CUT_SHORT,)
    turning = [found for sent in records(60) if (found := entry(sent)).item["properties"]["icesat2:region"] in (4, 11)]
    assert len(turning) > 5
    assert all(found.remarks == () for found in turning)


class TestOrbit:
    def test_an_orbit_is_a_track_marked_as_computed(self) -> None:
        found = placed({"HorizontalSpatialDomain": {"Orbit": orbit(-40.358, 59.5, "A", 80, "A")}})
        assert found.item["geometry"]["type"] == "LineString"
        assert found.item["properties"]["icesat2:footprint"] == "orbit"
        assert found.remarks == (COMPUTED,)
        assert found.item["bbox"][1::2] == pytest.approx([59.5, 80], abs=1e-4)

    def test_a_whole_orbit_goes_round_and_ends_where_the_next_begins(self) -> None:
        made = track(Orbit(10, 0, True, 0, True))  # noqa: FBT003 - ascending
        positions = [position for piece in made["coordinates"] for position in piece]
        assert positions[0] == pytest.approx([10, 0])
        assert positions[-1] == pytest.approx([10 - 360 * 91 / 1387, 0], abs=1e-4)
        latitudes = [y for _, y in positions]
        # an inclination of 92 degrees, as geodetic latitude
        assert max(latitudes) == pytest.approx(88.013, abs=0.01)
        assert min(latitudes) == pytest.approx(-88.013, abs=0.01)

    @given(
        crossing=st.floats(-180, 180), part=st.sampled_from(
            [(0, "A", 27, "A"), (80, "A", 80, "D"), (80, "D", 59.5, "D"), (0, "D", -27, "D"), (-79, "D", -79, "A"),
             (-27, "A", 0, "A")])
    )  # fmt: skip
    def test_every_region_lies_where_its_ring_lies(self, crossing: float, part: tuple[Any, ...]) -> None:
        found = placed({"HorizontalSpatialDomain": {"Orbit": orbit(crossing, *part)}})
        geometry = shape(found.item["geometry"])
        assert geometry.is_valid
        _, south, _, north = geometry.bounds
        low, high = sorted([part[0], part[2]])
        turns = part[1] != part[3]
        assert north == pytest.approx(88.013 if turns and high > 0 else high, abs=0.02)
        assert south == pytest.approx(-88.013 if turns and high < 0 else low, abs=0.02)

    @given(st.integers(0, 600_000))
    def test_it_ends_where_other_code_says_that_the_pass_does(self, number: int) -> None:
        """The fake archive's, whose Earth is a sphere: a tenth of a degree at most."""
        flown = Pass(number, 1)
        made = track(Orbit(flown.node, 0, True, 27, True))  # noqa: FBT003 - ascending
        last = made["coordinates"][-1] if made["type"] == "LineString" else made["coordinates"][-1][-1]
        x, y = flown.middle()[-1]
        assert (last[0] - x + 180) % 360 - 180 == pytest.approx(0, abs=0.1)
        assert last[1] == pytest.approx(y, abs=0.2)

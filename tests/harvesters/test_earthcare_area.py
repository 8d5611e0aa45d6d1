"""Where a walk looks: boxes, geometries, radii; at ±180, at the poles, against coarse footprints."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.base import Selection
from harvesters.earthcare import EarthCARE
from harvesters.earthcare_area import Area
from harvesters.earthcare_circle import EARTH_KM, Circle
from tercet.errors import ConfigError
from tests.harvesters.earthcare_walks import FIRST, days, harvested, selection, serving, walked
from tests.upstreams.earthcare import Archive, Service
from tests.upstreams.earthcare_orbit import _STARTS, Frame

Bbox = tuple[float, float, float, float]


def boxes(selected: Selection) -> list[Bbox]:
    return [part.bbox for part in Area.of(selected).parts if part.bbox]


class TestBoxes:
    def test_far_from_the_line_and_the_poles_a_box_is_asked_for_as_it_is(self) -> None:
        assert boxes(selection(bbox=(-104.5, 31.0, -102.0, 33.5))) == [(-104.5, 31.0, -102.0, 33.5)]

    @pytest.mark.parametrize(
        ("box", "covered"),
        [
            ((179.0, -5.0, -179.0, 5.0), [(179.5, 0.0), (-179.5, 0.0), (177.0, 0.0), (-177.0, 4.0)]),
            ((175.0, -5.0, 180.0, 5.0), [(176.0, 0.0), (-179.0, 0.0)]),
            ((-180.0, 10.0, -170.0, 20.0), [(-175.0, 15.0), (179.0, 12.0)]),
            ((10.0, 70.0, 20.0, 75.0), [(15.0, 72.0), (5.0, 69.0), (25.0, 77.0)]),
            ((10.0, 80.0, 20.0, 85.0), [(15.0, 82.0), (-170.0, 82.0)]),
        ],
    )
    def test_elsewhere_it_is_wider_and_never_over_the_line(self, box: Bbox, covered: list[tuple[float, float]]) -> None:
        parts = boxes(selection(bbox=box))
        assert all(-180 <= west < east <= 180 and -90 <= south < north <= 90 for west, south, east, north in parts)
        for lon, lat in covered:
            assert any(w <= lon <= e and s <= lat <= n for w, s, e, n in parts), (lon, lat)

    async def test_a_box_over_the_antimeridian_is_two_searches_and_no_doubles(self) -> None:
        archive = days(2)
        got = await harvested(archive, selection(1, bbox=(170.0, -20.0, -170.0, 20.0)))
        west, east = sorted({(body["bbox"][0], body["bbox"][2]) for body in archive.service.asked})
        assert west == (-180.0, pytest.approx(-166.5, abs=0.5))
        assert east == (pytest.approx(166.5, abs=0.5), 180.0)
        assert len(got) == len(set(got)) > 0
        assert len(got) < 40

    async def test_a_small_box_at_the_line_finds_the_footprints_that_cross_it_there(self) -> None:
        archive = days(2)
        crossing = [
            (record, lat)
            for record in (archive.record(index) for index in range(30, 150))
            for one, other in [_jump(record["geometry"]["coordinates"][0])]
            if one is not None and abs(lat := (one[1] + other[1]) / 2) < 50
        ]
        assert crossing
        record, lat = crossing[0]
        box = (179.7, lat - 1.5, -179.7, lat + 1.5)
        assert record["id"] in await harvested(archive, selection(1.5, bbox=box))

    @pytest.mark.parametrize("methods", [frozenset({"GET"}), frozenset({"POST"})])
    async def test_a_geometry_is_sent_either_way(self, methods: frozenset[str]) -> None:
        archive = days(6, service=Service(methods=methods))
        corners = [[-114.5, 21], [-102, 21], [-102, 33.5], [-114.5, 33.5], [-114.5, 21]]
        got = await harvested(archive, selection(6, intersects={"type": "Polygon", "coordinates": [corners]}))
        assert 0 < len(got) < 20
        assert archive.service.asked[0]["intersects"]["type"] == "Polygon"

    def test_a_geometry_at_the_line_is_asked_for_by_boxes(self) -> None:
        corners = [[178, 1], [-178, 1], [-178, 3], [178, 3], [178, 1]]
        parts = Area.of(selection(intersects={"type": "Polygon", "coordinates": [corners]})).parts
        assert [part.intersects for part in parts] == [None, None]
        assert len(boxes(selection(intersects={"type": "Polygon", "coordinates": [corners]}))) == 2

    async def test_a_footprint_that_only_seems_to_reach_around_the_globe_does_not_come(self) -> None:
        archive = days(2)
        crossing = [
            archive.record(index)["id"]
            for index in range(20, 140)
            if _jump(Frame.numbered(FIRST + index).swath())[0] is not None
        ]
        got = set(await harvested(archive, selection(1, bbox=(-10.0, -20.0, 10.0, 20.0))))
        assert crossing
        assert got
        assert not set(crossing) & got

    def test_a_record_without_readable_footprint_comes_to_be_rejected(self) -> None:
        for area in (Area.of(selection(bbox=(0.0, 0.0, 1.0, 1.0))), Area.of(near(0, 0, 50))):
            assert area.touches({"id": "x", "geometry": None})
            assert area.touches({"id": "x", "geometry": "here"})
            assert area.touches({"id": "x", "geometry": {"type": "LineString", "coordinates": [[]]}})
        assert not Area.of(selection(bbox=(0.0, 0.0, 1.0, 1.0))).touches(
            {"geometry": {"type": "Point", "coordinates": [5, 5]}}
        )

    def test_a_box_without_extent_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="--bbox cannot be used"):
            Area.of(selection(bbox=(1.0, 1.0, 1.0, 1.0)))

    def test_two_areas_are_refused(self) -> None:
        both = selection(bbox=(0, 0, 1, 1), intersects={"type": "Point", "coordinates": [0, 0]})
        with pytest.raises(ConfigError, match="leave out --bbox or --intersects"):
            Area.of(both)
        with pytest.raises(ConfigError, match="leave out --bbox or --radius"):
            Area.of(selection(bbox=(0, 0, 1, 1), options={"radius": Circle(0, 0, 1)}))

    def test_a_broken_geometry_is_refused(self) -> None:
        broken = selection(intersects={"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]})
        with pytest.raises(ConfigError, match="--intersects cannot be used"):
            Area.of(broken)

    async def test_types_that_the_service_finds_by_no_place_are_chosen_here(self) -> None:
        archive = days(2, product_types=("AUX_JSG_1D",))
        selected = selection(1, product="AUX_JSG_1D", bbox=(0.0, -30.0, 60.0, 30.0))
        got = await harvested(archive, selected)
        assert 0 < len(got) < 40
        assert not any("bbox" in body for body in archive.service.asked)


def near(longitude: float, latitude: float, km: float, length: float = 1, **changes: Any) -> Selection:
    return selection(length, options={"radius": Circle(longitude, latitude, km)}, narrowed=True, **changes)


def line(*positions: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(position) for position in positions]}


class TestCircle:
    @pytest.mark.parametrize("km", [110.0, 112.5])
    def test_a_degree_is_111_km(self, km: float) -> None:
        assert Circle(10, 1, km).meets(line((0, 0), (20, 0))) is (km > 112) or km == 112.5

    @pytest.mark.parametrize(
        ("circle", "geometry", "meets"),
        [
            (Circle(0, 15, 1670), line((-40, 0), (40, 0)), True),  # far away, and along a great circle
            (Circle(0, 15, 1666), line((-40, 0), (40, 0)), False),
            (Circle(0, 1, 112), line((-5, 0), (5, 0)), True),
            (Circle(0, 1, 110), line((-5, 0), (5, 0)), False),
            (Circle(180, 0, 60), line((179, 5), (-179, -5)), True),  # not split at the line
            (Circle(0, 0, 60), line((179, 5), (-179, -5)), False),
            (Circle(-179.9, 0, 60), line((179, 0.2), (180, 0.2)), True),
            (Circle(0, 90, 200), line((0, 89), (180, 89)), True),
            (
                Circle(45, 80, 300),
                {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[45, 78], [46, 70]]]},
                True,
            ),
            (
                Circle(5, 5, 1),
                {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]},
                True,  # the point is inside
            ),
            (
                Circle(12, 5, 100),
                {"type": "MultiPolygon", "coordinates": [[[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]]},
                False,
            ),
            (Circle(-175, -2, 100), line((5, 0), (5, 10)), False),  # seen from the other side of the globe
        ],
    )
    def test_distances_are_those_on_the_globe(self, circle: Circle, geometry: dict[str, Any], meets: bool) -> None:  # noqa: FBT001 - a column
        assert circle.meets(geometry) is meets

    @given(
        number=st.integers(FIRST, FIRST + 3000),
        share=st.floats(0, 1),
        away=st.floats(2, 300),
        side=st.sampled_from([-1, 1]),
    )
    def test_ten_positions_tell_the_distance_to_the_real_track_to_a_kilometre(
        self, number: int, share: float, away: float, side: int
    ) -> None:
        frame = Frame.numbered(number)
        # the same orbit, not rounded to ten positions: a place so many km beside it
        first, last = _STARTS[frame.index], _STARTS[frame.index + 1]
        lon, lat = frame._position(first + (last - first) * share, side * away / EARTH_KM)
        assert Circle(lon, lat, away + 1.5).meets({"type": "LineString", "coordinates": frame.track()})
        assert not Circle(lon, lat, max(away - 1.5, 0.1)).meets({"type": "LineString", "coordinates": frame.track()})

    async def test_what_the_service_finds_in_a_box_is_measured_again(self) -> None:
        archive = Archive(400, first=FIRST, product_types=("ATL_TC__2A",))
        place = archive.record(60)["geometry"]["coordinates"][4]
        beside = (place[0] + 3, place[1])
        selected = near(*beside, 60, product="ATL_TC__2A", length=3)
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selected)
        got = {record["id"] for page in pages for record in page.records}
        assert archive.record(60)["id"] not in got  # in the box, and 300 km away
        wider = near(*beside, 340, product="ATL_TC__2A", length=3)
        assert archive.record(60)["id"] in await harvested(archive, wider)

    async def test_around_a_point_at_the_line_both_sides_are_found(self) -> None:
        archive = days(4)
        everything = [archive.record(index) for index in range(30, 400)]
        circle = Circle(179.95, 20.0, 400)
        expected = {record["id"] for record in everything if circle.meets(record["geometry"])}
        got = await harvested(archive, near(179.95, 20.0, 400, length=2.9))
        assert expected
        assert set(got) >= expected

    async def test_around_a_pole_only_the_polar_frames_come(self) -> None:
        got = await harvested(days(2), near(0, 89, 900, length=0.5))
        assert {name[-1] for name in got} == {"C"}
        assert len(got) > 5


def _jump(positions: list[list[float]]) -> tuple[list[float] | None, list[float]]:
    """Two neighbouring positions on either side of ±180; (None, []) where there are none."""
    for one, other in itertools.pairwise(positions):
        if abs(one[0] - other[0]) > 180:
            return one, other
    return None, []

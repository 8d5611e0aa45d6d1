"""Which part is wanted, said in every way that people say it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Geod

from tercet.errors import ReaderError
from tercet.readers.selection import Selection, hull

SQUARE = shapely.box(10, 20, 12, 22)


@given(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180)),
    st.floats(0, 90),
)
@example((-180.0, 0.0), (-180.0, 0.0, 0.0), 0.0)
@example((180.0, 0.0), (-180.0, 0.0, 0.0), 0.0)
def test_a_box_holds_the_same_positions_whatever_longitudes_are_counted_from(
    position: tuple[float, float], corner: tuple[float, float, float], height: float
) -> None:
    (longitude, latitude), (west, south, east) = position, corner
    selection = Selection.of(bbox=(west, south, east, min(south + height, 90)))
    names = (-180.0, 180.0) if abs(longitude) == 180 else (longitude,)
    inside = any(west <= one <= east if west <= east else one >= west or one <= east for one in names)
    expected = inside and south <= latitude <= min(south + height, 90)
    for turn in (0, 360) if longitude < 0 else (0,):
        counted = np.array([longitude + turn])
        if counted[0] - turn == longitude:  # else the sum itself was rounded
            assert selection.points(counted, np.array([latitude])).tolist() == [expected]


def test_positions_in_the_type_of_the_file_stay_on_the_edge_of_a_box() -> None:
    edge = np.float32(10.1)
    selection = Selection.of(bbox=(float(edge), 0, 11, 1))
    assert selection.points(np.array([edge]), np.array([0.5], dtype=np.float32)).all()


def test_nan_lies_nowhere_and_without_selection_everything_is_wanted() -> None:
    nowhere = np.array([np.nan, 1.0])
    assert Selection.of(bbox=(-180, -90, 180, 90)).points(nowhere, nowhere).tolist() == [False, True]
    assert Selection.of().points(nowhere, nowhere).all()
    assert Selection.of().is_whole


@pytest.mark.parametrize("form", ["shapely", "geometry", "feature", "collection", "file", "gpkg", "interface"])
def test_a_polygon_comes_in_every_form(form: str, tmp_path: Path) -> None:
    geometry = shapely.geometry.mapping(SQUARE)
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "a.geojson").write_text(json.dumps(collection))
    frame = geopandas.GeoDataFrame(geometry=[SQUARE], crs=4326).to_crs(3857)
    frame.to_file(tmp_path / "a.gpkg")
    forms: dict[str, Any] = {
        "shapely": SQUARE,
        "geometry": geometry,
        "feature": feature,
        "collection": collection,
        "file": tmp_path / "a.geojson",
        "gpkg": str(tmp_path / "a.gpkg"),
        "interface": frame.to_crs(4326).geometry,
    }
    selection = Selection.of(polygon=forms[form])
    assert selection.points(np.array([11.0, 13.0]), np.array([21.0, 21.0])).tolist() == [True, False]


def test_a_box_and_a_polygon_are_both_kept_to() -> None:
    selection = Selection.of(bbox=(11, 0, 30, 30), polygon=SQUARE)
    assert selection.points(np.array([10.5, 11.5]), np.array([21.0, 21.0])).tolist() == [False, True]
    assert selection.bounds == ((11.0, 20.0, 12.0, 22.0),)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"bbox": (1, 2, 3)}, "is not west, south, east, north"),
        ({"bbox": (0, 10, 1, 5)}, "south first"),
        ({"bbox": (0, 0, 1, 91)}, "latitudes"),
        ({"bbox": (-200, 0, 1, 1)}, "longitudes from -180"),
        ({"bbox": (0, 0, float("nan"), 1)}, "is not west"),
        ({"polygon": 3}, "not int"),
        ({"polygon": {"type": "Nonsense"}}, "not GeoJSON"),
        ({"polygon": {"type": "Polygon"}}, "not GeoJSON"),
        ({"polygon": shapely.Polygon()}, "is empty"),
        ({"polygon": "/nowhere/a.geojson"}, "cannot be read"),
        ({"time": ("2024-02-30", None)}, "is not RFC 3339"),
        ({"time": ("2024-02-02", "2024-02-01")}, "ends before it starts"),
        ({"time": "2024-02-02"}, "is not a pair"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_understood_is_refused_in_words(words: dict[str, Any], says: str) -> None:
    with pytest.raises(ReaderError, match=says):
        Selection.of(**words)


def test_a_file_that_holds_no_polygons_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.shp").write_bytes(b"nothing")
    with pytest.raises(ReaderError, match=r"a\.shp holds no polygons that GDAL can read"):
        Selection.of(polygon=tmp_path / "a.shp")


@pytest.mark.parametrize(
    "start",
    [
        "2024-05-01",
        "2024-05-01T00:00:00Z",
        "2024-05-01T02:00:00+02:00",
        datetime(2024, 5, 1, tzinfo=UTC),
        datetime(2024, 5, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        np.datetime64("2024-05-01"),
    ],
    ids=str,
)
def test_a_span_of_time_is_half_open_however_it_is_spelled(start: Any) -> None:
    times = np.array(["2024-04-30T23:59:59.999999999", "2024-05-01", "2024-05-02", "NaT"], dtype="datetime64[ns]")
    assert Selection.of(time=(start, "2024-05-02")).moments(times).tolist() == [False, True, False, False]
    assert Selection.of(time=(start, None)).moments(times).tolist() == [False, True, True, False]


@given(st.floats(-180, 180), st.floats(-85, 85), st.floats(0, 360), st.floats(1, 50_000))
def test_a_grown_area_holds_all_that_is_near(longitude: float, latitude: float, azimuth: float, metres: float) -> None:
    lon, lat, _ = Geod(ellps="WGS84").fwd(longitude, latitude, azimuth, metres * 0.999)
    at = np.array([lon]), np.array([lat])
    box = Selection.of(bbox=(longitude, latitude, longitude, latitude)).grown(metres)
    assert box.points(*at).all()
    drawn = Selection.of(polygon=shapely.Point(longitude, latitude).buffer(1e-6)).grown(metres)
    assert drawn.points(*at).all()


@given(st.lists(st.booleans(), max_size=30))
def test_a_hull_holds_all_that_is_wanted_and_ends_with_it(wanted: list[bool]) -> None:
    mask = np.array(wanted, dtype=bool)
    part = hull(mask)
    assert mask[part].sum() == mask.sum()
    if mask.any():
        assert mask[part][0]
        assert mask[part][-1]
    else:
        assert part == slice(0, 0)

"""Plumes and scenes: which pixels, on which grid, under which outline, whatever the version."""

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import rasterio.mask
import shapely
import shapely.geometry
from affine import Affine
from rasterio.warp import transform_geom

from tercet.errors import ReaderError
from tercet.readers.carbon_mapper.plumes import PlumeReader
from tercet.readers.carbon_mapper.scenes import SceneReader
from tercet.readers.items import subject_of
from tercet.readers.opening import open as open_reader
from tests.tercet.readers.carbon_mapper_rasters import (
    CROP_SHAPE,
    CRS_CODE,
    DATA_PLACE,
    DATA_SHAPE,
    IME_PLACE,
    IME_SHAPE,
    PIXEL,
    PLACE,
    PLUME,
    SCENE,
    Files,
    cut,
    enhancement,
    ground,
    item,
    lattice,
    outline_of,
    plume_mask,
    write,
)


@pytest.fixture(scope="module", params=["v3a", "v3b"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp(request.param), request.param).write_plume().write_scene()


@pytest.fixture
def plume(files: Files) -> PlumeReader:
    return opened(item(files))


def opened(what: Any) -> PlumeReader:
    found = open_reader(what)
    assert isinstance(found, PlumeReader)
    return found


@pytest.mark.parametrize("version", ["v1", "v3", "v3c", "v3e", "v10"])
def test_integrated_pixels_are_the_same_in_every_version(tmp_path: Path, version: str) -> None:
    files = Files(tmp_path, version).write_plume()
    plume = opened(item(files))
    assert int(plume.read("ime_concentrations").notnull().sum()) == int(files.ime.sum())


def test_the_tile_of_the_first_version_is_masked_whatever_else_it_holds(tmp_path: Path) -> None:
    whole = Files(tmp_path, "v3c").write_plume()
    expected = opened(item(whole)).read("ime_concentrations")
    for key, old in (("concentrations", "tile"), ("mask", "quantification-mask")):
        written = whole.path(whole.integrated, f"ime-cmf-{key}.tif")
        written.rename(whole.path("l3a-ime-ch4-mfa-v1", f"{old}.tif"))
    assert opened(tmp_path).read("ime_concentrations").equals(expected)


def test_integrated_pixels_lie_where_they_lie_in_the_scene(plume: PlumeReader, files: Files) -> None:
    on_scene = plume.stack("ime_concentrations", grid=str_grid(files))["ime_concentrations"].to_numpy()
    np.testing.assert_array_equal(on_scene, np.where(files.ime, enhancement(), np.nan))


def str_grid(files: Files) -> Any:
    with rasterio.open(files.path(files.scene, "cmf.tif")) as file:
        from tercet.readers.rasters.grids import Grid  # noqa: PLC0415 - beside its only use

        return Grid(file.crs, file.transform, file.height, file.width)


def test_rasters_of_different_sizes_come_onto_one_grid_without_resampling(plume: PlumeReader) -> None:
    found = plume.dataset()
    assert dict(found.sizes) == {"y": CROP_SHAPE[0], "x": CROP_SHAPE[1], "band": 3}
    values = cut(np.where(plume_mask(), enhancement(), np.nan), PLACE, CROP_SHAPE)
    inside = np.zeros(CROP_SHAPE, dtype=bool)
    rows, columns = (slice(d - p, d - p + n) for d, p, n in zip(DATA_PLACE, PLACE, DATA_SHAPE, strict=True))
    inside[rows, columns] = True
    np.testing.assert_array_equal(found["concentrations"], np.where(inside, values, np.nan).astype(np.float32))
    np.testing.assert_array_equal(found["mask"], cut(plume_mask(), PLACE, CROP_SHAPE))
    np.testing.assert_array_equal(found["rgb"], cut(ground(), PLACE, CROP_SHAPE))
    assert found["mask"].dtype == bool


def test_coordinates_are_the_centres_of_pixels_and_the_crs_is_found(plume: PlumeReader) -> None:
    found = plume.dataset("mask")
    corner = lattice(*PLACE)
    assert found["x"][0] == corner.c + PIXEL / 2
    assert found["y"][0] == corner.f - PIXEL / 2
    assert rasterio.crs.CRS.from_wkt(found["spatial_ref"].attrs["crs_wkt"]) == rasterio.crs.CRS.from_string(CRS_CODE)
    assert found["spatial_ref"].attrs["grid_mapping_name"] == "transverse_mercator"


def test_units_source_and_item_stand_in_attributes(plume: PlumeReader) -> None:
    found = plume.dataset("concentrations")
    assert found["concentrations"].attrs["units"] == "ppm.m"
    assert found["concentrations"].attrs["source"].endswith("plume-concentrations.tif")
    assert (found.attrs["item"], found.attrs["collection"]) == (PLUME, "carbon-mapper-plumes")


def test_the_outline_is_what_the_provider_drew(plume: PlumeReader) -> None:
    drawn = shapely.geometry.shape(outline_of(plume_mask())["features"][0]["geometry"])
    assert plume.outline().equals(drawn)
    assert plume.ime_outline().within(plume.outline().buffer(1e-7))


@pytest.mark.parametrize(("outline", "mask"), [("outline", "mask"), ("ime_outline", "ime_mask")], ids=["plume", "ime"])
def test_an_outline_whose_file_is_gone_is_drawn_around_the_mask_with_a_warning(
    files: Files, outline: str, mask: str
) -> None:
    whole = opened(item(files))
    expected = getattr(whole, outline)()
    said = item(files)
    said["assets"][outline]["href"] += ".gone"
    with pytest.warns(UserWarning, match=rf"{outline} of {PLUME} is drawn around .* cannot be read"):
        found = getattr(opened(said), outline)()
    assert found.symmetric_difference(expected).area < 1e-6 * expected.area
    del said["assets"][outline], said["assets"][mask]
    with pytest.raises(ReaderError, match="its Item has no file of it, and there is no mask"):
        getattr(opened(said), outline)()


def test_an_outline_in_metres_comes_in_degrees(tmp_path: Path, files: Files) -> None:
    drawn = outline_of(plume_mask())
    geometry = transform_geom("EPSG:4326", CRS_CODE, drawn["features"][0]["geometry"])
    drawn["features"][0]["geometry"] = geometry
    drawn["crs"]["properties"]["name"] = "urn:ogc:def:crs:EPSG::32638"
    (tmp_path / "o.geojson").write_text(json.dumps(drawn))
    said = item(files)
    said["assets"]["outline"]["href"] = str(tmp_path / "o.geojson")
    assert opened(said).outline().equals_exact(opened(item(files)).outline(), tolerance=1e-7)


def test_from_v3b_on_the_outline_stands_in_for_a_mask_that_is_missing_and_without_both_it_is_refused(
    tmp_path: Path,
) -> None:
    files = Files(tmp_path, "v3d").write_plume()
    said = item(files)
    del said["assets"]["ime_mask"]
    found = opened(said)
    assert int(found.read("ime_concentrations").notnull().sum()) == int(files.ime.sum())
    del said["assets"]["ime_outline"]
    with pytest.raises(ReaderError, match="holds more than the integrated pixels, and there is no ime_mask"):
        opened(said).read("ime_concentrations")
    assert "ime_concentrations" not in opened(said).dataset()


def test_a_crop_is_the_scene_around_the_outline(plume: PlumeReader, files: Files) -> None:
    found = plume.crop(pad=10)
    rows, columns = np.nonzero(plume_mask())
    top, left = rows.min() - 10, columns.min() - 10
    bottom, right = rows.max() + 11, columns.max() + 11
    np.testing.assert_array_equal(found[0], enhancement()[top:bottom, left:right])
    assert found.name == "cmf_ch4"
    assert plume.crop("rgb", pad=0).sizes["band"] == 3
    assert plume.crop("uncertainty", scene=SceneReader(SCENE, plume.scene.files, item=None)).dims == ("band", "y", "x")
    assert plume.scene.name == SCENE
    assert files.folder in {at.path.parent for at in plume.scene.files.values()}


def test_a_crop_at_the_edge_ends_there_and_nodata_is_nan(plume: PlumeReader) -> None:
    found = plume.crop(pad=1000)
    assert found.shape == (1, 400, 360)
    assert bool(found[0, :20].isnull().all())
    assert bool(found[0, 20:].notnull().all())


def test_a_plume_without_scene_says_where_it_was_looked_for(tmp_path: Path) -> None:
    plume = opened(item(Files(tmp_path).write_plume()))
    plume.settings = plume.settings.model_copy(update=dict.fromkeys(("api_url", "carbon_mapper_url"), unreachable()))
    with pytest.raises(
        ReaderError, match=rf"the scene {SCENE} of .* was not found \(beside the plume's files: nothing"
    ):
        plume.crop()


def unreachable() -> Any:
    from pydantic import AnyHttpUrl  # noqa: PLC0415 - beside its only use

    return AnyHttpUrl("http://127.0.0.1:9")


def test_a_polygon_lets_only_pixels_through_whose_centre_lies_in_it(files: Files) -> None:
    scene = open_reader(str(files.folder / f"{SCENE}_{files.scene}_cmf.tif"))
    outline = opened(item(files)).outline()
    found = scene.dataset("cmf_ch4", polygon=outline)["cmf_ch4"]
    with rasterio.open(files.path(files.scene, "cmf.tif")) as file:
        geometry = transform_geom("EPSG:4326", file.crs, shapely.geometry.mapping(outline))
        expected, _ = rasterio.mask.mask(file, [geometry], crop=True, nodata=-9999.0)
    np.testing.assert_array_equal(found.fillna(-9999.0), expected[0])


def test_what_overlaps_nothing_is_empty_with_all_its_variables(plume: PlumeReader) -> None:
    found = plume.dataset(["mask", "rgb", "concentrations"], bbox=(-10, -10, -9, -9))
    assert dict(found.sizes) == {"y": 0, "x": 0, "band": 3}
    assert found["concentrations"].attrs["units"] == "ppm.m"
    rows = plume.table("concentrations", time=("2030-01-01", None))
    assert len(rows) == 0
    assert list(rows.columns) == ["concentrations", "geometry"]


def test_a_table_has_a_row_for_each_pixel_with_a_value(plume: PlumeReader) -> None:
    rows = plume.table(["concentrations", "mask"])
    assert len(rows) == int(plume_mask().sum())
    assert rows.crs == "EPSG:4326"
    assert rows.attrs["units"] == {"concentrations": "ppm.m"}
    x, y = lattice(0, 0) @ (np.argwhere(plume_mask())[0][1] + 0.5, np.argwhere(plume_mask())[0][0] + 0.5)
    placed = rows.geometry.to_crs(CRS_CODE).iloc[0]
    assert abs(placed.x - x) < 1e-3
    assert abs(placed.y - y) < 1e-3


def test_a_table_becomes_arrow_and_geoparquet_with_its_units(plume: PlumeReader, tmp_path: Path) -> None:
    rows = plume.table("concentrations")
    rows.to_parquet(tmp_path / "a.parquet")
    assert geopandas.read_parquet(tmp_path / "a.parquet").attrs["units"] == {"concentrations": "ppm.m"}
    assert rows.to_arrow() is not None


def test_a_raster_on_another_grid_takes_the_nearest_pixel(plume: PlumeReader, files: Files) -> None:
    shifted = str_grid(files)
    shifted = type(shifted)(shifted.crs, Affine(60, 0, 600_000, 0, -60, 1_725_000), 200, 180)
    found = plume.stack("concentrations", grid=shifted)["concentrations"].to_numpy()
    source = np.full((400, 360), np.nan, dtype=np.float32)
    rows, columns = (slice(d, d + n) for d, n in zip(DATA_PLACE, DATA_SHAPE, strict=True))
    source[rows, columns] = np.where(plume_mask(), enhancement(), np.nan)[rows, columns]
    # the centre of four pixels is a corner of each: any of the four is the nearest
    blocks = source.reshape(200, 2, 180, 2).transpose(0, 2, 1, 3).reshape(200, 180, 4)
    has_value = ~np.isnan(found)
    assert has_value.sum() > 20
    assert (blocks[has_value] == found[has_value, None]).any(axis=1).all()


def test_another_crs_is_named_and_an_unknown_one_refused(plume: PlumeReader) -> None:
    found = plume.stack(["concentrations", "mask"], grid="EPSG:4326")
    inside = found["mask"].to_numpy()
    x, y = np.meshgrid(found["x"], found["y"])
    outline = plume.outline()
    agree = shapely.contains_xy(outline, x, y) == inside
    assert agree.mean() > 0.99
    assert found["x"].attrs["units"] == "degrees_east"
    with pytest.raises(ReaderError, match="there is no coordinate reference system 'EPSG:none'"):
        plume.stack("mask", grid="EPSG:none")


def test_wind_blows_from_where_it_is_said_to_come(files: Files) -> None:
    plume = opened(item(files, **{"cm:wind_speed_avg": 4.74, "cm:wind_direction_avg": 186.0}))
    assert plume.wind == pytest.approx((0.4955, 4.714), abs=1e-3)  # the provider's own example, rounded


@pytest.mark.parametrize("version", ["v1", "v3.1_b"])
def test_a_plume_that_was_replaced_and_one_with_an_underscore_in_its_name_know_their_ids(version: str) -> None:
    name = "ssc20260102t030405_s4-B"
    said = {"product:type": "plume", "cm:scene_id": name[:-2], "version": version}
    files = {"mask": {"href": "https://example.org/mask.tif"}}
    for identity in (name, f"{name}_{version}"):
        assert opened({"type": "Feature", "id": identity, "properties": said, "assets": files}).plume_id == name
    assert subject_of(f"{name}_l3a-vis-ch4-mfa-v3_plume.tif") == name


def test_a_folder_and_a_single_file_open_without_an_item(files: Files, tmp_path: Path) -> None:
    for key in ("plume.tif", "plume-concentrations.tif"):
        (tmp_path / f"{PLUME}_{files.vis}_{key}").symlink_to(files.path(files.vis, key))
    found = opened(tmp_path)
    assert set(found.variables()) == {"mask", "concentrations"}
    assert (found.plume_id, found.scene_id, found.gas, found.wind) == (PLUME, SCENE, "CH4", None)
    assert set(opened(files.path(files.vis, "plume.tif")).variables()) == {"mask"}


def test_a_scene_is_asked_for_by_short_names_and_keeps_its_text(files: Files, tmp_path: Path) -> None:
    for path in files.folder.glob(f"{SCENE}_*"):
        (tmp_path / path.name).symlink_to(path)
    scene = open_reader(tmp_path)
    assert isinstance(scene, SceneReader)
    assert list(scene.dataset(["cmf", "uncertainty"]).data_vars) == ["cmf_ch4", "uncertainty_ch4"]
    assert scene.text("uas").startswith("2300.0")
    assert scene.dataset("cmf_unortho")["cmf_unortho_ch4"].dims == ("row", "column")
    with pytest.raises(ReaderError, match="rows and columns of the sensor: no area can be cut out"):
        scene.dataset("cmf_unortho", bbox=(45, 15, 46, 16))
    with pytest.raises(ReaderError, match="rows and columns of the sensor"):
        scene.dataset(["cmf", "cmf_unortho"])
    with pytest.raises(ReaderError, match="did you mean 'cmf_ch4'"):
        scene.dataset("cfm_ch4")


def test_pictures_are_drawn_of_every_kind(plume: PlumeReader) -> None:
    figure = plume.plot()
    assert "1,954 ± 312 kg/h" in figure.axes[0].get_title()
    assert {text.get_text() for text in figure.axes[0].texts} == {"500 m", "", "4.7 m/s"}
    assert len(plume.quicklook().axes) == 1
    assert len(plume.panels().axes) == 4 + 2  # two with a colour bar
    assert plume.plot("ime_mask").axes
    assert plume.scene.plot("cmf").axes


def test_a_file_written_at_another_pixel_size_is_not_taken_for_the_same_lattice(tmp_path: Path) -> None:
    files = Files(tmp_path).write_plume()
    at = lattice(*IME_PLACE)
    shifted = Affine(at.a, 0, at.c + PIXEL / 2, 0, at.e, at.f)
    write(files.path(files.integrated, "ime-cmf-mask.tif"), np.ones(IME_SHAPE, np.uint8), shifted)
    found = opened(item(files)).dataset(["concentrations", "ime_mask"])
    assert int(found["ime_mask"].sum()) == IME_SHAPE[0] * IME_SHAPE[1]


def test_a_raster_that_is_turned_keeps_its_rows_and_comes_upright_beside_others(tmp_path: Path) -> None:
    files = Files(tmp_path).write_plume()
    turned = Affine.translation(606_000, 1_719_600) @ Affine.rotation(30) @ Affine.scale(PIXEL, -PIXEL)
    values = np.arange(20 * 30, dtype=np.float32).reshape(20, 30)
    write(tmp_path / "turned.tif", values, turned)
    with open_reader(tmp_path / "turned.tif") as reader:
        found = reader.dataset()["turned"]
        assert found.dims == ("row", "column")
        np.testing.assert_array_equal(found, values)
        assert float(found["x"][0, 0]) == pytest.approx((turned @ (0.5, 0.5))[0])
    said = item(files)
    said["assets"]["confidence"] = {"href": str(tmp_path / "turned.tif")}
    both = opened(said).dataset(["confidence", "mask"])
    assert both["confidence"].dims == ("y", "x")
    shown = both["confidence"].to_numpy()
    assert set(np.unique(shown[~np.isnan(shown)])) <= set(values.ravel())
    assert np.isfinite(shown).sum() == pytest.approx(values.size, rel=0.1)
    assert int(both["mask"].sum()) == pytest.approx(int(plume_mask().sum()), rel=0.1)

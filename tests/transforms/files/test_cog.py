"""COGs against rasterio and rio-cogeo's own validator."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from tercet.errors import ReaderError
from tercet.readers.base import Reader
from tests.transforms.files import rasters
from transforms.files.cog import MEDIA_TYPE, Cogs
from transforms.files.task import Output, Task

TIFF = "image/tiff; application=geotiff"


class Local:
    """Files of an Item that lie here."""

    def __init__(self, **paths: Path) -> None:
        self.paths = paths

    def local(self, key: str) -> Path:
        return self.paths[key]

    def reader(self) -> Reader:
        raise AssertionError("a COG is made of a raster's file")


def item(**types: str) -> dict[str, Any]:
    assets = {key: {"href": f"https://example.org/{key}", "type": kind, "title": key} for key, kind in types.items()}
    return {"id": "a", "assets": assets}


def made(source: Path, tmp_path: Path, key: str = "concentrations", **options: Any) -> Output:
    folder = tmp_path / "made"
    folder.mkdir()
    return Cogs(**options).make(Task(f"{key}_cog", (key,), ".tif"), item(**{key: TIFF}), Local(**{key: source}), folder)


def read(path: Path | None) -> tuple[Any, dict[str, Any], tuple[Any, ...]]:
    assert path is not None
    with rasterio.open(path) as raster:
        return raster.read(), raster.profile, (raster.colorinterp, raster.units, raster.transform, raster.crs)


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("concentrations", rasters.concentrations),
        ("cmf_ch4", rasters.column_enhancement),
        ("mask", rasters.plume_picture),
        ("artifact_mask_ch4", rasters.classes),
    ],
    ids=["NaN", "-9999", "alpha", "classes"],
)
def test_a_cog_is_valid_and_holds_the_same_bit_for_bit(
    key: str, source: Callable[[Path], Path], tmp_path: Path
) -> None:
    original = source(tmp_path / "source.tif")
    output = made(original, tmp_path, key)
    valid, errors, warnings = cog_validate(str(output.path), strict=True, quiet=True)
    assert (valid, errors, warnings) == (True, [], [])
    values, profile, rest = read(output.path)
    before, was, before_rest = read(original)
    assert values.tobytes() == before.tobytes()
    assert rest == before_rest
    assert (profile["dtype"], str(profile["nodata"])) == (was["dtype"], str(was["nodata"]))


def test_overviews_of_classes_hold_no_new_values(tmp_path: Path) -> None:
    output = made(rasters.classes(tmp_path / "source.tif"), tmp_path, "artifact_mask_ch4")
    with rasterio.open(output.path, overview_level=0) as overview:
        assert set(np.unique(overview.read())) == {3, 200}


def test_overviews_of_measurements_are_averages_of_what_is_valid(tmp_path: Path) -> None:
    output = made(rasters.column_enhancement(tmp_path / "source.tif"), tmp_path, "cmf_ch4")
    with rasterio.open(output.path) as whole, rasterio.open(output.path, overview_level=0) as overview:
        values, small = whole.read(1), overview.read(1)
    expected = values[:1000, 400:1200].reshape(500, 2, 400, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(small[:500, 200:600], expected, rtol=1e-4, atol=1e-2)
    assert (small[:, :200] == -9999).all()


def test_nan_that_is_not_declared_is_nodata_in_the_cog(tmp_path: Path) -> None:
    output = made(rasters.concentrations(tmp_path / "source.tif", declared=False), tmp_path)
    assert np.isnan(read(output.path)[1]["nodata"])
    assert output.properties["renders"]["concentrations_cog"]["nodata"] == "nan"


def test_a_valid_cog_is_linked(tmp_path: Path) -> None:
    first = made(rasters.concentrations(tmp_path / "source.tif"), tmp_path)
    assert first.path is not None
    again = made(first.path, tmp_path / "made")
    assert again.path is None
    assert again.asset["proj:shape"] == [700, 700]


def test_the_item_hears_of_grid_bands_and_how_to_draw_it(tmp_path: Path) -> None:
    source = rasters.concentrations(tmp_path / "source.tif")
    output = made(source, tmp_path)
    values = read(source)[0][0]
    valid = values[~np.isnan(values)].astype("float64")
    [band] = output.asset["bands"]
    assert output.asset["type"] == MEDIA_TYPE
    assert (output.asset["proj:code"], output.asset["proj:shape"]) == (rasters.CRS, [700, 700])
    assert (band["nodata"], band["unit"], band["data_type"]) == ("nan", "ppm m", "float32")
    assert band["statistics"] == pytest.approx(
        {
            "minimum": valid.min(),
            "maximum": valid.max(),
            "mean": valid.mean(),
            "stddev": valid.std(),
            "valid_percent": 75.0,
        }
    )
    low, high = output.properties["renders"]["concentrations_cog"]["rescale"][0]
    assert valid.min() < low < high < valid.max()


def test_a_cog_for_the_web_lies_on_its_tiles(tmp_path: Path) -> None:
    output = made(rasters.concentrations(tmp_path / "source.tif"), tmp_path, web_optimized=True)
    assert output.asset["proj:code"] == "EPSG:3857"
    assert cog_validate(str(output.path), quiet=True)[0]


def test_only_rasters_on_the_ground_become_cogs() -> None:
    sensors = {"cmf_unortho_ch4": TIFF, "artifact_mask_ch4": TIFF}
    tasks = Cogs().tasks(item(mask=TIFF, **sensors, outline="application/geo+json", mask_cog=MEDIA_TYPE))
    assert [(task.key, task.sources) for task in tasks] == [("mask_cog", ("mask",))]


def test_a_raster_without_a_place_is_refused_by_name(tmp_path: Path) -> None:
    source = rasters.write(tmp_path / "source.tif", np.zeros((1, 10, 10), "uint8"), crs=None)
    with pytest.raises(ReaderError, match="a: asset concentrations has no coordinates"):
        made(source, tmp_path)


def test_what_is_no_raster_is_refused_by_name(tmp_path: Path) -> None:
    source = tmp_path / "source.tif"
    source.write_text("<html>please log in</html>")
    with pytest.raises(ReaderError, match="a: asset concentrations is no raster"):
        made(source, tmp_path)

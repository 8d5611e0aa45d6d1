"""``tercet read``, ``plot`` and ``inspect``: files whose ending says what they are, and errors in one sentence."""

import io
import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray
from click.testing import CliRunner, Result

from stac_api.database import Database
from tercet.cli import main
from tests.tercet.readers.carbon_mapper_rasters import CROP_SHAPE, CRS_CODE, PLUME, Files, item, plume_mask
from tests.tercet.readers.icesat2_files import granule


@pytest.fixture(scope="module")
def plume(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("plume")
    said = item(Files(folder, "v3d").write_plume())
    (folder / "item.json").write_text(json.dumps(said))
    return str(folder / "item.json")


def tercet(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


COUNT = int(plume_mask().sum())


def test_without_a_file_rows_go_to_standard_output_and_nothing_else_does(plume: str) -> None:
    done = tercet("read", plume, "-v", "concentrations")
    rows = pd.read_csv(io.StringIO(done.stdout))
    assert list(rows.columns) == ["longitude", "latitude", "concentrations"]
    assert len(rows) == COUNT
    assert not done.stderr


@pytest.mark.parametrize("suffix", ["csv", "parquet", "feather", "geojson", "gpkg"])
def test_a_table_is_written_by_the_ending_of_its_file(plume: str, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    done = tercet("read", plume, "-v", "concentrations", "-v", "mask", "-o", str(path))
    assert done.exit_code == 0, done.stderr
    assert f"{COUNT} rows of concentrations, mask" in done.stderr
    read: Any = {"csv": pd.read_csv, "parquet": geopandas.read_parquet, "feather": geopandas.read_feather}
    rows = read.get(suffix, geopandas.read_file)(path)
    assert len(rows) == COUNT
    assert rows["concentrations"].notna().all()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_netcdf_and_geotiff_hold_the_same_grid(plume: str, tmp_path: Path) -> None:
    for name in ("out.nc", "out.tif"):
        done = tercet("read", plume, "-v", "concentrations", "-v", "mask", "-o", str(tmp_path / name))
        assert done.exit_code == 0, done.stderr
    with xarray.open_dataset(tmp_path / "out.nc", engine="h5netcdf", decode_coords="all") as found:
        assert dict(found.sizes) == {"y": CROP_SHAPE[0], "x": CROP_SHAPE[1]}
        assert found["concentrations"].attrs["units"] == "ppm.m"
        assert "spatial_ref" in found.coords
        values = found["concentrations"].to_numpy()
    with rasterio.open(tmp_path / "out.tif") as file:
        assert (file.crs.to_string(), file.descriptions) == (CRS_CODE, ("concentrations", "mask"))
        np.testing.assert_array_equal(file.read(1), values)
        assert int(file.read(2).sum()) == COUNT


def test_netcdf_takes_variables_whose_names_are_paths(tmp_path: Path) -> None:
    granule(tmp_path / "a.h5", "ATL08", segments=20)
    out = tmp_path / "a.nc"
    done = tercet("read", str(tmp_path / "a.h5"), "-v", "h_canopy", "-v", "orbit_info/rgt", "-o", str(out))
    assert done.exit_code == 0, done.stderr
    with xarray.open_dataset(out, engine="h5netcdf") as found:
        assert set(found.data_vars) == {"h_canopy", "orbit_info_rgt"}


def test_a_part_is_cut_out(plume: str, tmp_path: Path) -> None:
    done = tercet("read", plume, "-v", "mask", "--bbox", "45.9,15.546,46,15.547", "-o", str(tmp_path / "a.parquet"))
    assert done.exit_code == 0, done.stderr
    assert 0 < len(geopandas.read_parquet(tmp_path / "a.parquet")) < COUNT
    assert (
        "0 rows" in tercet("read", plume, "-v", "mask", "--since", "2030-01-01", "-o", str(tmp_path / "b.csv")).stderr
    )


def test_a_picture_is_written(plume: str, tmp_path: Path) -> None:
    done = tercet("plot", plume, "-o", str(tmp_path / "a.png"), "--dpi", "40")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_in_it_is_listed_for_people_and_programs(plume: str) -> None:
    listed = tercet("inspect", plume)
    assert f"PlumeReader {PLUME}: 5 variables" in listed.stdout
    assert "ppm.m" in listed.stdout
    lines = [json.loads(line) for line in tercet("inspect", plume, "--search", "ime", "--json").stdout.splitlines()]
    assert [one["name"] for one in lines] == ["ime_concentrations", "ime_mask"]
    assert lines[0]["shape"] == [34, 41]
    assert lines[0]["stored"] > 0


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["read", "{}", "-v", "concentration"], (1, "did you mean 'concentrations'")),
        (["read", "{}", "-o", "out.xlsx"], (2, "its ending says what to write")),
        (["read", "{}", "--beams", "gt1l"], (2, "only granules of ICESat-2 have beams")),
        (["plot", "{}", "-o", "a.png", "--bbox", "1,2,3,4"], (2, "its picture shows all of it")),
        (["read", "{}", "-o", "/nowhere/at/all.csv"], (1, "cannot be written")),
        (["read", "no/such/file.tif"], (1, "does not exist")),
        (["inspect", "{}", "--asset", "cmf"], (1, "has no asset 'cmf'")),
        (["read", "{}", "-v", "mask", "--bbox", "1,2,3,4", "-o", "a.tif"], (1, "there is no pixel to write")),
    ],
    ids=lambda value: " ".join(value[2:]) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    plume: str, words: list[str], ends: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = tercet(*(word.format(plume) for word in words))
    assert done.exit_code == ends[0]
    assert ends[1] in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_item_is_taken_from_the_database_where_no_catalog_is_served(
    plume: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERCET_API_URL", "http://127.0.0.1:9")
    said = json.loads(Path(plume).read_text())
    collection = {"id": said["collection"], "type": "Collection", "links": [], "extent": {}, "description": "…"}
    with database.connect() as connection:
        connection.execute("SELECT pgstac.create_collection(%s::jsonb)", [json.dumps(collection)])
        connection.execute("SELECT pgstac.create_item(%s::jsonb)", [json.dumps(said)])
    name = f"{said['collection']}/{said['id']}"
    assert f"PlumeReader {PLUME}" in tercet("inspect", name).stdout
    done = tercet("inspect", f"{said['collection']}/none")
    assert (done.exit_code, "has no Item none" in done.stderr) == (1, True)

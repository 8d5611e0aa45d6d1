"""Rasters behind a provider's login, opened through the gateway by programs that know nothing of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import morecantile
import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pydantic import AnyHttpUrl, SecretStr
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from rio_tiler.io import Reader, STACReader
from rio_tiler.types import AssetInfo
from shapely.geometry import box, mapping

from stac_api.database import Database
from stac_api.database.addresses import parameters_of
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.stac_api.gated import CARBON_MAPPER, ITEM, TIFF, Providers, Stored, api, store_catalog, store_gated
from tests.stac_api.served import PLUMES, shared_database

pytestmark = pytest.mark.database

TILE = (8, 137, 100)
"""Zoom, x, y of the tile that the raster covers exactly."""
NODATA = 255
WHERE = "l3a-vis-ch4-mfa-v3d/2026/03/31/p/p_plume.tif"
AT = f"/assets/{PLUMES}/{ITEM}/data"
QUIET = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/http://127.0.0.1"}


def pixels() -> NDArray[np.uint8]:
    """A picture without symmetry, with a corner of no data."""
    rows, columns = np.mgrid[0:256, 0:256]
    values: NDArray[np.uint8] = ((rows * 7 + columns * 3) % 251).astype(np.uint8)
    values[:40, :60] = NODATA
    return values


def geotiff(values: NDArray[np.uint8]) -> bytes:
    z, x, y = TILE
    bounds = morecantile.tms.get("WebMercatorQuad").xy_bounds(morecantile.Tile(x, y, z))
    profile: dict[str, Any] = {
        "driver": "COG",
        "height": 256,
        "width": 256,
        "count": 1,
        "dtype": "uint8",
        "nodata": NODATA,
        "crs": "EPSG:3857",
        "transform": from_bounds(*bounds, 256, 256),
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as file:
            file.write(values, 1)
        return bytes(memory.read())


@dataclass(frozen=True)
class Gated:
    client: httpx2.Client
    settings: Settings
    database: Database

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")


@pytest.fixture(scope="module")
def gated(embedded: Settings) -> Iterator[Gated]:
    """Give an API over a plume whose raster opens at its provider for those who log in only."""
    fakes = Providers()
    fakes.plumes.storage.files = {WHERE: Stored(geotiff(pixels()))}
    with shared_database(embedded) as (settings, database), fakes.serving(settings, asset_hrefs="gateway") as changed:
        store_catalog(database)
        assets = {"data": {"href": CARBON_MAPPER + WHERE, "type": TIFF, "roles": ["data"]}}
        place = box(*morecantile.tms.get("WebMercatorQuad").bounds(morecantile.Tile(TILE[1], TILE[2], TILE[0])))
        store_gated(database, assets, bbox=list(place.bounds), geometry=mapping(place))
        with api(changed, database) as client:
            assert httpx2.get(f"{changed.carbon_mapper_url}/catalog/asset/{WHERE}", timeout=60).status_code == 401
            yield Gated(client, changed, database)


def test_rasterio_reads_a_gated_file_by_ranges(gated: Gated) -> None:
    with rasterio.Env(**QUIET), rasterio.open(f"/vsicurl/{gated.url}{AT}") as file:
        assert file.nodata == NODATA
        np.testing.assert_array_equal(file.read(1), pixels())
        window = rasterio.windows.Window(10, 20, 30, 40)
        np.testing.assert_array_equal(file.read(1, window=window), pixels()[20:60, 10:40])


def test_rio_tiler_reads_an_item_of_the_api_through_the_gateway(gated: Gated) -> None:
    item = f"{gated.url}/collections/{PLUMES}/items/{ITEM}"
    z, x, y = TILE
    with rasterio.Env(**QUIET), STACReader(item) as reader:
        assert reader.item.assets["data"].href == f"{gated.url}{AT}"
        image = reader.tile(x, y, z, assets=["data"])
    np.testing.assert_array_equal(image.array.data[0], pixels())
    np.testing.assert_array_equal(image.array.mask[0], pixels() == NODATA)


def test_a_part_has_the_files_own_pixels_only_where_its_bounds_are_aligned(gated: Gated, tmp_path: Path) -> None:
    (tmp_path / "plume.tif").write_bytes(geotiff(pixels()))
    with rasterio.open(tmp_path / "plume.tif") as file:
        west, south, east, _ = file.bounds
        step = (east - west) / 256
    bounds = (west + 10.4 * step, south + 20.4 * step, west + 40.4 * step, south + 60.4 * step)
    with rasterio.Env(**QUIET), Reader(f"{gated.url}{AT}") as reader:
        crs = {"bounds_crs": "EPSG:3857", "dst_crs": "EPSG:3857"}
        aligned = reader.part(bounds, **crs, align_bounds_with_dataset=True).array.data[0]
        shifted = reader.part(bounds, **crs).array.data[0]
    rows, columns = slice(256 - 61, 256 - 20), slice(10, 41)
    np.testing.assert_array_equal(aligned, pixels()[rows, columns])
    assert shifted.shape != aligned.shape or not np.array_equal(shifted, aligned)


@pytest.fixture
def tiler(gated: Gated, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx2.Client]:
    """Give titiler-pgstac on the same database, with the readers that go through the gateway."""
    known = parameters_of(gated.database.read_conninfo, variable="DATABASE_READ_URL")
    for name, variable in {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}.items():
        monkeypatch.setenv(variable, str(known[name]))
    monkeypatch.setenv("PGPASSWORD", str(known.get("password", "none")))
    from stac_api.tiler import create_app  # noqa: PLC0415 - takes seconds

    app = create_app(gated.settings.model_copy(update={"api_url": AnyHttpUrl(gated.url)}))
    with rasterio.Env(**QUIET), serve_in_background(app) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield client


def png(answer: httpx2.Response) -> NDArray[np.uint8]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/png"
    with MemoryFile(BytesIO(answer.content)) as memory, memory.open() as picture:
        return np.asarray(picture.read())


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # a PNG says no place
def test_titiler_pgstac_makes_tiles_of_gated_files(tiler: httpx2.Client) -> None:
    z, x, y = TILE
    tile = f"tiles/WebMercatorQuad/{z}/{x}/{y}.png"
    of_item = png(tiler.get(f"/collections/{PLUMES}/items/{ITEM}/{tile}", params={"assets": "data"}))
    np.testing.assert_array_equal(of_item[0][pixels() != NODATA], pixels()[pixels() != NODATA])
    np.testing.assert_array_equal(of_item[1] == 0, pixels() == NODATA)
    of_collection = png(tiler.get(f"/collections/{PLUMES}/{tile}", params={"assets": "data"}))
    np.testing.assert_array_equal(of_collection, of_item)


def test_a_tiler_sends_the_operators_key(gated: Gated) -> None:
    from stac_api.tiler import _Through  # noqa: PLC0415 - takes seconds

    changed = {"gateway_key": SecretStr("k"), "api_url": AnyHttpUrl("http://api:8080/stac")}
    through = _Through(gated.settings.model_copy(update=changed))
    info = AssetInfo(name="data", url=CARBON_MAPPER + WHERE, media_type=TIFF, reader_options={}, method_options={})
    asked = through.changed(info, {"href": CARBON_MAPPER + WHERE}, PLUMES, ITEM)
    assert asked["url"] == f"http://api:8080/stac{AT}"
    assert asked["env"] == {"GDAL_HTTP_HEADERS": "X-Api-Key: k"}
    assert through.changed(info, {"href": "https://example.com/x.tif"}, PLUMES, ITEM) == info

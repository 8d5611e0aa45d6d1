"""Whatever people have at hand opens: Items of three origins, records, files, folders, addresses, names."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pystac
import pytest
import rasterio
from pydantic import AnyHttpUrl, SecretStr
from rasterio.shutil import copy
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

import tercet.readers
from tercet.errors import AuthError, ReaderError, UpstreamError
from tercet.readers import Reader, items, registry
from tercet.readers.plumes import PlumeReader
from tercet.readers.raster_reader import RasterReader
from tercet.readers.scenes import SceneReader
from tercet.readers.sources import SourceReader
from tercet.settings import Settings
from tests.tercet.readers.carbon_mapper_rasters import PLUME, SCENE, Files, enhancement, item
from tests.upstreams.server import serve


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("files"), "v3").write_plume().write_scene()


class Asked:
    """Counts what a server is asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.ranges: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked = dict(scope["headers"]).get(b"range", b"").decode()
            with self._lock:
                self.ranges.append((scope["path"].rpartition("/")[2], asked))
        await self.app(scope, receive, send)


@contextmanager
def served(folder: Path, *routes: Route) -> Iterator[tuple[str, Asked]]:
    app = Asked(Starlette(routes=[*routes, Mount("/files", StaticFiles(directory=folder))]))
    with serve(app) as url:
        yield url, app


def test_a_pystac_item_a_dict_and_a_file_of_it_open_alike(files: Files, tmp_path: Path) -> None:
    said = item(files)
    (tmp_path / "item.json").write_text(json.dumps(said))
    for what in (said, pystac.Item.from_dict(said), tmp_path / "item.json", str(tmp_path / "item.json")):
        with tercet.readers.open(what) as reader:
            assert isinstance(reader, PlumeReader)
            assert reader.name == PLUME
            assert int(reader.read("mask").sum()) > 0


def test_hrefs_beside_an_item_file_are_found_from_there(files: Files, tmp_path: Path) -> None:
    said = item(files)
    for asset in said["assets"].values():
        name = Path(asset["href"]).name
        (tmp_path / name).symlink_to(asset["href"])
        asset["href"] = f"./{name}"
    (tmp_path / "item.json").write_text(json.dumps(said))
    assert int(tercet.readers.open(tmp_path / "item.json").dataset("mask")["mask"].sum()) > 0


def test_the_providers_own_stac_item_opens_under_this_catalogs_keys(files: Files) -> None:
    keys = ("plume.tif", "plume-concentrations.tif", "rgb.tif", "plume-outline.geojson")
    said = {
        **item(files),
        "stac_version": "1.0.0",
        "collection": files.vis,
        "properties": {"datetime": "2026-01-02T03:04:05.060000Z", "cm:gas": "ch4", "version": files.version},
        "assets": {key: {"href": str(files.path(files.vis, key)), "title": key} for key in keys},
    }
    reader = tercet.readers.open(said)
    assert isinstance(reader, PlumeReader)
    assert {"mask", "concentrations", "rgb"} <= set(reader.variables())
    assert int(reader.dataset("mask")["mask"].sum()) > 0
    assert reader.gas == "CH4"
    assert reader.outline().is_valid


def test_a_rest_record_opens_as_its_plume() -> None:
    record = {
        "id": "00000000-0000-4000-8000-000000000001",
        "plume_id": PLUME,
        "gas": "CH4",
        "scene_timestamp": "2026-01-02T03:04:05.060Z",
        "instrument": "tan",
        "emission_auto": 812.5,
        "emission_version": "v3d",
        "plume_bounds": [45.9, 15.5, 46.0, 15.6],
        "geometry_json": {"type": "Point", "coordinates": [45.95, 15.55]},
        "status": "published",
        "plume_tif": "https://catalog.carbonmapper.org/l3a-vis-ch4-mfa-v3d/2026/01/02/"
        f"{PLUME}/{PLUME}_l3a-vis-ch4-mfa-v3d_plume.tif?Signature=not-a-secret",
    }
    reader = tercet.readers.open(record)
    assert isinstance(reader, PlumeReader)
    assert reader.properties["cm:emission"] == 812.5
    assert {"mask", "concentrations", "outline"} <= set(reader.files)
    assert "Signature" not in repr(reader.files)


def test_files_are_known_by_what_they_hold_not_by_their_name(files: Files, tmp_path: Path) -> None:
    plain = tmp_path / "renamed.dat"
    plain.write_bytes(files.path(files.scene, "cmf.tif").read_bytes())
    reader = tercet.readers.open(plain)
    assert type(reader) is RasterReader
    np.testing.assert_array_equal(reader.dataset()["renamed"][100], enhancement()[100])


def test_one_asset_of_an_item_can_be_opened_alone_and_by_another_address(files: Files, tmp_path: Path) -> None:
    said = item(files)
    other = tmp_path / "elsewhere.tif"
    other.write_bytes(Path(said["assets"]["mask"]["href"]).read_bytes())
    said["assets"]["mask"] |= {"alternate": {"s3": {"href": str(other)}}}
    assert list(tercet.readers.open(said, asset="rgb").variables()) == ["rgb"]
    reader = tercet.readers.open(said, alternate="s3")
    assert isinstance(reader, RasterReader)
    assert reader.files["mask"].href == str(other)
    assert reader.files["rgb"].href == said["assets"]["rgb"]["href"]
    with pytest.raises(ReaderError, match=rf"Item {PLUME} has no asset 'cmf': it has mask, concentrations"):
        tercet.readers.open(said, asset="cmf")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.zip", b"PK\x03\x04 and so on", r"a\.zip is a ZIP: unpack it and open what is inside"),
        ("ECA_EXAA_ATL_NOM_0__20250101T000000Z_20250101T010000Z_01234D.DAT", b"\0" * 20, "level 0"),
        ("a.json", b'{"type": "FeatureCollection", "features": [{}, {}]}', "holds 2 Features: open one"),
        ("a.json", b"{not json", "is not JSON"),
        ("a.tif", b"GIF89a", r"is no GeoTIFF: at byte 0 stands b'GIF8'"),
        ("a.h5", b"<html>log in</html>", "a.h5"),
    ],
    ids=["zip", "level 0", "many", "no json", "no tiff", "no hdf5"],
)
def test_what_cannot_be_read_is_refused_with_advice(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReaderError, match=says):
        tercet.readers.open(tmp_path / name).variables()


@pytest.mark.parametrize(
    ("assets", "taken"),
    [
        ({"data": "a.h5", "metadata": "a.xml"}, "data"),
        ({"s3": "s3://b/a.h5", "08/a.h5": "https://x.test/a.h5", "opendap": "https://opendap.test/a.h5"}, "08/a.h5"),
        ({"enclosure_1": "a.HDR", "enclosure_2": "a.h5", "product": "a.ZIP"}, "enclosure_2"),
        ({"product": "a.ZIP"}, "product"),
    ],
    ids=["ours", "nasa", "esa", "zip"],
)  # fmt: skip
def test_the_science_file_is_found_under_any_providers_keys(assets: dict[str, str], taken: str) -> None:
    said = {"type": "Feature", "id": "a", "assets": {key: {"href": href} for key, href in assets.items()}}
    found = registry._science(items.locations(said))
    assert found is not None
    assert found.key == taken


def test_hdf5_of_nobody_is_refused_by_its_groups(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["swath/values"] = [1, 2]
    with pytest.raises(ReaderError, match=r"neither of ICESat-2 nor of EarthCARE: its groups are swath"):
        tercet.readers.open(tmp_path / "a.h5")


@pytest.mark.parametrize("what", [3, None, b"a.tif", 2.5], ids=repr)
def test_what_is_no_name_of_anything_is_refused(what: Any) -> None:
    with pytest.raises(ReaderError, match="open takes an Item, a path or an address"):
        tercet.readers.open(what)


def test_a_path_that_does_not_exist_is_told_from_a_catalog_that_is_not_served() -> None:
    settings = Settings(api_url=AnyHttpUrl("http://127.0.0.1:9"))
    with pytest.raises(ReaderError, match=r"no\.tif does not exist"):
        tercet.readers.open("no.tif", settings=settings)
    with pytest.raises(UpstreamError, match=r"does not answer: `tercet serve` serves it, TERCET_API_URL names another"):
        tercet.readers.open("carbon-mapper-plumes/none", settings=settings)


def test_a_folder_of_two_plumes_or_of_nothing_is_refused(tmp_path: Path, files: Files) -> None:
    with pytest.raises(ReaderError, match="holds files of 2 plumes or scenes"):
        tercet.readers.open(files.folder)
    with pytest.raises(ReaderError, match="holds no files of a plume or scene: there is nothing"):
        tercet.readers.open(tmp_path)


def test_a_folder_of_plainly_named_files_is_one_scene(tmp_path: Path, files: Files) -> None:
    for key in ("cmf.tif", "uncertainty.tif"):
        (tmp_path / key).symlink_to(files.path(files.scene, key))
    (tmp_path / "rgb.tif").symlink_to(files.folder / f"{SCENE}_l2b-rgb-v3_rgb.tif")
    reader = tercet.readers.open(tmp_path)
    assert isinstance(reader, SceneReader)
    assert set(reader.dataset().data_vars) == {"cmf", "uncertainty", "rgb"}


def test_over_http_a_crop_is_the_header_and_then_all_its_tiles_at_once(files: Files, tmp_path: Path) -> None:
    copy(files.path(files.scene, "cmf.tif"), tmp_path / "cog.tif", driver="COG", BLOCKSIZE=128, COMPRESS="NONE")
    with served(tmp_path) as (url, asked), tercet.readers.open(f"{url}/files/cog.tif") as reader:
        assert isinstance(reader, RasterReader)
        found = reader.read("cog", bbox=(45.965, 15.53, 45.995, 15.555))
        # four tiles: those beside each other in the file come together, those of two rows lie too far apart
        assert len(asked.ranges) == 1 + 2
        sent = reader.raster("cog").grid
    with rasterio.open(tmp_path / "cog.tif") as file:
        west, north = found["x"].to_numpy()[0] - 15, found["y"].to_numpy()[0] + 15
        window = rasterio.windows.from_bounds(west, north - 30 * found.sizes["y"], west + 30 * found.sizes["x"], north,
                                              file.transform)  # fmt: skip
        np.testing.assert_array_equal(found, file.read(window=window))
    assert sent.height == 400


@pytest.mark.parametrize("options", [{"tiled": False}, {"interleave": "band"}, {"BIGTIFF": "YES"}], ids=str)
def test_over_http_any_layout_is_read_as_from_disk(tmp_path: Path, options: dict[str, Any]) -> None:
    files = Files(tmp_path).write_scene(**options)
    names = {key: files.path(files.scene, f"{key}.tif").name for key in ("cmf", "uncertainty")}
    rgb = f"{SCENE}_l2b-rgb-{files.version}_rgb.tif"
    with served(tmp_path) as (url, _):
        for name in (*names.values(), rgb):
            near, far = tercet.readers.open(tmp_path / name), tercet.readers.open(f"{url}/files/{name}")
            box = (45.98, 15.52, 46.01, 15.56)
            assert near.dataset(bbox=box).identical(far.dataset(bbox=box)) or _alike(near, far, box)
            far.close()


def _alike(near: Reader, far: Reader, box: tuple[float, float, float, float]) -> bool:
    """Apart from where they come from."""
    one, other = near.dataset(bbox=box), far.dataset(bbox=box)
    return one.equals(other)


def test_an_item_of_a_served_catalog_opens_by_its_address_and_by_its_name(files: Files) -> None:
    said = item(files)
    links = [{"rel": "derived_from", "href": "here", "type": "application/geo+json"}]

    async def answer(request: Request) -> Response:
        if request.path_params["item"] == PLUME:
            links[0]["href"] = str(request.url_for("item", collection="carbon-mapper-scenes", item=SCENE))
            assets = {key: {"href": f"../../../files/{Path(one['href']).name}"} for key, one in said["assets"].items()}
            return JSONResponse({**said, "assets": assets, "links": links})
        if request.path_params["item"] == SCENE:
            asset = {"href": f"/files/{files.path(files.scene, 'cmf.tif').name}", "type": "image/tiff"}
            href = str(request.base_url).rstrip("/") + asset["href"]
            found = {"type": "Feature", "id": SCENE, "collection": "carbon-mapper-scenes", "geometry": None}
            return JSONResponse(
                {**found, "properties": {"product:type": "scene"}, "assets": {"cmf_ch4": {"href": href}}}
            )
        return JSONResponse({"code": "NotFoundError"}, status_code=404)

    route = Route("/collections/{collection}/items/{item}", answer, name="item")
    with served(files.folder, route) as (url, _):
        settings = Settings(api_url=AnyHttpUrl(url))
        for what in (f"carbon-mapper-plumes/{PLUME}", f"{url}/collections/carbon-mapper-plumes/items/{PLUME}"):
            with tercet.readers.open(what, settings=settings) as reader:
                assert isinstance(reader, PlumeReader)
                assert int(reader.read("mask").sum()) > 0
                assert reader.scene.files["cmf_ch4"].href.startswith(url)
                assert reader.crop(pad=3).sizes["x"] > 6
        with pytest.raises(UpstreamError, match="has no Item carbon-mapper-plumes/none"):
            tercet.readers.open("carbon-mapper-plumes/none", settings=settings)


def test_files_are_compared_with_their_checksums(files: Files) -> None:
    import hashlib  # noqa: PLC0415 - beside its only use

    said = item(files)
    content = Path(said["assets"]["mask"]["href"]).read_bytes()
    said["assets"]["mask"]["file:checksum"] = "1114" + hashlib.sha1(content, usedforsecurity=False).hexdigest()
    said["assets"]["rgb"]["file:checksum"] = "1220" + "00" * 32
    reader = tercet.readers.open(said)
    assert isinstance(reader, RasterReader)
    assert reader.verify("mask", "outline") == {"mask": "same", "outline": "unstated"}
    with pytest.raises(ReaderError, match=r"rgb\.tif is not the file that its Item describes: sha256 is"):
        reader.verify()


def test_a_source_is_its_plumes_over_time() -> None:
    plumes = [
        {"plume_id": f"{SCENE}-{part}", "scene_timestamp": when, "instrument": instrument, "emission_auto": rate,
         "emission_uncertainty_auto": 20.0, "geometry_json": {"type": "Point", "coordinates": [45.9, 15.5]}}
        for part, when, instrument, rate in (
            ("B", "2026-03-01T10:00:00.500Z", "tan", 300.0),
            ("A", "2026-01-02T03:04:05.060Z", "tan", 100.0),
            ("C", "2026-03-01T12:00:00Z", "GAO", None),
        )
    ]  # fmt: skip
    record = {"plumes": plumes, "source": {"persistence": 0.25, "emission_auto": 50.0, "sector": "1B2"}}
    said = {
        "type": "Feature",
        "id": "CH4_1B2_100m_45.90000_15.50000",
        "collection": "carbon-mapper-sources",
        "properties": {"product:type": "source"},
    }

    async def answer(_: Request) -> Response:
        return JSONResponse(record)

    with serve(Starlette(routes=[Route("/source", answer)])) as url:
        reader = tercet.readers.open({**said, "assets": {"metadata": {"href": f"{url}/source"}}})
        assert isinstance(reader, SourceReader)
        rows = reader.table()
        assert list(rows["plume_id"].str[-1]) == ["A", "B", "C"]
        assert str(rows["time"].iloc[1]) == "2026-03-01 10:00:00.500000"
        assert len(reader.table(time=("2026-02-01", "2026-03-01T11:00:00Z"))) == 1
        found = reader.statistics()
        assert (found["detections"], found["with_emission"], found["days"]) == (3, 2, 2)
        assert (found["first"], found["last"], found["persistence"]) == ("2026-01-02", "2026-03-01", 0.25)
        assert found["emission"]["mean"] == 200.0
        assert found["instruments"] == {"tan": 2, "GAO": 1}
        assert reader.dataset("emission")["emission"].attrs["units"] == "kg/h"
        assert reader.plot().axes[0].get_ylabel() == "Emission rate (kg/h)"


def test_a_sources_own_record_is_not_fetched_again() -> None:
    plume = {
        "plume_id": PLUME,
        "scene_timestamp": "2026-01-02T03:04:05.060Z",
        "instrument": "tan",
        "emission_auto": 100.0,
        "geometry_json": {"type": "Point", "coordinates": [45.9, 15.5]},
    }
    record = {
        "source_name": "CH4_1B2_100m_45.90000_15.50000",
        "point": {"type": "Point", "coordinates": [45.9, 15.5]},
        "source": {"gas": "CH4", "sector": "1B2", "persistence": 0.5, "emission_auto": 50.0},
        "plumes": [plume],
        "scenes": [],
    }
    reader = tercet.readers.open(record)
    assert isinstance(reader, SourceReader)
    assert reader.statistics()["detections"] == 1
    feature = {
        "type": "Feature",
        "geometry": record["point"],
        "properties": {"source_name": record["source_name"], "plume_ids": [PLUME]},
    }
    found = tercet.readers.open(feature)
    assert isinstance(found, SourceReader)
    assert list(found.files) == ["metadata"]


def test_a_login_is_asked_for_where_files_need_one(files: Files) -> None:
    async def answer(request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer right":
            return JSONResponse({"detail": "who are you?"}, status_code=401)
        return Response(files.path(files.vis, "plume.tif").read_bytes(), media_type="image/tiff")

    with serve(Starlette(routes=[Route("/api/v1/catalog/asset/plume.tif", answer)])) as url:
        root = AnyHttpUrl(f"{url}/api/v1")
        href = f"{url}/api/v1/catalog/asset/plume.tif"
        with pytest.raises(AuthError):
            tercet.readers.open(href, settings=Settings(carbon_mapper_url=root)).dataset()
        settings = Settings(carbon_mapper_url=root, carbonmapper_token=SecretStr("right"))
        assert tercet.readers.open(href, settings=settings).dataset()["plume"].sizes["band"] == 3


def feature(files: Files, collection: str, url: str) -> dict[str, Any]:
    """A scene's Item as the provider's STAC has it."""
    href = f"{url}/files/{files.path(collection, 'cmf.tif').name}"
    said = {"datetime": "2026-01-02T03:04:05.060Z", "cm:gas": "ch4"}
    found = {"type": "Feature", "stac_version": "1.0.0", "id": SCENE, "collection": collection, "geometry": None}
    return {**found, "properties": said, "links": [], "assets": {"cmf.tif": {"href": href}}}


def test_a_scene_is_taken_from_the_providers_stac_in_the_plumes_own_version_else_the_newest(tmp_path: Path) -> None:
    plume = Files(tmp_path / "plume", "v3c")
    plume.folder.mkdir()
    plume.write_plume()
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    versions = {version: Files(scenes, version).write_scene() for version in ("v3", "v3c", "v3e")}
    listed = ["v3", "v3e", "v3c"]

    async def answer(request: Request) -> Response:
        url = str(request.base_url).rstrip("/")
        found = [feature(versions[one], versions[one].scene, url) for one in listed]
        return JSONResponse({"type": "FeatureCollection", "features": found if SCENE in str(request.url) else []})

    with served(scenes, Route("/api/v1/stac/search", answer)) as (url, _):
        settings = Settings(api_url=AnyHttpUrl("http://127.0.0.1:9"), carbon_mapper_url=AnyHttpUrl(f"{url}/api/v1"))
        for expected in ("v3c", "v3e"):
            with tercet.readers.open(item(plume), settings=settings) as reader:
                assert isinstance(reader, PlumeReader)
                assert f"l2b-ch4-mfa-{expected}_" in reader.scene.files["cmf_ch4"].href
                assert reader.crop(pad=2).sizes["y"] > 4
            if "v3c" in listed:
                listed.remove("v3c")


def test_a_scene_that_no_stac_has_is_looked_for_at_the_providers_addresses(tmp_path: Path) -> None:
    plume = Files(tmp_path / "plume", "v3d")
    plume.folder.mkdir()
    plume.write_plume()
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    older = Files(scenes, "v3c").write_scene()
    asked: list[str] = []

    async def nothing(_: Request) -> Response:
        return JSONResponse({"type": "FeatureCollection", "features": []})

    async def stored(request: Request) -> Response:
        asked.append(request.path_params["collection"])
        path = scenes / request.path_params["name"]
        return FileResponse(path) if path.is_file() else JSONResponse({"detail": "Not Found"}, status_code=404)

    routes = [
        Route("/api/v1/stac/search", nothing),
        Route("/api/v1/catalog/asset/{collection}/{year}/{month}/{day}/{item}/{name}", stored),
    ]
    with serve(Starlette(routes=routes)) as url:
        settings = Settings(api_url=AnyHttpUrl("http://127.0.0.1:9"), carbon_mapper_url=AnyHttpUrl(f"{url}/api/v1"))
        with tercet.readers.open(item(plume), settings=settings) as reader:
            assert isinstance(reader, PlumeReader)
            assert reader.scene.files["cmf_ch4"].file_name == older.path(older.scene, "cmf.tif").name
            assert asked == ["l2b-ch4-mfa-v3d", "l2b-ch4-mfa-v3e", "l2b-ch4-mfa-v3c"]
            assert reader.crop("rgb", pad=0).sizes["band"] == 3


def test_a_remote_plume_is_listed_without_a_request_and_read_with_one_for_each_file(files: Files) -> None:
    said = item(files)
    with served(files.folder) as (url, asked):
        for asset in said["assets"].values():
            asset["href"] = f"{url}/files/{Path(asset['href']).name}"
        with tercet.readers.open(said) as reader, tercet.readers.open(item(files)) as near:
            assert "concentrations" in repr(reader)
            assert asked.ranges == []
            assert reader.dataset().equals(near.dataset())
        assert len(asked.ranges) == len({name for name, _ in asked.ranges}) == 5
        assert reader.inspected()["rgb"].shape == (3, 60, 70)

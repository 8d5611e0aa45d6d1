"""Rasters, Items and scenes behind HTTP: few requests, the same pixels, the right login, the right version."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
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
from tercet.errors import AuthError, UpstreamError
from tercet.readers import Reader
from tercet.readers.carbon_mapper.plumes import PlumeReader
from tercet.readers.rasters.reader import RasterReader
from tercet.settings import Settings
from tests.tercet.readers.carbon_mapper_rasters import PLUME, SCENE, Files, item
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

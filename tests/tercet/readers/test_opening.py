"""Whatever people have at hand opens: Items of three origins, records, files, folders, addresses, names."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pystac
import pytest
from pydantic import AnyHttpUrl

import tercet.readers
from tercet.errors import ReaderError, UpstreamError
from tercet.readers import items, registry
from tercet.readers.carbon_mapper.plumes import PlumeReader
from tercet.readers.carbon_mapper.scenes import SceneReader
from tercet.readers.rasters.reader import RasterReader
from tercet.settings import Settings
from tests.tercet.readers.carbon_mapper_rasters import PLUME, SCENE, Files, enhancement, item


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("files"), "v3").write_plume().write_scene()


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


def test_what_people_call_is_what_notebooks_complete() -> None:
    assert set(dir(tercet.readers)) >= set(tercet.readers.__all__)

"""Files that Items name by a rule: asked for, once, and only 404 says that they are not there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from harvesters.base import Page, Selection, Window
from harvesters.carbon_mapper import CarbonMapper
from tercet.errors import AuthError, ConfigError, UpstreamError
from tercet.fetch import Fetcher
from tercet.settings import Settings
from tests.upstreams.carbon_mapper import Archive
from tests.upstreams.carbon_mapper_columns import VERSIONS
from tests.upstreams.carbon_mapper_features import Scene
from tests.upstreams.carbon_mapper_plume import GATEWAY, Plume, path
from tests.upstreams.carbon_mapper_walks import FAST, serving, walked
from tests.upstreams.faults import Faults

TOKEN: dict[str, Any] = {"carbonmapper_token": SecretStr("right")}
KEYS = ("plume-outline.geojson", "plume-confidence.tif")
"""Of each plume's pictures, one file that is there and one that is not."""


def plume_items(archive: Archive, *, verified: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    items = []
    for index in range(archive.count):
        plume = Plume(archive, index)
        hrefs = [f"{GATEWAY}/{path(plume.plume_id, plume.homes.vis, key)}" for key in KEYS]
        assets = {
            key: {"href": href, "tercet:evidence": "verified" if href in verified else "derived"}
            for key, href in zip(KEYS, hrefs, strict=True)
        }
        assets["mask"] = {"href": f"{GATEWAY}/not/asked/for", "tercet:evidence": "recorded"}
        items.append(
            {
                "id": plume.plume_id,
                "bbox": plume.bounds,
                "properties": {
                    "datetime": plume.acquired.isoformat(),
                    "cm:scene_id": plume.scene_name,
                    "cm:gas": plume.gas,
                    "cm:cmf_type": plume.cmf,
                    "version": plume.version,
                },
                "assets": assets,
            }
        )
    return items


def asking(items: list[dict[str, Any]], scenes: Any = (), product: str = "plumes", **more: Any) -> Selection:
    def stored(collection: str) -> Iterator[dict[str, Any]]:
        return iter({"carbon-mapper-plumes": items, "carbon-mapper-scenes": list(scenes)}[collection])

    return Selection(product, options={"verify-assets": True}, narrowed=True, stored=stored, **more)


def archive_of(count: int) -> Archive:
    archive = Archive.generate(count)
    archive.tokens["right"] = 1_000_000
    return archive


def checked(pages: list[Page], name: str = "plume_id") -> dict[str, dict[str, bool]]:
    records = [record["tercet:verified"] for page in pages for record in page.records]
    assert all(datetime.fromisoformat(record["checked"]).tzinfo for record in records)
    return {record[name]: record["assets"] for record in records}


async def test_each_derived_file_is_asked_for_and_there_or_not() -> None:
    archive = archive_of(9)
    items = plume_items(archive)
    with serving(archive, faults := Faults(), **TOKEN) as settings:
        found = checked(await walked(settings, asking(items)))
    assert found.keys() == {item["id"] for item in items}
    for item in items:
        there, absent = (item["assets"][key]["href"] for key in KEYS)
        assert found[item["id"]] == {there: True, absent: False}
    assert faults.requests == 18


async def test_what_is_verified_is_not_asked_again() -> None:
    archive = archive_of(9)
    items = plume_items(archive)
    seen = frozenset(asset["href"] for item in items[:4] for asset in item["assets"].values())
    with serving(archive, faults := Faults(), **TOKEN) as settings:
        found = checked(await walked(settings, asking(plume_items(archive, verified=seen))))
        done = checked(await walked(settings, asking(items[:0])))
    assert found.keys() == {item["id"] for item in items[4:]}
    assert faults.requests == 10
    assert done == {}


async def test_without_a_token_nothing_is_absent_and_the_error_says_what_to_set() -> None:
    archive = archive_of(3)
    with serving(archive) as settings, pytest.raises(AuthError, match="set CARBONMAPPER_TOKEN"):
        await walked(settings, asking(plume_items(archive)))


@pytest.mark.parametrize("status", [403, 500])
async def test_an_answer_that_says_neither_yes_nor_no_is_skipped_and_told(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    archive = archive_of(3)
    faults = Faults(failing_with=status, prefix="/api/v1/catalog/asset")
    faults.failing = 1 if status == 403 else 3  # what may pass is asked for three times
    with serving(archive, faults, **TOKEN) as settings:
        found = checked(await walked(settings, asking(plume_items(archive))))
    assert sum(len(assets) for assets in found.values()) == 5
    assert "1 files could not be asked for" in caplog.text


async def test_files_that_nobody_speaks_of_here_and_there_do_not_end_the_run() -> None:
    archive = archive_of(12)

    class EachThird(Faults):
        def answer(self) -> Any:
            self.failing = self.requests % 3 == 0
            return super().answer()

    with serving(archive, EachThird(failing_with=403), **TOKEN) as settings:
        found = checked(await walked(settings, asking(plume_items(archive))))
    assert sum(len(assets) for assets in found.values()) == 16


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_gateway_that_is_out_of_order_ends_the_run_with_what_was_learnt(status: int) -> None:
    archive = archive_of(9)
    faults = Faults(failing_with=status, prefix="/api/v1/catalog/asset", retry_after="0")
    pages: list[Page] = []

    async def walk_until_it_fails(settings: Settings) -> None:
        source = CarbonMapper()
        async with Fetcher("Carbon Mapper", FAST, source.fetcher(settings).credential) as fetcher:
            async for page in source.pages(fetcher, settings, asking(plume_items(archive))):
                pages.append(page)
                faults.failing = 10_000

    with serving(archive, faults, **TOKEN) as settings, pytest.raises(UpstreamError, match=str(status)):
        await walk_until_it_fails(settings)
    assert len(pages) == 1


async def test_a_part_of_the_catalog_can_be_verified() -> None:
    archive = archive_of(90)
    items = plume_items(archive)
    box, start = (-105.0, 30.0, -101.0, 34.0), datetime(2024, 1, 1, tzinfo=UTC)
    with serving(archive, **TOKEN) as settings:
        found = checked(await walked(settings, asking(items, bbox=box, window=Window(start))))
    plumes = [Plume(archive, index) for index in range(90)]
    assert found.keys() == {p.plume_id for p in plumes if -105 < p.longitude < -101 and p.acquired >= start}
    assert len(found) > 0


async def test_without_a_catalog_there_is_nothing_to_verify() -> None:
    with pytest.raises(ConfigError, match="leave out --out"):
        await walked(Settings(), Selection("plumes", options={"verify-assets": True}, narrowed=True))
    assert await walked(Settings(), Selection("sources", options={"verify-assets": True}, narrowed=True)) == []


def scene_items(archive: Archive) -> list[dict[str, Any]]:
    scenes = [Scene(archive, number) for number in range(2 * archive.count // 3)]
    return [
        {"id": one.name, "bbox": one.bounds, "properties": {"datetime": one.timestamp}, "assets": {}} for one in scenes
    ]


async def test_the_rasters_of_a_scene_are_looked_for_from_its_own_version_down_to_the_oldest() -> None:
    archive = archive_of(600)
    archive.habits.empty_collections = ("l2b-ch4-mfm-v3b",)  # the only one to speak of v3b
    plumes = plume_items(archive)
    scenes = scene_items(archive)[:400:4]
    with serving(archive, **TOKEN) as settings:
        found = checked(await walked(settings, asking(plumes, scenes, "scenes")), "scene_name")
    names = [version[1] for version in VERSIONS]
    assert found.keys() == {item["id"] for item in scenes}
    own = {item["properties"]["cm:scene_id"]: item["properties"]["version"] for item in plumes}
    for scene, assets in found.items():
        versions = [href.removeprefix(f"{GATEWAY}/").split("/")[0].rpartition("-")[2] for href in assets]
        assert versions[0] == own[scene]
        others = list(dict.fromkeys(version for version in versions if version != own[scene]))
        assert others == sorted(others, key=names.index, reverse=True)
        # it is of the version before, and nothing is asked for behind it
        assert list(assets.values()) == [False] * (len(assets) - 1) + [True]
        assert versions[-1] == names[max(0, names.index(own[scene]) - 1)]


async def test_scenes_whose_rasters_are_known_are_not_looked_for() -> None:
    archive = archive_of(30)
    scenes = [{**item, "assets": {"cmf_ch4": {"href": "x"}, "cmf_co2": {"href": "x"}}} for item in scene_items(archive)]
    with serving(archive, faults := Faults(), **TOKEN) as settings:
        assert await walked(settings, asking(plume_items(archive), scenes, "scenes")) == []
    assert faults.asked.keys() == {"/api/v1/stac/collections"}


async def test_a_raster_that_nobody_speaks_of_is_not_taken_for_an_older_one() -> None:
    archive = archive_of(600)
    plumes = plume_items(archive)
    newest = max((item["properties"] for item in plumes), key=lambda said: said["version"])
    scene = next(item for item in scene_items(archive) if item["id"] == newest["cm:scene_id"])
    faults = Faults(failing_with=403, failing=1, prefix="/api/v1/catalog/asset")
    with serving(archive, faults, **TOKEN) as settings:
        unknown = await walked(settings, asking(plumes, [scene], "scenes"))
        known = await walked(settings, asking(plumes, [scene], "scenes"))
    assert newest["version"] != "v1"
    assert (unknown, len(known)) == ([], 1)

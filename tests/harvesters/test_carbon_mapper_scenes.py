"""Scenes, those without plumes too, and the sources that plumes come from."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harvesters.base import Listed, Selection, Window
from harvesters.carbon_mapper_scenes import LOOK_BACK
from tercet.errors import ConfigError, UpstreamError
from tests.upstreams.carbon_mapper import Archive
from tests.upstreams.carbon_mapper_columns import VERSIONS
from tests.upstreams.carbon_mapper_features import Scene
from tests.upstreams.carbon_mapper_plume import Plume
from tests.upstreams.carbon_mapper_walks import cursor_of, features, serving, walked
from tests.upstreams.faults import Faults

SCENES, SOURCES = Selection("scenes"), Selection("sources")
BOTH = dict.fromkeys([version[1] for version in VERSIONS], frozenset({"rest", "stac"}))


def scenes_of(archive: Archive) -> list[Scene]:
    return [Scene(archive, number) for number in range(2 * archive.count // 3)]


def scene_names(pages: list[Any]) -> list[str]:
    return [record["name"] for page in pages for record in page.records if record.get("type") != "Feature"]


@pytest.mark.parametrize("most", [100, 1000])
async def test_scenes_with_and_without_plumes_come_once_whatever_the_largest_page(most: int) -> None:
    archive = Archive.generate(600)
    archive.habits.most_scenes = most
    with serving(archive, faults := Faults()) as settings:
        pages = await walked(settings, SCENES)
    found = scene_names(pages)
    assert sorted(found) == sorted(scene.name for scene in scenes_of(archive))
    counts = {record["published_plume_count"] for page in pages for record in page.records}
    assert counts == {0, 3}
    # a page that is too large is refused once
    assert faults.asked["/api/v1/catalog/scenes/annotated"] == (5 if most == 100 else 1)
    assert [listed for page in pages for listed in page.listed] == [Listed("carbon-mapper-scenes", every_version=False)]


async def test_scenes_published_during_the_walk_move_the_rest_and_lose_none() -> None:
    archive = Archive.generate(900)
    before = {scene.name for scene in scenes_of(archive)}

    class Publishing(Faults):
        def answer(self) -> Any:
            if self.asked["/api/v1/catalog/scenes/annotated"] == 4:
                archive.publish(30)
            return super().answer()

    with serving(archive, Publishing()) as settings:
        found = scene_names(await walked(settings, SCENES))
    assert len(found) == len(set(found))
    assert set(found) >= before


async def test_rasters_of_scenes_come_from_stac_under_every_version() -> None:
    archive = Archive.generate(300)
    archive.surfaces = BOTH
    with serving(archive) as settings:
        pages = await walked(settings, SCENES)
    levels = Counter(collection.partition("-")[0] for collection, _ in features(pages))
    assert levels.keys() == {"l2b"}
    assert {name for _, name in features(pages)} == {scene.name for scene in scenes_of(archive)}


async def test_an_hour_later_scenes_are_read_back_as_far_as_publication_waits() -> None:
    archive = Archive.generate(3000)
    archive.surfaces = BOTH
    with serving(archive, faults := Faults()) as settings:
        cursor = cursor_of(await walked(settings, SCENES))
        asked = faults.requests
        pages = await walked(settings, Selection("scenes", cursor=cursor, swept=datetime.now(UTC)))
    latest = max(scene.acquired for scene in scenes_of(archive))
    late = {scene.name for scene in scenes_of(archive) if scene.acquired >= latest - LOOK_BACK}
    assert set(scene_names(pages)) == late
    assert timedelta(days=31) <= LOOK_BACK
    assert faults.requests - asked <= 6
    assert [page.listed for page in pages if page.listed] == []
    assert cursor_of(pages) == cursor


async def test_scenes_of_a_part_are_those_of_the_part() -> None:
    archive = Archive.generate(600)
    archive.surfaces = BOTH
    start, box = datetime(2024, 1, 1, tzinfo=UTC), (-105.0, 30.0, -101.0, 34.0)
    with serving(archive) as settings:
        pages = await walked(settings, Selection("scenes", Window(start), box))
        of_gao = await walked(settings, Selection("scenes", options={"instrument": ("GAO", "tan")}, narrowed=True))
    inside = {s.name for s in scenes_of(archive) if s.acquired >= start and -105 < s.plume.longitude < -101}
    assert set(scene_names(pages)) == {name for _, name in features(pages)} == inside
    assert {name[:3] for name in scene_names(of_gao)} == {name[:3] for _, name in features(of_gao)} == {"GAO", "tan"}


async def test_scenes_without_a_count_are_not_the_end_of_the_data() -> None:
    archive = Archive.generate(30)
    selection = Selection("scenes", options={"instrument": ("ssc",)}, narrowed=True)
    with serving(archive) as settings, pytest.raises(UpstreamError, match="without 'items' or 'count'"):
        await walked(settings, selection)


async def test_all_sources_come_in_one_answer_that_says_what_is_gone() -> None:
    archive = Archive.generate(300)
    with serving(archive, faults := Faults()) as settings:
        (page,) = await walked(settings, SOURCES)
    assert faults.requests == 1
    plumes = [name for record in page.records for name in record["properties"]["plume_ids"]]
    assert sorted(plumes) == sorted(Plume(archive, index).plume_id for index in range(300))
    assert page.listed == (Listed("carbon-mapper-sources"),)


async def test_no_source_at_all_is_no_reason_to_take_all_away() -> None:
    with serving(Archive.generate(0)) as settings:
        (page,) = await walked(settings, SOURCES)
    assert (list(page.records), page.listed) == ([], ())


@pytest.mark.parametrize(
    ("options", "is_wanted"),
    [
        ({"gas": "CO2"}, lambda said: said["gas"] == "CO2"),
        ({"sector": ("6A", "NA")}, lambda said: said["sector"] in ("6A", "NA")),
        ({"instrument": ("av3",)}, lambda said: any(name.startswith("av3") for name in said["plume_ids"])),
        (
            {"published-since": datetime(2026, 10, 1, tzinfo=UTC)},
            lambda said: said["published_at_max"] >= "2026-10-01",
        ),
    ],
)
async def test_sources_are_filtered_by_what_is_asked_of_them(options: dict[str, Any], is_wanted: Any) -> None:
    archive = Archive.generate(300)
    with serving(archive) as settings:
        (everything,) = await walked(settings, SOURCES)
        (page,) = await walked(settings, Selection("sources", options=options, narrowed=True))
    wanted = [record for record in everything.records if is_wanted(record["properties"])]
    assert list(page.records) == wanted
    assert 0 < len(wanted) < len(everything.records)
    assert page.listed == ()


async def test_sources_of_a_time_are_those_that_had_plumes_then() -> None:
    archive = Archive.generate(300)
    window = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 20, tzinfo=UTC))
    with serving(archive) as settings:
        (page,) = await walked(settings, Selection("sources", window))
    said = [record["properties"] for record in page.records]
    assert all(one["timestamp_max"] >= "2026-09-01" and one["timestamp_min"] < "2026-09-20" for one in said)
    assert len(said) > 0


@pytest.mark.parametrize("suffix", ["", "?plume_gas=CH4", "%3Fstatus=not_deleted"])
@pytest.mark.parametrize("product", ["plumes", "sources"])
async def test_one_source_comes_with_its_plumes_from_every_surface(product: str, suffix: str) -> None:
    archive = Archive.generate(300)
    archive.surfaces = BOTH
    with serving(archive) as settings:
        (everything,) = await walked(settings, SOURCES)
        said = everything.records[0]["properties"]
        options = {"source": (said["source_name"] + suffix,)}
        pages = await walked(settings, Selection(product, options=options, narrowed=True))
    named = [record for page in pages for record in page.records if "source_name" in record]
    assert [record["source_name"] for record in named] == [said["source_name"]]
    assert named[0]["plume_ids"] == said["plume_ids"]
    plumes = [record["plume_id"] for page in pages for record in page.records if "plume_id" in record]
    assert plumes == said["plume_ids"]
    assert {name for _, name in features(pages)} == set(said["plume_ids"])


async def test_a_source_is_found_by_a_plume_after_it_was_renamed() -> None:
    archive = Archive.generate(300)
    plume = Plume(archive, 1).plume_id
    with serving(archive) as settings:
        before = await walked(settings, Selection("sources", options={"source": (plume,)}, narrowed=True))
        archive.clustering = 1
        after = await walked(settings, Selection("sources", options={"source": (plume,)}, narrowed=True))
        old = next(record["source_name"] for record in before[0].records if "source_name" in record)
        with pytest.raises(ConfigError, match="by the id of one of its plumes"):
            await walked(settings, Selection("sources", options={"source": (old,)}, narrowed=True))
    assert all(any("source_name" in record for record in pages[0].records) for pages in (before, after))


async def test_a_plume_that_belongs_to_no_source_is_said() -> None:
    archive = Archive.generate(300)
    plume = Plume(archive, 96).plume_id
    with serving(archive) as settings, pytest.raises(UpstreamError, match="no source"):
        await walked(settings, Selection("sources", options={"source": (plume,)}, narrowed=True))


async def test_one_source_of_rest_comes_where_stac_is_out_of_order() -> None:
    archive = Archive.generate(300)
    archive.habits.has_stac = False
    plume = Plume(archive, 1).plume_id
    with serving(archive) as settings:
        pages = await walked(settings, Selection("plumes", options={"source": (plume,)}, narrowed=True))
    assert plume in {record.get("plume_id") for record in pages[0].records}

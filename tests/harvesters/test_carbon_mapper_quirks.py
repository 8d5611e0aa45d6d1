"""Carbon Mapper's oddities that a harvest meets, each by its number in our list of them; the others are of Items."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from harvesters.base import Selection
from harvesters.carbon_mapper_filters import OPTIONS
from tercet.errors import AuthError, ConfigError, UpstreamError
from tests.upstreams.carbon_mapper import Archive
from tests.upstreams.carbon_mapper_columns import VERSIONS
from tests.upstreams.carbon_mapper_plume import GATEWAY, Plume
from tests.upstreams.carbon_mapper_walks import (
    PLUMES,
    cursor_of,
    features,
    harvested,
    incremental,
    names,
    page_of,
    scripted,
    serving,
    walked,
)

BOTH = dict.fromkeys([version[1] for version in VERSIONS], frozenset({"rest", "stac"}))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PERMIAN = (-105.0, 30.0, -101.0, 34.0)


def given(name: str, *values: str) -> Any:
    """An option as the command line hands it on."""
    option = OPTIONS[name]
    assert option.parse is not None
    parsed = tuple(map(option.parse, values))
    return Selection("plumes", options={name: parsed if option.multiple else parsed[0]}, narrowed=True)


def asked(seen: list[str], path: str) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(one).query) for one in seen if one.startswith(f"{path}?")]


@pytest.mark.parametrize(
    ("written", "code"), [("gao", "GAO"), ("GAO", "GAO"), ("TAN", "tan"), ("EMIT", "emi"), ("Tanager-1", "tan")]
)
async def test_1_an_instrument_is_spelled_as_the_provider_does(written: str, code: str) -> None:
    found = await harvested(Archive.generate(300), given("instrument", written))
    assert {name[:3] for name in found} == {code}


async def test_2_parameters_that_are_ignored_and_values_that_empty_the_answer_are_errors() -> None:
    archive = Archive.generate(300)
    archive.habits.ignores = frozenset({"plume_gas"})
    with serving(archive) as settings:
        with pytest.raises(UpstreamError, match="ignored plume_gas"):
            await walked(settings, given("gas", "co2"))
        with pytest.raises(UpstreamError, match="a value that it does not know"):
            await walked(settings, given("sector", "3A"))
    with pytest.raises(ConfigError, match="write CH4 or CO2"):
        given("gas", "methane")


async def test_3_a_box_is_four_keys_in_rest_and_one_in_stac_and_has_a_count_of_its_own() -> None:
    archive, seen = Archive.generate(300), list[str]()
    archive.surfaces = BOTH
    with serving(archive, seen=seen) as settings:
        pages = await walked(settings, Selection("plumes", bbox=PERMIAN))
    assert {tuple(one["bbox"]) for one in asked(seen, "/catalog/plumes/annotated")} == {
        ("-105.0", "30.0", "-101.0", "34.0")
    }
    assert [one["bbox"] for one in asked(seen, "/stac/search") if "bbox" in one] == [["-105,30,-101,34"]]
    assert pages[0].total == len(names(pages)) < 300


async def test_9_the_products_of_a_plume_share_its_id_and_all_of_them_come() -> None:
    archive = Archive.generate(30)
    archive.surfaces, archive.reprocessed = BOTH, {3}
    with serving(archive) as settings:
        found = features(await walked(settings))
    plume = Plume(archive, 3)
    collections = [collection for collection, name in found if name == plume.plume_id]
    assert len(collections) == len(set(collections)) >= 6


@pytest.mark.parametrize("suffix", ["?plume_gas=CH4", "%3Fstatus=not_deleted", "?status=not_deleted&plume_gas=CH4", ""])
def test_12_the_query_behind_the_name_of_a_source_is_cut(suffix: str) -> None:
    (name,) = given("source", f"CH4_1B2_100m_1.00000_-2.00000{suffix}").options["source"]
    assert name == "CH4_1B2_100m_1.00000_-2.00000"


@pytest.mark.parametrize("heeds", [True, False])
async def test_13_sources_are_filtered_here_whether_the_provider_heeds_a_box_or_not(*, heeds: bool) -> None:
    archive, seen = Archive.generate(300), list[str]()
    archive.habits.heeds_bbox = heeds
    with serving(archive, seen=seen) as settings:
        (page,) = await walked(settings, Selection("sources", bbox=PERMIAN))
        (beyond,) = await walked(settings, Selection("sources", bbox=(170.0, -80.0, -170.0, 80.0)))
    assert {tuple(record["geometry"]["coordinates"]) for record in page.records} == {(-103.4, 32.1)}
    assert {round(record["geometry"]["coordinates"][0]) for record in beyond.records} == {180, -180}
    assert asked(seen, "/catalog/sources.geojson") == [{}, {}]


async def test_16_reprocessing_without_a_new_time_is_found_when_all_is_listed_again() -> None:
    archive = Archive.generate(300)
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        archive.reprocessed = {10}
        soon = await walked(settings, incremental(cursor))
        later = await walked(settings, Selection("plumes", cursor=cursor, swept=LONG_AGO))
    plume = Plume(archive, 10)
    assert plume.plume_id not in names(soon)
    records = {record["plume_id"]: record for page in later for record in page.records}
    assert records[plume.plume_id]["emission_version"] == "v3e"


async def test_17_plumes_that_wait_for_months_until_they_are_published_are_not_lost() -> None:
    archive = Archive(600, spacing_s=3600)
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        latest = max(Plume(archive, index).acquired for index in range(600))
        archive.publish(60)
        found = names(await walked(settings, incremental(cursor)))
    new = [Plume(archive, index) for index in range(600, 660)]
    late = [plume for plume in new if plume.acquired < latest]
    assert {plume.instrument for plume in late} >= {"tan", "emi"}
    assert max((plume.published - plume.acquired).days for plume in late) > 365
    assert {plume.plume_id for plume in new} <= set(found)


async def test_18_collections_of_every_version_are_asked_whatever_it_is_called() -> None:
    archive, seen = Archive.generate(3), list[str]()
    odd = (
        "l4a-ch4-mfa-jpl",
        "l4a-ch4-mf-j001",
        "l3a-vis-ch4-mf-v002",
        "l3a-ime-ch4-mfa-v4",
        "l4a-ch4-xyz-w7",
        "l4a-ch4",
    )
    archive.habits.empty_collections = (*odd, "l2b-ch4-mfa-v4")
    with serving(archive, seen=seen) as settings:
        await walked(settings)
    assert {one["collections"][0] for one in asked(seen, "/stac/search")} == set(odd)


async def test_20_files_are_asked_for_at_the_gateway_with_a_token_and_a_refusal_is_no_absence() -> None:
    archive, seen = Archive.generate(3), list[str]()
    archive.tokens["right"] = 1000
    href = f"{GATEWAY}/{Plume(archive, 0).path(Plume(archive, 0).homes.vis, 'rgb.tif')}"
    item = {"id": "x", "properties": {}, "assets": {"rgb": {"href": href, "tercet:evidence": "derived"}}}
    asking = Selection("plumes", options={"verify-assets": True}, narrowed=True, stored=lambda _: iter([item]))
    with serving(archive, seen=seen) as settings, pytest.raises(AuthError):
        await walked(settings, asking)
    with serving(archive, seen=seen, carbonmapper_token=SecretStr("right")) as settings:
        (page,) = await walked(settings, asking)
    assert page.records[0]["tercet:verified"]["assets"] == {href: True}
    assert {one.partition("?")[2] for one in seen} == {""}


async def test_20_a_signature_reaches_neither_cursor_nor_message() -> None:
    record = {**Archive.generate(3).record(0), "scene_timestamp": "2010-01-01T00:00:00Z"}
    assert "Signature" in record["plume_tif"]
    pages, fetcher = await scripted(PLUMES, page_of([record]))
    assert "Signature" not in str([page.cursor for page in pages]) + str(fetcher.asked)
    with pytest.raises(UpstreamError) as caught:
        await scripted(given("gas", "co2" if record["gas"] == "CH4" else "ch4"), page_of([record]))
    assert "Signature" not in str(caught.value)


@pytest.mark.parametrize(
    "plume", ["ang20200716t202023-1", "GAO20220419t161635p0000-AA", "tan20260331t181625c77s4001-D"]
)
async def test_22_any_part_makes_a_plume_id_by_which_a_source_is_found(plume: str) -> None:
    seen: list[str] = []
    with serving(Archive.generate(3), seen=seen) as settings, pytest.raises(ConfigError, match="no source"):
        await walked(settings, given("source", plume))
    assert seen == [f"/catalog/source/plume/name/{plume}?"]

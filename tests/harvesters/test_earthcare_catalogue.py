"""What the service says that it has: collections, product types, filters."""

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import AnyHttpUrl

from harvesters import earthcare_catalogue
from harvesters.earthcare import EarthCARE
from harvesters.earthcare_upstream import NEW, OLD, Queryables, is_ours
from tercet.errors import NotServedError
from tercet.settings import Settings
from tests.harvesters.earthcare_walks import days, harvested, overlapping, selection, serving, walked
from tests.stac_schemas import SHARED
from tests.upstreams.earthcare import Archive, Service
from tests.upstreams.faults import Faults

SAMPLES = SHARED / "upstream" / "maap-earthcare" / "samples"
RECORDED = sorted((SAMPLES / "queryables").glob("*.json"))


class TestDiscovery:
    async def test_the_opensearch_link_is_not_taken_for_the_search(self) -> None:
        archive = days(1, service=Service(advertises_search=True))
        assert await harvested(archive, selection(1))

    async def test_a_root_without_its_slash_works(self) -> None:
        with serving(days(1)) as settings:
            url = str(settings.maap_url).rstrip("/")
            assert await walked(EarthCARE(), Settings(maap_url=AnyHttpUrl(url)), selection(1))

    async def test_other_missions_are_neither_looked_at_nor_searched(self) -> None:
        archive, faults = days(1), Faults()
        with serving(archive, faults) as settings:
            await walked(EarthCARE(), settings, selection(1))
        paths = {path.split("/")[3] for path in faults.asked if path.endswith("/queryables")}
        assert paths == {body["collections"][0] for body in archive.service.asked} | set(archive.collections)
        assert all(name.startswith(("EarthCARE", "JAXAL2")) for name in paths)

    @pytest.mark.parametrize(
        ("document", "ours"),
        [
            ({"id": "EarthCAREL2Validated_MAAP"}, True),
            ({"id": "JAXAL2Products_MAAP"}, True),
            ({"id": "JAXAAlosPalsar", "keywords": ["ALOS"]}, False),
            ({"id": "NewName", "keywords": ["Lidar", "EARTHCARE"]}, True),
            ({"id": "AeolusL1BProducts", "keywords": None}, False),
            ({}, False),
        ],
    )
    def test_ours_are_told_by_their_ids_or_keywords(self, document: dict[str, Any], ours: bool) -> None:  # noqa: FBT001 - a column
        assert is_ours(document) is ours

    async def test_what_says_that_it_is_of_another_satellite_is_not_ours(self) -> None:
        said = {"properties": {"product:type": {}, "platform": {"enum": ["Aeolus"]}}}
        assert not Queryables.read(said).is_ours
        assert Queryables.read({"properties": {"platform": {"enum": ["EarthCARE"]}}}).is_ours

    async def test_collections_are_listed_page_by_page(self) -> None:
        archive = days(1, service=Service(collections_on_a_page=1))
        assert await harvested(archive, selection(1))

    async def test_a_service_that_cannot_list_its_collections_is_asked_for_those_we_know(self) -> None:
        archive = days(2, service=Service(lists_collections=False))
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(1))
        assert {record["id"] for page in pages for record in page.records} == overlapping(archive, selection(1))
        assert not any(page.listed for page in pages)  # there may be others that nobody asked

    async def test_what_is_listed_and_holds_no_products_keeps_nothing_from_being_swept(self) -> None:
        archive = days(2)
        archive.collections["EarthCARE"] = ()
        archive.service.broken = {"EarthCARE"}
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(1))
        assert any(page.listed for page in pages)

    async def test_what_collections_say_of_themselves_comes_first(self) -> None:
        archive = Archive.overlapping(600)
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(1))
        described = pages[0].described["earthcare-msi-cop-2a"]["collections"]
        assert [one["id"] for one in described] == ["EarthCAREL2InstChecked_MAAP", "EarthCAREL2Validated_MAAP"]
        assert all(one["description"] and "links" not in one for one in described)
        assert not any(page.described for page in pages[1:])

    async def test_the_service_is_looked_at_once_for_many_products(self) -> None:
        archive, faults, source = Archive.overlapping(600), Faults(), EarthCARE()
        with serving(archive, faults) as settings:
            for product in archive.product_types:
                await walked(source, settings, replace(selection(0.2), product=product))
        assert faults.asked["/catalogue/"] == 1
        assert sum(path.endswith("/queryables") for path in faults.asked.elements()) == 3

    async def test_what_was_discovered_long_ago_is_discovered_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        archive, source = days(1, product_types=("MSI_COP_2A", "ATL_TC__2A")), EarthCARE()
        with serving(archive) as settings:
            await walked(source, settings, selection(0.2))
            archive.collections = {"EarthCAREL2Products_MAAP": archive.product_types}
            monkeypatch.setattr(earthcare_catalogue, "FRESH_S", 0.0)
            assert len(await walked(source, settings, selection(0.2))) > 1
        assert archive.service.asked[-1]["collections"] == ["EarthCAREL2Products_MAAP"]

    async def test_a_restricted_collection_serves_what_no_open_one_has(self) -> None:
        archive = days(1, product_types=("CPR_APC_2A",))
        archive.collections = {
            "EarthCAREL2Validated_MAAP": ("MSI_COP_2A",),
            "EarthCAREL2InstChecked_MAAP": ("CPR_APC_2A",),
        }
        assert len(await harvested(archive, replace(selection(1), product="CPR_APC_2A"))) > 100

    async def test_a_collection_that_does_not_say_what_it_holds_is_asked(self) -> None:
        archive = days(2, service=Service(lists_types=False))
        assert set(await harvested(archive, selection(1))) == overlapping(archive, selection(1))

    async def test_a_type_that_nobody_lists_is_an_error_that_names_what_is_listed(self) -> None:
        expected = pytest.raises(NotServedError, match="no collection with ATL_TC__2A today: it lists MSI_COP_2A")
        with serving(days(1)) as settings, expected:
            await walked(EarthCARE(), settings, replace(selection(), product="ATL_TC__2A"))

    async def test_a_type_that_is_spelled_right_gets_no_advice(self) -> None:
        expected = pytest.raises(NotServedError, match=r"no collection with MSI_CM__2A today: it lists MSI_COP_2A")
        with serving(days(1)) as settings, expected:
            await walked(EarthCARE(), settings, replace(selection(), product="MSI_CM__2A"))

    async def test_a_misspelt_type_names_the_nearest_that_is_listed(self) -> None:
        expected = pytest.raises(NotServedError, match="no collection with MSI_COB_2A today: did you mean MSI_COP_2A")
        with serving(days(1)) as settings, expected:
            await walked(EarthCARE(), settings, replace(selection(), product="MSI_COB_2A"))


class TestQueryables:
    @pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
    def test_recorded_queryables_are_understood(self, path: Any) -> None:
        queryables = Queryables.read(json.loads(path.read_text()))
        assert queryables.names is OLD
        assert queryables.is_ours
        assert queryables.product_types
        assert all(len(kind) == 10 for kind in queryables.product_types)
        assert {"product_type", "baseline", "updated"} <= queryables.asked
        is_of_frames = not path.name.startswith(("EarthCAREOrbit", "EarthCAREXMET"))
        assert ("orbit" in queryables.asked) == is_of_frames

    def test_a_document_of_the_new_generation_is_understood(self) -> None:
        properties: dict[str, Any] = {
            "product:type": {"type": "string", "enum": ["msi_cop_2a", "ATL_NEW_2A"]},
            "version": {"type": "string"},
            "sat:absolute_orbit": {"type": "integer"},
            "sat:orbit_state": {"type": "string", "enum": ["ASCENDING", "DESCENDING"]},
            "frame": {"type": "string"},
        }
        read = Queryables.read({"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": properties})
        asked = frozenset({"product_type", "baseline", "orbit", "frame"})
        assert read == Queryables(NEW, frozenset({"MSI_COP_2A", "ATL_NEW_2A"}), asked)  # type: ignore[arg-type]
        assert read.serves("ATL_NEW_2A") is True
        assert read.serves("ATL_TC__2A") is False

    def test_the_values_of_a_list_may_stand_with_its_members(self) -> None:
        of_list = {"properties": {"product:type": {"type": "array", "items": {"enum": ["MSI_COP_2A"]}}}}
        assert Queryables.read(of_list).product_types == frozenset({"MSI_COP_2A"})

    def test_where_both_spellings_are_listed_the_new_one_counts(self) -> None:
        both: dict[str, Any] = {
            name: {} for row in (NEW, OLD) for name in (row.product_type, row.baseline, row.orbit, row.frame)
        }
        assert Queryables.read({"properties": both}).names is NEW

    def test_a_document_between_the_generations_is_read_name_by_name(self) -> None:
        names = Queryables.read({"properties": {"product:type": {}, "orbitNumber": {}, "version": {}}}).names
        assert names == replace(NEW, label="mixed", orbit="orbitNumber")

    @pytest.mark.parametrize("document", [None, [], {}, {"properties": []}, {"properties": {"frame": 3}}])
    def test_a_document_that_says_nothing_of_types_may_be_of_any(self, document: Any) -> None:
        read = Queryables.read(document)
        assert (read.names, read.serves("MSI_COP_2A")) == (None, None)

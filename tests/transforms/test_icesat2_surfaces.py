"""One granule as CMR's formats say it: each is understood, and the one that says most wins."""

import copy
from itertools import permutations
from typing import Any

import pytest
from shapely.geometry import shape

from harvesters.icesat2_answers import records_in
from tercet.errors import RecordError
from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.icesat2 import records
from transforms.icesat2 import entry
from transforms.icesat2_footprint import COMPUTED
from transforms.icesat2_names import GranuleName


def umm(seed: int = 6) -> dict[str, Any]:
    return copy.deepcopy(records(1, seed)[0])


def positions(sent: dict[str, Any]) -> list[tuple[float, float]]:
    boundary = sent["umm"]["SpatialExtent"]["HorizontalSpatialDomain"]["Geometry"]["GPolygons"][0]["Boundary"]
    return [(at["Longitude"], at["Latitude"]) for at in boundary["Points"]]


def echo10(sent: dict[str, Any]) -> dict[str, Any]:
    """As maap-py makes it of XML: strings, rings clockwise and open, one element as itself."""
    inner, period = sent["umm"], sent["umm"]["TemporalExtent"]["RangeDateTime"]
    ring = [{"PointLongitude": str(x), "PointLatitude": str(y)} for x, y in reversed(positions(sent)[1:])]
    urls = [{"URL": one["URL"]} for one in inner["RelatedUrls"]]
    size = inner["DataGranule"]["ArchiveAndDistributionInformation"][0]["SizeInBytes"]
    return {
        "concept-id": sent["meta"]["concept-id"],
        "format": "application/echo10+xml",
        "Granule": {
            "GranuleUR": inner["GranuleUR"],
            "LastUpdate": inner["ProviderDates"][1]["Date"],
            "DataGranule": {
                "SizeMBDataGranule": repr(size / 2**20),
                "ProducerGranuleId": inner["DataGranule"]["Identifiers"][0]["Identifier"],
                "ProductionDateTime": inner["DataGranule"]["ProductionDateTime"],
            },
            "Temporal": {"RangeDateTime": period},
            "Spatial": {"HorizontalSpatialDomain": {"Geometry": {"GPolygon": {"Boundary": {"Point": ring}}}}},
            "OnlineAccessURLs": {"OnlineAccessURL": urls[:2]},
            "OnlineResources": {"OnlineResource": urls[2:]},
        },
    }


def feed_entry(sent: dict[str, Any], **changes: Any) -> dict[str, Any]:
    inner, period = sent["umm"], sent["umm"]["TemporalExtent"]["RangeDateTime"]
    kinds = {".h5": "data#", "xml": "metadata#", "jpg": "browse#"}
    links = [
        {"rel": f"http://esipfed.org/ns/fedsearch/1.1/{kinds.get(one['URL'][-3:], 'data#')}", "href": one["URL"]}
        for one in inner["RelatedUrls"]
    ]
    inherited = {
        "rel": "http://esipfed.org/ns/fedsearch/1.1/data#",
        "href": "https://nsidc.org/x.h5",
        "inherited": True,
    }
    return {
        "producer_granule_id": inner["DataGranule"]["Identifiers"][0]["Identifier"],
        "title": inner["GranuleUR"],
        "dataset_id": inner["CollectionReference"]["EntryTitle"],
        "data_center": "NSIDC_CPRD",
        "id": sent["meta"]["concept-id"],
        "time_start": period["BeginningDateTime"],
        "time_end": period["EndingDateTime"],
        "updated": inner["ProviderDates"][1]["Date"],
        "granule_size": f"{inner['DataGranule']['ArchiveAndDistributionInformation'][0]['SizeInBytes'] / 2**20:.10f}",
        "coordinate_system": "GEODETIC",
        "polygons": [[" ".join(f"{y} {x}" for x, y in positions(sent))]],
        "links": [*links, inherited],
        **changes,
    }  # fmt: skip


def stac_item(sent: dict[str, Any]) -> dict[str, Any]:
    inner, period = sent["umm"], sent["umm"]["TemporalExtent"]["RangeDateTime"]
    concept = f"https://cmr.earthdata.nasa.gov/search/concepts/{sent['meta']['concept-id']}"
    # CMR-STAC's own keys: what stands between the last two dots of the URL
    assets = {one["URL"].split(".", 1)[1]: {"href": one["URL"]} for one in inner["RelatedUrls"]}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": inner["GranuleUR"],
        "collection": "ATL08_007",
        "geometry": {"type": "Polygon", "coordinates": [[list(position) for position in positions(sent)]]},
        "bbox": [-180, -90, 180, 90],
        "properties": {
            "datetime": period["BeginningDateTime"],
            "start_datetime": period["BeginningDateTime"],
            "end_datetime": period["EndingDateTime"],
        },
        "assets": {**assets, "metadata": {"href": f"{concept}.xml"}},
        "links": [
            {"rel": "self", "href": "https://cmr.earthdata.nasa.gov/stac/x"}, {"rel": "via", "href": f"{concept}.json"}
        ],
    }  # fmt: skip


SURFACES = {"umm": lambda sent: sent, "echo10": echo10, "json": feed_entry, "stac": stac_item}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("seed", [6, 3, 10])
def test_every_surface_makes_the_same_of_what_it_says(surface: str, seed: int) -> None:
    expected = entry(umm(seed))
    found = entry(SURFACES[surface](umm(seed)))
    assert (found.subject, found.rank, found.archive_id, found.kin) == (
        expected.subject, expected.rank, expected.archive_id, expected.kin
    )  # fmt: skip
    item = found.item
    assert core_errors(item) == []
    assert extension_errors(item) == []
    assert shape(item["geometry"]).symmetric_difference(shape(expected.item["geometry"])).area < 1e-9
    assert item["properties"]["tercet:surface"] == surface
    same = {"datetime", "start_datetime", "end_datetime", "sat:relative_orbit", "icesat2:cycle", "version", "title"}
    assert {key: item["properties"][key] for key in same} == {key: expected.item["properties"][key] for key in same}
    assert item["assets"].keys() == expected.item["assets"].keys()
    assert item["links"] == expected.item["links"]
    if surface != "stac":
        assert item["assets"] == expected.item["assets"]


def test_echo10_says_sizes_in_bytes_and_checksums_too() -> None:
    sent = echo10(umm(6))
    del sent["Granule"]["DataGranule"]["SizeMBDataGranule"]
    sent["Granule"]["DataGranule"] |= {
        "DataGranuleSizeInBytes": "12345",
        "Checksum": {"Value": "ab" * 32, "Algorithm": "SHA-256"},
    }
    data = entry(sent).item["assets"]["data"]
    assert (data["file:size"], data["file:checksum"]) == (12345, "1220" + "ab" * 32)


def test_what_says_most_wins_in_any_order() -> None:
    sent = umm()
    by_freshness = [entry(SURFACES[surface](sent)) for surface in ("stac", "json", "echo10", "umm")]
    for order in permutations(by_freshness):
        assert max(order, key=lambda found: found.freshness).item["properties"]["tercet:surface"] == "umm"
    assert sorted(by_freshness, key=lambda found: found.freshness) == by_freshness
    sent["meta"]["revision-date"] = "2031-01-01T00:00:00.000Z"
    assert entry(sent).freshness > by_freshness[-1].freshness


def test_the_orbit_element_of_the_older_archive_counts_before_the_polygon_that_cmr_computed_of_it() -> None:
    part = {"ascending_crossing": "31.0", "start_lat": "80", "start_direction": "D", "end_lat": "59.5",
            "end_direction": "D"}  # fmt: skip
    sent = feed_entry(umm(), coordinate_system="ORBIT", orbit=part)
    found = entry(sent)
    assert found.item["geometry"]["type"] == "LineString"
    assert found.remarks == (COMPUTED,)
    # without the element its polygon is what there is
    del sent["orbit"]
    assert entry(sent).item["geometry"]["type"] == "Polygon"
    assert "icesat2:footprint" not in entry(sent).item["properties"]


def test_an_item_that_tercet_made_is_refused_with_what_to_do() -> None:
    ours = entry(umm()).item
    with pytest.raises(RecordError, match="is an Item that Tercet made"):
        entry(ours)


def test_an_item_without_a_footprint_or_of_a_strange_kind_is_refused_by_name() -> None:
    sent = stac_item(umm())
    for geometry, reason in ((None, "has no footprint"), ({"type": "Circle", "coordinates": [1]}, "type 'Circle'")):
        with pytest.raises(RecordError, match=f"{sent['id']}.*{reason}"):
            entry({**sent, "geometry": geometry})


def test_an_item_called_by_its_concept_is_known_by_its_file() -> None:
    sent = umm(6)
    found = entry({**stac_item(sent), "id": sent["meta"]["concept-id"]})
    assert found.item["id"] == entry(sent).item["id"]
    assert "icesat2:granule_ur" not in found.item["properties"]


@pytest.mark.parametrize(
    ("west", "east", "bbox"),
    [(-179.999996, 179.999999, [-179.999996, 52, 179.999999, 88]), (170, -170, [170, 52, -170, 88])],
)
@pytest.mark.parametrize("first", range(4))
def test_a_polygon_that_is_a_box_stays_one(west: float, east: float, bbox: list[float], first: int) -> None:
    corners = [[west, 52], [east, 52], [east, 88], [west, 88]]
    ring = [*corners[first:], *corners[: first + 1]]
    item = entry({**stac_item(umm(6)), "geometry": {"type": "Polygon", "coordinates": [ring]}}).item
    assert item["bbox"] == bbox
    assert shape(item["geometry"]).area == pytest.approx(36 * ((east - west) % 360))


def test_answers_of_cmr_stac_are_known_and_those_of_other_catalogs_are_not() -> None:
    sent = stac_item(umm())
    assert records_in(sent) == [sent]
    assert records_in({"type": "FeatureCollection", "features": [sent, sent]}) == [sent, sent]
    assert records_in({**sent, "id": "MOD09", "links": [{"href": "https://cmr.earthdata.nasa.gov/stac"}]})
    assert records_in({**sent, "id": "ECA_EXAE", "links": [], "assets": {}}) is None
    assert records_in({**sent, "id": "x", "links": "none"}) is None
    assert records_in({"type": "FeatureCollection", "features": []}) is None


class TestKin:
    @pytest.mark.parametrize(
        ("names", "key"),
        [
            (["ATL03_20250104003608_02892602_007_03.h5", "ATL06_20250104003608_02892602_007_01.h5",
              "ATL08_20250104003608_02892602_006_01.h5", "ATL24_20250104003608_02892602_006_02_002_01.h5"],
             "icesat2:0289/26/02"),
            (["ATL07-01_20200105001351_01420601_007_01.h5", "ATL10-01_20200105001351_01420601_007_02.h5"],
             "icesat2:0142/06/north"),
            (["ATL09_20200105001351_01420601_007_01.h5", "ATL04_20200105001351_01420601_007_01.h5"],
             "icesat2:0142/06/orbit"),
        ],
    )  # fmt: skip
    def test_granules_of_one_pass_share_a_key_whatever_their_products_and_releases(
        self, names: list[str], key: str
    ) -> None:
        for name in names:
            sent = umm()
            sent["umm"] |= {"GranuleUR": name, "RelatedUrls": [], "DataGranule": {}}
            assert [(kin.key, kin.rel) for kin in entry(sent).kin] == [(key, "related")]

    @pytest.mark.parametrize("name", ["ATL11_135803_0311_004_01.h5", "ATL21-01_20181001010615_00370101_003_01.h5"])
    def test_what_is_made_of_several_passes_has_no_kin(self, name: str) -> None:
        sent = umm()
        sent["umm"] |= {"GranuleUR": str(GranuleName.parse(name)), "RelatedUrls": [], "DataGranule": {}}
        assert entry(sent).kin == ()

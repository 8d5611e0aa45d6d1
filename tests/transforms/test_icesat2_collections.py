"""ICESat-2's Collections: in CMR's words where it spoke, by rule where it did not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.icesat2 import Archive
from tests.upstreams.icesat2_collections import BUCKETS, ROOT, item
from transforms.icesat2_collections import collection

SAID = item(Archive(1, short_name="ATL06"), "007")


def document(said: dict[str, Any] | None = SAID) -> dict[str, Any]:
    return collection("icesat2-atl06-007", said).document()


def links(described: dict[str, Any], rel: str) -> list[str]:
    return [link["href"] for link in described["links"] if link["rel"] == rel]


def without(*path: str) -> dict[str, Any]:
    """CMR's record without one of its fields."""
    said: dict[str, Any] = json.loads(json.dumps(SAID))
    inner = said["umm"]
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return said


@pytest.mark.parametrize("said", [None, SAID], ids=["by rule", "said"])
def test_it_is_valid_with_cmrs_word_and_without(said: dict[str, Any] | None) -> None:
    described = document(said)
    assert core_errors(described) == []
    assert extension_errors(described) == []


def test_it_has_the_title_the_abstract_and_the_terms_that_cmr_gives() -> None:
    described = document()
    assert described["title"] == "ATLAS/ICESat-2 L3A Land Ice Height V007"
    ours, abstract = described["description"].split("\n\n")
    assert "with the footprint that NSIDC measured" in ours
    assert abstract == "This data set (ATL06) is not real. It is made for tests."
    assert {"glaciers/ice sheets", "canopy height", "ICESat-2", "ATL06"} <= set(described["keywords"])


def test_it_is_cited_as_its_provider_asks() -> None:
    described = document()
    assert described["sci:doi"] == "10.5067/ATLAS/ATL06.007"
    assert described["sci:citation"] == (
        "A. Tester, B. Checker, and C. Proof (2025). ATLAS/ICESat-2 L3A Land Ice Height V007, version 007. "
        "NASA National Snow and Ice Data Center Distributed Active Archive Center. "
        "https://doi.org/10.5067/ATLAS/ATL06.007"
    )
    assert links(described, "cite-as") == ["https://doi.org/10.5067/ATLAS/ATL06.007"]


def test_it_says_in_which_region_the_files_lie_and_where_keys_are_given_out() -> None:
    schemes = document()["storage:schemes"]
    assert schemes.keys() == set(BUCKETS)
    assert {scheme["region"] for scheme in schemes.values()} == {"us-west-2"}
    protected, public = (schemes[bucket] for bucket in BUCKETS)
    assert protected["credentials_endpoint"] == f"{ROOT}/s3credentials"
    assert "credentials_endpoint" not in public


def test_it_links_to_its_record_and_documents_and_not_to_its_files() -> None:
    described = document()
    assert links(described, "via") == [
        f"https://cmr.earthdata.nasa.gov/search/concepts/{SAID['meta']['concept-id']}.umm_json"
    ]
    assert links(described, "describedby") == [
        "https://example.org/atl06-v007/userguide.pdf",
        "https://example.org/atl06-v007/atbd.pdf",
    ]
    titles = {link["href"]: link["title"] for link in described["links"]}
    assert titles["https://example.org/atl06-v007/userguide.pdf"] == "How to use the data."
    assert titles["https://example.org/atl06-v007/atbd.pdf"] == "Algorithm theoretical basis document (ATBD)"
    assert "https://example.org/atl06-v007" in links(described, "about")
    assert links(described, "license") == ["https://example.org/data-use"]
    assert f"{ROOT}/ATLAS" not in titles


def test_without_cmrs_word_it_says_what_is_known_by_rule() -> None:
    described = document(None)
    assert described["title"] == "ICESat-2 ATL06 Land Ice Height, release 007"
    assert described["sci:doi"] == "10.5067/ATLAS/ATL06.007"
    assert links(described, "via") == [
        "https://cmr.earthdata.nasa.gov/search/collections.umm_json?short_name=ATL06&version=007"
    ]
    assert "sci:citation" not in described
    assert "storage:schemes" not in described


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("EntryTitle",), "title", "ICESat-2 ATL06 Land Ice Height, release 007"),
        (("DOI",), "sci:doi", "10.5067/ATLAS/ATL06.007"),
        (("CollectionCitations",), "sci:citation", None),
        (("DirectDistributionInformation",), "storage:schemes", None),
    ],
)
def test_what_cmr_does_not_say_is_known_by_rule_or_absent(path: tuple[str, ...], key: str, value: object) -> None:
    described = document(without(*path))
    assert described.get(key) == value
    assert core_errors(described) == []
    assert extension_errors(described) == []


def test_a_doi_that_is_missing_for_a_reason_is_none() -> None:
    said = without("DOI")
    said["umm"]["DOI"] = {"MissingReason": "Unknown", "Explanation": "It is unknown if this record has a DOI."}
    assert document(said)["sci:doi"] == "10.5067/ATLAS/ATL06.007"


def test_the_superseded_twin_says_the_same_of_itself() -> None:
    twin = collection("icesat2-atl06-007", SAID).superseded().document()
    assert twin["sci:citation"]
    assert core_errors(twin) == []


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.sampled_from(sorted(SAID["umm"])), _VALUES)
def test_a_record_of_another_shape_breaks_nothing(key: str, value: Any) -> None:
    described = document({**SAID, "umm": {**SAID["umm"], key: value}})
    assert core_errors(described) == []


@pytest.mark.parametrize("buckets", [None, 3, {"a": 1}, [None, 4, "", "s3://bucket/path", "bucket/other"]])
def test_buckets_of_another_shape_are_left_out(buckets: Any) -> None:
    said = without("DirectDistributionInformation")
    said["umm"]["DirectDistributionInformation"] = {"S3BucketAndObjectPrefixNames": buckets}
    found = document(said).get("storage:schemes")
    assert found is None or found.keys() == {"bucket"}


@given(_VALUES)
def test_no_record_at_all_breaks_nothing(said: Any) -> None:
    described = document(said if isinstance(said, dict) else {"umm": said, "meta": said})
    assert described["title"]

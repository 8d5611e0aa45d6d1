import json
from typing import Any

import jsonschema_rs
import pytest

from tests.stac_schemas import core_errors, extension_errors
from transforms import carbon_mapper, earthcare, icesat2
from transforms.catalog import COMMON_QUERYABLES, CollectionSpec, Queryable, is_superseded

SPEC = CollectionSpec(
    id="buoys",
    title="Buoys",
    description="What drifts and measures.",
    license="CC-BY-4.0",
    providers=({"name": "The sea", "roles": ["producer"]},),
    keywords=("sea", "buoy"),
    item_assets={"data": {"title": "Readings", "type": "text/csv", "roles": ["data"]}},
    queryables={**COMMON_QUERYABLES, "buoy:depth": Queryable("Depth", "number", "Below the surface.", "m")},
    links=({"rel": "about", "href": "https://example.org/buoys", "type": "text/html"},),
    doi="10.1000/buoys",
    citation="The sea (2026): Buoys.",
    extra={
        "stac_extensions": ["https://stac-extensions.github.io/processing/v1.2.0/schema.json"],
        "summaries": {"processing:level": ["L2"]},
    },
)


def test_a_collection_is_valid_stac() -> None:
    document = SPEC.document()
    assert core_errors(document) == []
    assert document["sci:doi"] == "10.1000/buoys"
    assert len(document["stac_extensions"]) == 2


def test_a_collection_is_valid_by_the_extensions_that_it_declares() -> None:
    assert extension_errors(SPEC.document()) == []


def test_what_is_unknown_of_a_collection_is_absent() -> None:
    plain = CollectionSpec("buoys", "Buoys", "They drift.", "other", (), (), {}, {})
    document = plain.document()
    assert document["stac_extensions"] == []
    assert not {"sci:doi", "sci:citation"} & document.keys()
    assert None not in document.values()


def test_a_collection_is_plain_json() -> None:
    document = SPEC.document()
    assert json.loads(json.dumps(document)) == document


def test_a_document_that_is_changed_leaves_its_collection_as_it_was() -> None:
    first = SPEC.document()
    first["item_assets"]["data"]["roles"].append("spoilt")
    first["providers"][0]["roles"].clear()
    first["links"][0]["href"] = "spoilt"
    first["summaries"]["processing:level"].append("spoilt")
    first["stac_extensions"].clear()
    assert "spoilt" not in json.dumps(SPEC.document())
    assert SPEC.document()["providers"] == [{"name": "The sea", "roles": ["producer"]}]
    assert len(SPEC.document()["stac_extensions"]) == 2


def test_the_superseded_twin_is_a_collection_of_its_own() -> None:
    twin = SPEC.superseded()
    assert (twin.id, is_superseded(twin.id), is_superseded(SPEC.id)) == ("buoys-superseded", True, False)
    assert twin.title == "Buoys (superseded)"
    assert "superseded" in twin.keywords
    assert (twin.item_assets, twin.queryables, twin.license) == (SPEC.item_assets, SPEC.queryables, SPEC.license)
    assert core_errors(twin.document()) == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "a", 1),
        ("strings", ["a", "b"], "a"),
        ("number", 1.5, "1.5"),
        ("integer", 1, 1.5),
        ("boolean", True, "true"),
        ("datetime", "2026-01-02T03:04:05.678Z", "yesterday"),
    ],
)
def test_a_queryable_takes_values_of_its_type_only(kind: Any, good: Any, bad: Any) -> None:
    schema = Queryable("Title", kind, "A sentence.").schema()
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert validator.is_valid(good)
    assert not validator.is_valid(bad)
    assert "unit" not in schema


def test_a_queryable_says_its_unit_where_it_has_one() -> None:
    assert Queryable("Depth", "number", "Below the surface.", "m").schema()["unit"] == "m"


@pytest.mark.parametrize("name", COMMON_QUERYABLES)
def test_common_queryables_are_described_in_a_sentence(name: str) -> None:
    queryable = COMMON_QUERYABLES[name]
    assert queryable.title
    assert queryable.description.endswith(".")
    # numbers in a summary become a range, strings a list: a range of moments is the Collection's extent
    assert not (queryable.summarise and queryable.type == "datetime")


def test_what_collections_share_is_described_in_the_same_words() -> None:
    described: dict[str, set[Queryable]] = {}
    for module, name in (
        (carbon_mapper, "carbon-mapper-plumes"),
        (carbon_mapper, "carbon-mapper-scenes"),
        (carbon_mapper, "carbon-mapper-sources"),
        (icesat2, "icesat2-atl08-007"),
        (earthcare, "earthcare-msi-cop-2a"),
    ):
        for queryable, said in module.collection(name).queryables.items():
            described.setdefault(queryable, set()).add(said)
    # pystac-client leaves out of merged queryables what two Collections describe otherwise
    assert {queryable: words for queryable, words in described.items() if len(words) > 1} == {}

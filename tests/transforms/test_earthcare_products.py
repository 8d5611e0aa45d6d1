from pathlib import Path

import pytest

from transforms.earthcare_collections import QUERYABLES, collection
from transforms.earthcare_products import PRODUCT_TYPES

PAGE = Path(__file__).parents[2] / "docs" / "earthcare.md"


@pytest.mark.checkout
def test_the_page_has_every_product_type_with_all_that_the_table_says() -> None:
    rows = {line.split("|")[1].strip(): line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    for product in PRODUCT_TYPES.values():
        cells = [
            f"`{product.type}`",
            product.short or "-",
            ", ".join(name.upper() for name in product.instruments) or "-",
            product.level or "-",
            product.agency,
            product.meaning,
        ]
        assert rows[cells[0]] == f"| {' | '.join(cells)} |"


@pytest.mark.checkout
def test_the_page_explains_every_property_of_ours() -> None:
    page = PAGE.read_text()
    assert [name for name in QUERYABLES if name.startswith("earthcare:") and f"`{name}`" not in page] == []


def test_the_mission_has_the_types_that_its_archive_listed() -> None:
    levels = {product.level for product in PRODUCT_TYPES.values()}
    assert levels == {"L0", "L1B", "L1C", "L1D", "L2A", "L2B", None}
    assert sum(product.agency == "JAXA" for product in PRODUCT_TYPES.values()) == 8
    assert all(len(kind) == 10 for kind in PRODUCT_TYPES)


def test_a_collection_takes_subjects_and_addresses_of_the_archives() -> None:
    said = {
        "collections": [
            {"id": "EarthCAREL2Validated_MAAP", "title": "EarthCARE L2", "keywords": ["EARTH SCIENCE > CLOUDS", "CPR"]},
            {"id": "EarthCARENew_MAAP", "keywords": None},
            {"id": 3},
        ]
    }
    document = collection("earthcare-msi-cop-2a", said).document()
    assert "EARTH SCIENCE > CLOUDS" in document["keywords"]
    assert [(link["href"].rpartition("/")[2], link["title"]) for link in document["links"] if link["rel"] == "via"][
        1:
    ] == [
        ("EarthCAREL2Validated_MAAP", "EarthCARE L2 at ESA's MAAP, for everyone with an account"),
        ("EarthCARENew_MAAP", "EarthCARENew_MAAP at ESA's MAAP"),
    ]


def test_a_collection_of_which_the_archive_said_nothing_is_described_all_the_same() -> None:
    assert collection("earthcare-msi-cop-2a", {}) == collection("earthcare-msi-cop-2a")


@pytest.mark.parametrize(
    ("kind", "word"), [("MSI_COP_2A", "frame"), ("GEO_ORBOBS", "frame"), ("AUX_ORBPRE", "interval")]
)
def test_a_collection_says_what_its_products_are_of(kind: str, word: str) -> None:
    assert f" {word} " in collection(PRODUCT_TYPES[kind].collection_id).description

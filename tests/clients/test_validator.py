"""stac-api-validator finds no error in what we claim; where it does, the error is its own, and known."""

import json
import subprocess

import pytest

from tests.clients.programs import made
from tests.stac_schemas import SCHEMAS

pytestmark = [pytest.mark.clients, pytest.mark.database]

OFFLINE = __file__.replace("test_validator", "validator_offline")
PLUMES = "carbon-mapper-plumes"
PERMIAN = [[[-104.5, 31.0], [-102.0, 31.0], [-102.0, 33.5], [-104.5, 33.5], [-104.5, 31.0]]]
CLAIMED = ("core", "collections", "features", "item-search", "filter", "features#sort", "features#fields")


def errors(url: str, *classes: str, pages: bool = False) -> list[str]:
    """What the validator has against the API."""
    done = subprocess.run(
        [
            str(made("stac-api-validator") / "bin/python"),
            *(OFFLINE, "--root-url", f"{url}/", "--collection", PLUMES),
            *("--geometry", json.dumps({"type": "Polygon", "coordinates": PERMIAN})),
            *("--fields-nested-property", "properties.cm:gas"),
            *(word for one in classes for word in ("--conformance", one)),
            "--validate-pagination" if pages else "--no-validate-pagination",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not SCHEMAS.is_dir() or "not at hand" not in done.stderr, done.stderr
    _, errors, said = done.stdout.partition("\nErrors:")
    assert errors, done.stdout + done.stderr
    first, *found = said.splitlines()
    assert (first == " none") == (not found)
    return [line.removeprefix("- ") for line in found if line.strip()]


def test_what_we_claim_is_so(url: str) -> None:
    assert errors(url, *CLAIMED) == []


def test_items_and_collections_fulfil_their_extensions(url: str) -> None:
    if not SCHEMAS.is_dir():
        pytest.skip(f"checked against core STAC alone: no extension schemas in {SCHEMAS.resolve()}")
    assert errors(url, "collections", "features") == []


def test_pages_are_walked_to_the_end(url: str) -> None:
    assert errors(url, "item-search", pages=True) == []


def test_of_sorting_it_minds_only_its_own_requests(url: str) -> None:
    # stac-api-validator#656: it sends `collections` as a string where the specification has a list
    found = errors(url, "item-search#sort")
    assert len(found) == 2
    assert all('"collections": "carbon-mapper-plumes"' in one and "400 instead of 200" in one for one in found), found


KNOWN_OF_FIELDS = (
    # no fields at all is no error: a client's null means that it has nothing to say
    'body={"fields": null} had unexpected status code 200',
    # what is included beside an exclude adds nothing, says the extension; the validator expects it to be all
    "{'exclude': ['geometry'], 'include': []}} response contained 'properties.cm:gas'",
    "{'exclude': ['geometry'], 'include': None}} response contained 'properties.cm:gas'",
    "{'exclude': ['properties'], 'include': ['properties.cm:gas']}} response contained fewer than 5 fields",
)


def test_of_fields_it_minds_what_the_extension_leaves_open(url: str) -> None:
    found = errors(url, "item-search#fields")
    assert [one for one in found if not any(known in one for known in KNOWN_OF_FIELDS)] == []

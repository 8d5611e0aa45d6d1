"""Small Items made by hand, in one Collection, for tests of what comes after the transforms."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tercet.errors import InvalidItemError
from transforms.catalog import COMMON_QUERYABLES, STAC_VERSION, CollectionSpec, Queryable
from transforms.check import Checked, check
from transforms.entry import Entry, Item

SPEC = CollectionSpec(
    id="tracks",
    title="Tracks",
    description="Made by hand.",
    license="CC0-1.0",
    providers=({"name": "Somebody"},),
    keywords=("track",),
    item_assets={
        "data": {"title": "Data", "type": "application/x-hdf5", "roles": ["data"]},
        "thumbnail": {"title": "Picture", "type": "image/png", "roles": ["thumbnail"]},
    },
    queryables={
        "platform": COMMON_QUERYABLES["platform"],
        "instruments": COMMON_QUERYABLES["instruments"],
        "gsd": COMMON_QUERYABLES["gsd"],
        "track:count": Queryable("Count", "integer", "How many.", summarise=True),
    },
)


def describe(collection_id: str) -> CollectionSpec:
    """What the Collections of the made-up source say of themselves."""
    return replace(SPEC, id=collection_id)


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A polygon, degrees, right-hand rule."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def item(name: str = "a", *, collection: str = SPEC.id, moment: str = "2024-05-01T00:00:00.000Z", **more: Any) -> Item:
    """An Item of a box of one degree; further arguments are properties."""
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": name,
        "collection": collection,
        "geometry": box(10, 50, 11, 51),
        "bbox": [10, 50, 11, 51],
        "properties": {
            "title": f"Track {name}",
            "datetime": moment,
            "tercet:source": "tracks",
            "tercet:surface": "rest",
            **more,
        },
        "assets": {"data": {"href": f"https://example.org/{name}.h5", "type": "application/x-hdf5", "roles": ["data"]}},
        "links": [{"rel": "via", "href": f"https://example.org/{name}"}],
    }


def entry(name: str = "a", version: int = 1, *, freshness: str = "", **more: Any) -> Entry:
    """A version of a subject that bears the Item's id."""
    return Entry(item(name, **more), "tracks", name, f"{version:03}", f"{name}_{version}", freshness)


def checked(*entries: Entry) -> Sequence[Checked]:
    """The entries as the loader takes them; all of them are fit for the catalog."""
    found = check(entries)
    good = [one for one in found if isinstance(one, Checked)]
    bad = [one for one in found if isinstance(one, InvalidItemError)]
    assert not bad, bad
    return good

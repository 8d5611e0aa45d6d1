"""Small Items made by hand, in one Collection, for tests of what comes after the transforms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tercet.errors import InvalidItemError
from transforms.catalog import COMMON_QUERYABLES, STAC_VERSION, CollectionSpec, Queryable
from transforms.check import Checked, check
from transforms.entry import Entry, Fragment, Item, Part

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


class Tracks:
    """What the made-up source says of its Collections, and how it makes Items of parts.

    A part says the properties of one version; the Item of that version has them all.
    """

    def collection(self, collection_id: str, said: Mapping[str, Any] | None = None) -> CollectionSpec:
        return replace(SPEC, id=collection_id, **(said or {}))

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        by_version: dict[int, list[Part]] = {}
        for part in parts:
            by_version.setdefault(part.said["version"], []).append(part)
        return [_assembled(version, told) for version, told in sorted(by_version.items()) if _is_whole(told)]


def _is_whole(told: Sequence[Part]) -> bool:
    return any("name" in part.said for part in told)


def _assembled(version: int, told: Sequence[Part]) -> Entry:
    said = {name: value for part in sorted(told, key=lambda part: part.key) for name, value in part.said.items()}
    more = {key: value for key, value in said.items() if key not in {"version", "name"}}
    made = entry(said["name"], version, freshness=max(part.freshness for part in told), **more)
    return replace(made, part=told[0]) if len(told) == 1 else made


def told(surface: str, name: str = "a", version: int = 1, *, freshness: str = "", **more: Any) -> Entry:
    """What one surface says of a version, as an Item of its own."""
    said = {"version": version, "name": name, **more}
    return _assembled(version, [Part(f"{surface}:{version}", said, freshness, f"{version:03}")])


def fragment(surface: str, name: str = "a", *, version: int = 1, **more: Any) -> Fragment:
    """What one surface adds to a version of which it does not say enough for an Item."""
    return Fragment(
        SPEC.id, "tracks", name, Part(f"{surface}:{version}", {"version": version, **more}, "", f"{version:03}")
    )


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

"""Assets that Tercet made of an Item's own files, and how an Item bears them: pure, for whoever writes Items."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transforms.entry import Item

EVIDENCE = "made"
"""``tercet:evidence`` of an asset that we made ourselves."""


@dataclass(frozen=True, slots=True)
class Made:
    """One asset that was made, and what comes along with it.

    Attributes:
        key: of the asset.
        sources: the assets that it was made of, by key, each with its `signature` at that time.
        asset: the asset as Items show it.
        properties: JSON objects by property name, such as ``renders``, whose members the Item gains.
        links: what leads to it elsewhere, such as a tiler's.
        extensions: schemas that the Item then follows.
    """

    key: str
    sources: Mapping[str, str]
    asset: Mapping[str, Any]
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    links: Sequence[Mapping[str, Any]] = ()
    extensions: Sequence[str] = ()

    def is_of(self, item: Item) -> bool:
        """Whether the Item still has the files that it was made of, unchanged as far as their provider says."""
        assets = item["assets"]
        return all(key in assets and signature(assets[key]) == then for key, then in self.sources.items())


def signature(asset: Mapping[str, Any]) -> str:
    """What tells a file from the one that took its place: address, checksum and size, as far as they are stated."""
    stated = (asset["href"], asset.get("file:checksum"), asset.get("file:size"))
    return " ".join(str(one) for one in stated if one is not None)


def with_made(item: Item, made: Iterable[Made]) -> Item:
    """Give the Item with the assets that were made of it. What the provider has under their keys stays.

    Args:
        item: is not changed. It may bear some of them already.
        made: those that are not of this Item's files any more are left out.
    """
    fitting = [one for one in made if one.is_of(item) and _is_ours(item["assets"].get(one.key))]
    if not fitting:
        return item
    properties = dict(item["properties"])
    for one in fitting:
        for name, members in one.properties.items():
            properties[name] = {**properties.get(name, {}), **members}
    return {
        **item,
        "stac_extensions": list(
            dict.fromkeys([*item["stac_extensions"], *(e for one in fitting for e in one.extensions)])
        ),
        "properties": properties,
        "links": _links(item, fitting),
        "assets": {**item["assets"], **{one.key: {**one.asset, "tercet:evidence": EVIDENCE} for one in fitting}},
    }


def without_made(item: Item, made: Iterable[Made]) -> Item:
    """Give the Item as its provider's record makes it, but for schemas, which the provider's own may follow, too."""
    these = list(made)
    properties = dict(item["properties"])
    for name in {name for one in these for name in one.properties}:
        gone = {member for one in these for member in one.properties.get(name, ())}
        left = {member: value for member, value in properties.pop(name, {}).items() if member not in gone}
        if left:
            properties[name] = left
    led = [(link["rel"], link["href"]) for one in these for link in one.links]
    return {
        **item,
        "properties": properties,
        "links": [link for link in item["links"] if (link["rel"], link["href"]) not in led],
        "assets": {key: asset for key, asset in item["assets"].items() if asset.get("tercet:evidence") != EVIDENCE},
    }


def _is_ours(asset: Mapping[str, Any] | None) -> bool:
    return asset is None or asset.get("tercet:evidence") == EVIDENCE


def _links(item: Item, made: Iterable[Made]) -> list[Mapping[str, Any]]:
    """The Item's links and theirs; one that leads to the same place is replaced."""
    links = {(link["rel"], link["href"]): link for link in item["links"]}
    links |= {(link["rel"], link["href"]): link for one in made for link in one.links}
    return list(links.values())

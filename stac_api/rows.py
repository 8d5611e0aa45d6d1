"""What pgSTAC keeps of an Item as JSON: all but what it has in columns, and what its Collection says of every Item."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from stac_api.versions import Address, Place
from transforms.catalog import STAC_VERSION, CollectionSpec
from transforms.check import Checked
from transforms.entry import Item
from transforms.item_text import APART, braced, members

LEFT_OUT = "𒍟※"
"""pgSTAC's mark for a member of the Collection's ``item_assets`` that an Item does not have."""

_COLUMNS = frozenset({"id", "collection", "geometry", "assets"})
"""What pgSTAC keeps in columns, and what is looked at apart."""
_ASSETS = b'"assets":{'


@dataclass(frozen=True, slots=True)
class Common:
    """What pgSTAC adds to every Item of a Collection when it reads it: a "base item".

    Attributes:
        base_item: as pgSTAC has it.
        token: stands for it.
    """

    base_item: Mapping[str, Any]
    token: bytes = field(init=False)

    def __post_init__(self) -> None:
        dumped = orjson.dumps(self.base_item, option=orjson.OPT_SORT_KEYS)
        object.__setattr__(self, "token", hashlib.blake2b(dumped, digest_size=8).digest())

    @property
    def assets(self) -> Mapping[str, Mapping[str, Any]]:
        """The Collection's ``item_assets``."""
        return self.base_item.get("assets") or {}

    def content(self, item: Item) -> bytes:
        """The part of an Item that pgSTAC keeps as JSON.

        pgSTAC merges the Collection's ``item_assets`` into every Item that it reads, so whatever an Item does not
        have of them is marked. What it has is stored as it is: leaving out what equals the Collection's own would
        cost more time than it saves on disk.
        """
        base = self.base_item
        content = {name: value for name, value in item.items() if name not in _COLUMNS and base.get(name) != value}
        return orjson.dumps({**content, "assets": self._marked(item["assets"])})

    def ready(self, one: Checked, item: Item) -> Checked:
        """Prepare the row of an Item that was just checked, for the case that nothing else is known of its subject.

        Args:
            one: as text.
            item: the same, parsed.
        """
        is_usual = all(item[name] == self.base_item.get(name) for name in ("type", "stac_version"))
        if not is_usual or Place(Address(one.version[0], one.item_id)).dressed(item) is not item:
            return one
        return one._replace(common=self.token, first=self._first(one.text[0], item))

    def _first(self, text: bytes, item: Item) -> bytes:
        """The first members of the content, out of the text wherever it can be; empty where they are the text's own."""
        assets = item["assets"]
        marked = self._marked(assets)
        if any(marked[key] is not asset for key, asset in assets.items()) or not text.startswith(_ASSETS):
            return members({**{name: value for name, value in item.items() if name < APART[0]}, "assets": marked})
        if len(marked) == len(assets):
            return b""
        left_out = members({key: marked[key] for key in marked.keys() - assets.keys()})
        return _ASSETS + left_out + (b"," if assets else b"") + text.removeprefix(_ASSETS)

    def _marked(self, assets: Mapping[str, Any]) -> dict[str, Any]:
        common = self.assets
        marked = {key: _marked(common[key], asset) if key in common else asset for key, asset in assets.items()}
        return marked | dict.fromkeys(common.keys() - assets.keys(), LEFT_OUT)


def ready_content(one: Checked) -> bytes:
    """The content of an Item that was made ready."""
    first, *others = one.text[::2]
    return braced([one.first or first, *others])


def common_of(spec: CollectionSpec) -> Common:
    """What pgSTAC will add to every Item of a Collection that says this of itself.

    Source: pgSTAC 0.9 and 0.10, ``collection_base_item``.
    """
    assets = orjson.loads(orjson.dumps(spec.item_assets))
    return Common({"type": "Feature", "stac_version": STAC_VERSION, "assets": assets, "collection": spec.id})


def _marked(common: Mapping[str, Any], asset: Mapping[str, Any]) -> Mapping[str, Any]:
    missing = common.keys() - asset.keys()
    return {**asset, **dict.fromkeys(missing, LEFT_OUT)} if missing else asset

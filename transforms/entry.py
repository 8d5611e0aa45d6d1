"""What a transform hands on: an Item and its place among the versions of the same thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from tercet.errors import RecordError

Item = dict[str, Any]
"""A STAC Item as plain JSON values."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one record says of a subject that several records tell together.

    The ledger keeps the newest part of each key, and the Items of a subject are made of all its parts: whatever
    came in whichever order, they are the same.

    Attributes:
        key: which of the records of its subject it is, as surface and version: ``rest:v3``.
        said: JSON values; what the source's `assemble` makes Items of.
        freshness: orders records of the same key, as `Entry.freshness` does.
        rank: of the version that it speaks of, so that it goes when that is withdrawn; "" where it speaks of all.
    """

    key: str
    said: Mapping[str, Any]
    freshness: str = ""
    rank: str = ""

    def kept(self) -> "KeptPart":
        """The part as it is kept.

        Raises:
            TypeError: it says what is not JSON.
        """
        return KeptPart(self.key, orjson.dumps(self.said), self.freshness, self.rank)


class KeptPart(NamedTuple):
    """A part as it is kept, and as it travels between processes: what it says as JSON text."""

    key: str
    text: bytes
    freshness: str = ""
    rank: str = ""

    def part(self) -> Part:
        """The part as it was."""
        return Part(self.key, orjson.loads(self.text), self.freshness, self.rank)

    def says_as(self, other: "KeptPart") -> bool:
        """Whether it is the same part; texts may differ in the order of keys."""
        return self == other or (self._replace(text=b"") == other._replace(text=b"") and self.part() == other.part())


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part that makes no Item by itself, and whose it is."""

    collection: str
    product: str
    subject: str
    part: Part


Version = tuple[str, str, str]
"""Collection, subject and rank."""


class Kin(NamedTuple):
    """A key that Items of several Collections share, such as an orbit and frame: the API links them by it.

    Attributes:
        key: unique over all sources: ``icesat2:0832/05/02``.
        rel: of the links from this Item to current Items with that key in other Collections; "" for none.
    """

    key: str
    rel: str = "related"


@dataclass(frozen=True, slots=True)
class Entry:
    """One Item and what decides whether it is current.

    Attributes:
        item: the Item as it stands while it is current; ``item["collection"]`` is the Collection's id.
        product: the source's product that it belongs to.
        subject: what the Item is a version of, unique in its Collection: the plume id; the granule name
            without its revision; EarthCARE's type, orbit and frame.
        rank: orders the versions of a subject, the highest is current; compared byte by byte, so
            numbers are zero-padded.
        archive_id: the Item's id once it is superseded, and its key in the ledger: unique per version.
        freshness: orders records of the same version, so that replaying an old one changes nothing:
            the provider's last-change time at millisecond precision, or "" where it sends none.
        part: what this record alone says, where the Items of a subject are made of several; the Item is then
            what it would be without the others.
        kin: what it is related by to Items of other Collections.
        remarks: what was odd about the record and did no harm, in words that many records share: each is told once
            a harvest, with how many records it was said of.
        local: whether it was made of a file here: that the provider does not list it says nothing.
    """

    item: Item
    product: str
    subject: str
    rank: str
    archive_id: str
    freshness: str = ""
    part: Part | None = None
    kin: tuple[Kin, ...] = ()
    remarks: tuple[str, ...] = ()
    local: bool = False

    @property
    def version(self) -> Version:
        """Which version of which subject it is."""
        return self.item["collection"], self.subject, self.rank


class IncompleteError(RecordError):
    """A record that makes an Item only together with others of its subject; it is kept until they come.

    Attributes:
        fragment: what it says.
    """

    def __init__(self, message: str, fragment: Fragment) -> None:
        super().__init__(message)
        self.fragment = fragment

    def __reduce__(self) -> tuple[type["IncompleteError"], tuple[str, Fragment]]:
        return type(self), (str(self), self.fragment)

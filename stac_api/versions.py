"""Which version of a thing is current, where each version lies, and what a batch changes about that.

Pure: what is stored and what comes in go in, what to write and remove comes out. The outcome depends on the set
of versions that are known, not on the order in which they came.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from transforms.catalog import EXTENSIONS, SUPERSEDED
from transforms.check import Checked
from transforms.entry import Item

VERSION_EXTENSION = f"{EXTENSIONS}/version/v1.2.0/schema.json"
_LINKED = frozenset({"predecessor-version", "successor-version", "latest-version"})


class Subject(NamedTuple):
    """What versions are versions of."""

    collection: str
    name: str


CODE = 4
"""The first bytes of what stands for a record stand for the code that reads it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A version that the ledger knows."""

    rank: str
    archive_id: str
    item_id: str
    freshness: str
    fingerprint: bytes
    record: bytes = b""
    start: str = ""
    local: bool = False


class Address(NamedTuple):
    """Where an Item lies in the catalog."""

    collection: str
    item_id: str

    @property
    def href(self) -> str:
        """Relative to the catalog's root: the API makes it absolute."""
        return f"collections/{self.collection}/items/{self.item_id}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version lies, and its neighbours."""

    address: Address
    predecessor: Address | None = None
    successor: Address | None = None
    latest: Address | None = None

    @property
    def is_current(self) -> bool:
        """Whether nothing newer is known."""
        return self.successor is None

    @property
    def is_plain(self) -> bool:
        """Whether no other version is known."""
        return self.is_current and self.predecessor is None

    def dressed(self, item: Item) -> Item:
        """The Item as it is stored here: its id, its deprecation, its links to other versions."""
        if self.is_plain and not any(link["rel"] in _LINKED for link in item["links"]):
            return item
        links = [link for link in item["links"] if link["rel"] not in _LINKED]
        neighbours = (
            ("predecessor-version", self.predecessor, "What this replaced"),
            ("successor-version", self.successor, "What replaced this"),
            ("latest-version", self.latest, "The current version"),
        )
        links += [
            {"rel": rel, "href": at.href, "type": "application/geo+json", "title": title}
            for rel, at, title in neighbours
            if at
        ]
        properties = dict(item["properties"])
        properties.pop("deprecated", None)
        if not self.is_current:
            properties["deprecated"] = True
        extensions = [*item["stac_extensions"]]
        if VERSION_EXTENSION not in extensions:
            extensions.append(VERSION_EXTENSION)
        elif self.is_plain and "version" not in properties:
            extensions.remove(VERSION_EXTENSION)
        return {
            **item,
            "id": self.address.item_id,
            "collection": self.address.collection,
            "stac_extensions": extensions,
            "properties": properties,
            "links": links,
        }


@dataclass(frozen=True, slots=True)
class Write:
    """A version to be written: a new Item, or one that is stored and only moves or gains links."""

    place: Place
    incoming: Checked | None
    stored_at: Address | None


@dataclass(slots=True)
class Plan:
    """What a batch, or what is gone, does to the catalog.

    Attributes:
        writes: Items to write, each over what has its address.
        removals: Items to delete first.
        rows: what the ledger is to remember of each version, and its product.
        forgotten: versions that are no more, and where they were.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    superseded: int = 0
    writes: list[Write] = field(default_factory=list)
    removals: list[Address] = field(default_factory=list)
    rows: list[tuple[Subject, Known, str]] = field(default_factory=list)
    forgotten: list[tuple[Subject, Known, Address]] = field(default_factory=list)

    @property
    def addresses(self) -> set[Address]:
        """Where Items are written or removed."""
        return {write.place.address for write in self.writes} | set(self.removals)

    @property
    def touched(self) -> set[str]:
        """The Collections whose Items change."""
        return {at.collection for at in self.addresses}


def plan(batch: Iterable[Checked], known: Mapping[Subject, Sequence[Known]], whole: Collection[Subject] = ()) -> Plan:
    """Decide what a batch changes.

    Args:
        batch: Items in the order in which they came.
        known: what the ledger knows of their subjects.
        whole: subjects of which the batch has all versions that are made of parts: no other such is any more.
    """
    result = Plan()
    arrivals: dict[Subject, list[Checked]] = {subject: [] for subject in whole}
    for checked in batch:
        subject = subject_of(checked)
        arrivals.setdefault(subject, []).append(checked)
    for subject, incoming in arrivals.items():
        _plan_subject(result, subject, incoming, known.get(subject, ()), is_whole=subject in whole)
    return result


def _plan_subject(
    result: Plan, subject: Subject, incoming: list[Checked], known: Sequence[Known], *, is_whole: bool
) -> None:
    before = {version.rank: version for version in known}
    after, written, fresher = dict(before), dict[str, Checked](), dict[str, Checked]()
    for checked in incoming:
        version = _version(checked)
        stored = after.get(version.rank)
        # an older record of the same version is a replay: it must not take the newer one's place
        if stored and (stored.fingerprint == version.fingerprint or version.freshness < stored.freshness):
            result.same += 1
            if _is_fresher(version, stored):
                after[version.rank], fresher[version.rank] = version, checked
            continue
        if version.rank not in before and version.rank not in written:
            result.new += 1
        elif version.rank in written:
            result.same += 1  # said twice in one batch: counted once, the last word stands
        else:
            result.changed += 1
        after[version.rank], written[version.rank] = version, checked
    result.rows += [(subject, after[rank], one.product) for rank, one in fresher.items() if rank not in written]
    said = {checked.version[2] for checked in incoming}
    # a version that stands for a record of its own is not made of parts, so that they do not contradict it
    left = {rank: version for rank, version in after.items() if rank in said or not is_whole or version.record}
    if written or len(left) < len(after):
        _place(result, subject, before, left, written)


def _is_fresher(version: Known, stored: Known) -> bool:
    """Whether the ledger must remember a version of which it knows the same, or a newer, Item."""
    if version.freshness != stored.freshness:
        # where the Item says nothing else: what lies between the two must not overwrite it later
        return version.freshness > stored.freshness
    # newer code made the same of it: it need not be read again
    return version.record[:CODE] != stored.record[:CODE]


def withdraw(gone: Mapping[Subject, set[str]], known: Mapping[Subject, Sequence[Known]]) -> Plan:
    """Decide what is left of subjects whose versions of some ranks are no more: the highest left is current."""
    result = Plan()
    for subject, ranks in gone.items():
        before = {version.rank: version for version in known.get(subject, ())}
        _place(result, subject, before, {rank: one for rank, one in before.items() if rank not in ranks}, {})
    return result


def _place(
    result: Plan,
    subject: Subject,
    before: Mapping[str, Known],
    after: Mapping[str, Known],
    written: Mapping[str, Checked],
) -> None:
    was, now = places(subject.collection, before.values()), places(subject.collection, after.values())
    for rank in before.keys() - after.keys():
        result.removals.append(was[rank].address)
        result.forgotten.append((subject, before[rank], was[rank].address))
    for rank, place in now.items():
        old = was.get(rank)
        checked = written.get(rank)
        if checked is None and old == place:
            continue
        result.writes.append(Write(place, checked, old.address if old and checked is None else None))
        result.superseded += not place.is_current and (old is None or old.is_current)
        if old and old.address != place.address:
            result.removals.append(old.address)
        if checked is not None:
            result.rows.append((subject, after[rank], checked.product))


def places(collection: str, versions: Iterable[Known]) -> dict[str, Place]:
    """Where the versions of one subject lie: the highest rank is current, the others are superseded."""
    chain = sorted(versions, key=lambda version: version.rank)
    at = [Address(collection + SUPERSEDED, version.archive_id) for version in chain[:-1]]
    at += [Address(collection, version.item_id) for version in chain[-1:]]
    return {
        version.rank: Place(
            at[index],
            predecessor=at[index - 1] if index else None,
            successor=at[index + 1] if index + 1 < len(at) else None,
            latest=at[-1] if index + 1 < len(at) else None,
        )
        for index, version in enumerate(chain)
    }


def _version(checked: Checked) -> Known:
    return Known(
        checked.version[2],
        checked.archive_id,
        checked.item_id,
        checked.freshness,
        checked.fingerprint,
        checked.record,
        checked.start,
        checked.local,
    )


def subject_of(checked: Checked) -> Subject:
    """What an Item is a version of."""
    collection, subject, _ = checked.version
    return Subject(collection, subject)

"""Plumes, scenes and sources of the real shape, made by index, and what the provider lets be seen of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.upstreams.carbon_mapper_columns import FIRST, INSTRUMENTS, LAST, PLUMES_PER_SCENE, SECTORS, Columns, columns
from tests.upstreams.carbon_mapper_plume import Plume, moment
from tests.upstreams.stored import Storage, Stored

__all__ = ["INSTRUMENTS", "SECTORS", "Archive", "Columns", "records", "rows"]

REST, STAC = "rest", "stac"


@dataclass(slots=True)
class Habits:
    """What nobody has documented, so that it must not matter; and faults.

    Attributes:
        has_stac: whether there is a STAC API at all.
        empty_collections: ids of STAC's that have no Item.
        links_pages: whether STAC links each page to the next, by GET or POST.
        searches_changes: whether STAC's POST heeds ``query``; it is ignored where not.
        refuses_post: whether STAC's search takes GET alone.
        links_elsewhere: whether the link to STAC's next page leads to another host.
        circles: whether the link to STAC's next page leads to the same page.
        heeds_bbox: whether sources.geojson does.
        most_scenes: the largest page of scenes; a larger one is a 422.
        ignores: names of query parameters that REST and STAC do not know.
        null_access: answers of token/refresh that have no access token.
        lost_features: STAC Items that it counts and leaves out of the next pages, one each.
    """

    has_stac: bool = True
    empty_collections: tuple[str, ...] = ()
    links_pages: bool = True
    searches_changes: bool = True
    refuses_post: bool = False
    links_elsewhere: bool = False
    circles: bool = False
    heeds_bbox: bool = False
    most_scenes: int = 100
    ignores: frozenset[str] = frozenset()
    null_access: int = 0
    lost_features: int = 0


@dataclass(slots=True)
class Archive:
    """A number of plumes, each made when asked for; later ones are published later.

    Attributes:
        count: how many are published by now.
        seed: other places and figures.
        spacing_s: seconds from the publication of one scene to that of the next.
        withdrawn: indices of plumes that were published and are no longer.
        after_page: called with the number of each page of plumes/annotated, once it is sent.
        tokens: bearer tokens that are taken; those of a login are added.
        accounts: e-mail addresses and passwords.
        token_lifetime: requests that an access token is good for.
        surfaces: where the products of a version are: "rest", "stac" or both; those that are not named, in REST.
        reprocessed: indices of plumes that were processed anew, with the newest version; REST's times do not say so.
        reprocessed_at: when they were.
        clustering: how often sources were clustered anew; each time their names change.
        habits: what the provider may do one way or the other, and what goes wrong.
        stored: files with contents, by their paths below the asset gateway.
        storage: where signed addresses lead; the gateway redirects to it for the files that it has.
        hidden: paths of files that this account may not see.
    """

    count: int
    seed: int = 0
    spacing_s: float = 3600.0
    withdrawn: set[int] = field(default_factory=set)
    after_page: Callable[[int], None] | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    token_lifetime: int = 1_000_000
    pages_sent: int = 0
    surfaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reprocessed: set[int] = field(default_factory=set)
    reprocessed_at: datetime | None = None
    clustering: int = 0
    habits: Habits = field(default_factory=Habits)
    stored: dict[str, Stored] = field(default_factory=dict)
    storage: Storage = field(default_factory=Storage)
    hidden: set[str] = field(default_factory=set)
    _columns: dict[int, Columns] = field(default_factory=dict)
    _index_of: dict[str, int] = field(default_factory=dict)

    @classmethod
    def generate(cls, count: int, seed: int = 0) -> "Archive":
        """So many plumes, their publication spread over four years."""
        scenes = max(1, count // PLUMES_PER_SCENE)
        return cls(count, seed, spacing_s=(LAST - FIRST).total_seconds() / scenes)

    def publish(self, count: int) -> None:
        """Let more plumes be published, after all there are."""
        self.count += count

    @property
    def columns(self) -> Columns:
        """Of all that is published or withdrawn."""
        if self.count not in self._columns:
            self._columns = {self.count: columns(self.count, self.seed, self.spacing_s)}
        return self._columns[self.count]

    def is_in(self, surface: str, version: str) -> bool:
        """Whether the products of a version are seen on a surface."""
        return surface in self.surfaces.get(version, (REST,))

    def record(self, index: int) -> dict[str, Any]:
        """One element of ``items``."""
        return Plume(self, index).record()

    def row(self, index: int) -> dict[str, str]:
        """The same plume as a row of plume-csv, layout of 2026."""
        return Plume(self, index).row()

    def index_of(self, plume_id: str) -> int | None:
        """Which plume bears a name; None where none does."""
        for index in range(len(self._index_of), self.count):
            self._index_of[Plume(self, index).plume_id] = index
        return self._index_of.get(plume_id)

    @property
    def changed_at(self) -> datetime:
        """When plumes were processed anew; where that is not set, with the last publication."""
        return self.reprocessed_at or moment(self.columns.published[-1])


def records(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Raw records, in order of publication."""
    archive = Archive.generate(count, seed)
    return [archive.record(index) for index in range(count)]


def rows(count: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """The same as rows of plume-csv."""
    archive = Archive.generate(count, seed)
    return (archive.row(index) for index in range(count))

"""What is in each collection of the fake's STAC, as rows of plumes or scenes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.upstreams.carbon_mapper_archive import STAC, Archive
from tests.upstreams.carbon_mapper_columns import DAY_MS, PLUMES_PER_SCENE, STATIC_FILTER, VERSIONS, Floats, Ints
from tests.upstreams.carbon_mapper_plume import homes

NEWEST = len(VERSIONS) - 1
EMPTY = 420_000
"""Milliseconds after each scene with plumes comes one without."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The members of one collection.

    Attributes:
        kind: ``vis``, ``ime``, ``l4a`` or ``l2c`` of plumes; ``l2b`` or ``rgb`` of scenes.
        members: indices of plumes, or numbers of scenes: the even ones have plumes.
        version: index into `VERSIONS`.
    """

    kind: str
    members: Ints
    version: int


def holdings(archive: Archive) -> dict[str, Holding]:
    """All collections that have members, by id."""
    found: dict[str, Holding] = {}
    for collection, kind, members, version in [*_of_plumes(archive), *_of_scenes(archive)]:
        before = found[collection].members if collection in found else np.array([], dtype=np.int64)
        # the newest come first, so that what is published meanwhile moves all the rest
        found[collection] = Holding(kind, np.sort(np.concatenate([before, members]))[::-1], version)
    return found


def acquired(archive: Archive, holding: Holding) -> Ints:
    columns = archive.columns
    if holding.kind not in ("l2b", "rgb"):
        return columns.acquired[holding.members]
    first = holding.members // 2 * PLUMES_PER_SCENE
    return columns.acquired[first] + holding.members % 2 * EMPTY


def modified(archive: Archive, holding: Holding) -> Ints:
    """``cm:modified`` of members: that of both versions moves when a plume is processed anew, that of REST does not."""
    columns = archive.columns
    if holding.kind in ("l2b", "rgb"):
        return acquired(archive, holding) + 31 * DAY_MS
    times = columns.published[holding.members].copy()
    if holding.kind == "l2c":
        return times + np.where(holding.members % 5, -3, DAY_MS)
    times[np.isin(holding.members, sorted(archive.reprocessed))] = round(archive.changed_at.timestamp() * 1000)
    return times


def extents(archive: Archive, holding: Holding) -> tuple[Floats, Floats, Floats, Floats]:
    """West, south, east and north of members: of pictures their crop, of scenes their footprint, of others a point."""
    columns = archive.columns
    of_scenes = holding.kind in ("l2b", "rgb")
    of = holding.members // 2 * PLUMES_PER_SCENE if of_scenes else holding.members
    west, south, east, north = columns.crop[of].T * (holding.kind == "vis") + 0.3 * of_scenes
    longitude, latitude = columns.longitude[of], columns.latitude[of]
    return longitude - west, latitude - south, longitude + east, latitude + north


def _of_plumes(archive: Archive) -> list[tuple[str, str, Ints, int]]:
    columns, count = archive.columns, archive.count
    everyone = np.arange(count)
    static = np.array(STATIC_FILTER)[columns.instrument]
    is_seen = ~np.isin(everyone, sorted(archive.withdrawn))
    found: list[tuple[str, str, Ints, int]] = []

    def add(chosen: Any, version: int) -> None:
        chosen = everyone[chosen & is_seen & archive.is_in(STAC, VERSIONS[version][1])]
        codes = (columns.is_co2[chosen] * 2 + static[chosen]) * 3 + chosen % 3
        for code in np.unique(codes):
            members = chosen[codes == code]
            is_co2, cmf = bool(code // 3 // 2), "mf" if code // 3 % 2 else "mfa"
            home = homes(version, is_co2=is_co2, cmf=cmf, third=int(code % 3))
            named = (("vis", home.vis), ("ime", home.ime), ("l4a", home.l4a), ("l2c", home.l2c))
            found.extend((collection, kind, members, version) for kind, collection in named if collection)

    anew = np.isin(everyone, sorted(archive.reprocessed))
    for version in range(len(VERSIONS)):
        add(columns.version == version, version)
    # before, some of them may have been of the newest version, or seen nowhere
    add(anew & (columns.version != NEWEST), NEWEST)
    return _without_twins(found)


def _without_twins(found: list[tuple[str, str, Ints, int]]) -> list[tuple[str, str, Ints, int]]:
    """A plume has one detection, however often it was processed."""
    seen: set[int] = set()
    rows = []
    for collection, kind, members, version in found:
        if kind == "l2c":
            members = members[~np.isin(members, sorted(seen))]  # noqa: PLW2901 - what is left of them
            seen |= set(members.tolist())
        rows.append((collection, kind, members, version))
    return [row for row in rows if len(row[2])]


def _of_scenes(archive: Archive) -> list[tuple[str, str, Ints, int]]:
    columns = archive.columns
    first = np.arange(0, archive.count, PLUMES_PER_SCENE)
    found = []
    static = np.array(STATIC_FILTER)[columns.instrument[first]]
    for version, (_, emission, _, _) in enumerate(VERSIONS):
        if not archive.is_in(STAC, emission):
            continue
        for gas, cmf, chosen in (
            ("ch4", "mf", static & ~columns.is_co2[first]),
            ("ch4", "mfa", ~static & ~columns.is_co2[first]),
            ("co2", "mfal", columns.is_co2[first]),
        ):
            numbers = np.flatnonzero(chosen & (columns.version[first] == version))
            scenes = np.sort(np.concatenate([numbers * 2, numbers * 2 + 1]))
            if len(scenes):
                found.append((f"l2b-{gas}-{cmf}-{emission}", "l2b", scenes, version))
                if emission != "v1":
                    found.append((f"l2b-rgb-{emission}", "rgb", scenes, version))
    return found

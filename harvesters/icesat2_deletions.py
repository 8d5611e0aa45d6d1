"""What CMR says was deleted, and what of that is truly gone.

A granule that is made again gets another name, and the old one is deleted: that is no withdrawal, for its Item is
superseded. And a file can live on under a second name of CMR's. So what was deleted is looked up again.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from harvesters.base import Withdrawn, iso
from harvesters.icesat2_releases import PROVIDER, Release
from harvesters.icesat2_walk import Walk, hits_of
from tercet.errors import AuthError, RecordError, UpstreamError
from tercet.fetch import Answer, Fetcher
from transforms.icesat2_granule import freshness
from transforms.icesat2_names import GranuleName, file_name
from transforms.times import utc

log = logging.getLogger(__name__)

MOST_LOOKED_UP: Final = 2000
"""Deletions in one harvest; where there are more, naming all that is left is less work."""

_AT_ONCE: Final = 100


class TooManyError(Exception):
    """More was deleted than can be looked up, or than CMR tells."""


@dataclass(frozen=True, slots=True)
class _Deletion:
    name: GranuleName
    freshness: str


@dataclass(frozen=True, slots=True)
class Deletions:
    """CMR's feed of deleted granules, for one release."""

    fetcher: Fetcher
    search: str
    release: Release

    async def since(self, moment: datetime) -> list[Withdrawn] | None:
        """What was deleted since and is gone, or None where CMR does not say.

        Raises:
            TooManyError: only a walk through all that is left can tell.
            UpstreamError: CMR did not answer, or not as it documents.
        """
        asked = {
            "provider": PROVIDER,
            "parent_collection_id": self.release.concept_id,
            "revision_date": iso(moment),
        }
        url = f"{self.search}/deleted-granules.json"
        try:
            answer = await self.fetcher.json(url, params=asked)
        except AuthError:
            raise
        except UpstreamError as error:
            if error.status is None or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            log.warning("deletions are not known this time: %s", error)
            return None
        found = self._read(answer, url)
        if len(found) > MOST_LOOKED_UP or (hits_of(answer) or 0) > len(answer.document):
            raise TooManyError
        return await self._gone(found)

    def _read(self, answer: Answer, url: str) -> list[_Deletion]:
        if not isinstance(answer.document, list):
            raise UpstreamError("CMR sent no list of deleted granules: try again later", url=url)
        ours = self.release.concept_id
        told = [
            one for one in answer.document if isinstance(one, dict) and one.get("parent-collection-id", ours) == ours
        ]
        return [deletion for one in told if (deletion := _deletion(one))]

    async def _gone(self, found: Sequence[_Deletion]) -> list[Withdrawn]:
        """The versions of which CMR has none as new any more, and those that they had replaced."""
        left = await self._left({_any_version(one.name) for one in found})
        gone: dict[str, Withdrawn] = {}
        for one in sorted(found, key=lambda deletion: deletion.freshness):
            for version in _versions(one.name):
                if version.rank > left.get(version.subject, ""):
                    gone[version.stem] = Withdrawn(self.release.collection, version.stem, one.freshness)
        return list(gone.values())

    async def _left(self, patterns: set[str]) -> dict[str, str]:
        """The highest rank that CMR still has of each subject."""
        left: dict[str, str] = {}
        ordered = sorted(patterns)
        for start in range(0, len(ordered), _AT_ONCE):
            asked: Mapping[str, str | list[str]] = {
                "collection_concept_id": self.release.concept_id,
                "readable_granule_name[]": ordered[start : start + _AT_ONCE],
                "options[readable_granule_name][pattern]": "true",
                "sort_key[]": "granule_ur",
            }
            async for answer in Walk(self.fetcher, self.search, asked, _AT_ONCE).answers():
                for record in answer.items:
                    name = _name(record["umm"].get("GranuleUR"))
                    if name:
                        left[name.subject] = max(name.rank, left.get(name.subject, ""))
        return left


def _deletion(one: Mapping[str, Any]) -> _Deletion | None:
    name = _name(one.get("granule-ur"))
    try:
        return _Deletion(name, freshness("umm", utc(one["revision-date"]))) if name else None
    except (KeyError, RecordError):
        return None


def _name(granule_ur: object) -> GranuleName | None:
    try:
        return GranuleName.parse(file_name(str(granule_ur)))
    except RecordError:
        return None


def _any_version(name: GranuleName) -> str:
    return f"{name.subject.removesuffix(name.release)}*"


def _versions(name: GranuleName) -> list[GranuleName]:
    """A version, and those before it: they were deleted when it came."""
    if name.source_release:  # what the ones before were made from, nobody knows
        return [name]
    return [replace(name, revision=revision) for revision in range(1, name.revision + 1)]

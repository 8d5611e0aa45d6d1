"""Sources: clusters of plumes, all of them in one answer; and one of them with all that is known of it.

The provider clusters anew whenever it is asked to filter, by box or by time: a source that is cut at the edge of
a box is another source, of another name. So it is asked for all of them, and they are filtered here, which also does
away with the question whether it heeds a box at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from harvesters.base import Listed, Page, Record, Selection
from harvesters.carbon_mapper_answers import records_in
from harvesters.carbon_mapper_area import areas, box_of_geometry
from harvesters.carbon_mapper_filters import Filters, moment_of, source_name
from tercet.errors import ConfigError, RecordError, UpstreamError
from tercet.fetch import Fetcher
from transforms.carbon_mapper_names import PlumeId

COLLECTION = "carbon-mapper-sources"
_NOT_FOUND = 404


async def all_sources(fetcher: Fetcher, root: str, selection: Selection) -> Page:
    """The sources that a selection asks for.

    Raises:
        RecordError: the selection's geometry is none.
        UpstreamError: the answer is no list of sources.
    """
    url = f"{root}/catalog/sources.geojson"
    document = (await fetcher.json(url)).document
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list):
        raise UpstreamError(f"Carbon Mapper answered {url} without 'features': try again later", url=url)
    if selection.is_everything:
        # names change with each clustering: what is not named now is not a source any more
        return Page(features, total=len(features), listed=(Listed(COLLECTION),) if features else ())
    wanted = _Wanted(selection)
    records = [feature for feature in features if wanted.is_met_by(feature)]
    return Page(records, total=len(records))


async def one_source(fetcher: Fetcher, root: str, name: str) -> Page:
    """A source with all its observations, and its plumes.

    Args:
        fetcher: that asks.
        root: of the API.
        name: of the source, or the id of one of its plumes.

    Raises:
        ConfigError: there is none.
        UpstreamError: the answer is no source.
    """
    where = f"plume/name/{quote(name)}" if _is_plume(name) else quote(source_name(name))
    url = f"{root}/catalog/source/{where}"
    try:
        document = (await fetcher.json(url)).document
    except UpstreamError as error:
        if error.status != _NOT_FOUND:
            raise
        raise ConfigError(
            f"Carbon Mapper has no source {name}: names change when plumes are clustered anew, "
            "so ask by the id of one of its plumes"
        ) from error
    plumes = document.get("plumes") if isinstance(document, Mapping) else None
    if not isinstance(plumes, list) or not isinstance(document.get("source_name"), str):
        # for a plume that belongs to no source it sends the plume at times
        raise UpstreamError(f"Carbon Mapper answered {url} with something that is no source", url=url)
    return Page(list(records_in(document) or ()))


class _Wanted:
    """What a selection asks of sources, for the provider was not asked."""

    def __init__(self, selection: Selection) -> None:
        self._window, self._areas, self._filters = selection.window, areas(selection), Filters.of(selection)

    def is_met_by(self, feature: Record) -> bool:
        said = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(said, Mapping):  # rejected later, with its reason
            return True
        return self._is_of_kind(said) and self._is_in_time(said) and self._is_in_area(feature)

    def _is_of_kind(self, said: Mapping[str, Any]) -> bool:
        filters = self._filters
        if filters.ignored({"gas": said.get("gas"), "sector": said.get("sector")}):
            return False
        seen_by = {name[:3] for name in _names(said)}
        return not filters.instruments or not filters.instruments.isdisjoint(seen_by)

    def _is_in_time(self, said: Mapping[str, Any]) -> bool:
        first, last = moment_of(said.get("timestamp_min")), moment_of(said.get("timestamp_max"))
        start, end = self._window.start, self._window.end
        outside = (end and first and first >= end) or (start and last and last.date() < start.date())
        return not outside and self._filters.wants_published(said.get("published_at_max"))

    def _is_in_area(self, feature: Record) -> bool:
        found = box_of_geometry(feature.get("geometry"))
        return found is None or any(area.holds(found) for area in self._areas)


def _names(said: Mapping[str, Any]) -> Iterator[str]:
    plumes = said.get("plume_ids")
    return (name for name in (plumes if isinstance(plumes, list) else ()) if isinstance(name, str))


def _is_plume(name: str) -> bool:
    try:
        PlumeId.parse(name)
    except RecordError:
        return False
    return True

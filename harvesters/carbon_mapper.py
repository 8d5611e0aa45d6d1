"""Carbon Mapper: methane and CO2 plumes, in order of publication."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harvesters.base import Option, Page, Record, Selection
from harvesters.carbon_mapper_answers import records_in
from harvesters.carbon_mapper_login import credential
from harvesters.carbon_mapper_query import queries
from harvesters.carbon_mapper_walk import Answer, Walk
from tercet.errors import ConfigError, RecordError
from tercet.fetch import Fetcher, Politeness
from tercet.settings import Settings
from transforms import carbon_mapper
from transforms.catalog import CollectionSpec
from transforms.entry import Entry, Part
from transforms.times import utc

log = logging.getLogger(__name__)

LARGEST_PAGE = 1000
"""The provider gives no more at once."""


@dataclass(frozen=True, slots=True)
class CarbonMapper:
    """Plumes of ``plumes/annotated``; anonymous, or with the account that the settings name.

    Window, box and geometry are the provider's to filter, and its answer is held against them; a geometry that
    does not fit into a URL is asked for by its box and filtered here. A cursor is the publication time of the last
    plume read; a later walk starts a day before it. Reprocessing leaves no trace in that time: only a
    full walk (some 46 requests) finds it.
    """

    page_size: int = LARGEST_PAGE
    name: str = "carbon-mapper"

    @property
    def products(self) -> tuple[str, ...]:
        """Plumes."""
        return (carbon_mapper.PRODUCT,)

    @property
    def options(self) -> Mapping[str, Option]:
        """None yet."""
        return {}

    def product(self, name: str) -> str:
        """The product behind a user's spelling.

        Raises:
            ConfigError: there is no such product; the nearest one is named.
        """
        wanted = name.strip().lower()
        if wanted in self.products:
            return wanted
        near = get_close_matches(wanted, self.products, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(f"{name} is no product of Carbon Mapper: {hint}There is: {', '.join(self.products)}")

    def fetcher(self, settings: Settings) -> Fetcher:
        """A client for the API; its limit of requests a minute is not published, so we stay slow.

        Raises:
            ConfigError: half of a login is set.
        """
        politeness = Politeness.of(settings, concurrency=2, per_second=4)
        return Fetcher("Carbon Mapper", politeness, credential(settings, _root(settings)))

    async def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk the plumes in order of publication.

        Raises:
            ConfigError: the cursor is not one of ours, or the geometry is none.
            UpstreamError: the provider did not answer as it documents, or ignored a filter.
        """
        url = f"{_root(settings)}/catalog/plumes/annotated"
        try:
            walks = queries(selection, url)
        except RecordError as error:
            raise ConfigError(f"--intersects is not usable: {error}") from error
        # what a part of the archive says is no place to start the next walk through all of it
        cursor = _Cursor(selection.cursor) if selection.is_everything else None
        for query in walks:
            async for answer, fresh in Walk(fetcher, url, query, self.page_size).answers():
                records = [record for record in fresh if query.wants(record)]
                total = answer.total if len(walks) == 1 and query.shape is None else None
                yield Page(records, cursor.after(answer) if cursor else None, total)

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """The records of a recorded answer, None where it is not Carbon Mapper's."""
        return records_in(document)

    def entry(self, record: Record) -> Entry:
        """The Item of a plume (raises RecordError)."""
        return carbon_mapper.entry(record)

    def records_in_file(self, path: Path) -> Iterable[Record] | None:  # noqa: ARG002 - none is read yet
        """Files that are no text are not read yet."""
        return None

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """The Items of one plume, scene or source of all that is said of it."""
        return carbon_mapper.assemble(parts)

    def collection(self, collection_id: str, said: Record | None = None) -> CollectionSpec:  # noqa: ARG002 - not yet
        """What a Collection of Carbon Mapper says of itself (raises ConfigError)."""
        return carbon_mapper.collection(collection_id)


@dataclass(slots=True)
class _Cursor:
    """The publication time up to which all is read; lost where the provider does not keep to its order."""

    reached: str | None
    holds: bool = True

    def after(self, answer: Answer) -> str | None:
        times = [moment for item in answer.items if (moment := _published(item))]
        if self.holds and times != sorted(times):
            log.warning(
                "Carbon Mapper did not sort its plumes by publication: the next harvest reads all of them again"
            )
            self.holds = False
        if times:
            self.reached = max(times[-1], self.reached or "")
        return self.reached if self.holds else None


def _published(item: Any) -> str | None:  # noqa: ANN401 - any JSON value
    try:
        return utc(item["published_at"], name="published_at")
    except (KeyError, TypeError, RecordError):
        return None


def _root(settings: Settings) -> str:
    return str(settings.carbon_mapper_url).rstrip("/")

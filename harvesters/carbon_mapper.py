"""Carbon Mapper: methane and CO2 plumes, the scenes they were seen in, and the sources they come from."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harvesters import carbon_mapper_answers
from harvesters.base import Option, Page, Record, Selection
from harvesters.carbon_mapper_filters import OPTIONS, fitting
from harvesters.carbon_mapper_walks import pages
from tercet.errors import ConfigError, RecordError, did_you_mean
from tercet.fetch import Fetcher, Politeness
from tercet.fetch.carbon_mapper import credential
from tercet.settings import Settings
from transforms import carbon_mapper
from transforms.catalog import CollectionSpec
from transforms.entry import Entry, Part

LARGEST_PAGE = 1000
"""The provider gives no more plumes at once."""


@dataclass(frozen=True, slots=True)
class CarbonMapper:
    """What REST and STAC say of plumes and scenes, and REST of sources; anonymous, or as the settings say.

    Window, box and geometry are the provider's to filter, and its answer is held against them; a geometry that
    does not fit into a URL is asked for by its box and filtered here. A cursor is the publication time of the last
    plume read, and the last change in STAC; a later walk starts a day before both. Once a day all is listed again:
    reprocessing and disappearance leave no trace in the times of REST.
    """

    page_size: int = LARGEST_PAGE
    name: str = "carbon-mapper"

    @property
    def products(self) -> tuple[str, ...]:
        """Plumes, scenes and sources."""
        return carbon_mapper.PRODUCTS

    @property
    def options(self) -> Mapping[str, Option]:
        """What can be asked of plumes only, and of their files."""
        return OPTIONS

    def product(self, name: str) -> str:
        """The product behind a user's spelling.

        Raises:
            ConfigError: there is no such product; the nearest one is named.
        """
        wanted = name.strip().lower()
        if wanted in self.products:
            return wanted
        near = get_close_matches(wanted, self.products, n=1)
        raise ConfigError(
            f"{name} is no product of Carbon Mapper: {did_you_mean(near)}There is: {', '.join(self.products)}"
        )

    def wanted(self, named: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
        """What was named, or plumes, as far as the options are about it (raises ConfigError where none is)."""
        return fitting(named or self.products[:1], options)

    def fetcher(self, settings: Settings) -> Fetcher:
        """A client for the API, its STAC and its files; the limit of requests a minute is not published: stay slow.

        Raises:
            ConfigError: half of a login is set.
        """
        politeness = Politeness.of(settings, concurrency=2, per_second=4)
        return Fetcher("Carbon Mapper", politeness, credential(settings, _root(settings)))

    async def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk a product, on both surfaces where it has two.

        Raises:
            AuthError: files are to be verified, and the provider does not know us.
            ConfigError: the cursor is not one of ours, the geometry is none, or there is no such source.
            UpstreamError: the provider did not answer as it documents, or ignored a filter.
        """
        try:
            async for page in pages(fetcher, _root(settings), selection, self.page_size, datetime.now(UTC)):
                yield page
        except RecordError as error:
            raise ConfigError(f"--intersects is not usable: {error}") from error

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """The records of a recorded answer, None where it is not Carbon Mapper's."""
        return carbon_mapper_answers.records_in(document)

    def entry(self, record: Record) -> Entry:
        """The Item of a plume, scene or source (raises RecordError, IncompleteError)."""
        return carbon_mapper.entry(record)

    def records_in_file(self, path: Path) -> Iterable[Record] | None:  # noqa: ARG002 - all of it is text
        """Carbon Mapper's answers are text."""
        return None

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """The Items of one plume, scene or source of all that is said of it."""
        return carbon_mapper.assemble(parts)

    def collection(self, collection_id: str, said: Record | None = None) -> CollectionSpec:  # noqa: ARG002 - not yet
        """What a Collection of Carbon Mapper says of itself (raises ConfigError)."""
        return carbon_mapper.collection(collection_id)


def _root(settings: Settings) -> str:
    return str(settings.carbon_mapper_url).rstrip("/")

"""Asking for files that Items name by a rule: whether they are there.

Only 404 means that a file is not. Who is not known (401), not allowed (403), too fast (429) or met a broken server
(5xx) has learnt nothing. What was verified is not asked again, so a run may stop anywhere.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harvesters.base import Page, Selection, iso
from harvesters.carbon_mapper_area import Area, areas, box_of
from harvesters.carbon_mapper_filters import moment_of
from tercet.errors import AuthError, ConfigError, UpstreamError
from tercet.fetch import Fetcher
from transforms.carbon_mapper_names import GATEWAY
from transforms.entry import Item

log = logging.getLogger(__name__)

_UNAUTHORIZED = 401
_MOST_FAILURES = 5
"""So many in a row are an outage, not a file that has something wrong."""


@dataclass(slots=True)
class Prober:
    """Asks the gateway for files.

    Attributes:
        root: of the API, which the gateway is below.
        failures: answers in a row that said neither yes nor no.
        unknown: files that nobody knows of after this run.
    """

    fetcher: Fetcher
    root: str
    failures: int = 0
    unknown: int = 0

    async def is_there(self, href: str) -> bool | None:
        """Whether a file is there; None where nobody said.

        Args:
            href: as Items have it, whichever gateway this deployment asks.

        Raises:
            AuthError: the gateway does not know us.
            UpstreamError: it is out of order.
        """
        try:
            found = await self.fetcher.exists(f"{self.root}/catalog/asset/{href.removeprefix(GATEWAY)}")
        except UpstreamError as error:
            if error.status == _UNAUTHORIZED:
                raise AuthError(
                    "Carbon Mapper shows files to those who log in: set CARBONMAPPER_TOKEN (made under Account > API "
                    "Tokens) or CARBONMAPPER_EMAIL and CARBONMAPPER_PASSWORD, and run --verify-assets again; "
                    "it goes on where it stopped",
                    url=error.url,
                    status=error.status,
                    detail=error.detail,
                ) from error
            self.failures, self.unknown = self.failures + 1, self.unknown + 1
            if self.failures >= _MOST_FAILURES:
                raise
            log.info("not verified: %s", error)
            return None
        self.failures = 0
        return found

    async def answers(self, hrefs: Iterable[str]) -> dict[str, bool]:
        """What is known of each file after it was asked for."""
        found = {}
        for href in hrefs:
            if (there := await self.is_there(href)) is not None:
                found[href] = there
        return found


def verified(name: str, identity: str, assets: Mapping[str, bool]) -> Page:
    """What was found out of one Item's files, as a record: a later one of the same files takes its place."""
    checked = iso(datetime.now(UTC))
    return Page([{"tercet:verified": {name: identity, "assets": dict(assets), "checked": checked}}])


async def plume_files(prober: Prober, selection: Selection, collection: str) -> AsyncIterator[Page]:
    """The derived files of stored plumes, one plume a page.

    Raises:
        AuthError: the gateway does not know us.
        ConfigError: there is no catalog to take Items from.
        UpstreamError: the gateway is out of order.
    """
    for item in chosen(selection, collection):
        if assets := await prober.answers(derived(item)):
            yield verified("plume_id", item["id"], assets)
    tell(prober)


def tell(prober: Prober) -> None:
    """Say what is still unknown."""
    if prober.unknown:
        log.warning("%d files could not be asked for: run --verify-assets again", prober.unknown)


def derived(item: Item) -> list[str]:
    """The addresses on the gateway that an Item has by a rule alone."""
    assets = item["assets"].values()
    return [
        asset["href"]
        for asset in assets
        if asset.get("tercet:evidence") == "derived" and asset["href"].startswith(GATEWAY)
    ]


def chosen(selection: Selection, collection: str) -> Iterable[Item]:
    """The stored Items that a selection is about.

    Raises:
        ConfigError: there is no catalog to take them from.
    """
    if selection.stored is None:
        raise ConfigError("--verify-assets is about the Items of the catalog: leave out --out")
    looks = areas(selection)
    return (item for item in selection.stored(collection) if _is_chosen(item, selection, looks))


def _is_chosen(item: Item, selection: Selection, looks: tuple[Area, ...]) -> bool:
    start, end = selection.window.start, selection.window.end
    acquired: Any = moment_of(item["properties"].get("datetime"))
    if acquired and ((start and acquired < start) or (end and acquired >= end)):
        return False
    found = box_of(item.get("bbox"))
    return found is None or any(area.holds(found) for area in looks)

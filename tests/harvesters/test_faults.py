"""Every source through every common fault: all records once, or an error that says what happened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import AnyHttpUrl

from harvesters.base import Page, Selection, Source, Window
from harvesters.registry import SOURCES
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher
from tercet.settings import Settings
from tests.upstreams import carbon_mapper, earthcare, icesat2
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

JUNE = Window(datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 20, tzinfo=UTC))
PROVIDERS: dict[str, tuple[Callable[[], Any], str, str, Selection]] = {
    "carbon-mapper": (
        lambda: carbon_mapper.app(carbon_mapper.Archive.generate(300)),
        "carbon_mapper_url",
        "/api/v1",
        Selection("plumes"),
    ),
    "icesat2": (lambda: icesat2.app(icesat2.Archive.generate(300)), "cmr_url", "", Selection("ATL08")),
    "earthcare": (
        lambda: earthcare.app(earthcare.Archive.generate(3000)),
        "maap_url",
        "/catalogue/",
        Selection("MSI_COP_2A", JUNE),
    ),
}


@pytest.fixture(autouse=True)
def _no_politeness(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_self: Fetcher) -> None: ...

    monkeypatch.setattr(Fetcher, "_wait_for_turn", at_once)


@contextmanager
def provider(name: str) -> Iterator[tuple[Source, Settings, Faults, Selection]]:
    make, setting, path, selection = PROVIDERS[name]
    faults = Faults()
    with serve(faulty(make(), faults)) as url:
        source: Any = replace(SOURCES[name], page_size=50)  # type: ignore[type-var]
        settings = Settings().model_copy(update={setting: AnyHttpUrl(url + path), "attempts": 4})
        yield source, settings, faults, selection


async def ids(source: Source, settings: Settings, selection: Selection) -> list[str]:
    async with source.fetcher(settings) as fetcher:
        pages: list[Page] = [page async for page in source.pages(fetcher, settings, selection)]
    return [source.entry(record).archive_id for page in pages for record in page.records]


@pytest.mark.parametrize("fault", ["throttled", "failing", "html", "cut"])
@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_passing_fault_loses_and_doubles_nothing(name: str, fault: str) -> None:
    with provider(name) as (source, settings, faults, selection):
        undisturbed = await ids(source, settings, selection)
        setattr(faults, fault, 3)
        assert await ids(source, settings, selection) == undisturbed
        assert getattr(faults, fault) == 0
        assert len(set(undisturbed)) == len(undisturbed) > 0


@pytest.mark.parametrize("fault", ["throttled", "failing", "html", "cut", "refused"])
@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_lasting_fault_is_an_error_that_names_the_provider(name: str, fault: str) -> None:
    with provider(name) as (source, settings, faults, selection):
        setattr(faults, fault, 1000)
        with pytest.raises(UpstreamError, match=r"(Carbon Mapper|NASA's CMR|ESA MAAP) .*127\.0\.0\.1"):
            await ids(source, settings, selection)

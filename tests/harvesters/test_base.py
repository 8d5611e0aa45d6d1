"""What all sources share, and what the registry promises of each."""

from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path

import orjson
import pytest

import harvesters
import tercet
import transforms
from harvesters.base import Page, Selection, Source, Window, iso
from harvesters.recorded import recorded_pages
from harvesters.registry import SOURCES
from tercet.errors import ConfigError
from tercet.fetch import Fetcher
from tercet.settings import Settings
from transforms.catalog import COMMON_QUERYABLES

START, END = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
NAIVE = datetime(2026, 1, 2)  # noqa: DTZ001 - what is to be refused
ALL = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


@pytest.mark.parametrize("ends", [(NAIVE, None), (None, NAIVE), (NAIVE, END)])
def test_a_window_without_a_time_zone_is_refused(ends: tuple[datetime | None, datetime | None]) -> None:
    with pytest.raises(ConfigError, match=r"2026-01-02T00:00:00 has no time zone: write it in UTC, with a Z"):
        Window(*ends)


@pytest.mark.parametrize("end", [START, START - timedelta(seconds=1)])
def test_a_window_that_holds_no_moment_is_refused_and_says_what_to_swap(end: datetime) -> None:
    with pytest.raises(ConfigError, match=r"--since 2026-01-02T00:00:00.000Z is not before --until .*swap"):
        Window(START, end)


def test_a_window_may_be_open_at_either_end() -> None:
    assert Window().is_open
    assert not any(window.is_open for window in (Window(START), Window(None, END), Window(START, END)))


def test_ends_in_different_zones_are_compared_as_moments() -> None:
    tokyo = timezone(timedelta(hours=9))
    with pytest.raises(ConfigError):
        Window(START, START.replace(tzinfo=tokyo))
    assert Window(START.replace(tzinfo=tokyo), START).end == START


def test_moments_are_spelled_in_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_999, timezone(timedelta(hours=-5)))
    assert iso(moment) == "2026-01-02T08:04:05.678Z"


def test_a_walk_through_a_part_is_not_one_through_everything() -> None:
    assert Selection("plumes").is_everything
    assert Selection("plumes", cursor="2026").is_everything
    parts = [
        Selection("plumes", window=Window(START)),
        Selection("plumes", bbox=(0, 0, 1, 1)),
        Selection("plumes", intersects={"type": "Point", "coordinates": [0, 0]}),
    ]
    assert not any(part.is_everything for part in parts)


def test_a_page_promises_nothing_that_was_not_said() -> None:
    page = Page([{}])
    assert (page.cursor, page.total, list(page.unreadable)) == (None, None, [])


@ALL
def test_a_source_has_the_same_stem_everywhere(source: Source) -> None:
    stem = source.name.replace("-", "_")
    assert type(source).__module__ == f"harvesters.{stem}"
    assert import_module(f"transforms.{stem}").entry is not None
    assert _bundled(source)


def test_every_stem_of_a_source_is_in_the_registry() -> None:
    folders = [Path(package.__file__ or "").parent for package in (harvesters, transforms)]
    one, other = ({path.stem for path in folder.glob("*.py")} - {"__init__"} for folder in folders)
    # carbon_mapper_names.py and its like belong to a stem
    both = {stem for stem in one & other if not any(stem.startswith(f"{whole}_") for whole in one & other)}
    assert both == {name.replace("-", "_") for name in SOURCES}


@ALL
def test_the_spelling_of_a_product_is_free_and_a_wrong_one_lists_the_products(source: Source) -> None:
    for product in source.products:
        assert {source.product(spelled) for spelled in (product, product.lower(), f" {product.upper()} ")} == {product}
    with pytest.raises(ConfigError, match=rf"no-such-thing.*{source.products[0]}"):
        source.product("no-such-thing")


@ALL
def test_a_client_keeps_to_the_settings_and_to_a_modest_rate(source: Source) -> None:
    settings = Settings(attempts=2, timeout_s=7, max_wait_s=9)
    fetcher = source.fetcher(settings)
    politeness = fetcher.politeness
    assert isinstance(fetcher, Fetcher)
    assert (politeness.attempts, politeness.timeout_s, politeness.max_wait_s) == (2, 7, 9)
    assert politeness.concurrency <= 4
    assert politeness.per_second <= 10


@ALL
@pytest.mark.parametrize("document", [None, 1, "text", [], {}, {"type": "FeatureCollection"}, {"items": 3}, [[]]])
def test_a_document_of_nobody_is_not_claimed(source: Source, document: object) -> None:
    assert source.records_in(document) is None


@ALL
def test_a_source_claims_its_own_records_and_no_other_source_does(source: Source) -> None:
    for path in _bundled(source):
        document = orjson.loads(path.read_bytes())
        claimed = [name for name, other in SOURCES.items() if other.records_in(document) is not None]
        assert claimed == [source.name], path.name


@ALL
def test_items_of_all_sources_speak_the_same_language(source: Source) -> None:
    entries = [source.entry(record) for page in _pages(source) for record in page.records]
    told = {(entry.product, entry.archive_id, entry.part.key if entry.part else "") for entry in entries}
    assert len(told) == len(entries) > 10
    for entry in entries:
        properties = entry.item["properties"]
        assert properties["tercet:source"] == source.name
        assert properties.keys() >= {"title", "datetime", "platform", "instruments", "product:type", "tercet:surface"}
        assert entry.product in source.products
        spec = source.collection(entry.item["collection"])
        assert spec.id == entry.item["collection"]
        shared = spec.queryables.keys() & COMMON_QUERYABLES.keys()
        # one meaning, one description, whichever source
        assert all(spec.queryables[name] == COMMON_QUERYABLES[name] for name in shared)


def _bundled(source: Source) -> list[Path]:
    folder = Path(tercet.__file__ or "").parent / "bundled" / source.name.replace("-", "_")
    return sorted(folder.glob("*.json"))


def _pages(source: Source) -> list[Page]:
    return list(recorded_pages(source, map(str, _bundled(source))))

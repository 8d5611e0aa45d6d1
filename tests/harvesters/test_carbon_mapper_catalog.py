"""Carbon Mapper's surfaces as they end in the catalog: one Item a plume, whatever came from where."""

from typing import Any

import pytest
from psycopg.rows import scalar_row
from pydantic import SecretStr

from harvesters.carbon_mapper import CarbonMapper
from harvesters.carbon_mapper_cursor import SWEEP_EVERY
from stac_api.database import Database
from tercet.fetch import Fetcher
from tercet.pipeline import Report
from tercet.pipeline.jobs import Job, harvest_into_catalog
from tercet.settings import Settings
from tests.harvesters.test_carbon_mapper_stac import archive_of
from tests.upstreams.carbon_mapper import Archive
from tests.upstreams.carbon_mapper_plume import Plume
from tests.upstreams.carbon_mapper_walks import serving

pytestmark = pytest.mark.database

SOURCE = CarbonMapper(page_size=100)


class Silent:
    def progress(self, report: Report, total: int | None) -> None: ...


@pytest.fixture(autouse=True)
def _no_politeness(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_self: Fetcher) -> None: ...

    monkeypatch.setattr(Fetcher, "_wait_for_turn", at_once)


@pytest.fixture
def archive() -> Archive:
    return archive_of("mixed", 150)


def harvest(settings: Settings, database: Database, *products: str, **more: Any) -> Report:
    job = Job(SOURCE, products=products, **more)
    return harvest_into_catalog(job, settings.model_copy(update={"workers": 0}), database, Silent())


def items(database: Database, collection: str) -> dict[str, dict[str, Any]]:
    with database.connect() as connection, connection.cursor(row_factory=scalar_row) as cursor:
        cursor.execute("SELECT pgstac.get_item(id, collection) FROM pgstac.items WHERE collection = %s", [collection])
        return {item["id"]: item for item in cursor}


def a_day_passes(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("UPDATE tercet.sweep SET swept = swept - %s", [SWEEP_EVERY])
        connection.commit()


def test_versions_in_either_surface_end_as_one_current_item_a_plume(archive: Archive, database: Database) -> None:
    archive.reprocessed = {archive.count - 1 - index for index in range(0, 100, 20)}
    with serving(archive) as settings:
        report = harvest(settings, database)
    current = items(database, "carbon-mapper-plumes")
    assert report.rejected == 0
    assert current.keys() == {Plume(archive, index).plume_id for index in range(archive.count)}
    for index in archive.reprocessed:
        assert current[Plume(archive, index).plume_id]["properties"]["version"] == "v3e"
    replaced = {
        f"{was.plume_id}_{was.version}"
        for was in (Plume(archive, index, original=True) for index in archive.reprocessed)
        if was.version != "v3e" and archive.is_in("stac", was.version)
    }
    assert items(database, "carbon-mapper-plumes-superseded").keys() == replaced


def test_an_hour_a_day_and_a_withdrawal_later_the_catalog_is_what_the_provider_has(
    archive: Archive, database: Database
) -> None:
    with serving(archive) as settings:
        first = harvest(settings, database)
        archive.publish(30)
        archive.reprocessed = {50}
        hour = harvest(settings, database)
        archive.withdrawn = {5, 70, archive.count - 31}
        soon = harvest(settings, database)
        a_day_passes(database)
        day = harvest(settings, database)
        again = harvest(settings, database)
    assert hour.fetched < first.fetched / 2
    assert items(database, "carbon-mapper-plumes").keys() == {
        Plume(archive, index).plume_id for index in range(archive.count) if index not in archive.withdrawn
    }
    assert (soon.deleted, again.deleted) == (0, 0)
    assert day.deleted >= len(archive.withdrawn)
    assert again.fetched < first.fetched / 2


def test_scenes_and_sources_are_harvested_again_without_a_change(archive: Archive, database: Database) -> None:
    with serving(archive) as settings:
        first = harvest(settings, database, "scenes", "sources")
        again = harvest(settings, database, "scenes", "sources")
        a_day_passes(database)
        later = harvest(settings, database, "scenes", "sources", full_refresh=True)
    assert (first.rejected, again.rejected, later.rejected) == (0, 0, 0)
    assert len(items(database, "carbon-mapper-scenes")) == 100
    assert len(items(database, "carbon-mapper-sources")) > 10
    assert (again.new, again.changed, again.deleted) == (later.new, later.changed, later.deleted) == (0, 0, 0)


def evidence(database: Database) -> list[str]:
    found = [asset for item in items(database, "carbon-mapper-plumes").values() for asset in item["assets"].values()]
    return [asset.get("tercet:evidence", "") for asset in found]


def test_verified_files_stay_and_the_others_leave_their_items(database: Database) -> None:
    archive = Archive.generate(12)
    archive.tokens["right"] = 10_000
    with serving(archive, carbonmapper_token=SecretStr("right")) as settings:
        harvest(settings, database)
        derived = evidence(database).count("derived")
        done = harvest(settings, database, options={"verify-assets": True})
        again = harvest(settings, database, options={"verify-assets": True})
        kept = evidence(database)
        harvest(settings, database, full_refresh=True)
    assert derived > 12
    assert done.fetched > 0
    assert (again.fetched, kept.count("derived")) == (0, 0)
    assert 0 < kept.count("verified") <= derived
    assert evidence(database) == kept

"""Records of several upstream collections and local files, harvested in any order, into a real catalog."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stac_api.database import Database
from tests.commands import harvest
from tests.harvesters.earthcare_files import MADE, write_product
from tests.upstreams.earthcare_archive import item
from tests.upstreams.earthcare_orbit import FRAMES, Frame

pytestmark = pytest.mark.database

FRAME = Frame(5989, FRAMES.index("D"))
VALIDATED, CHECKED = "EarthCAREL2Validated_MAAP", "EarthCAREL2InstChecked_MAAP"
OLDER = datetime(2025, 6, 20, tzinfo=UTC)


def write_all(folder: Path) -> tuple[Path, Path]:
    """Write a product that lies in two collections and on this disk, a part of its record, and an older baseline."""
    whole_ones, other = folder / "whole", folder / "other"
    whole = item(FRAME, "MSI_COP_2A", "BA", MADE, VALIDATED)
    part = {"id": whole["id"], "properties": whole["properties"], "asset_keys": list(whole["assets"])}
    records = {
        whole_ones / "validated.json": whole,
        whole_ones / "older.json": item(FRAME, "MSI_COP_2A", "AE", OLDER, CHECKED),
        other / "checked.json": item(FRAME, "MSI_COP_2A", "BA", MADE, CHECKED),
        other / "part.json": part,
    }
    for path, record in records.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record))
    write_product(other / "local.h5", FRAME, offsets_km=tuple(np.linspace(-40, 122, 6)))
    return whole_ones, other


def stored(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as connection:
        rows = connection.execute("SELECT collection, pgstac.content_hydrate(i) FROM pgstac.items AS i").fetchall()
    return {str(collection): made for collection, made in rows}


@pytest.mark.parametrize("turned", [False, True], ids=["the best first", "the best last"])
def test_one_granule_is_one_item_whatever_came_first(tmp_path: Path, database: Database, turned: bool) -> None:  # noqa: FBT001 - two cases
    folders = write_all(tmp_path)
    for folder in reversed(folders) if turned else folders:
        assert harvest("earthcare", "--records", folder).code in (0, 3)
    items = stored(database)
    assert set(items) == {"earthcare-msi-cop-2a", "earthcare-msi-cop-2a-superseded"}
    current = items["earthcare-msi-cop-2a"]
    assert current["properties"]["earthcare:collections"] == [CHECKED, VALIDATED]
    assert current["properties"]["earthcare:access"] == "registered"
    assert current["properties"]["tercet:surface"] == "stac"
    assert current["assets"]["data"]["href"].startswith("https://")
    assert current["assets"]["data"]["alternate"]["local"]["href"] == (tmp_path / "other/local.h5").resolve().as_uri()
    older = items["earthcare-msi-cop-2a-superseded"]
    assert (older["properties"]["earthcare:baseline"], older["properties"]["deprecated"]) == ("AE", True)
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM tercet.reject").fetchone() == (0,), "the part's rest has come"
        assert connection.execute("SELECT DISTINCT key FROM tercet.kin").fetchall() == [("earthcare:05989D",)]

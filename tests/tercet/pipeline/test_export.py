"""Collections as stac-geoparquet, and back into another catalog."""

import json
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import geopandas
import pyarrow.parquet
import pytest
import shapely
from click.testing import CliRunner
from stac_geoparquet.arrow import stac_table_to_items

from harvesters.registry import SOURCES
from tercet.cli import main
from tercet.pipeline.export import write_parquet
from tests.dumps import differences, meaning

pytestmark = pytest.mark.database

Make = Callable[..., str]


def tercet(*words: str, url: str, code: int = 0) -> Any:
    done = CliRunner().invoke(main, [*words, "--json"], env={"DATABASE_URL": url})
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def export(place: Path, *words: str, url: str) -> dict[str, Any]:
    report = tercet("export", str(place), *words, url=url)
    return {name: report[name] for name in ("written", "kept", "removed", "items") if report[name]}


def harvested(url: str, *sources: str) -> str:
    """Give the URL of a catalog with the bundled records of these sources."""
    for name in sources:
        with as_file(files("tercet") / "bundled" / name.replace("-", "_")) as folder:
            tercet("harvest", name, "--records", str(folder), url=url)
    return url


def test_what_is_exported_comes_back_into_an_empty_catalog_as_it_was(new_database: Make, tmp_path: Path) -> None:
    catalog = harvested(new_database(template="tercet"), *SOURCES)
    export(tmp_path, url=catalog)
    other = new_database(template="tercet")
    stranger = next(tmp_path.glob("icesat2-*/*.parquet"))
    refused = tercet("harvest", "earthcare", "--records", str(stranger), url=other, code=3)
    assert refused["rejected"] == refused["fetched"] > 0
    for name in SOURCES:
        paths = [word for path in sorted(tmp_path.glob(f"{name}-*/*.parquet")) for word in ("--records", str(path))]
        brought = tercet("harvest", name, *paths, url=other)
        assert brought["new"] == brought["fetched"] > 0
    kept, back = (
        {name: value for name, value in meaning(url).items() if name.startswith(("item ", "kin "))}
        for url in (catalog, other)
    )
    assert len(kept) > 20
    assert differences(kept, back) == []


def test_a_box_finds_an_item_across_the_180th_meridian(tmp_path: Path) -> None:
    halves = [shapely.box(178, 10, 180, 12), shapely.box(-180, 10, -179, 12)]
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "a",
        "geometry": shapely.geometry.mapping(shapely.MultiPolygon(halves)),
        "bbox": [178, 10, -179, 12],
        "properties": {"datetime": "2025-06-01T00:00:00Z"},
        "links": [],
        "assets": {"data": {"href": "https://example.com/a.h5"}},
    }
    path = tmp_path / "a.parquet"
    write_parquet([item], [b"{}"], path)
    for box, count in (((178, 9, 179, 13), 1), ((-180, 11, -179.5, 11.5), 1), ((0, 40, 10, 50), 0)):
        assert len(geopandas.read_parquet(path, bbox=box)) == count
    assert item["bbox"] == [178, 10, -179, 12]


def test_only_months_that_changed_are_written_again_and_others_read_them(new_database: Make, tmp_path: Path) -> None:
    catalog = harvested(new_database(template="tercet"), "carbon-mapper")
    first = export(tmp_path, url=catalog)
    the_items_are_stac_geoparquet(tmp_path / "carbon-mapper-plumes")
    assert export(tmp_path, url=catalog) == {"kept": first["written"]}
    only = "carbon-mapper-plumes"
    assert export(tmp_path, "--collection", only, "--since", "2099-01", url=catalog) == {}
    with_one_less = tmp_path / only / "manifest.json"
    manifest = json.loads(with_one_less.read_text())
    month = next(iter(manifest["months"]))
    manifest["months"][month]["digest"] = "another"
    with_one_less.write_text(json.dumps(manifest))
    again = export(tmp_path, url=catalog)
    assert again == {"written": 1, "kept": first["written"] - 1, "items": manifest["months"][month]["items"]}
    done = CliRunner().invoke(main, ["export", str(tmp_path), "--collection", "plumes"], env={"DATABASE_URL": catalog})
    assert done.exit_code == 2
    assert "there is no Collection plumes: did you mean carbon-mapper-plumes or" in done.stderr


def the_items_are_stac_geoparquet(folder: Path) -> None:
    path = min(folder.glob("*.parquet"))
    table = pyarrow.parquet.read_table(path)
    items = list(stac_table_to_items(table.drop_columns(["tercet:entry"])))
    assert items
    assert {item["collection"] for item in items} == {"carbon-mapper-plumes"}
    assert all(item["properties"]["tercet:source"] == "carbon-mapper" for item in items)
    assert json.loads(table.schema.metadata[b"geo"])["primary_column"] == "geometry"

"""COGs of a catalog's Items, from the command's side: what Items show is there, and what is there is whole."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import psycopg
import pytest
import rasterio
from click.testing import CliRunner
from fastapi import FastAPI, Response

from stac_api.database import Database
from stac_api.serving import serve_in_background
from tercet.cli import main
from tests.catalogs import harvested
from tests.items import entry
from tests.transforms.files import rasters
from transforms.entry import Entry

pytestmark = pytest.mark.database


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return rasters.concentrations(tmp_path / "source.tif", 600)


def with_raster(path: Path, name: str = "a", version: int = 1, **more: Any) -> Entry:
    made = entry(name, version, **more)
    made.item["assets"]["concentrations"] = {
        "href": path.as_uri(),
        "type": "image/tiff; application=geotiff",
        "title": "Enhancement",
        "roles": ["data"],
    }
    return made


def run(*words: str, code: int = 0) -> dict[str, Any]:
    """Run ``tercet transform cog`` and give its report."""
    done = CliRunner().invoke(main, ["transform", "cog", "--collection", "tracks", "--json", *words])
    assert done.exit_code == code, done.output
    return dict(json.loads(done.stdout))


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in report.items() if isinstance(value, int) and value}


def assets(connection: psycopg.Connection, name: str = "a") -> dict[str, Any]:
    row = connection.execute("SELECT pgstac.get_item(%s, 'tracks')", [name]).fetchone()
    assert row is not None
    return dict(row[0]["assets"])


def path_of(asset: dict[str, Any]) -> Path:
    return Path(unquote(urlsplit(asset["href"]).path))


def test_a_run_makes_what_is_wanted_and_the_next_one_nothing(
    connection: psycopg.Connection, picture: Path, tmp_path: Path
) -> None:
    harvested(connection, with_raster(picture), with_raster(picture, "b"), entry("without"))
    words = ("--to", str(tmp_path / "files"), "--jobs", "2")
    assert counts(run(*words)) == {"made": 2}
    assert counts(run(*words)) == {"kept": 2}
    made = assets(connection)["concentrations_cog"]
    content = path_of(made).read_bytes()
    assert (made["file:size"], made["file:checksum"]) == (len(content), "1220" + hashlib.sha256(content).hexdigest())
    assert made["processing:lineage"] == "cog made of concentrations by Tercet"
    with rasterio.open(path_of(made)) as cog, rasterio.open(picture) as source:
        np.testing.assert_array_equal(cog.read(), source.read())
    assert "concentrations_cog" not in assets(connection, "without")


def test_what_is_there_is_made_again_when_asked(connection: psycopg.Connection, picture: Path, tmp_path: Path) -> None:
    harvested(connection, with_raster(picture))
    words = ("--to", str(tmp_path / "files"), "--jobs", "1")
    run(*words)
    assert counts(run(*words, "--again")) == {"made": 1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--collection", "trucks"), "no Collection trucks: did you mean tracks? `tercet status` lists all 1"),
        (("--item", "a", "--item", "b"), "no Item b in tracks"),
    ],
)
def test_what_is_named_and_not_there_is_said(
    words: tuple[str, ...], said: str, connection: psycopg.Connection, picture: Path
) -> None:
    harvested(connection, with_raster(picture))
    done = CliRunner().invoke(main, ["transform", "cog", "--collection", "tracks", *words])
    assert done.exit_code == 2
    assert said in done.stderr


def test_two_versions_have_two_files(connection: psycopg.Connection, picture: Path, tmp_path: Path) -> None:
    words = ("--to", str(tmp_path / "files"), "--jobs", "1")
    harvested(connection, with_raster(picture))
    run(*words)
    first = assets(connection)["concentrations_cog"]
    harvested(connection, with_raster(rasters.concentrations(tmp_path / "newer.tif", 500), version=2))
    assert counts(run(*words)) == {"made": 1}
    second = assets(connection)["concentrations_cog"]
    assert path_of(first) != path_of(second)
    assert hashlib.sha256(path_of(first).read_bytes()).hexdigest() == first["file:checksum"][4:]


def test_what_cannot_be_made_is_listed_and_tried_again(
    connection: psycopg.Connection, picture: Path, tmp_path: Path
) -> None:
    absent = tmp_path / "absent.tif"
    harvested(connection, with_raster(absent), with_raster(picture, "b"))
    words = ("--to", str(tmp_path / "files"), "--jobs", "1")
    assert counts(run(*words, code=3)) == {"made": 1, "failed": 1}
    listed = CliRunner().invoke(main, ["transform", "failures"])
    assert listed.stdout == f"tracks\ta\tconcentrations_cog\tfailed\ta: asset concentrations is not at {absent}\n"
    picture.rename(absent)
    assert counts(run(*words)) == {"made": 1, "kept": 1}
    assert CliRunner().invoke(main, ["transform", "failures"]).stdout == ""


def test_a_missing_right_is_told_apart_from_a_missing_file_and_from_a_broken_one(
    connection: psycopg.Connection, picture: Path, tmp_path: Path
) -> None:
    app = FastAPI()

    @app.get("/{status}")
    def answer(status: int) -> Response:
        return Response(picture.read_bytes() if status == 200 else b"", status)

    with serve_in_background(app) as url:
        entries = [with_raster(picture, str(status)) for status in (200, 403, 404)]
        for one in entries:
            one.item["assets"]["concentrations"]["href"] = f"{url}/{one.item['id']}"
        harvested(connection, *entries, with_raster(tmp_path / "no", "broken"))
        (tmp_path / "no").write_text("<html>")
        report = counts(run("--to", str(tmp_path / "files"), "--jobs", "1", code=3))
    assert report == {"made": 1, "forbidden": 1, "missing": 1, "failed": 1}


def test_items_lead_to_the_tilers_tiles(
    connection: psycopg.Connection, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERCET_TILER_URL", "https://tiles.example.org/")
    monkeypatch.setenv("TERCET_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("TERCET_FILES_URL", "https://files.example.org/made/")
    harvested(connection, with_raster(picture))
    run("--jobs", "1")
    row = connection.execute("SELECT pgstac.get_item('a', 'tracks')").fetchone()
    assert row is not None
    links = {link["rel"]: link["href"] for link in row[0]["links"]}
    root = "https://tiles.example.org/collections/tracks/items/a"
    assert links["xyz"].startswith(
        f"{root}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}.png?assets=concentrations_cog&rescale="
    )
    assert links["tilejson"].startswith(f"{root}/WebMercatorQuad/tilejson.json?assets=concentrations_cog")
    href = row[0]["assets"]["concentrations_cog"]["href"]
    assert href == "https://files.example.org/made/tracks/a_1/concentrations_cog.tif"
    assert row[0]["properties"]["renders"]["concentrations_cog"]["assets"] == ["concentrations_cog"]


def test_a_run_that_is_killed_leaves_no_item_with_a_file_that_is_not_whole(
    connection: psycopg.Connection, picture: Path, tmp_path: Path
) -> None:
    names = [f"{number:03}" for number in range(24)]
    harvested(connection, *(with_raster(picture, name) for name in names))
    files = tmp_path / "files"
    words = ["transform", "cog", "--collection", "tracks", "--to", str(files), "--jobs", "2"]
    for made_before in (3, 10):
        with subprocess.Popen(
            [sys.executable, "-m", "tercet", *words], env=os.environ.copy(), start_new_session=True
        ) as one:
            while one.poll() is None and len(list(files.rglob("*.tif"))) < made_before:
                time.sleep(0.02)
            os.killpg(one.pid, signal.SIGKILL)
        assert one.returncode == -signal.SIGKILL
        for name in names:
            shown = assets(connection, name).get("concentrations_cog")
            if shown:
                content = path_of(shown).read_bytes()
                assert shown["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
    report = counts(run("--to", str(files), "--jobs", "2"))
    assert report.pop("made") + report.pop("kept", 0) == 24
    assert report == {}
    assert all("concentrations_cog" in assets(connection, name) for name in names)

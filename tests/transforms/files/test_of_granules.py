"""Tables and pictures of granules and frames: of generated files, and of the real ones where they are."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas
import geopandas.testing
import numpy as np
import pytest
from PIL import Image

from tercet import readers
from tercet.readers.base import Reader
from tercet.readers.hdf5.index import MEDIA_TYPE
from tercet.readers.hdf5.indexing import chunk_index
from tercet.readers.tables import portable
from tercet.settings import Settings
from tests.samples_table import SAMPLES
from tests.tercet.readers import icesat2_files
from transforms.files.indexes import Indexes
from transforms.files.quicklooks import Quicklooks
from transforms.files.tables import KEY, Tables, write
from transforms.files.task import Output, Task

REAL = SAMPLES / "cmr-icesat2/samples/h5"
GRANULES = sorted(REAL.glob("*.h5")) if REAL.is_dir() else []


class Files:
    """A file that lies here, and its reader."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.open = readers.open(path, settings=Settings())

    def local(self, _key: str) -> Path:
        return self.path

    def reader(self) -> Reader:
        return self.open


def granule(path: Path) -> Path:
    return icesat2_files.granule(path / "ATL08_20250601000000_08320501_007_01.h5", "ATL08")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    found = Files(granule(tmp_path))
    with closing(found.open):
        yield found


def make(kind: Any, task: Task, files: Files, folder: Path) -> Output:
    made: Output = kind.make(task, {"id": "a"}, files, folder)
    return made


def test_a_granules_table_is_its_readers(files: Files, tmp_path: Path) -> None:
    output = make(Tables(), Task(KEY, ("data",), ".parquet"), files, tmp_path)
    expected = portable(files.reader().table())
    assert output.asset["table:row_count"] == len(expected) > 0
    same(geopandas.read_parquet(output.path), expected)


def test_pictures_have_the_size_that_viewers_ask_for(files: Files, tmp_path: Path) -> None:
    for key, size in (("thumbnail", 512), ("overview", 1600)):
        output = make(Quicklooks(), Task(key, ("data",), ".png"), files, tmp_path)
        assert output.path is not None
        with Image.open(output.path) as picture:
            assert max(picture.size) == size
            assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10, "nothing is drawn"
        assert output.asset["roles"] == [key]


def test_a_picture_is_the_same_each_time(files: Files, tmp_path: Path) -> None:
    one, other = (make(Quicklooks(), Task("thumbnail", ("data",), ".png"), files, folder) for folder in two(tmp_path))
    assert one.path is not None
    assert other.path is not None
    assert one.path.read_bytes() == other.path.read_bytes()


def two(folder: Path) -> Iterator[Path]:
    for name in ("one", "other"):
        (folder / name).mkdir()
        yield folder / name


def test_what_its_provider_draws_is_not_drawn() -> None:
    def wanted(**assets: Any) -> list[str]:
        return [task.key for task in Quicklooks().tasks({"assets": {"data": {"roles": ["data"]}, **assets}})]

    assert wanted() == ["thumbnail", "overview"]
    assert wanted(picture={"roles": ["thumbnail"]}) == ["overview"]
    assert wanted(thumbnail={"roles": ["thumbnail"], "tercet:evidence": "made"}) == ["thumbnail", "overview"]
    assert Quicklooks().tasks({"assets": {"outline": {"roles": ["metadata"]}}}) == []


def same(read: geopandas.GeoDataFrame, expected: geopandas.GeoDataFrame) -> None:
    """Whether two tables hold the same rows, in whatever order."""
    read = read.drop(columns="bbox", errors="ignore")
    assert list(read.columns) == list(expected.columns)
    order = [
        np.lexsort([one.geometry.y.to_numpy(), one.geometry.x.to_numpy(), one["time"].to_numpy()])
        for one in (read, expected)
    ]
    geopandas.testing.assert_geodataframe_equal(
        read.iloc[order[0]].reset_index(drop=True), expected.iloc[order[1]].reset_index(drop=True), check_dtype=False
    )


@pytest.mark.skipif(not GRANULES, reason=f"no real granules of ICESat-2 in {REAL}")
@pytest.mark.parametrize("path", GRANULES, ids=lambda path: path.name)
def test_a_real_granules_table_comes_back_as_its_reader_gave_it(path: Path, tmp_path: Path) -> None:
    with readers.open(path, settings=Settings()) as reader:
        table = reader.table()
    write(table, tmp_path / "a.parquet")
    same(geopandas.read_parquet(tmp_path / "a.parquet"), table)


def test_an_index_is_made_without_a_copy_of_the_file(tmp_path: Path) -> None:
    path = granule(tmp_path)
    data = {"href": path.as_uri(), "type": "application/x-hdf5", "roles": ["data"]}
    item: dict[str, Any] = {"id": "a", "properties": {}, "assets": {"data": data}}
    [task] = Indexes(Settings()).tasks(item)
    output = Indexes(Settings()).make(task, item, Nothing(), tmp_path)
    assert output.path is not None
    assert output.path.read_bytes() == chunk_index(path)
    assert (output.asset["roles"], output.asset["type"]) == (["index"], MEDIA_TYPE)


class Nothing:
    def local(self, key: str) -> Path:
        raise AssertionError(f"{key} is copied")

    def reader(self) -> Reader:
        raise AssertionError("a reader is opened")

"""COGs and tables made by Tercet, beside ``rio cogeo create`` and geopandas' ``to_parquet``, in one run.

Run with ``python benchmarks/transforms.py [--size PIXELS] [--rounds N]``. Every run is a function call in this process,
on files that were just written; statistics, checksum and description of what we make are part of our time.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import geopandas
import numpy as np
from rio_cogeo.cogeo import cog_translate
from rio_cogeo.profiles import cog_profiles

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tercet.readers.base import Reader  # noqa: E402 - the checkout first
from tercet.readers.tables import geodataframe  # noqa: E402
from tests.transforms.files import rasters  # noqa: E402
from transforms.files import tables  # noqa: E402
from transforms.files.cog import Cogs  # noqa: E402
from transforms.files.store import FileStore  # noqa: E402
from transforms.files.task import Task  # noqa: E402

KINDS: dict[str, Callable[..., Path]] = {
    "concentrations": rasters.concentrations,
    "cmf_ch4": rasters.column_enhancement,
    "mask": rasters.plume_picture,
}


class Local:
    """One file that lies here."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def local(self, _key: str) -> Path:
        """The file."""
        return self.path

    def reader(self) -> Reader:
        """Nobody asks for it."""
        raise AssertionError("a COG is made of a file")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2000, help="rows and columns")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"COGs of {asked.size} x {asked.size} pixels, median of {asked.rounds}")
        for key, write in KINDS.items():
            compare_cogs(key, write(Path(folder, f"{key}.tif"), asked.size), Path(folder), asked.rounds)
        print(f"a table of {asked.rows} rows along six tracks, median of {asked.rounds}")
        compare_tables(asked.rows, Path(folder), asked.rounds)


def compare_cogs(key: str, source: Path, folder: Path, rounds: int) -> None:
    store = FileStore(str(folder / "store"))
    item = {"id": "a", "assets": {key: {"href": source.as_uri(), "type": "image/tiff", "title": key}}}

    def ours() -> None:
        output = Cogs().make(Task(f"{key}_cog", (key,), ".tif"), item, Local(source), folder)
        assert output.path is not None
        store.put(output.path, f"{key}.tif")

    def theirs() -> None:
        cog_translate(source, folder / "theirs.tif", cog_profiles.get("deflate"), quiet=True, in_memory=False)

    mine, peer = zip(*((seconds(ours), seconds(theirs)) for _ in range(rounds)), strict=True)
    ratio = median(peer) / median(mine)
    print(f"  {key:16s} ours {median(mine):.2f} s, rio cogeo create {median(peer):.2f} s: {ratio:.2f} x")


def compare_tables(rows: int, folder: Path, rounds: int) -> None:
    along = np.tile(np.linspace(0, 40, rows // 6), 6)
    beam = np.repeat(np.arange(6), rows // 6)
    columns = {"h": np.sin(along).astype("float32"), "beam": beam}
    table = geodataframe(columns, -100 + along / 10 + beam / 30, along)
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    mine, peer = zip(
        *(
            (seconds(lambda: tables.write(table, ours)), seconds(lambda: table.to_parquet(theirs)))
            for _ in range(rounds)
        ),
        strict=True,
    )
    box = (-99.0, 10.0, -98.0, 10.5)
    read = [seconds(lambda: geopandas.read_parquet(ours, bbox=box)) for _ in range(rounds)]
    whole = [
        seconds(lambda: geopandas.read_parquet(theirs).cx[box[0] : box[2], box[1] : box[3]]) for _ in range(rounds)
    ]
    print(
        f"  write: ours {median(mine):.2f} s, geopandas to_parquet {median(peer):.2f} s: "
        f"{median(peer) / median(mine):.2f} x; "
        f"size {ours.stat().st_size / theirs.stat().st_size:.2f} of theirs"
    )
    print(
        f"  read a small box: ours {median(read):.3f} s, theirs whole and cut {median(whole):.3f} s: "
        f"{median(whole) / median(read):.1f} x"
    )


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

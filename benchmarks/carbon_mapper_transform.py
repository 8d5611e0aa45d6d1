"""How many of Carbon Mapper's records a second become Items: the transform alone, one process, by surface.

Run with ``python benchmarks/carbon_mapper_transform.py [--records N] [--rounds N]``. The surfaces take turns, and the
best round of each counts. ``check`` is what `transforms/check.py` takes for the same Items: it comes on top of each.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.transforms import carbon_mapper_scene_records as scene_records
from tests.transforms import carbon_mapper_surfaces as surfaces
from tests.upstreams.carbon_mapper_archive import records, rows
from transforms.carbon_mapper import assemble, entry
from transforms.check import check
from transforms.entry import IncompleteError, Part

Record = Mapping[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000, help="records of each surface")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the best counts")
    asked = parser.parse_args()
    runs = cases(asked.records)
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(asked.rounds):
        for name, (count, run) in runs.items():
            began = time.perf_counter()
            run()
            best[name] = min(best[name], (time.perf_counter() - began) / count)
    print(f"{asked.records} records of each surface, best of {asked.rounds} rounds, one process")
    for name, seconds in best.items():
        print(f"  {name:32s} {1 / seconds:9.0f} a second   {seconds * 1e6:7.1f} us each")


def cases(count: int) -> dict[str, tuple[int, Callable[[], object]]]:
    """Name, number of records, and what to time."""
    listed, lines = records(count, seed=1), list(rows(count, seed=1))
    of_plume = [*surfaces.features(), *surfaces.features(surfaces.OLD), surfaces.detection()]
    stac = repeated(of_plume, count)
    scenes = repeated([scene_records.product("l2b-ch4-mfa-v3e"), scene_records.picture("v3e")], count)
    known = [part for _, part in sorted(parts(surfaces.everything()).items())]
    items = [entry(record) for record in listed]
    return {
        "REST": (count, lambda: made(listed)),
        "CSV": (count, lambda: made(lines)),
        "STAC Items of plumes": (count, lambda: made(stac)),
        "STAC Items of scenes": (count, lambda: made(scenes)),
        "scenes/annotated": (count, lambda: made(repeated([scene_records.annotated()], count))),
        f"{len(known)} parts of a plume assembled": (count // 10, lambda: together(known, count // 10)),
        "check of the Items of REST": (count, lambda: check(items)),
    }


def repeated(some: Sequence[Record], count: int) -> list[Record]:
    return [some[index % len(some)] for index in range(count)]


def made(some: Sequence[Record]) -> None:
    for record in some:
        try:
            entry(record)
        except IncompleteError:  # a part without a footprint: read all the same
            continue


def together(known: Sequence[Part], count: int) -> None:
    for _ in range(count):
        assemble(known)


def parts(some: Sequence[Record]) -> dict[str, Part]:
    return {part.key: part for part in map(surfaces.part_of, some)}


if __name__ == "__main__":
    main()

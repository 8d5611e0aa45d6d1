"""How fast records of granules become Items: UMM-G, ``granules.json`` and headers of files.

Run with ``python benchmarks/icesat2_transform.py [--records N]``. Beside each stands what its JSON takes to parse.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from harvesters.icesat2_files import records_in_file  # noqa: E402 - the checkout first
from tests.harvesters.icesat2_granules import NAME, write  # noqa: E402
from tests.transforms.test_icesat2_surfaces import feed_entry  # noqa: E402
from tests.upstreams.icesat2_archive import records  # noqa: E402
from transforms.icesat2 import entry  # noqa: E402

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2000, help="granules of each kind")
    count = parser.parse_args().records
    for pictures in (0, 2, 32):
        report(f"umm_json, {pictures:2d} pictures", records(count, pictures=pictures))
    report("granules.json, 2 pictures", [feed_entry(sent) for sent in records(count)])
    with tempfile.TemporaryDirectory() as folder:
        for subset in (False, True):
            path = write(Path(folder, NAME), subset=subset)
            cost = seconds(lambda path: list(records_in_file(path) or ()), [path] * 50)
            print(f"header of a {'subset' if subset else 'whole granule'}: {cost * 1e3:.1f} ms to read")
            report(f"  and its Item, {'subset' if subset else 'whole'}", list(records_in_file(path) or ()) * count)


def report(label: str, sent: Sequence[Any]) -> None:
    texts = [orjson.dumps(record) for record in sent]
    ours, floor = seconds(entry, sent), seconds(orjson.loads, texts)
    print(f"{label:28s} {ours * 1e6:6.0f} us an Item, {1 / ours:7.0f} Items/s; parsing alone {floor * 1e6:4.0f} us")


def seconds(call: Callable[[Any], object], arguments: Iterable[Any]) -> float:
    """Of processor time for one call: the fastest of some rounds, for others use the machine, too."""
    listed = list(arguments)
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for argument in listed:
            call(argument)
        best = min(best, (time.process_time() - began) / len(listed))
    return best


if __name__ == "__main__":
    main()

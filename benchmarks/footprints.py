"""How fast rings become valid footprints, beside ``antimeridian.fix_polygon``, and where the two differ.

Run with ``python benchmarks/footprints.py [--rings N]``. Rings are those of generated granules, and the real ones of
the optional folder ``../shared``; what is absent is said. The peer is the package ``antimeridian``, measured where it
is installed. Ours cuts edges where they cross ±180° on the straight line between their ends, as GeoJSON draws them;
the peer puts the crossing on the great circle but leaves the rest of the edge straight.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.upstreams.icesat2_track import Pass  # noqa: E402 - the checkout first
from transforms import geometry  # noqa: E402

REAL = ROOT / "../shared/upstream/cmr-icesat2/samples/stac"
ROUNDS = 3
SPREAD = 600_011
Ring = list[list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rings", type=int, default=2000, help="generated rings")
    generated = [
        [list(at) for at in Pass(index * 7919 % SPREAD, index % 14 + 1).ring()]
        for index in range(parser.parse_args().rings)
    ]
    compare("generated strips, all regions", generated)
    for name in ("cat_neon.parquet", "cat_88s_extract.parquet"):
        rings = list(real_rings(name))
        if rings:
            compare(f"real footprints of {name}", rings)


def real_rings(name: str) -> Iterator[Ring]:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - large, and optional
    except ImportError:
        print(f"{name}: NOT MEASURED, pyarrow is not installed")
        return
    path = REAL / name
    if not path.exists():
        print(f"{name}: NOT MEASURED, {path} is absent")
        return
    for wkb in parquet.read_table(path, columns=["geometry"]).column("geometry").to_pylist():
        yield shapely.get_coordinates(shapely.from_wkb(wkb)).tolist()


def compare(label: str, rings: Sequence[Ring]) -> None:
    crossing = sum(crosses(ring) for ring in rings)
    print(f"{label}: {len(rings)}, of which {crossing} cross the antimeridian")
    straight = per_second(geometry.polygon, rings)
    print(f"  ours, straight edges      {straight:8.0f} footprints/s")
    curved = per_second(lambda ring: geometry.polygon(ring, edges="great circles"), rings)
    print(f"  ours, great circles       {curved:8.0f} footprints/s, no edge more than 1 km beside its great circle")
    peer = fix_polygon()
    if peer is None:
        return
    theirs = per_second(peer, rings)
    ratios = f"ours {straight / theirs:.1f} x, {curved / theirs:.1f} x"
    print(f"  antimeridian.fix_polygon  {theirs:8.0f} footprints/s: {ratios}")
    for word, number in sorted(Counter(verdict(ring, peer) for ring in rings).items()):
        print(f"    {number:6d} {word}")


def fix_polygon() -> Callable[[Ring], Any] | None:
    try:
        from antimeridian import fix_polygon as peer  # noqa: PLC0415 - optional
    except ImportError:
        print("  antimeridian.fix_polygon  NOT MEASURED: pip install antimeridian")
        return None
    return lambda ring: peer(shapely.Polygon(ring))


def verdict(ring: Ring, peer: Callable[[Ring], Any]) -> str:
    """How ours, with straight edges, and the peer's differ, against the ring with its longitudes unwrapped."""
    ours, theirs = shape(geometry.polygon(ring)), peer(ring)
    if not theirs.is_valid:
        return "the peer's is not valid, ours is"
    flat = np.array(ring)
    flat[:, 0] = np.round(np.unwrap(flat[:, 0], period=360), 9)
    true = shapely.Polygon(flat).area
    off = abs(theirs.area - true) / true
    if abs(ours.area - true) > 1e-6 * true:
        return "ours has another area than the ring"
    if shapely.symmetric_difference(ours, theirs).area < 1e-6 * true:
        return "the same place"
    if off > 0.01:
        return "the peer's area is more than 1 % off the ring's, ours is the ring's: its crossing lies elsewhere"
    return "the peer's crossing lies elsewhere on the line: its area is within 1 % of the ring's, ours is the ring's"


def crosses(ring: Ring) -> bool:
    return any(abs(b[0] - a[0]) > 180 for a, b in pairwise(ring))


def per_second(call: Callable[[Ring], Any], rings: Sequence[Ring]) -> float:
    """Calls a second of processor time, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for ring in rings:
            call(ring)
        best = min(best, time.process_time() - began)
    return len(rings) / best


if __name__ == "__main__":
    main()

"""Readers against their peers, both in one run: local files, and files behind a network of loopback.

Run with ``python benchmarks/readers.py [--only rasters,…] [--rounds N] [--peers PYTHON]``. Each module
``benchmarks/readers_<what>.py`` has a function ``measure(bench)``; it calls ``bench.compare`` for everything that it
measures. ``--peers`` names a Python that has the peers installed, whose pins are not ours.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.range_server import Counted, Network, RangeServer, range_server  # noqa: E402 - the checkout first
from tercet.readers.remote.loop import loop  # noqa: E402 - as above

Run = Callable[[], object]
"""What is measured; where it gives a float, those are its seconds."""
FAR = Network(0.06)
NETWORKS = (Network(0.0), Network(0.02), FAR, Network(0.06, 50e6))
"""0, 20 and 60 ms; and 60 ms at 400 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured."""

    what: str
    who: str
    seconds: float
    counted: Counted | None


@dataclass
class Bench:
    """What a section measures with.

    Attributes:
        folder: for generated files; they are served by ``server``.
        server: loopback with latency.
        rounds: of which the median counts.
        peers: a Python with the peers, or None.
    """

    folder: Path
    server: RangeServer
    rounds: int = 5
    peers: str | None = None
    rows: list[Row] = field(default_factory=list)

    def compare(self, what: str, runs: Mapping[str, Run], *, network: Network | None = None) -> None:
        """Measure several ways to do the same, in turns, so that a busy machine is busy for all; the first is ours."""
        if network is not None:
            self.server.is_now(network)
        seconds: dict[str, list[float]] = {who: [] for who in runs}
        counted: dict[str, Counted] = {}
        for _ in range(self.rounds):
            for who, run in runs.items():
                # each makes its own connections, as the peers do
                loop().run(loop().clients.close_unused())
                self.server.counted()
                started = time.perf_counter()
                told = run()
                # what runs in another Python tells how long it took, without its imports
                seconds[who].append(told if isinstance(told, float) else time.perf_counter() - started)
                counted[who] = self.server.counted()
        label = f"{what}, {network}" if network is not None else what
        for who, times in seconds.items():
            row = Row(label, who, statistics.median(times), counted[who] if network is not None else None)
            self.rows.append(row)
            _print(row, self._first(label))

    def in_peer(self, code: str, *arguments: str) -> float:
        """Run code in the peers' Python; it prints the seconds that it took on its last line."""
        if self.peers is None:
            raise RuntimeError("there is no Python with the peers: give --peers")
        ran = subprocess.run([self.peers, "-c", code, *arguments], capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(ran.stderr[-2000:])
        return float(ran.stdout.split()[-1])

    def _first(self, label: str) -> float:
        return next(row.seconds for row in self.rows if row.what == label)


def _print(row: Row, first: float) -> None:
    traffic = f"{row.counted.requests:5d} requests {row.counted.bytes / 1e6:8.2f} MB" if row.counted else ""
    print(
        f"{row.what:48s} {row.who:28s} {row.seconds * 1000:9.1f} ms  x {row.seconds / first:6.2f}  {traffic}",
        flush=True,
    )


@contextmanager
def _bench(rounds: int, peers: str | None) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder, range_server(Path(folder)) as server:
        yield Bench(Path(folder), server, rounds, peers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = sorted(path.stem.removeprefix("readers_") for path in Path(__file__).parent.glob("readers_*.py"))
    parser.add_argument("--only", default=",".join(known), help=f"some of {', '.join(known)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", help="a Python with the peers: georeader-spaceml, icepyx, h5coro…")
    asked = parser.parse_args()
    for name in asked.only.split(","):
        with _bench(asked.rounds, asked.peers) as bench:
            print(f"{name}\n{'-' * len(name)}")
            import_module(f"benchmarks.readers_{name}").measure(bench)


if __name__ == "__main__":
    main()

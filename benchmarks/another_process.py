"""A fake provider in a process of its own, as the real one would be: its work and memory are not the walk's."""

import multiprocessing
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

Serve = Callable[[int, Connection], None]
"""Serves an archive of so many records; sends its address, then does what it is told."""


@contextmanager
def served(serve: Serve, count: int) -> Iterator[tuple[str, Connection]]:
    """Serve an archive from another process; gives its address, and a line that changes it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(count, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.terminate()
        process.join()


def peak_mb() -> float:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

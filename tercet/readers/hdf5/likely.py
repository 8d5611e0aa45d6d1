"""Where the values of arrays lie, as far as it can be told before the index of their chunks is read.

Writers put an array's chunks behind, or in front of, the index of its chunks. Who reads whole arrays that were written
one after the other needs nearly all bytes between their indexes: they are fetched with the indexes, a round trip and a
request for each array earlier.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from tercet.readers.hdf5.base import Wanted
from tercet.readers.hdf5.cursor import Span
from tercet.readers.hdf5.stored import Stored

MOST = 64 * 2**20
"""Bytes that are held in memory at most."""
_FEWEST = 3
"""Arrays: the indexes of fewer are as well asked for alone."""
_SLACK = 64 * 1024


def likely(wanted: Sequence[Wanted], stored: Sequence[Stored], base: int, size: int) -> list[Span]:
    """Spans of the file that hold the indexes of whole arrays that are wanted, and probably their values.

    Args:
        wanted: parts of arrays.
        stored: how each is stored.
        base: that addresses count from.
        size: of the file.
    """
    whole = sorted(
        {
            (how.layout.address + base, math.prod(how.shape) * how.type.stored.itemsize)
            for one, how in zip(wanted, stored, strict=True)
            if how.layout.chunks and how.layout.address is not None and _is_whole(one, how.shape)
        }
    )
    spans, values = [], 0
    for (start, raw), (following, raw_there) in pairwise(whole):
        if following - start <= max(raw, raw_there) + _SLACK:
            spans.append((start, following))
            values += max(raw, raw_there)
    if len(spans) < _FEWEST - 1:
        return []
    packed = min(sum(stop - start for start, stop in spans) / max(values, 1), 1.0)
    start, raw = whole[-1]
    spans.append((start, min(start + int(raw * packed) + _SLACK, size)))
    return _joined(spans) if sum(stop - start for start, stop in spans) <= MOST else []


def _is_whole(wanted: Wanted, shape: tuple[int, ...]) -> bool:
    return all(one.indices(size)[:2] == (0, size) for one, size in zip(wanted.slices, shape, strict=False))


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, stop in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined

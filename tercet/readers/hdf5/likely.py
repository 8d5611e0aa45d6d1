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
_SMALL = 512 * 1024

_Place = tuple[int, int]
"""Where an array's index lies, and how many bytes its values are when unpacked."""


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
    spans = [_span(run, size) for run in _runs(whole) if len(run) >= _FEWEST]
    if not spans or sum(stop - start for start, stop in spans) > MOST:
        return []
    return spans + [place for how in stored if (place := _in_one_piece(how, base)) and place[1] <= size]


def _in_one_piece(how: Stored, base: int) -> Span | None:
    """Where an array lies that has no chunks, and is small."""
    address, values = how.layout.address, math.prod(how.shape) * how.type.stored.itemsize
    if how.layout.chunks is not None or how.layout.inside is not None or address is None or not 0 < values <= _SMALL:
        return None
    return address + base, address + base + values


def _runs(arrays: Sequence[_Place]) -> list[list[_Place]]:
    """Arrays that were written one after the other."""
    found: list[list[_Place]] = []
    for start, raw in arrays:
        if found and start - found[-1][-1][0] <= max(raw, found[-1][-1][1]) + _SLACK:
            found[-1].append((start, raw))
        else:
            found.append([(start, raw)])
    return found


def _span(run: Sequence[_Place], size: int) -> Span:
    """From the first index of a run to the end of the last values."""
    start, raw = run[-1]
    values = sum(max(one[1], other[1]) for one, other in pairwise(run))
    packed = min((start - run[0][0]) / max(values, 1), 1.0)
    # nothing tells where the last one ends: bytes too many take less time than another round trip
    return run[0][0], min(start + max(int(raw * packed), min(raw, _SMALL)) + _SLACK, size)


def _is_whole(wanted: Wanted, shape: tuple[int, ...]) -> bool:
    return all(one.indices(size)[:2] == (0, size) for one, size in zip(wanted.slices, shape, strict=False))

"""Which part of an array is wanted, in whole numbers."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Literal

from tercet.errors import ReaderError
from tercet.readers.hdf5.base import Wanted

Box = tuple[tuple[int, int], ...]
"""First and one past the last index along each dimension."""


def box(wanted: Wanted, shape: tuple[int, ...], name: str) -> Box:
    """The part of an array of this shape that is wanted; indices outside are cut, as NumPy does.

    Raises:
        ReaderError: more slices than dimensions, or steps.
    """
    if len(wanted.slices) > len(shape):
        raise ReaderError(
            f"{name}: {wanted.path} has {len(shape)} dimensions of sizes {shape}, not {len(wanted.slices)}"
        )
    if any(one.step not in (None, 1) for one in wanted.slices):
        raise ReaderError(f"{name}: {wanted.path} is read without steps: take every n-th of what was read")
    whole = (slice(None),) * (len(shape) - len(wanted.slices))
    ends = [one.indices(size) for one, size in zip(wanted.slices + whole, shape, strict=True)]
    return tuple((start, max(start, stop)) for start, stop, _ in ends)


def extents(chosen: Box) -> tuple[int, ...]:
    """The shape of what a box cuts out."""
    return tuple(stop - start for start, stop in chosen)


def enclosing(path: str) -> Iterator[str]:
    """The group of an array, the group of that, and so on to the root, ``""``."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def missing(path: str, name: str, known: Iterable[str], kind: Literal["array", "group"]) -> ReaderError:
    """The error for an array or group that a file does not hold; names the nearest that it does hold."""
    known = list(known)
    group, _, last = path.rpartition("/")
    beside = {one.rpartition("/")[2]: one for one in known if one.rpartition("/")[0] == group}
    near = [beside[name] for name in difflib.get_close_matches(last, beside)]
    near = near or difflib.get_close_matches(path, known) or [one for one in known if one.rpartition("/")[2] == last]
    hint = f"nearest: {', '.join(near[:3])}" if near else f"it holds {len(known)} {kind}s, none with such a name"
    return ReaderError(f"{name} holds no {kind} {path}; {hint}")

"""Which part of an array is wanted, in whole numbers."""

import difflib
from collections.abc import Iterable

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Wanted

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


def missing(path: str, name: str, known: Iterable[str]) -> ReaderError:
    """The error for an array that a file does not hold; names the nearest that it does hold."""
    known = list(known)
    near = difflib.get_close_matches(path, known, n=3, cutoff=0.6)
    if not near:
        last = path.rsplit("/", 1)[-1]
        near = [one for one in known if one.rsplit("/", 1)[-1] == last][:3]
    hint = f"nearest: {', '.join(near)}" if near else f"it holds {len(known)} arrays, list them with arrays()"
    return ReaderError(f"{name} holds no array {path}; {hint}")

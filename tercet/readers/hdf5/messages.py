"""What an array's header says of its shape, its fill value, its layout in the file and its filters.

Source: HDF5 File Format Specification, IV.A.2 "Data Object Header Messages".
"""

from dataclasses import dataclass
from enum import IntEnum

from tercet.readers.hdf5.cursor import Cursor, UnreadableError

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
_NULL = 2


@dataclass(frozen=True, slots=True)
class Extent:
    """The shape of an array, and how far it may grow (None: without end)."""

    shape: tuple[int, ...]
    most: tuple[int | None, ...]
    is_null: bool = False


def extent(body: Cursor) -> Extent:
    """Read a dataspace; one that holds nothing, not even one value, has the shape (0,)."""
    version, rank, flags = body.uint(1), body.uint(1), body.uint(1)
    if version == 1:
        body.skip(5)
    elif body.uint(1) == _NULL:
        return Extent((0,), (0,), is_null=True)
    shape = tuple(body.length() for _ in range(rank))
    most = tuple(body.length() for _ in range(rank)) if flags & 1 else shape
    endless = (1 << 8 * body.length_size) - 1
    return Extent(shape, tuple(None if size == endless else size for size in most))


def fill(body: Cursor) -> bytes | None:
    """Read the value that never-written places have; None where nobody set one (they are 0 then)."""
    version = body.uint(1)
    if version == 3:  # noqa: PLR2004 - a version of the format
        if not body.uint(1) & 0x20:
            return None
    else:
        body.skip(2)
        if not body.uint(1):
            return None
    return body.take(body.uint(4)) or None


def old_fill(body: Cursor) -> bytes | None:
    """Read the value that never-written places have, from the message that files before 2002 have alone."""
    return body.take(body.uint(4)) or None


class Index(IntEnum):
    """How the chunks of an array are found."""

    TREE = 0
    SINGLE = 1
    IMPLICIT = 2
    FIXED = 3
    EXTENSIBLE = 4
    SECOND_TREE = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the values of an array lie.

    Attributes:
        inside: the values themselves, where they lie in the header.
        address: of the values, or of the index of the chunks; None where nothing was ever written.
        size: bytes of the values in one piece, or of a single chunk as it is stored.
        chunks: shape of a chunk; None without chunks.
        index: how chunks are found.
        mask: which filters a single chunk went without.
        whole_edges: chunks that reach over the array's end are stored without filters.
    """

    inside: bytes | None = None
    address: int | None = None
    size: int | None = None
    chunks: tuple[int, ...] | None = None
    index: Index = Index.TREE
    mask: int = 0
    whole_edges: bool = False

    @property
    def is_written(self) -> bool:
        """Whether anything was."""
        return self.inside is not None or self.address is not None


def layout(body: Cursor) -> Layout:
    """Read where the values lie.

    Raises:
        UnreadableError: in other files.
    """
    version = body.uint(1)
    if version in (1, 2):
        return _old_layout(body)
    kind = body.uint(1)
    if kind == 0:
        return Layout(inside=body.take(body.uint(2)))
    if kind == 1:
        address = body.offset()
        return Layout(address=address, size=body.length())
    if kind != 2:  # noqa: PLR2004 - a number of the format
        raise UnreadableError("arrays made of other files' arrays (virtual)")
    if version == 3:  # noqa: PLR2004 - a version of the format
        rank = body.uint(1)
        address = body.offset()
        return Layout(address=address, chunks=tuple(body.uint(4) for _ in range(rank - 1)))
    return _new_chunks(body, version)


def _old_layout(body: Cursor) -> Layout:
    rank, kind = body.uint(1), body.uint(1)
    body.skip(5)
    address = body.offset() if kind else None
    sizes = tuple(body.uint(4) for _ in range(rank))
    if kind == 0:
        return Layout(inside=body.take(body.uint(4)))
    return Layout(address=address) if kind == 1 else Layout(address=address, chunks=sizes[:-1])


def _new_chunks(body: Cursor, version: int) -> Layout:
    flags, rank, width = body.uint(1), body.uint(1), body.uint(1)
    chunks = tuple(body.uint(width) for _ in range(rank))[:-1]
    index, size, mask = Index(body.uint(1)), None, 0
    if index is Index.SINGLE and flags & 2:
        size, mask = body.length(), body.uint(4)
    else:
        body.skip({Index.FIXED: 1, Index.EXTENSIBLE: 5, Index.SECOND_TREE: 6}.get(index, 0))
    if version not in (4, 5):
        raise UnreadableError(f"layouts of version {version}")
    return Layout(address=body.offset(), size=size, chunks=chunks, index=index, mask=mask, whole_edges=bool(flags & 1))


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing that was done to each chunk before it was stored."""

    number: int
    values: tuple[int, ...] = ()


def filters(body: Cursor) -> tuple[Filter, ...]:
    """Read what was done to each chunk, in the order in which it was done."""
    version, count = body.uint(1), body.uint(1)
    if version == 1:
        body.skip(6)
    found = []
    for _ in range(count):
        number = body.uint(2)
        name_size = body.uint(2) if version == 1 or number >= 256 else 0  # noqa: PLR2004 - registered filters
        body.skip(2)
        values = body.uint(2)
        body.skip(name_size)
        found.append(Filter(number, tuple(body.uint(4) for _ in range(values))))
        if version == 1 and values % 2:
            body.skip(4)
    return tuple(found)

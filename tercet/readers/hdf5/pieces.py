"""Parts of arrays that are read, and the stored pieces that their values come from."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.hdf5.attributes import texts
from tercet.readers.hdf5.base import Wanted
from tercet.readers.hdf5.chunks import NOWHERE
from tercet.readers.hdf5.cursor import Span, UnreadableError
from tercet.readers.hdf5.filters import decoded
from tercet.readers.hdf5.selection import Box, box, extents
from tercet.readers.hdf5.structure import Piecewise
from tercet.readers.hdf5.types import Kind


class Part:
    """A part of an array that is being read."""

    def __init__(self, wanted: Wanted, how: Piecewise, name: str) -> None:
        self.path = wanted.path
        self.name = name
        self.how = how
        self.chosen = box(wanted, how.stored.shape, name)
        # a scalar is the one element of a row
        self.box: Box = self.chosen or ((0, 1),)
        self.read = how.stored.background(extents(self.box))

    def pieces(self) -> Iterator["Piece"]:
        """What is to be fetched for it."""
        inside = self.how.stored.layout.inside
        if inside is not None:
            whole = np.frombuffer(inside, self.read.dtype, math.prod(self.how.stored.shape))
            cut = tuple(slice(start, stop) for start, stop in self.box)
            self.read[...] = whole.reshape(self.how.stored.shape or (1,))[cut]
            return
        chunks = self.how.chunks
        for number, first in chunks.within(self.box) if self.read.size else ():
            if chunks.places[number] != NOWHERE:
                yield Piece(self, number, first)

    def values(self, varying: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
        """What was read; ``varying`` gives texts of variable length from the places where they lie."""
        read = self.read.reshape(extents(self.chosen))
        if self.how.stored.type.kind is Kind.VARYING_TEXT:
            read = varying(read)
        return read if self.how.stored.type.kind is Kind.PLAIN else texts(read)


class Piece:
    """A stored piece, and where its values go."""

    __slots__ = ("first", "number", "part", "span")

    def __init__(self, part: Part, number: int, first: tuple[int, ...]) -> None:
        chunks = part.how.chunks
        start = int(chunks.places[number])
        self.part = part
        self.number = number
        self.first = first
        self.span: Span = (start, start + int(chunks.sizes[number]))

    def take(self, content: memoryview) -> None:
        """Unpack it, and put what is wanted of it into its place."""
        shape, read, how = self.part.how.chunks.shape, self.part.read, self.part.how.stored
        whole = math.prod(shape) * read.dtype.itemsize
        try:
            if how.layout.chunks is None:
                # rows of an array in one piece, of which the last are fewer
                shape = (len(content) * shape[0] // whole, *shape[1:])
            raw = decoded(content, how.filters, self._mask(), read.dtype.itemsize, whole)
            values = np.frombuffer(raw, read.dtype).reshape(shape)
        except (ValueError, ArithmeticError, MemoryError, UnreadableError) as error:
            raise self._broken(str(error)) from error
        from_, to = [], []
        for at, size, (start, stop) in zip(self.first, shape, self.part.box, strict=True):
            from_.append(slice(max(start - at, 0), min(stop - at, size)))
            to.append(slice(max(at - start, 0), min(at + size, stop) - start))
        read[tuple(to)] = values[tuple(from_)]

    def _mask(self) -> int:
        how, mask = self.part.how.stored, int(self.part.how.chunks.masks[self.number])
        if not how.layout.whole_edges:
            return mask
        is_edge = any(
            at + size > end for at, size, end in zip(self.first, self.part.how.chunks.shape, how.shape, strict=True)
        )
        return ~0 if is_edge else mask

    def _broken(self, what: str) -> ReaderError:
        start, stop = self.span
        return ReaderError(
            f"{self.part.name}: {self.part.path} is broken in bytes {start} to {stop}: {what}; get it again"
        )

"""One stored piece as values again: what was done to it is undone.

Source: HDF5 File Format Specification, IV.A.2.l "The Data Storage - Filter Pipeline Message".
"""

import zlib

import numpy as np

from tercet.readers.hdf5.cursor import UnreadableError
from tercet.readers.hdf5.messages import DEFLATE, FLETCHER32, SHUFFLE, Filter


def decoded(
    raw: bytes | memoryview, done: tuple[Filter, ...], mask: int, itemsize: int, whole: int
) -> bytes | memoryview:
    """Undo what was done to a piece before it was stored.

    Args:
        raw: the piece as it lies in the file.
        done: in the order in which it was done.
        mask: what was left out for this piece, bit by bit.
        itemsize: bytes of one value.
        whole: bytes of the piece when undone.

    Raises:
        UnreadableError: by a filter that is not read.
        ValueError: it is broken.
    """
    for place, one in reversed(list(enumerate(done))):
        if mask >> place & 1:
            continue
        if one.number == DEFLATE:
            raw = _inflated(raw, whole)
        elif one.number == SHUFFLE:
            raw = _unshuffled(raw, one.values[0] if one.values else itemsize)
        elif one.number == FLETCHER32:
            raw = _verified(raw)
        else:
            raise UnreadableError(f"the filter {one.number}")
    return raw


def _inflated(raw: bytes | memoryview, whole: int) -> bytes:
    try:
        return zlib.decompress(raw, bufsize=max(whole, 1))
    except zlib.error as error:
        raise ValueError(f"it does not unpack ({error})") from error


def _unshuffled(raw: bytes | memoryview, itemsize: int) -> bytes | memoryview:
    """The first bytes of all values lie together, then the second, ...; what is left over lies behind."""
    count = len(raw) // itemsize
    if itemsize < 2 or count < 2:  # noqa: PLR2004 - nothing to shuffle
        return raw
    planes = np.frombuffer(raw, np.uint8, count * itemsize).reshape(itemsize, count)
    return planes.T.tobytes() + bytes(raw[count * itemsize :]) if count * itemsize < len(raw) else planes.T.tobytes()


def _verified(raw: bytes | memoryview) -> memoryview:
    """A piece without its checksum, which must be that of the piece."""
    view = memoryview(raw)
    content, told = view[:-4], int.from_bytes(view[-4:], "little")
    if _fletcher32(content) not in (told, _swapped(told)):
        raise ValueError("its checksum is another")
    return content


def _swapped(number: int) -> int:
    """HDF5 before 1.6.3 on little-endian machines swapped the bytes of each half."""
    return (number & 0x00FF00FF) << 8 | (number >> 8 & 0x00FF00FF)


def _fletcher32(content: memoryview) -> int:
    """Of 16-bit words, the first byte the higher; of an odd last byte as well."""
    padded = bytes(content) + b"\0" * (len(content) % 2)
    words = np.frombuffer(padded, ">u2").astype(np.uint64)
    count = words.size
    first = int(words.sum())
    # the second sum adds up all first sums: each word as often as there are words from it on
    second = int((words * np.arange(count, 0, -1, dtype=np.uint64)).sum())
    return _folded(second) << 16 | _folded(first)


def _folded(total: int) -> int:
    """Modulo 65535, where a sum that is not 0 never becomes 0."""
    return (total - 1) % 65535 + 1 if total else 0

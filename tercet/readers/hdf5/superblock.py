"""The first bytes of an HDF5 file: whether it is one, where addresses count from, and whether all of it is there."""

from dataclasses import dataclass

from tercet.errors import ReaderError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FIRST_PLACES = (0, 512, 1024, 2048, 4096)
"""Where a superblock may lie: at the start, or behind a user block (whose size is a power of two)."""
LONGEST = 104
"""Bytes of the longest superblock, version 0 with addresses of 8 bytes."""
HEAD = _FIRST_PLACES[-1] + LONGEST
"""Bytes that `parsed` needs."""

_LOOKS_LIKE = (
    (b"PK\x03\x04", "a ZIP archive: unpack it and open the .h5 inside"),
    (b"CDF", "a netCDF-3 file: convert it with `nccopy -k netCDF-4`"),
    (b"\x1f\x8b", "gzip-compressed: unpack it first"),
    (b"<", "an HTML or XML page, perhaps a login: check the address and the credentials"),
    (b"{", "a JSON document, perhaps an error: check the address"),
)


@dataclass(frozen=True, slots=True)
class Superblock:
    """What a file says of itself first.

    Attributes:
        version: 0 to 3.
        base: the byte that all other addresses count from.
        size: bytes of the whole file, user block included, as the one who wrote it left it.
        offset_size: bytes of an address.
        length_size: bytes of a length.
        root: address of the root group's object header, counted from `base`.
    """

    version: int
    base: int
    size: int
    offset_size: int
    length_size: int
    root: int


def parsed(head: bytes, name: str, size: int) -> Superblock:
    """Read the superblock.

    Args:
        head: the first bytes of the file, `HEAD` of them where it has as many.
        name: of the file, for messages.
        size: bytes that are there.

    Raises:
        ReaderError: it is no HDF5 file, of an unknown version, or cut off (the byte is named).
    """
    place = next((at for at in _FIRST_PLACES if head[at : at + 8] == SIGNATURE), None)
    if place is None:
        raise ReaderError(_no_hdf5(head, name, size))
    try:
        found = _fields(head, place, name)
    except IndexError:
        raise ReaderError(f"{name} is cut off at byte {size}, within its first block: get it again") from None
    if size < found.size:
        raise ReaderError(
            f"{name} is cut off at byte {size}: it was written with {found.size} bytes, "
            f"{found.size - size} are missing; get it again"
        )
    return found


def _no_hdf5(head: bytes, name: str, size: int) -> str:
    if not size:
        return f"{name} is empty (0 bytes): get it again"
    if SIGNATURE.startswith(head[:8]):
        return f"{name} is cut off at byte {size}, within its first block: get it again"
    for start, what in _LOOKS_LIKE:
        if head.lstrip().startswith(start):
            return f"{name} is no HDF5 file, but {what}"
    return f"{name} is no HDF5 file: byte 0 begins {head[:8].hex(' ')}, HDF5 begins {SIGNATURE.hex(' ')}"


def _fields(head: bytes, place: int, name: str) -> Superblock:
    version = head[place + 8]
    if version in (0, 1):
        offset_size, length_size = head[place + 13], head[place + 14]
        # version 1 has four bytes more, for the B-trees of chunks
        at = place + (24 if version == 0 else 28)
        base, _free, end, _driver, _name, root = (_address(head, at + k * offset_size, offset_size) for k in range(6))
    elif version in (2, 3):
        offset_size, length_size = head[place + 9], head[place + 10]
        base, _extension, end, root = (_address(head, place + 12 + k * offset_size, offset_size) for k in range(4))
    else:
        raise ReaderError(f"{name} has an HDF5 superblock of version {version} at byte {place}; 0 to 3 can be read")
    # the end is an address in the file, not counted from the base
    return Superblock(version, base, end, offset_size, length_size, root)


def _address(head: bytes, at: int, size: int) -> int:
    if at + size > len(head):
        raise IndexError(at)
    return int.from_bytes(head[at : at + size], "little")

"""Whether files are what their Item says that they are."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Literal

from tercet.errors import ReaderError
from tercet.readers.locations import Location
from tercet.settings import Settings

Checked = Literal["same", "unstated"]
"""What was found: the stated checksum is right, or none is stated."""

_HASHES: Mapping[bytes, str] = {b"\x11\x14": "sha1", b"\x12\x20": "sha256", b"\x13\x40": "sha512"}
"""Code and length as a multihash begins."""
_MD5 = b"\xd5\x01\x10"
_PIECE = 8 * 1024 * 1024


def verified(files: Mapping[str, Location], settings: Settings) -> dict[str, Checked]:
    """Compare files with their ``file:checksum``; those that state none are not fetched.

    Raises:
        ReaderError: one of them differs, or its checksum is of a kind that is not known.
    """
    return {key: _verified(at, settings) for key, at in files.items()}


def _verified(location: Location, settings: Settings) -> Checked:
    stated = location.asset.get("file:checksum")
    if not stated:
        return "unstated"
    name, expected = _taken_apart(str(stated), location)
    digest = hashlib.new(name, usedforsecurity=False)
    for piece in _pieces(location, settings):
        digest.update(piece)
    if digest.digest() != expected:
        raise ReaderError(
            f"{location.name} is not the file that its Item describes: {name} is {digest.hexdigest()}, stated is "
            f"{expected.hex()}; fetch it again, or harvest the Item anew"
        )
    return "same"


def _taken_apart(stated: str, location: Location) -> tuple[str, bytes]:
    """Name and digest of a multihash in hexadecimal digits."""
    try:
        content = bytes.fromhex(stated)
    except ValueError:
        content = b""
    if content[:3] == _MD5:
        return "md5", content[3:]
    name = _HASHES.get(content[:2])
    if name is None:
        raise ReaderError(f"the checksum of {location.name} is no multihash of SHA-1, SHA-2 or MD5: {stated[:20]}…")
    return name, content[2:]


def _pieces(location: Location, settings: Settings) -> Iterator[bytes]:
    if location.is_local:
        try:
            with location.path.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as error:
            raise ReaderError(f"{location.name} cannot be read: {error.strerror or error}") from error
        return
    from tercet.readers.remote.ranges import open_ranges  # noqa: PLC0415 - who reads local files needs no HTTP

    ranges = open_ranges(location.href, settings=settings)
    try:
        for start in range(0, ranges.size, _PIECE):
            yield bytes(ranges.read([(start, min(start + _PIECE, ranges.size))])[0])
    finally:
        ranges.close()

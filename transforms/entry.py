"""What a transform hands on: an Item and its place among the versions of the same thing."""

from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]
"""A STAC Item as plain JSON values."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One Item and what decides whether it is current.

    Attributes:
        item: the Item as it stands while it is current; ``item["collection"]`` is the Collection's id.
        product: the source's product that it belongs to.
        subject: what the Item is a version of, unique in its Collection: the plume id; the granule name
            without its revision; EarthCARE's type, orbit and frame.
        rank: orders the versions of a subject, the highest is current; compared byte by byte, so
            numbers are zero-padded.
        archive_id: the Item's id once it is superseded, and its key in the ledger: unique per version.
        freshness: orders records of the same version, so that replaying an old one changes nothing:
            the provider's last-change time at millisecond precision, or "" where it sends none.
    """

    item: Item
    product: str
    subject: str
    rank: str
    archive_id: str
    freshness: str = ""

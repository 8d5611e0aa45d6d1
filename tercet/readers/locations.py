"""Where a file lies: on this machine, at an address, in a bucket; and what its Item says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

_REMOTE = frozenset({"http", "https", "s3", "gs", "az", "abfs"})


@dataclass(frozen=True, slots=True)
class Location:
    """A file, and what is said of it.

    Attributes:
        href: path or URL.
        item: the STAC Item that it is of, where it was found in one.
        key: of its asset.
        asset: what the Item says of it: size, checksum, nodata.
    """

    href: str
    item: Mapping[str, Any] | None = None
    key: str | None = None
    asset: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        return not is_remote(self.href)

    @property
    def path(self) -> Path:
        """Where it lies on this machine."""
        parts = urlsplit(self.href)
        return Path(unquote(parts.path) if parts.scheme == "file" else self.href).expanduser()

    @property
    def size(self) -> int | None:
        """Bytes, as far as the Item says."""
        size = self.asset.get("file:size")
        return size if isinstance(size, int) and size > 0 else None

    @property
    def name(self) -> str:
        """For messages: without query, which may hold a signature, and without a user's name and password."""
        return str(self.path) if self.is_local else without_secrets(self.href)

    @property
    def file_name(self) -> str:
        """The last part of the path."""
        return self.path.name if self.is_local else unquote(urlsplit(self.href).path.rpartition("/")[2])


def is_remote(href: str) -> bool:
    """Whether an href is the address of another machine, or of a bucket."""
    return urlsplit(href).scheme.lower() in _REMOTE


def without_secrets(href: str) -> str:
    """An address without its query, user name and password."""
    parts = urlsplit(href)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

"""Where made files go: a folder, or an object store. A file is there whole, or not at all."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from tercet.errors import ConfigError, SinkError

_SHA2_256 = "1220"
"""The multihash prefix of SHA-2 with 256 bits: https://github.com/multiformats/multicodec"""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Put:
    """A file that was put.

    Attributes:
        href: permanent, without a secret.
        size: bytes.
        checksum: multihash, hexadecimal.
    """

    href: str
    size: int
    checksum: str


class FileStore:
    """A folder or an object store, by its address.

    Args:
        root: a folder's path, ``file://``, ``s3://bucket/prefix``, ``gs://…``, ``az://…``; credentials of object
            stores come from their usual environment variables.
        public: the address under which what is put can be read by others; by default the store's own.

    Raises:
        ConfigError: the address is no such thing, or the folder cannot be made.
    """

    def __init__(self, root: str, public: str | None = None) -> None:
        self._store, own = _opened(root)
        self._public = (public or own).rstrip("/")

    def put(self, path: Path, name: str) -> Put:
        """Put a file under a name, over what was there; readers see the old or the new, never a part.

        Args:
            path: the file.
            name: with ``/`` between its parts.

        Raises:
            SinkError: it could not be written.
        """
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
        try:
            obstore.put(self._store, name, path)
        except (BaseError, OSError) as error:
            raise SinkError(
                f"{self._public}/{name} could not be written ({_words(error)}): is there room, and the right?"
            ) from error
        return Put(f"{self._public}/{quote(name)}", size, _SHA2_256 + digest.hexdigest())

    def read(self, name: str) -> bytes | None:
        """Give what lies under a name, whole; None where nothing does.

        Raises:
            SinkError: it cannot be read.
        """
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise SinkError(
                f"{self._public}/{name} cannot be read ({_words(error)}): check the address and its credentials"
            ) from error

    def remove(self, name: str) -> None:
        """Take away what lies under a name; nothing there is fine.

        Raises:
            SinkError: it cannot be removed.
        """
        try:
            obstore.delete(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise SinkError(
                f"{self._public}/{name} cannot be removed ({_words(error)}): have you the right?"
            ) from error


def _words(error: Exception) -> str:
    """What a store says, without the dump of its own objects below it."""
    return str(error).split("\n", 1)[0]


def _opened(root: str) -> tuple[ObjectStore, str]:
    scheme = urlsplit(root).scheme
    try:
        if scheme in ("", "file"):
            folder = Path(urlsplit(root).path if scheme else root).expanduser().resolve()
            folder.mkdir(parents=True, exist_ok=True)
            return LocalStore(folder), folder.as_uri()
        return from_url(root), root
    except (BaseError, OSError, ValueError) as error:
        raise ConfigError(
            f"{root} is no place for files ({_words(error)}): give a folder, or s3://bucket/prefix"
        ) from error

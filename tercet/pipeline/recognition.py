"""Raw records that were read before need not be read again: they are known by a hash of what they hold.

The hash covers our own transforms too: after an upgrade that changes them every record is read anew.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from stac_api.versions import CODE

Recognise = Callable[[Sequence[bytes]], set[bytes]]
"""Which of these keys stand for records whose Items are stored as they are."""


def nothing(_keys: Sequence[bytes]) -> set[bytes]:
    """Recognise nothing: every record is read."""
    return set()


def record_key(dumped: bytes) -> bytes:
    """Twenty bytes: four stand for the code that reads the record, the others for it, dumped with sorted keys."""
    return _transforms() + hashlib.blake2b(dumped, digest_size=16).digest()


@cache
def _transforms() -> bytes:
    code = hashlib.blake2b(digest_size=CODE)
    for module in _modules(files("transforms")):
        code.update(module.name.encode() + b"\0" + module.read_bytes())
    return code.digest()


def _modules(folder: Traversable) -> Iterable[Traversable]:
    return sorted((entry for entry in folder.iterdir() if entry.name.endswith(".py")), key=lambda entry: entry.name)

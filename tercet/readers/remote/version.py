"""Which version of a file an answer is of: a file that is replaced while it is read gives an error, not garbage."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one version of a file from another.

    Attributes:
        size: bytes of the whole file.
        mark: its ETag, or when it was last modified; "" where nobody said either.
    """

    size: int
    mark: str = ""

    def is_another(self, than: "Version") -> bool:
        """Whether two versions cannot be the same: of an ETag and a date nobody can tell."""
        alike = bool(self.mark and than.mark) and _is_date(self.mark) == _is_date(than.mark)
        return self.size != than.size or (alike and _strong(self.mark) != _strong(than.mark))

    @classmethod
    def said(cls, size: int, headers: Mapping[str, str]) -> "Version":
        """What an answer says."""
        return cls(size, headers.get("ETag") or headers.get("Last-Modified") or "")


def _is_date(mark: str) -> bool:
    return mark.endswith(" GMT")


def _strong(mark: str) -> str:
    """An ETag without the note that it is a weak one: whatever packs answers on their way may add it."""
    return mark.removeprefix("W/")

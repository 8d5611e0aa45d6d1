"""What is to be made of an Item, and what came of it: shared by all kinds of files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tercet.readers.base import Reader
from transforms.entry import Item


@dataclass(frozen=True, slots=True)
class Task:
    """One file to be made of one Item.

    Attributes:
        key: of the asset that the Item gains.
        sources: the keys of the assets that it is made of.
        suffix: of the file's name, with its dot.
    """

    key: str
    sources: tuple[str, ...]
    suffix: str


@dataclass(frozen=True, slots=True)
class Output:
    """What was made.

    Attributes:
        path: the file, or None where an asset of the Item is already what is wanted.
        asset: title, media type, roles and what is known of the file; address, size and checksum come later.
        properties: what the Item gains, as in `transforms.made.Made`.
        extensions: schemas that the Item then follows.
    """

    path: Path | None
    asset: Mapping[str, Any]
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extensions: Sequence[str] = ()


class Files(Protocol):
    """An Item's files, fetched when they are asked for."""

    def local(self, key: str) -> Path:
        """A copy of an asset's file on this machine, whole.

        Raises:
            ReaderError: it is not there, or cannot be read.
            AuthError: its provider does not let us.
        """

    def reader(self) -> Reader:
        """A reader of the Item."""


class Kind(Protocol):
    """One kind of file that can be made."""

    def tasks(self, item: Item) -> list[Task]:
        """What can be made of an Item, as far as it says itself."""

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Make one.

        Args:
            task: one of `tasks`.
            item: as it is stored.
            files: its files.
            folder: empty; the file is made there.

        Raises:
            ReaderError: what it is made of cannot be read, or holds nothing that it could be made of.
        """


@dataclass(frozen=True, slots=True)
class AllOf:
    """Several kinds as one: whatever any of them makes of an Item."""

    kinds: tuple[Kind, ...]

    def tasks(self, item: Item) -> list[Task]:
        """What any of them can make."""
        return [task for kind in self.kinds for task in kind.tasks(item)]

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Let the first that can make one make it.

        Raises:
            ReaderError: it cannot.
        """
        maker = next(kind for kind in self.kinds if task in kind.tasks(item))
        return maker.make(task, item, files, folder)

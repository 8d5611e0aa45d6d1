"""Where the chunks of an HDF5 file lie, kept beside it: readers then need no request for its structure."""

from dataclasses import dataclass
from pathlib import Path

from tercet.readers.hdf5.index import MEDIA_TYPE, ROLE, SUFFIX
from tercet.readers.hdf5.indexing import index_of
from tercet.readers.locations import Location
from tercet.settings import Settings
from transforms.entry import Item
from transforms.files.tables import is_hdf5
from transforms.files.task import Files, Output, Task

KEY = "index"


@dataclass(frozen=True, slots=True)
class Indexes:
    """An index of an Item's HDF5 file, from its DMR++ where the Item has one, else by reading its structure once.

    Attributes:
        settings: credentials and patience, for files elsewhere.
    """

    settings: Settings

    def tasks(self, item: Item) -> list[Task]:
        """One, where the science file is HDF5."""
        return [Task(KEY, ("data",), SUFFIX)] if is_hdf5(item) else []

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Write the index. The file itself is not copied: only its structure is read.

        Raises:
            ReaderError: it cannot be read.
        """
        del files
        asset = item["assets"]["data"]
        path = folder / f"made{task.suffix}"
        path.write_bytes(index_of(Location(asset["href"], item, "data", asset), self.settings))
        return Output(path, {"title": "Index of the file's chunks", "type": MEDIA_TYPE, "roles": [ROLE]})

"""The files of one Item, fetched when they are asked for and gone afterwards."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from tercet import readers
from tercet.errors import ReaderError
from tercet.fetch.downloads import download
from tercet.readers.base import Reader
from tercet.settings import Settings
from transforms.entry import Item


@dataclass(slots=True)
class ItemFiles:
    """Files of an Item, as `transforms.files` asks for them.

    Attributes:
        folder: empty; copies go there.
    """

    item: Item
    settings: Settings
    folder: Path
    _open: ExitStack = field(init=False, default_factory=ExitStack)

    def local(self, key: str) -> Path:
        """Give a copy of an asset's file on this machine; what lies here already is given as it is."""
        href = str(self.item["assets"][key]["href"])
        if urlsplit(href).scheme in ("", "file"):
            path = Path(unquote(urlsplit(href).path))
            if not path.is_file():
                raise ReaderError(f"{self.item['id']}: asset {key} is not at {path}")
            return path
        return download(href, self.settings, self.folder / key)

    def reader(self) -> Reader:
        """Give a reader of the Item."""
        return self._open.enter_context(readers.open(self.item, settings=self.settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

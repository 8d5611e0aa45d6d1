"""Pictures of what its provider gives none of: what the Item's reader draws of its own accord."""

from pathlib import Path

from tercet.readers.base import Reader
from transforms.entry import Item
from transforms.files.task import Files, Output, Task

MEDIA_TYPE = "image/png"
_SIZES = {"thumbnail": 512, "overview": 1600}
"""Pixels of the longer side."""
_TITLES = {"thumbnail": "Thumbnail", "overview": "Overview"}
_SCIENCE = ("data", "concentrations", "cmf_ch4", "cmf_co2")
"""What a picture is made of, the first that there is."""


class Quicklooks:
    """Pictures of an Item, of both sizes that viewers ask for."""

    def tasks(self, item: Item) -> list[Task]:
        """One for each role that none of the provider's assets has."""
        there = {role for asset in item["assets"].values() if not _is_made(asset) for role in asset.get("roles", ())}
        source = next((key for key in _SCIENCE if key in item["assets"]), None)
        return [Task(role, (source,), ".png") for role in _SIZES if source and role not in there]

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Draw one.

        Raises:
            ReaderError: the file cannot be read, or holds nothing to draw.
        """
        del item
        path = folder / f"made{task.suffix}"
        draw(files.reader(), path, _SIZES[task.key])
        return Output(path, {"title": _TITLES[task.key], "type": MEDIA_TYPE, "roles": [task.key]})


def draw(reader: Reader, path: Path, pixels: int) -> None:
    """Write a reader's quicklook, its longer side of so many pixels."""
    figure = reader.quicklook()
    figure.savefig(path, dpi=pixels / max(figure.get_size_inches()), metadata={"Software": None})


def _is_made(asset: object) -> bool:
    return isinstance(asset, dict) and asset.get("tercet:evidence") == "made"

"""What `read`, `plot` and `inspect` have in common: the Item that they open, and the part of it that is wanted."""

import inspect
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from tercet.cli.parameters import BboxParameter, Moment
from tercet.errors import ConfigError, ReaderError, UpstreamError
from tercet.readers.base import Bbox, Reader
from tercet.settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_WHY_NOT = {"beams": "only granules of ICESat-2 have beams"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an Item, as words of `Reader.dataset` and `Reader.table`."""

    variables: tuple[str, ...] = ()
    bbox: Bbox | None = None
    polygon: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    beams: str | None = None

    def words(self, method: Callable[..., Any]) -> dict[str, Any]:
        """Arguments of a reader's method.

        Raises:
            ConfigError: it knows no beams.
        """
        return {"variables": list(self.variables) or None, **self.part(method)}

    def part(self, method: Callable[..., Any]) -> dict[str, Any]:
        """Arguments of a reader's method that say which part, as far as one was named.

        Raises:
            ConfigError: it cannot be asked for such a part.
        """
        time = (self.since, self.until) if self.since or self.until else None
        beams = [one.strip() for one in self.beams.split(",")] if self.beams else None
        said: dict[str, Any] = {"bbox": self.bbox, "polygon": self.polygon, "time": time}
        said["beams"] = beams[0] if beams and len(beams) == 1 else beams
        asked = {name: value for name, value in said.items() if value is not None}
        for name in asked:
            if name not in inspect.signature(method).parameters:
                raise ConfigError(f"--{name}: {_WHY_NOT.get(name, 'its picture shows all of it; `tercet read` cuts')}")
        return asked


def item_argument(command: F) -> F:
    """Add ITEM and the options that say which of its files."""
    for add in (
        click.option(
            "--alternate", metavar="NAME", help="Take the files' alternate addresses of this name, such as s3."
        ),
        click.option("--asset", metavar="KEY", help="Of an Item only this file."),
        click.argument("item"),
    ):
        command = add(command)
    return command


def selection_options(command: F) -> F:
    """Add the options that say which part."""
    for add in (
        click.option("--beams", metavar="NAMES", help="ICESat-2: gt1l,gt2r… or strong or weak."),
        click.option("--until", type=Moment(), help="First moment that is not wanted any more, UTC."),
        click.option("--since", type=Moment(), help="First moment that is wanted, UTC."),
        click.option("--polygon", type=click.Path(exists=True, dir_okay=False), help="A file of polygons, GeoJSON…"),
        click.option("--bbox", type=BboxParameter(), help="West,south,east,north in degrees; W > E crosses ±180°."),
    ):
        command = add(command)
    return command


def opened(item: str, *, asset: str | None, alternate: str | None) -> Reader:
    """Open a path, an address, or collection/id: of the catalog that is served, else of the database here.

    Raises:
        ReaderError: it is nothing that can be read.
    """
    from tercet.readers import open as open_reader  # noqa: PLC0415 - readers take their time

    settings = load_settings()
    try:
        return open_reader(item, asset=asset, alternate=alternate, settings=settings)
    except UpstreamError as error:
        found = _in_database(item, settings) if error.status is None else None
        if found is None:
            raise
        return open_reader(found, asset=asset, alternate=alternate, settings=settings)


def written(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, and put it there when it is whole.

    Raises:
        ReaderError: it cannot be written.
    """
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        write(draft)
        draft.replace(path)
    except OSError as error:
        raise ReaderError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


def suffix_of(path: str, known: Sequence[str]) -> str:
    """The ending of a path, which says what is written.

    Raises:
        ConfigError: it is none of those that are known.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in known:
        raise ConfigError(f"-o {path}: its ending says what to write, one of {', '.join(known)}")
    return suffix


def _in_database(item: str, settings: Settings) -> dict[str, Any] | None:
    """An Item of the database, where one runs that is ours or named."""
    if not _NAME.fullmatch(item) or Path(item).exists():
        return None
    from stac_api.database import open_database, status  # noqa: PLC0415 - only where nothing is served

    if not status(settings).running:
        return None
    collection, _, name = item.partition("/")
    with closing(open_database(settings).connect(read_only=True)) as connection:
        row = connection.execute("SELECT pgstac.get_item(%s, %s)", [name, collection]).fetchone()
    if row is None or row[0] is None:
        raise ReaderError(f"the catalog has no Item {name} in {collection}: `tercet status` lists its Collections")
    found: dict[str, Any] = row[0]
    return found

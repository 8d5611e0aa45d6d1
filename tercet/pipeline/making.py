"""One file of one Item: fetched, made, put where it belongs, and described. Runs in worker processes."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stac_api.made import Unmade
from stac_api.made_selection import Chosen
from tercet import __version__
from tercet.errors import AuthError, NotServedError, ReaderError, RecordError, TercetError, UpstreamError
from tercet.pipeline.item_files import ItemFiles
from tercet.settings import Settings
from transforms.catalog import EXTENSIONS
from transforms.entry import Version
from transforms.files.store import FileStore
from transforms.files.task import Kind, Output, Task
from transforms.files.tiles import WEB_MAP_LINKS, tile_links
from transforms.made import Made, signature

_FILE, _PROCESSING = f"{EXTENSIONS}/file/v2.1.0/schema.json", f"{EXTENSIONS}/processing/v1.2.0/schema.json"
_GONE, _FORBIDDEN = (404, 410), (401, 403)


@dataclass(frozen=True, slots=True)
class Place:
    """Where made files go, and what leads to them.

    Attributes:
        root, public: as `FileStore` takes them.
        tiler: root of a titiler-pgstac over the same catalog, where there is one.
    """

    root: str
    public: str | None = None
    tiler: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One file that is wanted."""

    name: str
    kind: Kind
    task: Task
    chosen: Chosen


def make_one(work: Work, place: Place, settings: Settings) -> tuple[Version, Made] | Unmade:
    """Make one file and put it; what cannot be made comes back with its reason.

    Raises:
        SinkError: it could not be put: the others could not either.
        ConfigError: there is no such place.
    """
    version, item = work.chosen.version, work.chosen.item
    store = FileStore(place.root, place.public)
    with tempfile.TemporaryDirectory(prefix="tercet-") as folder:
        fetched, made = Path(folder, "fetched"), Path(folder, "made")
        fetched.mkdir()
        made.mkdir()
        try:
            with ItemFiles(item, settings, fetched) as files:
                output = work.kind.make(work.task, item, files, made)
        except (ReaderError, RecordError, UpstreamError) as error:
            return Unmade(version, work.task.key, work.name, item["id"], problem_of(error), str(error))
        return version, _placed(output, work, store, place)


def problem_of(error: TercetError) -> str:
    """Tell missing rights from missing files from all else."""
    if isinstance(error, AuthError):
        return "forbidden"
    if isinstance(error, NotServedError):
        return "missing"
    status = error.status if isinstance(error, UpstreamError) else None
    return "forbidden" if status in _FORBIDDEN else "missing" if status in _GONE else "failed"


def _placed(output: Output, work: Work, store: FileStore, place: Place) -> Made:
    chosen, task = work.chosen, work.task
    collection, assets = chosen.item["collection"], chosen.item["assets"]
    if output.path is None:
        located: Mapping[str, Any] = _linked(assets[task.sources[0]])
    else:
        put = store.put(output.path, f"{collection}/{chosen.archive_id}/{task.key}{task.suffix}")
        located = {"href": put.href, "file:size": put.size, "file:checksum": put.checksum}
    links = [
        link
        for render in output.properties.get("renders", {}).values()
        for link in (tile_links(place.tiler, collection, chosen.item["id"], render) if place.tiler else ())
    ]
    asset = {
        **output.asset,
        **located,
        "processing:lineage": f"{work.name} made of {', '.join(task.sources)} by Tercet",
        "processing:software": {"tercet": __version__},
    }
    extensions = [*output.extensions, _FILE, _PROCESSING, *([WEB_MAP_LINKS] if links else [])]
    sources = {key: signature(assets[key]) for key in task.sources}
    return Made(task.key, sources, asset, output.properties, links, extensions)


def _linked(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where an asset lies that is already what is wanted."""
    kept = ("href", "file:size", "file:checksum", "auth:refs", "storage:refs", "alternate")
    return {name: source[name] for name in kept if name in source}

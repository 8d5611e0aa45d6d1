"""A granule on disk: an Item of its header alone, beside the one that the archive's record makes.

The Item's `data` is the file. It has an id and a subject of its own, so it neither takes the place of the archive's
Item nor is replaced by it: ``<granule>_local`` for a whole granule, wherever it lies and however it is called, and
``<granule>_local_<digest of what it holds>`` for a subset, of which there may be several.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final

import orjson

from tercet.errors import RecordError
from transforms.entry import Entry
from transforms.icesat2_assets import local_asset
from transforms.icesat2_file_beams import properties_of_beams, single
from transforms.icesat2_footprint import Footprint, Shapes
from transforms.icesat2_granule import DATA_FILE, Granule, freshness, placed
from transforms.icesat2_items import item, kin
from transforms.icesat2_names import GranuleName
from transforms.icesat2_products import PRODUCTS
from transforms.icesat2_properties import properties_of

KEY: Final = "tercet:file"
"""What tells the header of a file from records of CMR: where the file lies, its size and when it changed."""

Header = Mapping[str, Any]

OF_TRACKS: Final = "ground_tracks"
OF_BOUNDS: Final = "bounds"
_EPOCH: Final = datetime(2018, 1, 1, tzinfo=UTC)
_WHOLE: Final = frozenset({"METADATA", "ancillary_data", "quality_assessment"})
"""Groups that every file of NASA has, and that what is cut out of one may lack."""
_GROUPS: Final = {"ATL11": "pt", "ATL04": "profile_", "ATL09": "profile_", "ATL09QL": "profile_", "ATL02": ""}
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_PAIR: Final = 2


def entry(header: Header) -> Entry:
    """Build the Item of a file.

    Args:
        header: what `harvesters.icesat2_file_hdf5` reads.

    Raises:
        RecordError: it does not say what it is, or holds no positions.
    """
    file, path = header[KEY], PurePath(header[KEY]["path"])
    subset = is_subset(header)
    known = _name(header, path.name)
    name = known or _stand_in(header, path)
    _check_groups(header, name, path)
    granule = _granule(header, name, subset=subset)
    properties = properties_of(granule, name, path.name)
    if known is None:
        del properties["icesat2:revision"]
    properties["icesat2:is_subset"] = subset
    properties.update(properties_of_beams(header))
    stem = known.stem if known else _NOT_IN_IDS.sub("_", path.stem)
    ending = f"local_{_digest(header)}" if subset else "local"
    item_id = f"{stem}_{ending}"
    described = {"data": local_asset(path.as_uri(), path.suffix, file["size"])}
    return Entry(
        item(granule, name, item_id, properties, described),
        name.product,
        f"{name.subject if known else stem}_{ending}",
        name.rank,
        item_id,
        freshness("file", file["modified"]),
        kin=kin(name),
        remarks=granule.footprint.remarks,
        local=True,
    )


def is_subset(header: Header) -> bool:
    """Whether a file holds less than the granule that it was: a subsetter says so, or groups are missing."""
    return bool(header.get("processing")) or not _WHOLE.issubset(header.get("groups", ()))


def _name(header: Header, file_name: str) -> GranuleName | None:
    """The granule's name: the file's own word, however it is called now, then what it is called."""
    for name in (header.get("file_name"), file_name):
        try:
            return replace(GranuleName.parse(name or ""), prefix="", tag="")
        except RecordError:
            continue
    return None


def _stand_in(header: Header, path: PurePath) -> GranuleName:
    """What a name would have said, of a file that lost its own.

    Raises:
        RecordError: the header does not say it either.
    """
    product = str(header.get("short_name") or "").upper()
    release = header.get("release") or _release_of(header.get("doi") or "")
    unknown = [
        word for word, said in (("product", product), ("release", release), ("time", header.get("start"))) if not said
    ]
    if unknown:
        raise RecordError(
            f"{path.name} says neither in METADATA nor in its name which granule it is, and not its "
            f"{', '.join(unknown)}: give it the granule's name, such as ATL08_20191211143520_11560506_006_01.h5"
        )
    orbit, region = header.get("orbit_info") or {}, _same(header, "region")
    return GranuleName(
        product=product,
        release=str(release).zfill(3),
        revision=0,
        rgt=single(orbit.get("rgt")) or _same(header, "rgt"),
        cycle=single(orbit.get("cycle_number")) or _same(header, "cycle"),
        region=region,
    )


def _release_of(doi: str) -> str:
    return doi.rpartition(".")[2] if "ATLAS/ATL" in doi else ""


def _same(header: Header, what: str) -> int | None:
    """What a granule starts and ends in, where that is one."""
    said = header.get("ancillary_data") or {}
    start, end = said.get(f"start_{what}"), said.get(f"end_{what}")
    return start if start == end else None


def _check_groups(header: Header, name: GranuleName, path: PurePath) -> None:
    """Refuse a file whose METADATA are another granule's, as some tools leave them.

    Raises:
        RecordError: it holds groups of another product.
    """
    product = PRODUCTS.get(name.product)
    expected = _GROUPS.get(name.product, "gt")
    groups = [group for group in header.get("beams") or () if not group.startswith(expected)]
    if groups and product and product.cut != "grid":
        raise RecordError(
            f"{path.name} says that it is {name}, and holds {', '.join(groups)}, which {name.product} has not: "
            "its METADATA are those of another granule; look at how it was made"
        )


def _granule(header: Header, name: GranuleName, *, subset: bool) -> Granule:
    start, end = _times(header, subset=subset)
    return Granule(
        surface="file",
        granule_ur=PurePath(header[KEY]["path"]).name,
        producer_id=None,
        concept_id=None,
        start=start,
        end=end,
        updated=None,
        produced=header.get("created"),
        orbit=single((header.get("orbit_info") or {}).get("orbit_number")),
        urls=(),
        files={DATA_FILE: {"file:size": header[KEY]["size"]}},
        footprint=_footprint(header, name, subset=subset),
        doi=str(header.get("doi") or "").removeprefix("doi:") or None,
    )


def _times(header: Header, *, subset: bool) -> tuple[str | None, str | None]:
    """First and last moment: of a subset those of its data, for its header is that of the whole granule."""
    spans = [beam["times"] for beam in (header.get("beams") or {}).values() if beam.get("times")]
    if subset and spans:
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return _moment(first), _moment(last)
    return header.get("start"), header.get("end")


def _moment(delta_time: float) -> str:
    # seconds since 2018 in GPS time; there was no leap second since
    return (_EPOCH + timedelta(seconds=delta_time)).isoformat()


def _footprint(header: Header, name: GranuleName, *, subset: bool) -> Footprint:
    """The polygon in the file, the ground tracks in what was cut out of it, or the bounds of a grid."""
    path, product = header[KEY]["path"], PRODUCTS.get(name.product)
    if header.get("polygons") and not subset:
        return placed(Shapes(rings=[[ring] for ring in header["polygons"]]), path)
    pieces = list(_tracks(header))
    lines = [piece for piece in pieces if len(piece) >= _PAIR]
    if pieces:
        points = [(piece[0][0], piece[0][1]) for piece in pieces]
        return placed(Shapes(lines=lines, points=points), path)._replace(made_of=OF_TRACKS)
    bounds = header.get("bounds")
    if bounds and (product is None or product.cut == "grid"):
        return placed(Shapes(boxes=[bounds]), path)._replace(made_of=OF_BOUNDS)
    why = "holds no positions: none of its beams has any data"
    if product and product.cut == "grid":
        why = "does not state its bounds: geospatial_lat_min and its like are gone"
    raise RecordError(f"{PurePath(path).name} {why}, so it cannot be placed")


def _tracks(header: Header) -> Iterator[Sequence[Sequence[float]]]:
    for beam in (header.get("beams") or {}).values():
        yield from beam.get("tracks") or ()


def _digest(header: Header) -> str:
    """Eight digits that stand for what a file holds, wherever it lies and however we draw its tracks."""
    beams = {name: _held(beam) for name, beam in (header.get("beams") or {}).items()}
    held = [header.get("file_name"), header.get("uuid"), header.get("groups"), beams, header[KEY]["size"]]
    return hashlib.blake2b(orjson.dumps(held, option=orjson.OPT_SORT_KEYS), digest_size=4).hexdigest()


def _held(beam: Header) -> list[Any]:
    """How much of a beam there is, when and where it starts."""
    tracks = beam.get("tracks")
    return [beam.get("positions"), beam.get("times"), tracks[0][0] if tracks else None]

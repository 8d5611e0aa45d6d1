"""EarthCARE: records of ESA's MAAP and local product files into Items of the catalog.

The archive's Items are close to ours and unsteady: keys, media types and names changed four times in a
year, and a granule lies in several of its collections. What a product is, its name says; what the records add is
kept where it has a meaning.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from tercet.errors import RecordError
from transforms.earthcare_collections import collection
from transforms.earthcare_file import is_record_of_file, name_of_file, said_by_file
from transforms.earthcare_item import item
from transforms.earthcare_names import ProductName, collection_id
from transforms.earthcare_said import Said, said_by_archive
from transforms.entry import Entry, Fragment, IncompleteError, Item, Kin, Part

__all__ = ["assemble", "collection", "entry", "is_record_of_file"]

Sent = Mapping[str, Any]


def entry(record: Sent) -> Entry:
    """Build the Item of one product, as far as one record tells of it.

    Args:
        record: a STAC Item of ESA's MAAP, as its search answers; or what `harvesters.earthcare_file` read in a
            product file.

    Returns:
        An Item whose geometry is the archive's coarse footprint or the file's coordinates (degrees, WGS 84; the
        ground track of nadir instruments, the swath of the imager), valid and split at the antimeridian. ``datetime``
        is the start of the frame, or of the validity of an orbit file.

    Raises:
        IncompleteError: it says of an EarthCARE product everything but where it lies.
        RecordError: it is no EarthCARE product, its footprint is none, or a time in it cannot be read.

    Source: recorded Items of https://catalog.maap.eo.esa.int/catalogue/, 2025 to 2026.
    """
    from_file = is_record_of_file(record)
    name = name_of_file(record) if from_file else ProductName.parse(str(record.get("id")))
    try:
        said = said_by_file(record, name) if from_file else said_by_archive(record, name)
        made = item(name, [said])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        whose = "what is read in a file" if from_file else "an Item of the archive"
        raise RecordError(f"{name} is not shaped like {whose}: {error!r}") from error
    part = Part(_part_key(said), said, said["properties"].get("updated", ""), name.rank)
    if made is None:
        raise IncompleteError(
            _why_incomplete(name, said), Fragment(collection_id(name.type), name.type, name.subject, part)
        )
    return _entry(name, made, [part])


def assemble(parts: Sequence[Part]) -> list[Entry]:
    """Make the Items of one frame, an Item for each baseline and creation, of all that was said of them.

    Of the collections that hold a granule the most open is believed first; files fill in what no record says.
    """
    versions: dict[str, list[Part]] = {}
    for part in sorted(parts, key=attrgetter("rank", "key")):
        versions.setdefault(part.rank, []).append(part)
    made = ((told, _item_of(told)) for told in versions.values())
    return [_entry(ProductName.parse(one["id"]), one, told) for told, one in made if one is not None]


def _item_of(told: Sequence[Part]) -> Item | None:
    return item(ProductName.parse(told[0].said["id"]), [part.said for part in told])


def _entry(name: ProductName, made: Item, told: Sequence[Part]) -> Entry:
    return Entry(
        made,
        name.type,
        name.subject,
        name.rank,
        made["id"],
        made["properties"].get("updated", ""),
        told[0] if len(told) == 1 else None,
        (Kin(f"earthcare:{name.place}"),) if name.place else (),
        tuple(dict.fromkeys(remark for part in told for remark in part.said.get("remarks", ()))),
    )


def _part_key(said: Said) -> str:
    """Surface, upstream collection and product: two baselines of a frame are one subject."""
    if said["surface"] == "file":
        # a product file, an archive of it and a header without it may all be at hand
        return f"file:{next(iter(said['assets']))}:{said['id']}"
    if "geometry" in said:
        return f"stac:{said.get('collection', '')}:{said['id']}"
    # a record without geometry must not take the place of the whole one from the same collection
    return f"partial:{said['id']}"


def _why_incomplete(name: ProductName, said: Said) -> str:
    product = said["id"]
    if said["surface"] == "file":
        return (
            f"the file of {product} tells of no coordinates; the Item is made once the archive's record comes, too: "
            "harvest it from ESA's MAAP"
        )
    why = "and the box around a frame is not what it covers" if name.place else "and states no box that it covers"
    return (
        f"{product} has no geometry, {why}; the Item is made once the whole record or the file comes: ask the archive "
        "for the whole Item, or leave it"
    )

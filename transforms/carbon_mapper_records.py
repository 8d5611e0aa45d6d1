"""What one record of REST or CSV says of a plume: a page's element, a single or nested plume, a row.

Source: Carbon Mapper data platform API, "plumes/annotated", "plume-csv", "source/plume" and "plumes/related".
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms import carbon_mapper_fields as fields
from transforms.carbon_mapper_assets import Files, stated_files
from transforms.carbon_mapper_names import AssetUrl, PlumeId, ProductCollection
from transforms.carbon_mapper_values import new_fields
from transforms.carbon_mapper_versions import emission_version, software_rank, version_rank
from transforms.entry import Part

Record = Mapping[str, Any]


def plume_part(record: Record) -> Part:
    """What a record says of a plume and of one version of its emission.

    Raises:
        RecordError: the plume is not published, or a field holds what it cannot hold.
    """
    related = _from_related(record)
    if related:
        return _part(related, "related")
    return _part(record, "csv" if any(name in record for name in fields.CSV_ONLY) else "rest")


def _part(record: Record, surface: str) -> Part:
    plume_id = record["plume_id"]
    status = record.get("status") or "published"
    if status != "published":
        raise RecordError(f"its status is {status!r}; only what is published is taken")
    files = stated_files(plume_id, record, fields.ADDRESSES)
    said: dict[str, Any] = {
        "plume": plume_id,
        "says": surface,
        "facts": fields.plume(record, PlumeId.parse(plume_id)),
        "rate": fields.emission(record),
    }
    version, software = record.get("emission_version"), record.get("processing_software")
    if not (isinstance(version, str) and version):
        version = _version_of_files(files)
    optional = {
        "version": version,
        "software": software if isinstance(software, str) else None,
        "bounds": fields.bounds(record),
        "files": files,
    }
    said.update((key, value) for key, value in optional.items() if value)
    if not record.keys() <= fields.KNOWN:
        said["new"] = new_fields(record, fields.KNOWN)
    return Part(f"{surface}:{version or ''}", said, _freshness(said, files), version_rank(version))


def _version_of_files(files: Files) -> str | None:
    """The version of the emission where the record states none: that of the rasters which it names."""
    found = [collection for name in files if (collection := ProductCollection.parse(name))]
    for kind in ("vis", "ime", None):
        for collection in found:
            if collection.kind == kind:
                return emission_version(collection.version)
    return None


def _freshness(said: Mapping[str, Any], files: Files) -> str:
    """Orders records of the same version by age, and of the same age by how much they say.

    The times in them do not move when a plume is reprocessed, and an older layout has fewer fields. Of two that say as
    much at the same time, and do not say the same, the one holds that came last: an emission can be corrected.
    """
    number, with_checksum, pictures, integrated = 0, 0, "", ""
    for collection, listed in files.items():
        rank = version_rank(collection.rpartition("-")[2])
        if "-vis-" in collection:
            pictures = max(pictures, rank)
        else:
            integrated = max(integrated, rank)
        number += len(listed)
        with_checksum += sum(map(bool, listed.values()))
    facts, rate = said["facts"], said["rate"]
    return (
        f"{facts.get('updated', '')} {software_rank(said.get('software'))} {pictures} {integrated} "
        f"{rate.get('cm:hide_emission', False):d} {with_checksum:02d} {number + len(facts) + len(rate):03d}"
    )


def _from_related(record: Record) -> dict[str, Any] | None:
    """An answer of plumes/related in the fields of the list, by its default objects; None where it is none.

    Its shape is that of 2024, so nothing in it is relied upon.
    """
    if not _RELATED & record.keys():
        return None
    emission, ime, vis = (
        record.get(f"default_{name}_object") if isinstance(record.get(f"default_{name}_object"), Mapping) else None
        for name in ("emission", "ime", "vis")
    )
    found = {key: value for key, value in record.items() if key in fields.KNOWN}
    found.setdefault("plume_bounds", record.get("bounds"))
    found.update(_addresses(vis), **_addresses(ime))
    if emission:
        found.update(_rate(emission))
    return found


def _rate(emission: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("emission", "emission_uncertainty", "wind_speed_avg", "wind_speed_std", "wind_direction_avg"):
        found[f"{name}_auto"] = emission.get(f"{name}_auto", emission.get(name))
    found["wind_direction_std_auto"] = emission.get("wind_direction_std_auto", emission.get("wind_direction_std"))
    found["wind_source_auto"] = emission.get("wind_source_auto", emission.get("wind_source"))
    collection = ProductCollection.parse(str(emission.get("collection") or ""))
    if collection:
        found |= {"emission_version": collection.version, "emission_cmf_type": collection.filter}
    return found


def _addresses(product: object) -> dict[str, str]:
    """Addresses of the provider's files anywhere in an object, by the list's fields for them."""
    if isinstance(product, str):
        url = AssetUrl.parse(product)
        field = _FIELD_OF.get(url.key) if url else None
        return {field: product} if field else {}
    values = product.values() if isinstance(product, Mapping) else product if isinstance(product, list) else ()
    return {field: address for value in values for field, address in _addresses(value).items()}


_RELATED = {"plumeemission_set", "default_emission_object", "default_ime_object", "default_vis_object"}
_FIELD_OF = {
    "plume.tif": "plume_tif",
    "rgb.tif": "rgb_tif",
    "plume.png": "plume_png",
    "plume-rgb.png": "plume_rgb_png",
    "rgb.png": "rgb_png",
    "ime-cmf-concentrations.tif": "con_tif",
    "concentrations.tif": "con_tif",
}

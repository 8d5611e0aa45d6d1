"""One plume of our own as every surface of Carbon Mapper would tell it: the same figures in each."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from harvesters.carbon_mapper_answers import records_in
from stac_api.parts import Parts, Told, join
from transforms.carbon_mapper import assemble, entry
from transforms.entry import Entry, Fragment, IncompleteError, Part

GATEWAY = "https://api.carbonmapper.org/api/v1/catalog/asset"
CDN = "https://catalog.carbonmapper.org"
SCENE = "emi20230704t081500p18505"
PLUME = f"{SCENE}-AB"
ORIGIN = (53.501234567890123, 39.401234567890123)
BOUNDS = [53.45, 39.35, 53.55, 39.45]
PUBLISHED, MODIFIED = "2023-08-01T10:11:12.345678Z", "2024-02-03T04:05:06.789012Z"

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """One version of the plume.

    Attributes:
        vis: version of its pictures.
        ime: collection of its integrated raster, without the gas: ``ime-mfa-v3``, or the older ``mfa-v1``.
        east: where its outline ends.
    """

    version: str
    emission: float
    mass: float
    fetch: float
    software: str | None
    vis: str
    ime: str
    is_current: bool
    east: float = 53.53

    @property
    def wind(self) -> float:
        return self.emission / 3600 * self.fetch / self.mass

    @property
    def pictures(self) -> str:
        return f"l3a-vis-ch4-mfa-{self.vis}"

    @property
    def raster(self) -> str:
        kind, _, rest = self.ime.partition("-") if self.ime.startswith("ime-") else ("", "", self.ime)
        return f"l3a-ime-ch4-{rest}" if kind else f"l3a-ch4-{rest}"


CURRENT = Truth("v3", 2750.125, 700.5, 1500.25, "3.18.1", "v3", "ime-mfa-v3", is_current=True)
OLD = Truth("v1", 3210.75, 500.25, 1000.5, None, "v002", "ime-mfa-v1", is_current=False, east=53.54)
FILES = {
    "vis": ["plume.tif", "plume-concentrations.tif", "rgb.tif", "plume-outline.geojson", "plume.png", "rgb.png"],
    "ime": ["ime-cmf-concentrations.tif", "ime-cmf-mask.tif", "ime-cmf-outline.geojson"],
    "l3a": ["concentrations.tif"],
}


def checksum(collection: str, key: str) -> str:
    return f"1114{random.Random(collection + key).getrandbits(160):040x}"


def path(collection: str, key: str) -> str:
    return f"{collection}/2023/07/04/{PLUME}/{PLUME}_{collection}_{key}"


def signed(collection: str, key: str) -> str:
    query = f"c={checksum(collection, key)}&Expires=1791126534&Signature=SECRET&Key-Pair-Id=SECRET"
    return f"{CDN}/{path(collection, key)}?{query}"


def plume(truth: Truth = CURRENT) -> Record:
    """As plumes/annotated lists it: times cut to milliseconds."""
    key = "ime-cmf-concentrations.tif" if "ime" in truth.raster else "concentrations.tif"
    return {
        "id": "00000000-0000-4000-8000-00000000000a",
        "plume_id": PLUME,
        "gas": "CH4",
        "geometry_json": {"bbox": None, "type": "Point", "coordinates": list(ORIGIN)},
        "scene_id": "00000000-0000-4000-8000-00000000000b",
        "scene_timestamp": "2023-07-04T08:15:00Z",
        "instrument": "emi",
        "mission_phase": "production",
        "platform": "ISS",
        "emission_auto": truth.emission,
        "emission_uncertainty_auto": truth.emission / 8,
        "emission_cmf_type": "mfa",
        "gsd": None,
        "sensitivity_mode": None,
        "off_nadir": None,
        "plume_png": signed(truth.pictures, "plume.png"),
        "plume_rgb_png": None,
        "rgb_png": signed(truth.pictures, "rgb.png"),
        "plume_tif": signed(truth.pictures, "plume.tif"),
        "con_tif": signed(truth.raster, key),
        "plume_bounds": BOUNDS,
        "plume_quality": None,
        "wind_speed_avg_auto": truth.wind,
        "wind_direction_avg_auto": 97.5,
        "emission_version": truth.version,
        "processing_software": truth.software,
        "publication_sources": [],
        "is_offshore": False,
        "collection": "l2c-ch4-v0",
        "cmf_type": "mfa",
        "sector": "1B2",
        "status": "published",
        "hide_emission": False,
        "published_at": PUBLISHED[:23] + "Z",
        "modified": MODIFIED[:23] + "Z",
    }


def source_answer(truth: Truth = CURRENT) -> Record:
    """Nested in the answer of its source: times in microseconds, no bbox in the origin."""
    point = {"type": "Point", "coordinates": list(ORIGIN)}
    return {
        "plumes": [{**plume(truth), "geometry_json": point, "published_at": PUBLISHED, "modified": MODIFIED}],
        "scenes": [{"id": "x", "name": SCENE, "timestamp": "2023-07-04T08:15:00Z", "instrument": "emi"}],
        "point": point,
        "source_name": "CH4_1B2_100m_53.50123_39.40123",
        "source": {"gas": "CH4", "sector": "1B2", "persistence": 1.0, "emission_auto": truth.emission},
        "observation_dates": ["2023-07-04"],
        "detection_dates": ["2023-07-04"],
        "explanation": None,
    }


def row(truth: Truth = CURRENT) -> dict[str, str]:
    """As a row of plume-csv: texts, gateway addresses, and what only CSV knows."""
    record = plume(truth)
    kept = ("plume_id", "gas", "emission_cmf_type", "instrument", "mission_phase", "emission_version")
    values = {
        **{name: record[name] for name in kept},
        "plume_latitude": ORIGIN[1],
        "plume_longitude": ORIGIN[0],
        "datetime": "2023-07-04T08:15:00+00",
        "country": "Turkmenistan",
        "state_province": "Balkan",
        "ipcc_sector": "Oil & Gas (1B2)",
        "plume_bounds": str(BOUNDS),
        "published_at": PUBLISHED.replace("T", " ").replace("Z", "+00:00"),
        "modified": MODIFIED.replace("T", " ").replace("Z", "+00:00"),
        "processing_software": truth.software,
        "gsd": 59.5,
        "sensitivity_mode": None,
        "off_nadir": 7.25,
        "emission_auto": truth.emission,
        "emission_uncertainty_auto": truth.emission / 8,
        "wind_speed_avg_auto": truth.wind,
        "wind_speed_std_auto": 0.25,
        "wind_direction_avg_auto": 97.5,
        "wind_direction_std_auto": 12.5,
        "wind_source_auto": "ecmwf_ifs",
        "platform": "ISS",
        "provider": "NASA-JPL EMIT",
        "plume_tif": f"{GATEWAY}/{path(truth.pictures, 'plume.tif')}",
        "plume_png": f"{GATEWAY}/{path(truth.pictures, 'plume.png')}",
        "con_tif": record["con_tif"].partition("?")[0].replace(CDN, GATEWAY),
        "rgb_tif": f"{GATEWAY}/{path(truth.pictures, 'rgb.tif')}",
        "rgb_png": f"{GATEWAY}/{path(truth.pictures, 'rgb.png')}",
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}


def features(truth: Truth = CURRENT) -> list[Record]:
    """Its STAC Items: pictures, integrated raster, emission; the last without a usable area."""
    return [
        feature(truth, truth.pictures, "vis"),
        feature(truth, truth.raster, "ime" if "ime" in truth.raster else "l3a"),
        feature(truth, f"l4a-ch4-mfa-{truth.version}", "l4a"),
    ]


def feature(truth: Truth, collection: str, kind: str) -> Record:
    software = {"processing:software": {"cmpro": truth.software}} if truth.software else {}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": PLUME,
        "collection": collection,
        "geometry": area(truth, kind),
        "bbox": BOUNDS,
        "properties": {
            "cm:gas": "ch4",
            "version": collection.rpartition("-")[2],
            "datetime": "2023-07-04T08:15:00Z",
            "platform": "iss",
            "instruments": ["emit"],
            "cm:cmf_type": "mfa",
            "cm:scene_id": SCENE,
            "cm:elevation": 12.5,
            "cm:elevation_units": "meters",
            "processing:level": "L4" if kind == "l4a" else "L3",
            **software,
            "cm:created": "2024-02-03T05:00:00.111Z" if truth.is_current else "2023-07-05T05:00:00.111Z",
            "cm:modified": "2025-08-26T00:40:11.418Z",
            "cm:published_at": "2025-08-26T00:40:11.418Z" if truth.is_current else PUBLISHED,
            "cm:visibility": "public" if truth.is_current else "public_archive",
            "cm:mission_phase": "production",
            **about_plume(),
            **figures(truth, kind),
        },
        "links": [{"rel": "collection", "href": "x"}, {"rel": "collection", "href": "x"}],
        "assets": {key: stac_asset(collection, key) for key in FILES.get(kind, [])},
    }


def detection() -> Record:
    """Its Item in l2c: an upper-case gas, no prefix, a point."""
    about = {name.replace("cm:plume:", "cm:"): value for name, value in about_plume().items()}
    return {
        **feature(CURRENT, "l2c-ch4-v0", "l2c"),
        "properties": {**about, "cm:gas": "CH4", "cm:visibility": "public", "datetime": "2023-07-04T08:15:00Z"},
    }


def about_plume() -> Record:
    return {
        "cm:plume:longitude": ORIGIN[0],
        "cm:plume:latitude": ORIGIN[1],
        "cm:plume:cmf_type": "mfa",
        "cm:plume:gas": "CH4",
        "cm:plume:sector": "1B2",
        "cm:plume:phme_candidate": False,
        "cm:plume:publications": None,
        "cm:plume:published_at": PUBLISHED[:23] + "Z",
        "cm:plume:modified": MODIFIED[:23] + "Z",
        "cm:plume:created": "2023-07-05T01:02:03.456Z",
    }


def figures(truth: Truth, kind: str) -> Record:
    if kind == "l4a":
        return {
            "cm:emission": truth.emission,
            "cm:emission_uncertainty": truth.emission / 8,
            "cm:emission_forecast": None,
            "cm:wind_speed_avg": truth.wind,
            "cm:wind_speed_std": 0.25,
            "cm:wind_direction_avg": 97.5,
            "cm:wind_direction_std": 12.5,
            "cm:wind_source": "ecmwf_ifs",
        }
    return {"cm:ime": truth.mass, "cm:fetch": truth.fetch, "cm:ime_avg": None} if kind in ("ime", "l3a") else {}


def area(truth: Truth, kind: str) -> Record:
    """An outline for pictures of all versions; for the others what the provider has: small, round, or a point."""
    west, south, north = 53.47, 39.37, 39.43
    if kind == "vis":
        ring = [[west, south], [truth.east, south], [truth.east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}
    if kind == "ime" and truth.is_current:
        ring = [[53.5, 39.4], [53.51, 39.4], [53.51, 39.41], [53.5, 39.4]]
        return {"type": "Polygon", "coordinates": [ring]}
    if kind == "l4a" and truth.is_current:
        tiny = 1e-5
        ring = [[ORIGIN[0] + x * tiny, ORIGIN[1] + y * tiny] for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 0))]
        return {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Point", "coordinates": list(ORIGIN)}


def stac_asset(collection: str, key: str) -> Record:
    return {
        "href": f"{GATEWAY}/{path(collection, key)}",
        "title": key,
        "file:size": 1000 + len(key),
        "file:checksum": checksum(collection, key),
        "cm:asset_uuid": "00000000-0000-4000-8000-00000000000c",
        "proj:epsg": None,
        "roles": ["data"],
    }


def everything() -> list[Record]:
    """Every record of the plume there is."""
    return [
        plume(),
        *(dict(record) for record in records_in(source_answer()) or () if "plume_id" in record),
        row(),
        *features(CURRENT),
        *features(OLD),
        detection(),
    ]


def parts_of(records: Iterable[Mapping[str, Any]]) -> Parts:
    """What the ledger knows of one subject after these records, in this order."""
    parts: Parts = {}
    for part in map(part_of, records):
        parts, _ = join(parts, [Told(part.kept())])
    return parts


def part_of(record: Mapping[str, Any]) -> Part:
    return fragment_of(record).part


def fragment_of(record: Mapping[str, Any]) -> Fragment:
    try:
        made = entry(record)
    except IncompleteError as error:
        return error.fragment
    assert made.part is not None
    return Fragment(made.item["collection"], made.product, made.subject, made.part)


def items_of(records: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The Items that these records end as, the newest first."""
    told = parts_of(records)
    return made_of([told[key].part.part() for key in sorted(told)])


def made_of(parts: Sequence[Part]) -> list[Entry]:
    """As the ledger gives them back: through JSON."""
    kept = [Part(part.key, orjson.loads(orjson.dumps(part.said)), part.freshness, part.rank) for part in parts]
    return sorted(assemble(kept), key=lambda one: one.rank, reverse=True)


def canonical(entries: Iterable[Entry]) -> list[bytes]:
    """The Items byte by byte, and their places; which surface spoke aside."""
    return [orjson.dumps(_place(one), option=orjson.OPT_SORT_KEYS) for one in entries]


def _place(one: Entry) -> dict[str, Any]:
    properties = {name: value for name, value in one.item["properties"].items() if name != "tercet:surface"}
    return {
        "item": {**one.item, "properties": properties},
        "place": [one.subject, one.rank, one.archive_id, one.freshness, [[kin.key, kin.rel] for kin in one.kin]],
    }


def values(document: Any) -> Iterator[Any]:
    """All single values in a document."""
    if isinstance(document, Mapping):
        for value in document.values():
            yield from values(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from values(value)
    else:
        yield document

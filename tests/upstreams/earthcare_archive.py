"""EarthCARE records of the real shape, made by index: ids, times and footprints of a plausible orbit, all invented."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.upstreams.earthcare_login import Login
from tests.upstreams.earthcare_orbit import FRAMES, Frame, frame_number
from transforms.earthcare_products import INSTRUMENTS, PRODUCT_TYPES, ProductType

HOST = "https://catalog.maap.eo.esa.int"
ROOT = f"{HOST}/catalogue"
DATA = f"{HOST}/data"
BUCKET = "earthcare-pdgs-01"

FIRST = frame_number(datetime(2024, 7, 17, tzinfo=UTC))
LAST = frame_number(datetime(2026, 10, 31, tzinfo=UTC))
BASELINES = ("AE", "BA", "BB", "BC", "BD", "CA", "CB", "DA")
NO_PICTURE = ("_TC__2", "MSI_CM", "_CLP_2B", "ATL_CLA", "ALL_", "CPR_CLP", "AUX_", "GEO_")
SWATHS = ("MSI_", "BM__")
EXTENSIONS = (
    *(
        f"https://stac-extensions.github.io/{name}/schema.json"
        for name in ("alternate-assets/v1.2.0", "authentication/v1.1.0", "file/v2.1.0", "scientific/v1.0.0")
    ),
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    "https://eof-eos.io.esa.int/stac-extension/v0.1.0/schema.json",
    "https://cs-si.github.io/eopf-stac-extension/v1.2.0/schema.json",
    *(
        f"https://stac-extensions.github.io/{name}/schema.json"
        for name in ("sat/v1.0.0", "grid/v1.1.0", "product/v1.0.0", "timestamps/v1.1.0")
    ),
)
LOGIN = "https://iam.ascend.icsgate.eu/realms/esa-maap/.well-known/openid-configuration"


def default_collections(product_types: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Who holds what: ESA's level 2, JAXA's, and the rest; each in one place."""
    esa = tuple(t for t in product_types if t in PRODUCT_TYPES and _is_level_2(t) and PRODUCT_TYPES[t].agency == "ESA")
    jaxa = tuple(t for t in product_types if t not in esa and t in PRODUCT_TYPES and _is_level_2(t))
    rest = tuple(t for t in product_types if t not in esa + jaxa)
    return {"EarthCAREL2Validated_MAAP": esa, "JAXAL2Validated_MAAP": jaxa, "EarthCAREL1Validated_MAAP": rest}


def _is_level_2(product_type: str) -> bool:
    return product_type[-2] == "2"


SIX_TYPES = ("MSI_COP_2A", "ATL_TC__2A", "AC__TC__2B", "ACM_CAP_2B", "BM__RAD_2B", "AC__CLP_2B")
OVERLAPPING: Mapping[str, tuple[str, ...]] = {
    "EarthCAREL2Validated_MAAP": SIX_TYPES,
    "EarthCAREL2InstChecked_MAAP": SIX_TYPES[:3],
    "JAXAL2Validated_MAAP": ("AC__CLP_2B",),
}
"""Three collections; four of six types are in two of them."""


@dataclass(slots=True)
class Service:
    """How the service behaves today; a test may change it while it runs.

    Attributes:
        methods: those that the search takes; others are refused.
        refuses_with: the status of that.
        names: filter names that the search takes; others are a 400.
        unasked: names that are listed, and refused when they are asked for.
        broken: collections that are listed, and cannot be asked.
        times: how moments in filters are taken: timestamp, text.
        ignores_filters: whether it answers as if no filter had been sent.
        listed: the names that the queryables show: new, old, mixed, or "" for none at all.
        lists_types: whether they list the product types.
        lists_collections: whether there is a list of collections.
        collections_on_a_page: of that list.
        tells_changes: whether the time of the last change can be asked for.
        changes: what is answered then: the "right" ones, "none", or "all" that was not asked for.
        next_link: a GET address, a POST with its whole body, a POST whose body is to be merged, or none at all.
        advertises_search: whether the landing page has a proper search link after the improper one.
        steady: whether two pages of one search are cut from the same order.
        counts: whether it says numberMatched.
        overcounts: by how much numberMatched is too high, or too low.
        repeats: how many records it counts and sends twice.
        circles: whether the next link of page two leads to page one.
        drops: ids, alone or after their collection and a slash, that are counted but not sent, in the first answers
            that should hold them.
        keeps_dropping: whether they are never sent.
        asked: the body of every search, as it was understood.
        login: who may read files.
    """

    methods: frozenset[str] = frozenset({"GET", "POST"})
    refuses_with: int = 405
    names: frozenset[str] = frozenset({"new"})
    unasked: frozenset[str] = frozenset()
    broken: set[str] = field(default_factory=set)
    times: frozenset[str] = frozenset({"timestamp"})
    ignores_filters: bool = False
    listed: str = "new"
    lists_types: bool = True
    lists_collections: bool = True
    collections_on_a_page: int = 5
    tells_changes: bool = False
    changes: Literal["right", "none", "all"] = "right"
    next_link: Literal["get", "post", "merge", "none"] = "merge"
    advertises_search: bool = False
    steady: bool = True
    counts: bool = True
    overcounts: int = 0
    repeats: int = 0
    circles: bool = False
    drops: set[str] = field(default_factory=set)
    keeps_dropping: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    login: Login = field(default_factory=Login)


@dataclass(slots=True)
class Archive:
    """A number of products, each made when asked for.

    Attributes:
        count: how many.
        seed: other creation times, sizes and order.
        product_types: each frame has one of each.
        versions: how often each frame was processed, under rising baselines.
        stride: frames from one that is there to the next.
        first: the number of the first frame.
        collections: collection to the product types that it holds.
        withdrawn: products that are not there, or not yet.
        left: products that one collection no longer holds.
        changed: when the catalogue changed a product, where that is not soon after it was made.
        service: how the service over it behaves.
    """

    count: int
    seed: int = 0
    product_types: tuple[str, ...] = ("MSI_COP_2A",)
    versions: int = 1
    stride: int = 1
    first: int = FIRST
    collections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    left: dict[str, set[int]] = field(default_factory=dict)
    changed: dict[int, datetime] = field(default_factory=dict)
    service: Service = field(default_factory=Service)

    def __post_init__(self) -> None:
        if not self.collections:
            self.collections = default_collections(self.product_types)

    @classmethod
    def generate(cls, count: int, seed: int = 0) -> "Archive":
        """So many products of one type, spread over the mission and all frames."""
        span = LAST - FIRST
        versions = max(1, -(-count // span))
        stride = max(1, span // max(1, -(-count // versions)))
        # an odd step goes through all eight frames
        return cls(count, seed, versions=versions, stride=stride - (stride % 2 == 0))

    @classmethod
    def overlapping(cls, count: int, *, first: int = FIRST) -> "Archive":
        """So many products of six types, without a gap, in three collections of which some hold the same."""
        return cls(count, product_types=SIX_TYPES, first=first, collections=dict(OVERLAPPING))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.record(index) for index in range(self.count))

    def between(self, start: datetime | None, end: datetime | None) -> Iterator[int]:
        """The products whose frames overlap an interval, both ends included."""
        step = self.stride
        per_frame = len(self.product_types) * self.versions
        low = 0 if start is None else max(0, (frame_number(start) - self.first) // step)
        high = self.count if end is None else (frame_number(end) + 3 * len(FRAMES) - self.first) // step + 1
        for place in range(low, min(high, -(-self.count // per_frame))):
            frame = Frame.numbered(self.first + place * step)
            if (start is None or frame.end >= start) and (end is None or frame.start <= end):
                yield from range(place * per_frame, min((place + 1) * per_frame, self.count))

    def row(self, index: int, *, with_changes: bool = False) -> dict[str, Any]:
        """What a product can be filtered by; when it was changed takes long to tell."""
        frame, product_type, version = self._parts(index)
        changes = {"updated": _wire(self._updated(index))} if with_changes else {}
        return {
            **changes,
            "type": product_type,
            "version": BASELINES[version % len(BASELINES)],
            "orbit": frame.orbit,
            "frame": frame.letter,
            "state": _state(frame),
        }

    def record(self, index: int, collection: str | None = None, *, root: str = ROOT) -> dict[str, Any]:
        """A product as the service answers it."""
        frame, product_type, version = self._parts(index)
        if collection is None:
            collection = next(name for name, types in self.collections.items() if product_type in types)
        made, updated = self._made(index), self._updated(index)
        baseline = BASELINES[version % len(BASELINES)]
        return item(frame, product_type, baseline, made, collection, root=root, updated=updated)

    def _made(self, index: int) -> datetime:
        frame, _, version = self._parts(index)
        return frame.end + timedelta(seconds=4000 + 200 * 86400 * version + self._noise(index) % 9000)

    def _updated(self, index: int) -> datetime:
        return self.changed.get(index) or self._made(index) + timedelta(hours=34)

    def _parts(self, index: int) -> tuple[Frame, str, int]:
        place, rest = divmod(index, len(self.product_types) * self.versions)
        kind, version = divmod(rest, self.versions)
        return Frame.numbered(self.first + place * self.stride), self.product_types[kind], version

    def _noise(self, index: int) -> int:
        return zlib.crc32(f"{self.seed}/{index}".encode())


def records(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """So many raw records."""
    return list(Archive.generate(count, seed))


def item(  # noqa: PLR0913 - a product has this many parts
    frame: Frame,
    product_type: str,
    baseline: str,
    made: datetime,
    collection: str,
    *,
    root: str = ROOT,
    updated: datetime | None = None,
) -> dict[str, Any]:
    """One product as the service answers it: full, with today's keys."""
    product = _known(product_type)
    head = f"ECA_{product.agency[0]}X{baseline}_{product_type}"
    name = f"{head}_{_compact(frame.start)}_{_compact(made)}_{frame.orbit:05d}{frame.letter}"
    is_swath = product_type.startswith(SWATHS)
    positions = frame.swath() if is_swath else frame.track()
    longitudes, latitudes = [p[0] for p in positions], [p[1] for p in positions]
    own = f"{root}/collections/{collection}/items/{name}"
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [url for url in EXTENSIONS if product.doi or "scientific" not in url],
        "id": name,
        "geometry": {
            "coordinates": [positions] if is_swath else positions,
            "type": "Polygon" if is_swath else "LineString",
        },
        "bbox": [min(longitudes), min(latitudes), max(longitudes), max(latitudes)],
        "properties": {
            **_properties(frame, product_type, baseline, made, name),
            "updated": f"{updated or made + timedelta(hours=34):%Y-%m-%dT%H:%M:%SZ}",
        },
        "links": _links(own, f"{root}/collections/{collection}", root, collection, product.doi),
        "assets": _assets(frame, product_type, baseline, name, own),
        "collection": collection,
    }


def _known(product_type: str) -> ProductType:
    return PRODUCT_TYPES.get(product_type) or ProductType(product_type, "", "Of another year")


def _properties(frame: Frame, product_type: str, baseline: str, made: datetime, name: str) -> dict[str, Any]:
    product = _known(product_type)
    instruments = INSTRUMENTS.get(product_type[:3], ())
    said = "AUX" if not instruments else instruments[0].upper() if len(instruments) == 1 else "SYNERGETIC"
    properties: dict[str, Any] = {
        "start_datetime": _wire(frame.start),
        "end_datetime": _wire(frame.end),
        "processing:facility": "PDGS-CPFxx" if product.agency == "ESA" else "JAXA_SAOC",
        "product:type": product_type,
        "sat:anx_datetime": _wire(frame.ascending_node),
        "title": name,
        "platform": "EarthCARE",
        "datetime": _wire(frame.start),
        "instruments": [said],
        "constellation": "EarthCARE",
        "sat:orbit_state": _state(frame).lower(),
        "processing:software": {product.short or "JAXA EarthCARE Processor": "12.00"},
        "grid:code": f"WRS-{frame.orbit}-{frame.letter}",
        "processing:level": product.level,
        "created": _wire(made),
        "published": _wire(made + timedelta(hours=30, milliseconds=160)),
        "version": baseline,
        "auth:schemes": {"s3": {"type": "s3"}, "oidc": {"openIdConnectUrl": LOGIN, "type": "openIdConnect"}},
        "processing:datetime": _wire(made),
        "eofeos:mission_phase": "Routine",
        "eopf:instrument_mode": "DEFAULT" if instruments else "AUX",
        "sat:absolute_orbit": frame.orbit,
        "product:acquisition_type": "other",
    }
    return {**properties, "sci:doi": product.doi} if product.doi else properties


def _links(own: str, collection: str, root: str, title: str, doi: str | None) -> list[dict[str, str]]:
    links = [
        {"rel": "self", "href": own, "type": 'application/geo+json;profile="https://stacspec.org"'},
        {"rel": "collection", "href": collection, "type": "application/json", "title": title},
        {"rel": "parent", "href": collection, "type": "application/json", "title": title},
        {"rel": "root", "href": f"{root}/", "type": "application/json", "title": "MAAP Catalogue"},
        {
            "rel": "alternate",
            "href": f"{own}?httpAccept=application/ld%2Bjson",
            "type": "application/ld+json",
            "title": "JSON-LD metadata",
        },
    ]
    cite = {"rel": "cite-as", "href": f"https://doi.org/{doi}", "type": "text/html", "title": "Landing page"}
    return [*links, cite] if doi else links


def _assets(frame: Frame, product_type: str, baseline: str, name: str, own: str) -> dict[str, Any]:
    place = f"{BUCKET}/EarthCARE/{product_type}/{baseline}/{frame.start:%Y/%m/%d}/{name}"
    picture = {
        "href": f"{DATA}/{place}/public/{name}.BID_1.jpeg",
        "type": "image/jpeg",
        "title": f"{name}.BID_1.jpeg",
    }
    has_picture = not any(part in product_type for part in NO_PICTURE)
    return {
        **({"thumbnail": {**picture, "roles": ["thumbnail"]}} if has_picture else {}),
        "product": {
            "href": f"{DATA}/zipper/{place}/{name}",
            "type": "application/zip",
            "title": "Zipped product",
            "file:local_path": f"{name}.ZIP",
            "alternate:name": "HTTPS",
            "auth:refs": ["oidc"],
            "published": _wire(frame.end),
            "roles": ["data", "metadata", "archive"],
        },
        "metadata_ogc_10_157r4": {
            "href": f"{own}?httpAccept=application/gml%2Bxml&recordSchema=om",
            "type": 'application/gml+xml;profile="http://www.opengis.net/spec/EOMPOM/1.1"',
            "title": "OGC 10-157r4 metadata",
            "roles": ["metadata"],
        },
        "enclosure_h5": _file(place, f"{name}.h5", "application/x-hdf5", 40_000_000 + frame.orbit),
        "metadata_ogc_17_003r2": {
            "href": f"{own}?mode=owc",
            "type": 'application/geo+json;profile="http://www.opengis.net/spec/eo-geojson/1.0"',
            "title": "OGC 17-003r2 metadata",
            "roles": ["metadata"],
        },
        "metadata_iso_19139": {
            "href": f"{own}?httpAccept=application/vnd.iso.19139%2Bxml",
            "type": "application/vnd.iso.19139+xml",
            "title": "ISO 19139 metadata",
            "roles": ["metadata"],
        },
        **({"quicklook_jpeg": {**picture, "roles": ["overview"]}} if has_picture else {}),
        "enclosure_hdr": _file(place, f"{name}.HDR", "image/vnd.radiance", 24_000 + frame.index),
    }


def _file(place: str, file_name: str, media_type: str, size: int) -> dict[str, Any]:
    path = f"{place}/{place.rpartition('/')[2]}/{file_name}"
    s3: Mapping[str, Any] = {"alternate:name": "S3", "href": f"s3://{path}", "auth:refs": ["s3"]}
    return {
        "href": f"{DATA}/{path}",
        "type": media_type,
        "title": file_name,
        "file:local_path": file_name,
        "alternate:name": "HTTPS",
        "alternate": {"s3": s3},
        "auth:refs": ["oidc"],
        "file:size": size,
        "roles": ["data"],
    }


def _state(frame: Frame) -> str:
    """What the archive says of C and G is not known; here it is the leg that they start on."""
    return "ASCENDING" if frame.letter in "HABC" else "DESCENDING"


def _wire(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _compact(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"

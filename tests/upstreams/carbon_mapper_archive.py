"""Plumes of the real shape, made by index: ids, places and figures are plausible, and all invented."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

GATEWAY = "https://api.carbonmapper.org/api/v1/catalog/asset"
CDN = "https://catalog.carbonmapper.org"
FIRST = datetime(2022, 11, 10, tzinfo=UTC)
LAST = datetime(2026, 10, 31, tzinfo=UTC)
PLUMES_PER_SCENE = 3

INSTRUMENTS = ("tan", "emi", "GAO", "av3", "ang")
SHARES = (0.4, 0.25, 0.2, 0.05, 0.1)
LABELS = {
    "tan": ("Tanager", "Planet Labs Inc."),
    "emi": ("ISS", "NASA-JPL EMIT"),
    "GAO": ("Global Airborne Observatory", "ASU GDCS"),
    "av3": ("AVIRIS-3", "NASA-JPL AVIRIS-3"),
    "ang": ("AVIRIS-NG", "NASA-JPL AVIRIS-NG"),
}
SECTORS = ("1B2", "6A", "1B1a", "4B", "1A1", "6B", "other", None)
SECTOR_WORDS = {
    "1B2": "Oil & Gas (1B2)",
    "6A": "Solid Waste (6A)",
    "1B1a": "Coal Mining (1B1a)",
    "1A1": "Electricity Generation (1A1)",
    "other": "Other",
    None: "",
}
# longitude, latitude of places where plumes are seen; two lie beside the antimeridian, one far north
PLACES = np.array(
    [
        (-103.4, 32.1),
        (54.1, 39.5),
        (6.0, 31.8),
        (77.2, 28.7),
        (18.6, 50.1),
        (112.6, 37.8),
        (-70.9, -33.5),
        (-69.2, -46.4),
        (179.7, -16.6),
        (-179.7, 66.3),
        (70.9, 71.3),
        (28.2, -25.9),
    ]
)
# first day of acquisition, emission version, version of the pictures, software
VERSIONS = (
    (datetime(2000, 1, 1, tzinfo=UTC), "v1", "v002", None),
    (datetime(2024, 10, 1, tzinfo=UTC), "v3", "v3", "3.18.1"),
    (datetime(2025, 10, 15, tzinfo=UTC), "v3a", "v3a", "3.44.0"),
    (datetime(2025, 12, 1, tzinfo=UTC), "v3b", "v3b", "3.49.2"),
    (datetime(2026, 1, 1, tzinfo=UTC), "v3c", "v3c", "3.63.0"),
    (datetime(2026, 3, 15, tzinfo=UTC), "v3d", "v3d", "3.80.0"),
    (datetime(2026, 6, 1, tzinfo=UTC), "v3e", "v3e", "3.99.0"),
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """What can be filtered or sorted by, one row a plume in order of publication; times are epoch milliseconds."""

    instrument: Ints
    longitude: Floats
    latitude: Floats
    acquired: Ints
    published: Ints
    sector: Ints
    is_co2: NDArray[np.bool_]
    emission: Floats


@dataclass(slots=True)
class Archive:
    """A number of plumes, each made when asked for; later ones are published later.

    Attributes:
        count: how many are published by now.
        seed: other places and figures.
        spacing_s: seconds from the publication of one scene to that of the next.
        withdrawn: indices of plumes that were published and are no longer.
        after_page: called with the number of each page of plumes/annotated, once it is sent.
        tokens: bearer tokens that are taken; those of a login are added.
        accounts: e-mail addresses and passwords.
        token_lifetime: requests that an access token is good for.
    """

    count: int
    seed: int = 0
    spacing_s: float = 3600.0
    withdrawn: set[int] = field(default_factory=set)
    after_page: Callable[[int], None] | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    token_lifetime: int = 1_000_000
    pages_sent: int = 0
    _columns: dict[int, Columns] = field(default_factory=dict)

    @classmethod
    def generate(cls, count: int, seed: int = 0) -> "Archive":
        """So many plumes, their publication spread over four years."""
        scenes = max(1, count // PLUMES_PER_SCENE)
        return cls(count, seed, spacing_s=(LAST - FIRST).total_seconds() / scenes)

    def publish(self, count: int) -> None:
        """Let more plumes be published, after all there are."""
        self.count += count

    @property
    def columns(self) -> Columns:
        """Of all that is published or withdrawn."""
        if self.count not in self._columns:
            self._columns = {self.count: _columns(self.count, self.seed, self.spacing_s)}
        return self._columns[self.count]

    def record(self, index: int) -> dict[str, Any]:
        """One element of ``items``."""
        return Plume(self, index).record()

    def row(self, index: int) -> dict[str, str]:
        """The same plume as a row of plume-csv, layout of 2026."""
        return Plume(self, index).row()


def records(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Raw records, in order of publication."""
    archive = Archive.generate(count, seed)
    return [archive.record(index) for index in range(count)]


def rows(count: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """The same as rows of plume-csv."""
    archive = Archive.generate(count, seed)
    return (archive.row(index) for index in range(count))


def _columns(count: int, seed: int, spacing_s: float) -> Columns:
    scenes = -(-count // PLUMES_PER_SCENE)
    # a block of its own for each kind of number: more plumes leave the first ones as they are
    places, instruments, jitter, sectors, delays, gases, emissions = (
        np.random.default_rng((seed, column)).random((size, 2))
        for column, size in enumerate((scenes, scenes, count, scenes, scenes, scenes, count))
    )
    instrument = np.searchsorted(np.cumsum(SHARES), instruments[:, 0]).clip(0, len(SHARES) - 1)
    scene_of = np.arange(count) // PLUMES_PER_SCENE
    place = PLACES[(places[:, 0] * len(PLACES)).astype(int)][scene_of]
    # days from acquisition to publication; constant where a name has nothing but its time to tell it from others
    wait = np.select(
        [instrument == 0, instrument == 1, instrument == 2, instrument == 3],
        [30, 6 + (delays[:, 0] * 700).astype(int), 47 + (delays[:, 0] * 150).astype(int), 90],
        1500,
    )
    start = int(FIRST.timestamp() * 1000)
    at_scene = start + (np.arange(scenes) * spacing_s).astype(np.int64) * 1000
    return Columns(
        instrument=instrument[scene_of],
        longitude=place[:, 0] + (jitter[:, 0] - 0.5) * 0.4,
        latitude=place[:, 1] + (jitter[:, 1] - 0.5) * 0.4,
        acquired=(at_scene - wait * 86_400_000)[scene_of],
        published=at_scene[scene_of] + np.arange(count) % PLUMES_PER_SCENE * 214 + 37,
        sector=(sectors[:, 0] * len(SECTORS)).astype(int)[scene_of],
        is_co2=gases[scene_of, 0] < 0.1,
        emission=np.exp(6.5 + 1.2 * (emissions[:, 0] * 2 - 1)),
    )


class Plume:
    """One plume, as both surfaces know it."""

    def __init__(self, archive: Archive, index: int) -> None:
        columns = archive.columns
        self.index, self.scene = index, index // PLUMES_PER_SCENE
        self.random = random.Random(f"{archive.seed}/{index}")
        self.instrument = INSTRUMENTS[columns.instrument[index]]
        self.longitude, self.latitude = float(columns.longitude[index]), float(columns.latitude[index])
        self.acquired, self.published = _moment(columns.acquired[index]), _moment(columns.published[index])
        self.sector, self.gas = SECTORS[columns.sector[index]], "CO2" if columns.is_co2[index] else "CH4"
        self.emission = float(columns.emission[index])
        self.version, self.pictures, self.software = next(
            (version, pictures, software)
            for since, version, pictures, software in reversed(VERSIONS)
            if self.acquired >= since
        )

    @cached_property
    def scene_name(self) -> str:
        number = self.scene
        suffix = {
            "tan": f"c{number % 100:02d}s4001",
            "emi": f"p{number % 100_000:05d}",
            "GAO": f"p{number % 10_000:04d}",
        }
        return f"{self.instrument}{self.acquired:%Y%m%dt%H%M%S}{suffix.get(self.instrument, '')}"

    @cached_property
    def plume_id(self) -> str:
        part = "ABC"[self.index % PLUMES_PER_SCENE]
        return f"{self.scene_name}-{'123'['ABC'.index(part)] if self.instrument == 'ang' else part}"

    @cached_property
    def cmf(self) -> str:
        return "mf" if self.instrument in ("GAO", "ang") else "mfa"

    @cached_property
    def bounds(self) -> list[float]:
        west, south, east, north = (self.random.uniform(0.002, 0.04) for _ in range(4))
        return [self.longitude - west, self.latitude - south, self.longitude + east, self.latitude + north]

    @cached_property
    def is_withheld(self) -> bool:
        return self.index % 50 == 7

    @cached_property
    def rate(self) -> tuple[float, float] | tuple[None, None]:
        """Emission and uncertainty in kg/h; a tenth have none."""
        if self.is_withheld or self.index % 12 == 5:
            return None, None
        return self.emission, self.emission * 0.21

    @cached_property
    def wind(self) -> tuple[float, float]:
        return self.random.uniform(0.5, 9.0), self.random.uniform(0.0, 360.0)

    @cached_property
    def collections(self) -> tuple[str, str | None]:
        """Of the pictures, and of the raster behind the rate, which older plumes may not have."""
        if self.gas == "CO2":
            return f"l3a-vis-co2-mfa-{self.pictures}", f"l3a-ime-co2-mfal-{self.version}"
        ime = f"l3a-ime-ch4-{self.cmf}-{self.version}"
        if self.version == "v1":
            ime = ("l3a-ch4-mf-v1" if self.cmf == "mf" else "l3a-ime-ch4-mfa-v1") if self.index % 3 else ""
        return f"l3a-vis-ch4-{self.cmf}-{self.pictures}", ime or None

    def path(self, collection: str, key: str) -> str:
        name = self.plume_id
        return f"{collection}/{self.acquired:%Y/%m/%d}/{name}/{name}_{collection}_{key}"

    def signed(self, collection: str | None, key: str) -> str | None:
        """An address as JSON answers have it: signed for a day."""
        if collection is None:
            return None
        checksum = f"1114{self.random.getrandbits(160):040x}"
        query = f"c={checksum}&Expires=1791126534&Signature=fake-signature&Key-Pair-Id=fake-key-pair"
        return f"{CDN}/{self.path(collection, key)}?{query}"

    @cached_property
    def raster_key(self) -> str:
        return "concentrations.tif" if self.collections[1] == "l3a-ch4-mf-v1" else "ime-cmf-concentrations.tif"

    def record(self) -> dict[str, Any]:
        """The 35 fields of plumes/annotated."""
        vis, ime = self.collections
        emission, uncertainty = self.rate
        speed, direction = self.wind
        hundredths = f".{self.scene % 100:02d}0000" if self.instrument == "tan" and self.version == "v3e" else ""
        return {
            "id": str(UUID(int=self.index + 1, version=4)),
            "plume_id": self.plume_id,
            "gas": self.gas,
            "geometry_json": {"bbox": None, "type": "Point", "coordinates": [self.longitude, self.latitude]},
            "scene_id": str(UUID(int=(1 << 80) + self.scene, version=4)),
            "scene_timestamp": f"{self.acquired:%Y-%m-%dT%H:%M:%S}{hundredths}Z",
            "instrument": self.instrument,
            "mission_phase": "production",
            "platform": LABELS[self.instrument][0],
            "emission_auto": emission,
            "emission_uncertainty_auto": uncertainty,
            "emission_cmf_type": "mfal" if self.gas == "CO2" else self.cmf,
            "gsd": None,
            "sensitivity_mode": None,
            "off_nadir": None,
            "plume_png": self.signed(vis, "plume.png"),
            "plume_rgb_png": self.signed(vis, "plume-rgb.png"),
            "plume_tif": self.signed(vis, "plume.tif"),
            "con_tif": self.signed(ime, self.raster_key),
            "rgb_png": self.signed(vis, "rgb.png"),
            "plume_bounds": self.bounds,
            "plume_quality": None,
            "wind_speed_avg_auto": speed,
            "wind_direction_avg_auto": direction,
            "emission_version": self.version,
            "processing_software": self.software,
            "publication_sources": [],
            "is_offshore": self.index % 40 == 3,
            "collection": f"l2c-{self.gas.lower()}-v0",
            "cmf_type": self.cmf,
            "sector": self.sector,
            "status": "published",
            "hide_emission": self.is_withheld,
            "published_at": _json_time(self.published),
            "modified": _json_time(self.published + timedelta(milliseconds=-3 if self.index % 5 else 86_400_000)),
        }

    def row(self) -> dict[str, str]:
        """The 33 columns of plume-csv; rows are whole seconds, and addresses are those of the gateway."""
        record, (vis, ime) = self.record(), self.collections
        is_tanager = self.instrument == "tan"
        asset = {
            name: f"{GATEWAY}/{self.path(vis, key)}"
            for name, key in (("plume_tif", "plume.tif"), ("plume_png", "plume.png"))
        }
        rgb = {
            name: f"{GATEWAY}/{self.path(vis, key)}" for name, key in (("rgb_tif", "rgb.tif"), ("rgb_png", "rgb.png"))
        }
        values = {
            "plume_id": self.plume_id,
            "plume_latitude": self.latitude,
            "plume_longitude": self.longitude,
            "datetime": f"{self.acquired:%Y-%m-%dT%H:%M:%S}+00",
            "country": "Atlantis",
            "state_province": "North Atlantis",
            "ipcc_sector": SECTOR_WORDS.get(self.sector, f"Livestock ({self.sector})"),
            "gas": self.gas,
            "emission_cmf_type": record["emission_cmf_type"],
            "plume_bounds": str(self.bounds),
            "instrument": self.instrument,
            "mission_phase": "production",
            "published_at": _csv_time(self.published),
            "modified": record["modified"].replace("T", " ").replace("Z", "318+00:00"),
            "emission_version": self.version,
            "processing_software": self.software,
            "gsd": 32.7 if is_tanager else None,
            "sensitivity_mode": "standard_sensitivity" if is_tanager else None,
            "off_nadir": 12.5 if is_tanager else None,
            "emission_auto": record["emission_auto"],
            "emission_uncertainty_auto": record["emission_uncertainty_auto"],
            "wind_speed_avg_auto": self.wind[0],
            "wind_speed_std_auto": 0.3,
            "wind_direction_avg_auto": self.wind[1],
            "wind_direction_std_auto": 4.5,
            "wind_source_auto": "hrrr" if self.longitude < 0 else "ecmwf_ifs",
            "platform": record["platform"],
            "provider": LABELS[self.instrument][1],
            **asset,
            "con_tif": f"{GATEWAY}/{self.path(ime, self.raster_key)}" if ime else None,
            **rgb,
        }
        return {name: "" if value is None else str(value) for name, value in values.items()}


def _moment(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _json_time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv_time(moment: datetime) -> str:
    """Microseconds, where JSON is cut to milliseconds."""
    return (moment + timedelta(microseconds=318)).isoformat(sep=" ", timespec="microseconds")

"""One plume as REST and CSV know it: ids, places and figures are plausible, and all invented."""

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from tests.upstreams.carbon_mapper_columns import INSTRUMENTS, PLUMES_PER_SCENE, SECTORS, VERSIONS, Columns

GATEWAY = "https://api.carbonmapper.org/api/v1/catalog/asset"
CDN = "https://catalog.carbonmapper.org"
LABELS = {
    "tan": ("Tanager", "Planet Labs Inc."),
    "emi": ("ISS", "NASA-JPL EMIT"),
    "GAO": ("Global Airborne Observatory", "ASU GDCS"),
    "av3": ("AVIRIS-3", "NASA-JPL AVIRIS-3"),
    "ang": ("AVIRIS-NG", "NASA-JPL AVIRIS-NG"),
}
SECTOR_WORDS = {
    "1B2": "Oil & Gas (1B2)",
    "6A": "Solid Waste (6A)",
    "1B1a": "Coal Mining (1B1a)",
    "1A1": "Electricity Generation (1A1)",
    "other": "Other",
    None: "",
}
REPROCESSED = 0.85
"""What is left of an emission after it was processed anew."""


class Plumes(Protocol):
    """Where plumes come from."""

    @property
    def columns(self) -> Columns: ...
    @property
    def reprocessed(self) -> AbstractSet[int]: ...


@dataclass(frozen=True, slots=True)
class Homes:
    """The provider's collections that a plume is in; pictures and raster may have none of the same version."""

    vis: str
    ime: str | None
    l4a: str
    l2c: str


@lru_cache
def homes(version: int, *, is_co2: bool, cmf: str, third: int) -> Homes:
    """Where a plume of a version is; of the oldest, a third has no raster behind its rate."""
    _, emission, pictures, _ = VERSIONS[version]
    if is_co2:
        return Homes(
            f"l3a-vis-co2-mfa-{pictures}", f"l3a-ime-co2-mfal-{emission}", f"l4a-co2-mfal-{emission}", "l2c-co2-v0"
        )
    ime: str | None = f"l3a-ime-ch4-{cmf}-{emission}"
    if emission == "v1":
        old = "l3a-ch4-mf-v1" if cmf == "mf" else "l3a-ime-ch4-mfa-v1"
        ime = old if third else None
    return Homes(f"l3a-vis-ch4-{cmf}-{pictures}", ime, f"l4a-ch4-{cmf}-{emission}", "l2c-ch4-v0")


class Plume:
    """One plume, as it is now or, if `original`, as it was before it was processed anew."""

    def __init__(self, archive: Plumes, index: int, *, original: bool = False) -> None:
        columns = archive.columns
        self.index, self.scene, self._columns = index, index // PLUMES_PER_SCENE, columns
        self.instrument = INSTRUMENTS[columns.instrument[index]]
        self.longitude, self.latitude = float(columns.longitude[index]), float(columns.latitude[index])
        self.acquired, self.published = moment(columns.acquired[index]), moment(columns.published[index])
        self.sector, self.gas = SECTORS[columns.sector[index]], "CO2" if columns.is_co2[index] else "CH4"
        anew = index in archive.reprocessed and not original
        self.processing = len(VERSIONS) - 1 if anew else int(columns.version[index])
        self.version, self.pictures, self.software = VERSIONS[self.processing][1:]
        self.emission = float(columns.emission[index]) * (REPROCESSED if anew else 1)
        self.scene_name = scene_name(self.instrument, self.acquired, self.scene)
        self.plume_id = f"{self.scene_name}-{('123' if self.instrument == 'ang' else 'ABC')[index % PLUMES_PER_SCENE]}"
        self.cmf = "mf" if self.instrument in ("GAO", "ang") else "mfa"
        self.homes = homes(self.processing, is_co2=self.gas == "CO2", cmf=self.cmf, third=index % 3)

    @property
    def bounds(self) -> list[float]:
        west, south, east, north = map(float, self._columns.crop[self.index])
        return [self.longitude - west, self.latitude - south, self.longitude + east, self.latitude + north]

    @property
    def is_withheld(self) -> bool:
        return self.index % 50 == 7

    @property
    def rate(self) -> tuple[float, float] | tuple[None, None]:
        """Emission and uncertainty in kg/h; a tenth have none."""
        if self.is_withheld or self.index % 12 == 5:
            return None, None
        return self.emission, self.emission * 0.21

    @property
    def wind(self) -> tuple[float, float]:
        speed, direction = map(float, self._columns.wind[self.index])
        return speed, direction

    def path(self, collection: str, key: str) -> str:
        return path(self.plume_id, collection, key)

    def signed(self, collection: str | None, key: str) -> str | None:
        """An address as JSON answers have it: signed for a day."""
        if collection is None:
            return None
        where = self.path(collection, key)
        query = f"c={checksum(where)}&Expires=1791126534&Signature=fake-signature&Key-Pair-Id=fake-key-pair"
        return f"{CDN}/{where}?{query}"

    @property
    def raster_key(self) -> str:
        return "concentrations.tif" if self.homes.ime == "l3a-ch4-mf-v1" else "ime-cmf-concentrations.tif"

    def record(self) -> dict[str, Any]:
        """The 35 fields of plumes/annotated."""
        vis, ime = self.homes.vis, self.homes.ime
        emission, uncertainty = self.rate
        speed, direction = self.wind
        hundredths = f".{self.scene % 100:02d}0000" if self.instrument == "tan" and self.version == "v3e" else ""
        return {
            "id": f"00000000-0000-4000-8000-{self.index + 1:012x}",
            "plume_id": self.plume_id,
            "gas": self.gas,
            "geometry_json": {"bbox": None, "type": "Point", "coordinates": [self.longitude, self.latitude]},
            "scene_id": scene_uuid(self.scene),
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
            "published_at": milliseconds(self.published),
            "modified": milliseconds(self.modified),
        }

    @property
    def modified(self) -> datetime:
        """As REST has it: it does not move when the plume is processed anew."""
        return self.published + timedelta(milliseconds=-3 if self.index % 5 else 86_400_000)

    def row(self) -> dict[str, str]:
        """The 33 columns of plume-csv; rows are whole seconds, and addresses are those of the gateway."""
        record, vis, ime = self.record(), self.homes.vis, self.homes.ime
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
            "wind_source_auto": self.wind_source,
            "platform": record["platform"],
            "provider": LABELS[self.instrument][1],
            **asset,
            "con_tif": f"{GATEWAY}/{self.path(ime, self.raster_key)}" if ime else None,
            **rgb,
        }
        return {name: "" if value is None else str(value) for name, value in values.items()}

    @property
    def wind_source(self) -> str:
        return "hrrr" if self.longitude < 0 else "ecmwf_ifs"


def scene_name(instrument: str, acquired: datetime, number: int) -> str:
    suffix = {"tan": f"c{number % 100:02d}s4001", "emi": f"p{number % 100_000:05d}", "GAO": f"p{number % 10_000:04d}"}
    return f"{instrument}{acquired:%Y%m%dt%H%M%S}{suffix.get(instrument, '')}"


def scene_uuid(number: int) -> str:
    return f"00000000-0000-4000-9000-{number:012x}"


def path(item: str, collection: str, key: str) -> str:
    """Where a file lies, on both hosts."""
    return f"{collection}/{item[3:7]}/{item[7:9]}/{item[9:11]}/{item}/{item}_{collection}_{key}"


def checksum(where: str) -> str:
    """A multihash, as of the bytes of a file."""
    return f"1114{hashlib.sha1(where.encode(), usedforsecurity=False).hexdigest()}"


def moment(epoch_ms: Any) -> datetime:
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)


def milliseconds(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv_time(time: datetime) -> str:
    """Microseconds, where JSON is cut to milliseconds."""
    return (time + timedelta(microseconds=318)).isoformat(sep=" ", timespec="microseconds")

"""CMR records of ICESat-2 in the real shape, made by index: names, times and places of a plausible orbit, invented."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.upstreams.icesat2_track import REGIONS, Pass

PROVIDER = "NSIDC_CPRD"
SPREAD = 600_011  # a prime: no two granules of an archive fall on one place
STRIDE_NEXT_TO = 13
FIRST_REVISION = datetime(2025, 9, 1, tzinfo=UTC)
FOREVER = datetime(2200, 1, 1, tzinfo=UTC)
HTTPS = "https://data.nsidc.earthdatacloud.nasa.gov"
SUFFIX = "_aB3dE9fG"
BEAMS = ("gt1l", "gt1r", "gt2l", "gt2r", "gt3l", "gt3r")
PICTURES = ("groundtrack", "h_canopy_abs", "h_te_median", "n_ca_photons", "n_te_photons")
TITLES = {
    "ATL03": "L2A Global Geolocated Photon Data",
    "ATL06": "L3A Land Ice Height",
    "ATL08": "L3A Land and Vegetation Height",
}


@dataclass(slots=True)
class Archive:
    """Granules of one product and its releases; a test may change it while it runs.

    Attributes:
        count: granules of the newest release; older ones have a tenth.
        seed: shifts which of the mission's granules these are.
        short_name: the product.
        releases: three digits each, the newest last.
        pictures: browse images of a granule; the real archive has 32.
        revised: granules of the newest release that were made again, and when CMR learned of it.
        withdrawn: granules that are gone.
        deleted: when each of the withdrawn ones went; where it is not said, when the archive noticed.
        parts: how many of the next answers are cut short by CMR's own time limit.
        slow_above: pages of more granules than this are always cut short so; None for none.
        step: between the last changes of two granules that follow each other.
        repeats: whether a page starts with the last granule of the one before.
        asked: the parameters of every search for granules, as they came.
    """

    count: int
    seed: int = 0
    short_name: str = "ATL08"
    releases: tuple[str, ...] = ("006", "007")
    pictures: int = 2
    revised: dict[int, datetime] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    deleted: dict[int, datetime] = field(default_factory=dict)
    parts: int = 0
    slow_above: int | None = None
    step: timedelta = timedelta(seconds=20)
    repeats: bool = False
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    @classmethod
    def generate(cls, count: int, seed: int = 0) -> "Archive":
        """An archive of a size; records are made when they are asked for."""
        return cls(count, seed)

    def concept_id(self, release: str) -> str:
        number = 3_000_000_000 + int(self.short_name[3:]) * 1000 + int(release)
        return f"C{number}-{PROVIDER}"

    def size(self, release: str) -> int:
        return self.count if release == self.releases[-1] else self.count // 10

    def granule(self, index: int) -> Pass:
        """Which part of the mission a record is of: any number of them spreads over all of it."""
        apart = SPREAD // max(1, self.count) // REGIONS * REGIONS
        place = (self.seed * 101 + index * (apart + STRIDE_NEXT_TO if apart else 1)) % SPREAD
        return Pass(place // REGIONS, place % REGIONS + 1)

    def revision_date(self, index: int, release: str) -> datetime:
        if release == self.releases[-1] and index in self.revised:
            return self.revised[index]
        return FIRST_REVISION + index * self.step

    def now(self) -> datetime:
        """CMR's clock: after all that it says of itself."""
        last = self.revision_date(max(0, self.count - 1), self.releases[-1])
        return max([datetime.now(UTC), last, *self.revised.values()]) + timedelta(minutes=5)

    def in_order(
        self, release: str, since: datetime, until: datetime = FOREVER, *, backwards: bool = False
    ) -> Iterator[int]:
        """Granules by revision date, then index, or the other way round."""
        newest = release == self.releases[-1]
        start = max(0, -((FIRST_REVISION - since) // self.step))
        stop = min(self.size(release), (until - FIRST_REVISION) // self.step + 1)
        early = (
            index
            for index in (reversed(range(start, stop)) if backwards else range(start, stop))
            if not newest or (index not in self.revised and index not in self.withdrawn)
        )
        late = sorted(
            ((moment, index) for index, moment in self.revised.items() if newest and index not in self.withdrawn),
            reverse=backwards,
        )
        again = (index for moment, index in late if since <= moment <= until)
        yield from heapq.merge(
            early, again, key=lambda index: (self.revision_date(index, release), index), reverse=backwards
        )

    def size_between(self, release: str, since: datetime, until: datetime) -> int:
        """How many `in_order` gives, without giving them."""
        if release != self.releases[-1] or not (self.revised or self.withdrawn):
            start = max(0, -((FIRST_REVISION - since) // self.step))
            stop = min(self.size(release), (until - FIRST_REVISION) // self.step + 1)
            return max(0, stop - start)
        return sum(1 for _ in self.in_order(release, since, until))

    def deletions(self, since: datetime) -> Iterator[dict[str, str]]:
        """What was deleted from the newest release: what was made again, and what is gone."""
        newest = self.releases[-1]
        for index in self.withdrawn:
            self.deleted.setdefault(index, self.now())
        gone = [(moment, index, 1) for index, moment in self.revised.items()]
        gone += [(self.deleted[index], index, 2 if index in self.revised else 1) for index in self.withdrawn]
        for moment, index, revision in sorted(gone):
            if moment >= since:
                record = self._record(index, newest, revision)
                # CMR spells whole seconds in another way
                spelled = f"{moment:%Y-%m-%dT%H:%M:%S}+0000" if moment.microsecond == 0 else iso(moment)
                yield {
                    "granule-ur": record["umm"]["GranuleUR"],
                    "revision-date": spelled,
                    "parent-collection-id": self.concept_id(newest),
                    "concept-id": record["meta"]["concept-id"],
                    "provider-id": PROVIDER,
                }

    def record(self, index: int, release: str) -> dict[str, Any]:
        """One item of a umm_json answer."""
        return self._record(index, release, self.revision(index, release))

    def revision(self, index: int, release: str) -> int:
        return 2 if release == self.releases[-1] and index in self.revised else 1

    def names(self, index: int, release: str) -> tuple[str, str]:
        """CMR's name of a granule, and its producer's."""
        producer_id = f"{self._stem(index, release, self.revision(index, release))}.h5"
        return _granule_ur(index, producer_id), producer_id

    def _stem(self, index: int, release: str, revision: int) -> str:
        of = self.granule(index)
        of_track = f"{of.rgt:04d}{of.cycle:02d}{of.region:02d}"
        return f"{self.short_name}_{of.start:%Y%m%d%H%M%S}_{of_track}_{release}_{revision:02d}"

    def _record(self, index: int, release: str, revision: int) -> dict[str, Any]:
        stem = self._stem(index, release, revision)
        granule_ur = _granule_ur(index, f"{stem}.h5")
        concept_id = f"G{4_000_000_000 + index * 10 + revision}-{PROVIDER}"
        return {
            "meta": {
                "concept-type": "granule",
                "concept-id": concept_id,
                "revision-id": 1,
                "native-id": granule_ur,
                "collection-concept-id": self.concept_id(release),
                "provider-id": PROVIDER,
                "format": "application/echo10+xml",
                "revision-date": iso(self.revision_date(index, release)),
            },
            "umm": self._umm(self.granule(index), stem, granule_ur, release),
        }

    def _umm(self, of: Pass, stem: str, granule_ur: str, release: str) -> dict[str, Any]:
        made = iso(FIRST_REVISION - timedelta(days=20) + (of.orbit % 1000) * timedelta(hours=1))
        size = 20_000_000 + of.orbit % 997 * 81_817
        return {
            "TemporalExtent": {
                "RangeDateTime": {"BeginningDateTime": iso(of.start), "EndingDateTime": iso(of.end)},
            },
            "GranuleUR": granule_ur,
            "SpatialExtent": {
                "HorizontalSpatialDomain": {
                    "Geometry": {
                        "GPolygons": [
                            {"Boundary": {"Points": [{"Longitude": x, "Latitude": y} for x, y in of.ring()]}},
                        ]
                    }
                }
            },
            "ProviderDates": [{"Date": made, "Type": "Insert"}, {"Date": made, "Type": "Update"}],
            "CollectionReference": {"EntryTitle": self.title(release)},
            "RelatedUrls": _urls(self, stem, granule_ur, of.start, release),
            "DataGranule": {
                "DayNightFlag": "Unspecified",
                "Identifiers": [{"Identifier": f"{stem}.h5", "IdentifierType": "ProducerGranuleId"}],
                "ProductionDateTime": made,
                "ArchiveAndDistributionInformation": [
                    {"Name": f"{stem}.h5", "SizeInBytes": size, "Size": size / 2**20, "SizeUnit": "MB"}
                ],
            },
            "MetadataSpecification": {
                "URL": "https://cdn.earthdata.nasa.gov/umm/granule/v1.6.6",
                "Name": "UMM-G",
                "Version": "1.6.6",
            },
        }

    def title(self, release: str) -> str:
        return f"ATLAS/ICESat-2 {TITLES.get(self.short_name, 'Product')} V{release}"


def _granule_ur(index: int, producer_id: str) -> str:
    return producer_id + (SUFFIX if index % 15 == 14 else "")


def _urls(archive: Archive, stem: str, granule_ur: str, start: datetime, release: str) -> list[dict[str, str]]:
    path = f"ATLAS/{archive.short_name}/{release}/{start:%Y/%m/%d}/{stem}"
    urls: list[dict[str, str]] = []

    def add(bucket: str, ending: str, kinds: tuple[str, str], mime: str) -> None:
        for root, kind in zip(
            (f"{HTTPS}/nsidc-cumulus-prod-{bucket}", f"s3://nsidc-cumulus-prod-{bucket}"), kinds, strict=True
        ):
            urls.append({"URL": f"{root}/{path}{ending}", "Type": kind, "MimeType": mime})

    extended = ("EXTENDED METADATA", "EXTENDED METADATA")
    add("protected", ".h5", ("GET DATA", "GET DATA VIA DIRECT ACCESS"), "application/x-hdf5")
    add("protected", ".h5.dmrpp", extended, "application/vnd.opendap.dap4.dmrpp+xml")
    add("public", ".iso.xml", extended, "text/xml")
    picture = ("GET RELATED VISUALIZATION", "GET RELATED VISUALIZATION")
    for name in _pictures(archive.pictures):
        add("public", f"_BRW.{name}.jpg", picture, "image/jpeg")
    opendap = f"https://opendap.earthdata.nasa.gov/collections/{archive.concept_id(release)}/granules/{granule_ur}"
    urls.append({"URL": opendap, "Type": "USE SERVICE API", "Subtype": "OPENDAP DATA"})
    return urls


def _pictures(count: int) -> list[str]:
    names = ["default.default1", "default.default2", *(f"{beam}.{name}" for beam in BEAMS for name in PICTURES)]
    return names[:count]


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def records(count: int, seed: int = 0, *, pictures: int = 2) -> list[dict[str, Any]]:
    """Items of a umm_json answer, of the newest release."""
    archive = Archive(count, seed, pictures=pictures)
    return [archive.record(index, archive.releases[-1]) for index in range(count)]

"""EarthCARE product names: parsed once into a frozen value that can write itself back.

Source: the mission's naming rule, as its readers implement it::

    ECA_EXBA_MSI_COP_2A_20250305T134540Z_20250912T202910Z_04366E   frame: orbit 4366, frame E
    ECA_EXAA_AUX_ORBPRE_20250901T000000Z_20250911T000000Z_0001     interval: file version 0001

The second time of a frame product is when it was made, not when sensing ended; that of an interval
product is the end of its validity, ``99999999T999999Z`` where that is open.
"""

import functools
import re
from dataclasses import dataclass

from tercet.errors import RecordError
from transforms.times import utc

OPEN_END = "99999999T999999Z"

_MOMENT = r"(\d{8}T\d{6}Z)"
_NAME = re.compile(
    rf"(EC[AB])_([CEJ])([NOX])([A-Z]{{2}})_([A-Z0-9_]{{10}})_{_MOMENT}_{_MOMENT}_(?:(\d{{5}})([A-H])|(\d{{4}}))",
    re.ASCII,
)
_IN_FILE_NAME = re.compile(
    r"(?P<mission>EC[AB]_)?[CEJ][NOX][A-Z]{2}_[A-Z0-9_]{10}_\d{8}T\d{6}Z_\d{8}T\d{6}Z_(?:\d{5}[A-H]|\d{4})(?![0-9A-Z])",
    re.ASCII,
)
_LEVEL = re.compile(r"_(0|1[BCD]|2[AB])_?$")


@dataclass(frozen=True, slots=True)
class ProductName:
    """The parts of a product name; times are RFC 3339, UTC, milliseconds.

    Attributes:
        mission: ECA, or ECB in some processors.
        agency: E (ESA), J (JAXA) or C.
        latency: X not applicable, N near real time, O offline.
        baseline: two letters; later in the alphabet is newer.
        type: ten characters, ``_``-padded: ``AC__TC__2B``.
        start: start of sensing or of validity.
        created: when a frame product was made; None on interval products.
        orbit: absolute orbit of a frame product, counted from frame A (not from the ascending node).
        frame: A to H, an eighth of the orbit.
        stop: end of validity of an interval product; None where it is open, and on frame products.
        file_version: four digits of an interval product; None on frame products.
    """

    mission: str
    agency: str
    latency: str
    baseline: str
    type: str
    start: str
    created: str | None = None
    orbit: int | None = None
    frame: str | None = None
    stop: str | None = None
    file_version: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ProductName":
        """Read a name, without file extension.

        Raises:
            RecordError: it does not follow the naming rule.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise RecordError(f"{text!r} is not an EarthCARE product name (ECA_EXBA_MSI_COP_2A_…_04366E)")
        mission, agency, latency, baseline, kind, start, second, orbit, frame, file_version = match.groups()
        begin = _moment(start, text)
        if orbit is not None:
            return cls(mission, agency, latency, baseline, kind, begin, _moment(second, text), int(orbit), frame)
        stop = None if second == OPEN_END else _moment(second, text)
        return cls(mission, agency, latency, baseline, kind, begin, stop=stop, file_version=file_version)

    @classmethod
    def of_file(cls, file_name: str) -> "ProductName":
        """Read the name of a file, a copy of it included, whose mission prefix some archives cut off.

        Raises:
            RecordError: no product name is in it.
        """
        match = _IN_FILE_NAME.search(file_name)
        if match is None:
            raise RecordError(f"{file_name!r} holds no EarthCARE product name (ECA_EXBA_MSI_COP_2A_…_04366E.h5)")
        return cls.parse(match[0] if match["mission"] else f"ECA_{match[0]}")

    def __str__(self) -> str:
        head = f"{self.mission}_{self.agency}{self.latency}{self.baseline}_{self.type}_{_compact(self.start)}"
        if self.created is not None:
            return f"{head}_{_compact(self.created)}_{self.place}"
        return f"{head}_{_compact(self.stop) if self.stop else OPEN_END}_{self.file_version}"

    @property
    def subject(self) -> str:
        """What this is a version of: type, orbit and frame; or type and interval of validity."""
        if self.orbit is not None:
            return f"{self.type}|{self.orbit:05d}|{self.frame}"
        return f"{self.type}|{self.start}|{self.stop or 'open'}"

    @property
    def place(self) -> str | None:
        """Orbit and frame as the name writes them, ``04366E``; None on interval products."""
        return f"{self.orbit:05d}{self.frame}" if self.orbit is not None else None

    @property
    def rank(self) -> str:
        """Orders the versions of a subject, newest highest: baseline, then creation time or file version."""
        return f"{self.baseline}|{self.created or self.file_version}"


def is_product_name(text: object) -> bool:
    """Whether this has the form of a product name; what is in it, such as a date, may still be none."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


@functools.lru_cache(maxsize=256)
def collection_id(product_type: str) -> str:
    """The Collection of a product type: ``AC__TC__2B`` is in ``earthcare-ac-tc-2b``."""
    return "earthcare-" + "-".join(part for part in product_type.lower().split("_") if part)


def level(product_type: str) -> str | None:
    """The processing level that a product type ends in: L0, L1B, L1C, L1D, L2A, L2B; None on orbit files."""
    match = _LEVEL.search(product_type)
    return f"L{match[1]}" if match else None


def _moment(t: str, name: str) -> str:
    return utc(f"{t[:4]}-{t[4:6]}-{t[6:8]}T{t[9:11]}:{t[11:13]}:{t[13:15]}.000Z", name=f"a time in {name}")


def _compact(moment: str) -> str:
    return moment[:19].replace("-", "").replace(":", "") + "Z"

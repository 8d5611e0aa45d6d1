"""What is asked of CMR: its parameters, and the cursor that a later walk continues from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from harvesters.base import Record, Selection, Window, iso
from tercet.errors import ConfigError, RecordError
from transforms.geometry import Geometry, repaired

Query = Mapping[str, str | list[str]]

LAG: Final = timedelta(hours=1)
"""How far a walk goes back before its cursor: CMR may show records a little after their revision date."""

_STORED: Final = re.compile(r"(\d{3}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", re.ASCII)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a release has been read.

    Attributes:
        release: three digits.
        reached: the latest revision date read; None before the first record.
    """

    release: str
    reached: datetime | None = None

    @classmethod
    def read(cls, stored: str | None, release: str) -> Self:
        """Continue from a stored cursor; one of another release is no place to start in this one.

        Raises:
            ConfigError: it is not a cursor of ours.
        """
        match = _STORED.fullmatch(stored or "")
        if stored and not match:
            raise ConfigError(f"the stored cursor {stored!r} is not one of icesat2: harvest with --full-refresh")
        if match is None or match[1] != release:
            return cls(release)
        return cls(release, datetime.fromisoformat(match[2]))

    @property
    def stored(self) -> str | None:
        """The cursor as it is kept: 007 2026-01-02T03:04:05.678Z; it grows as a string, too."""
        return f"{self.release} {iso(self.reached)}" if self.reached else None

    def after(self, records: Iterable[Record]) -> Self:
        """The cursor once these records are stored, too."""
        dates = [moment for record in records if (moment := _revision_date(record))]
        return replace(self, reached=max([*dates, *([self.reached] if self.reached else [])])) if dates else self


def query(selection: Selection, concept_id: str, cursor: Cursor, page_size: int) -> Query:
    """The parameters of a walk through one Collection.

    Raises:
        ConfigError: the geometry is none that CMR can search by.
    """
    asked: dict[str, str | list[str]] = {
        "collection_concept_id": concept_id,
        "page_size": str(page_size),
        "sort_key[]": "revision_date",
    }
    if cursor.reached:
        asked["revision_date[]"] = f"{iso(cursor.reached - LAG)},"
    if not selection.window.is_open:
        asked["temporal"] = _temporal(selection.window)
    if selection.bbox:
        asked["bounding_box"] = ",".join(f"{edge:.10g}" for edge in selection.bbox)
    if selection.intersects:
        asked.update(_shape(selection.intersects))
    return asked


def _temporal(window: Window) -> str:
    """CMR's ranges hold both ends, to the millisecond; ours leave out the last."""
    start = iso(window.start) if window.start else ""
    return f"{start},{iso(window.end - _MILLISECOND) if window.end else ''}"


def _shape(geometry: Mapping[str, Any]) -> dict[str, str | list[str]]:
    try:
        sound = repaired(geometry)
    except RecordError as error:
        raise ConfigError(f"--intersects is not usable: {error}") from error
    kind = sound["type"].removeprefix("Multi").removesuffix("String").lower()
    # holes are left out: CMR has none in a query, so granules that lie in one only come along
    shapes = [_numbers(part[0] if kind == "polygon" else part) for part in _parts(sound)]
    asked: dict[str, str | list[str]] = {f"{kind}[]": shapes}
    if len(shapes) > 1:
        asked[f"options[{kind}][or]"] = "true"
    return asked


def _parts(geometry: Geometry) -> Sequence[Any]:
    if geometry["type"] == "Point":
        return [[geometry["coordinates"]]]
    coordinates: Sequence[Any] = geometry["coordinates"]
    return coordinates if geometry["type"].startswith("Multi") else [coordinates]


def _numbers(positions: Iterable[Sequence[float]]) -> str:
    return ",".join(f"{value:.10g}" for position in positions for value in position[:2])


def _revision_date(record: Record) -> datetime | None:
    try:
        moment = datetime.fromisoformat(record["meta"]["revision-date"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

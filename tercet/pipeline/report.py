"""What a harvest did, in numbers."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from stac_api.batch import Batch, Stored
from transforms.entry import Version

_SUMMED = "fetched new changed same superseded deleted rejected retries requests seconds".split()  # noqa: SIM905 - a row


@dataclass(slots=True)
class Report:
    """What a harvest did; ``fetched`` is the sum of new, changed, same and rejected.

    Attributes:
        superseded: Items that went to, or newly lie in, a Collection of superseded ones; counted above too.
        deleted: Items removed because the provider no longer lists them.
        collections: all Collections of the source, and how many Items each has now.
        remarks: what was odd about records and did no harm, and of how many it was said.
    """

    source: str
    fetched: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    superseded: int = 0
    deleted: int = 0
    rejected: int = 0
    retries: int = 0
    requests: int = 0
    seconds: float = 0.0
    collections: dict[str, int] = field(default_factory=dict)
    remarks: Counter[str] = field(default_factory=Counter)
    _of_records: set[str] = field(default_factory=set)
    _of_items: set[tuple[Version, str]] = field(default_factory=set)

    def add(self, stored: Stored) -> None:
        """Count what a batch changed."""
        self.new += stored.new
        self.changed += stored.changed
        self.same += stored.same
        self.superseded += stored.superseded
        self.deleted += stored.deleted
        self.rejected += stored.rejected

    def remark(self, batch: Batch, stored: Stored) -> None:
        """Count what was odd about the records of a batch; and about Items, what only several records show together."""
        for checked in batch.checked:
            self.remarks.update(checked.remarks)
            self._of_records.update(checked.remarks)
        shown = {(version, remark) for version, remark in stored.remarks if remark not in self._of_records}
        self.remarks.update(remark for _, remark in shown - self._of_items)
        self._of_items |= shown

    def include(self, part: "Report") -> None:
        """Count what another walk of the same harvest did."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.seconds = round(self.seconds, 3)
        self.collections = part.collections
        self.remarks += part.remarks

    def as_json(self) -> dict[str, Any]:
        """The report as ``tercet harvest --json`` prints it."""
        return {name: getattr(self, name) for name in ("source", *_SUMMED, "collections")}

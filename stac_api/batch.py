"""What is stored together, and what it changed."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from stac_api.versions import Subject
from transforms.check import Checked
from transforms.entry import Fragment, Version
from transforms.listing import Listed, Withdrawn


@dataclass(frozen=True, slots=True)
class Reject:
    """A record of which no Item could be made.

    Attributes:
        name: what a person would call it: an id, a file name.
        kind: the error's class, for counting.
        reason: one sentence.
        record: as it came.
        fragment: what it says nevertheless, where it makes an Item together with others.
        key: stands for the record.
    """

    name: str
    kind: str
    reason: str
    record: Any
    fragment: Fragment | None = None
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is stored together.

    Attributes:
        checked: Items in the order in which they came.
        rejects: records of which none could be made.
        cursor: where to go on once this is stored, or None where nothing moves.
        recognised: what stands for the other records, whose Items are stored as they are.
        withdrawn: what the provider says it has deleted.
        listed: what the walk is through with.
        described: what the provider says of Collections.
    """

    checked: Sequence[Checked]
    rejects: Sequence[Reject] = ()
    cursor: str | None = None
    recognised: Sequence[bytes] = ()
    withdrawn: Sequence[Withdrawn] = ()
    listed: Sequence[Listed] = ()
    described: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records the batch was made of."""
        return len(self.checked) + len(self.rejects) + len(self.recognised)


@dataclass(slots=True)
class Stored:
    """What a batch changed in the catalog; every record is new, changed, same or rejected.

    Attributes:
        superseded: Items that went to, or newly lie in, a Collection of superseded ones; counted above, too.
        deleted: Items that were taken away because the provider does not list them any more.
        rejected: records of which none became a part; those of earlier batches of this harvest that have become one
            now are taken off again.
        rejects: what was rejected.
        completed: subjects whose fragments, of whichever batch, are parts of Items now.
        remarks: what is odd about Items that were made of several records.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    superseded: int = 0
    deleted: int = 0
    rejected: int = 0
    rejects: Sequence[Reject] = field(default=(), compare=False)
    completed: AbstractSet[Subject] = field(default=frozenset(), compare=False)
    remarks: Sequence[tuple[Version, str]] = field(default=(), compare=False)


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot store, NUL and lone surrogates, which become escapes."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()

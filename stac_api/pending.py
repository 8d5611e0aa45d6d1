"""Records that make an Item only together with others, while a harvest waits for the others."""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from stac_api.batch import Stored
from stac_api.joining import Joined
from stac_api.versions import Subject


@dataclass(slots=True)
class Pending:
    """The fragments of one harvest whose subjects have no Item yet: rejects, until they have."""

    _waiting: Counter[Subject] = field(default_factory=Counter)

    def settle(self, stored: Stored, parts: Joined, with_items: AbstractSet[Subject]) -> None:
        """Say what a batch rejected, and take off what earlier ones rejected and it completed.

        Args:
            stored: what is said of the batch.
            parts: the batch, joined.
            with_items: subjects that have Items now.
        """
        stored.completed, stored.remarks = parts.told & with_items, parts.remarks
        stored.rejects = parts.without_fragments_of(stored.completed)
        late = sum(self._waiting.pop(subject, 0) for subject in stored.completed)
        stored.rejected = len(stored.rejects) - late
        for reject in stored.rejects:
            if reject.fragment:
                self._waiting[Subject(reject.fragment.collection, reject.fragment.subject)] += 1

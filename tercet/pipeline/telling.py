"""A sink that keeps no rejects: whoever harvests into it is told of each."""

import logging
from dataclasses import dataclass, field

from stac_api.batch import Batch, Reject, Stored
from stac_api.versions import Subject
from tercet.pipeline.harvest import Sink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """A sink in front of another."""

    sink: Sink
    _waiting: dict[Subject, list[Reject]] = field(default_factory=dict)

    def store(self, batch: Batch) -> Stored:
        """Store a batch, and tell its rejects in the log, where nothing else would keep them."""
        stored = self.sink.store(batch)
        for subject in stored.completed:
            self._waiting.pop(subject, None)
        for reject in stored.rejects:
            if reject.fragment:  # what is missing may come yet
                subject = Subject(reject.fragment.collection, reject.fragment.subject)
                self._waiting.setdefault(subject, []).append(reject)
            else:
                _tell(reject)
        return stored

    def finish(self) -> dict[str, int]:
        """Finish as the other does, and tell what remained incomplete."""
        for rejects in self._waiting.values():
            for reject in rejects:
                _tell(reject)
        return self.sink.finish()


def _tell(reject: Reject) -> None:
    log.warning("rejected: %s: %s", reject.name, reject.reason)

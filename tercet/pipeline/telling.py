"""A sink that keeps no rejects: whoever harvests into it is told of each."""

import logging
from dataclasses import dataclass

from stac_api.batch import Batch, Stored
from tercet.pipeline.harvest import Sink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """A sink in front of another."""

    sink: Sink

    def store(self, batch: Batch) -> Stored:
        """Store a batch, and tell its rejects in the log, where nothing else would keep them."""
        stored = self.sink.store(batch)
        for reject in batch.rejects:
            log.warning("rejected: %s: %s", reject.name, reject.reason)
        return stored

    def finish(self) -> dict[str, int]:
        """Finish as the other does."""
        return self.sink.finish()

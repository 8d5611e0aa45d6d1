"""Items as NDJSON: a harvest without a database."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import orjson

from stac_api.loader import Batch, Stored
from tercet.errors import SinkError


@dataclass(slots=True)
class NdjsonSink:
    """One Item a line, as they come; rejected records are told to whoever watches."""

    stream: BinaryIO
    counts: dict[str, int] = field(default_factory=dict)

    def store(self, batch: Batch) -> Stored:
        """Write a batch.

        Raises:
            SinkError: the file cannot be written to.
        """
        try:
            for checked in batch.checked:
                item = checked.entry.item
                self.stream.write(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE))
                self.counts[item["collection"]] = self.counts.get(item["collection"], 0) + 1
        except OSError as error:
            raise SinkError(f"Items cannot be written: {error}") from error
        return Stored(new=len(batch.checked))

    def finish(self) -> dict[str, int]:
        """Count what was written."""
        self.stream.flush()
        return dict(sorted(self.counts.items()))


@contextmanager
def ndjson_file(path: str) -> Iterator[NdjsonSink]:
    """Write to a file that is there whole or not at all, or to standard output ("-").

    Raises:
        SinkError: the file cannot be written to.
    """
    if path == "-":
        yield NdjsonSink(sys.stdout.buffer)
        return
    part = Path(f"{path}.part")
    try:
        with part.open("wb") as stream:
            yield NdjsonSink(stream)
        os.replace(part, path)  # noqa: PTH105 - both ends are plain paths
    except OSError as error:
        raise SinkError(f"--out {path} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)

"""Items as NDJSON: a harvest without a database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import orjson

from stac_api.batch import Batch, Stored
from stac_api.joining import Joined, joined
from stac_api.parts import Assemble
from stac_api.pending import Pending
from stac_api.versions import Address, Subject, plan, subject_of
from tercet.errors import SinkError
from tercet.pipeline.spooled_parts import SpooledParts
from transforms.entry import Item


@dataclass(slots=True)
class NdjsonSink:
    """One Item a line, as they come; rejected records are told to whoever watches.

    An Item of several records comes anew with each that adds something: the last line of an id is the whole of it.
    All versions of such a thing are known together, so that each lies where the catalog would have it, with its links.
    Others are written before it is known what replaces them: as if they were current.
    """

    stream: BinaryIO
    assemble: Assemble
    counts: dict[str, int] = field(default_factory=dict)
    _parts: SpooledParts = field(default_factory=SpooledParts)
    _pending: Pending = field(default_factory=Pending)
    _subjects: set[Subject] = field(default_factory=set)
    _addresses: set[Address] = field(default_factory=set)

    def store(self, batch: Batch) -> Stored:
        """Write a batch.

        Raises:
            SinkError: the file cannot be written to.
        """
        parts = joined(batch, self._parts, self.assemble)
        self._parts.store(parts.parts)
        stored = Stored()
        with _writing():
            for item in self._placed(parts, stored):
                self.stream.write(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE))
        self._subjects |= {subject_of(one) for one in parts.checked} & parts.told
        self._pending.settle(stored, parts, self._subjects)
        stored.new = batch.records - stored.rejected
        return stored

    def _placed(self, parts: Joined, stored: Stored) -> Iterator[Item]:
        """The Items of a batch as the catalog would have them, as far as all of their versions are known."""
        for one in parts.checked:
            if subject_of(one) not in parts.told:
                self._count(one.version[0])
                yield one.item
        for write in plan((one for one in parts.checked if subject_of(one) in parts.told), {}).writes:
            if write.incoming is not None:
                address = write.place.address
                if address not in self._addresses:  # it may come anew
                    self._addresses.add(address)
                    self._count(address.collection)
                    stored.superseded += not write.place.is_current
                yield write.place.dressed(write.incoming.item)

    def _count(self, collection: str) -> None:
        self.counts[collection] = self.counts.get(collection, 0) + 1

    def finish(self) -> dict[str, int]:
        """Count what was written.

        Raises:
            SinkError: the last of it cannot be written.
        """
        with _writing():
            self.stream.flush()
        return dict(sorted(self.counts.items()))


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # whoever reads has enough
        raise
    except OSError as error:
        raise SinkError(f"Items cannot be written: {error.strerror}; make room, or name another file") from error


@contextmanager
def ndjson_file(path: str, assemble: Assemble) -> Iterator[NdjsonSink]:
    """Write to a file that is there whole or not at all, or to standard output ("-").

    Raises:
        SinkError: the file cannot be written to.
    """
    if path == "-":
        yield NdjsonSink(sys.stdout.buffer, assemble)
        return
    target = Path(path).resolve()  # a link goes on pointing where it does
    # /dev/null and pipes are written to: only a plain file can be there whole or not at all
    part = target if target.exists() and not target.is_file() else target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as stream:
            yield NdjsonSink(stream, assemble)
        if part != target:
            part.replace(target)
    except OSError as error:
        raise SinkError(f"--out {path} cannot be written: {error}; make room, or name another file") from error
    finally:
        if part != target:
            part.unlink(missing_ok=True)

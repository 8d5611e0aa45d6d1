"""Pages of raw records into batches of checked Items: the part that takes the processor's time."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import orjson

from harvesters.base import Page, Record, Source
from stac_api.batch import Batch, Reject
from stac_api.rows import Common, common_of
from tercet.errors import InvalidItemError, RecordError
from tercet.pipeline.recognition import Recognise, nothing, record_key
from transforms import exported
from transforms.check import Checked, check
from transforms.entry import Entry, Fragment, IncompleteError

log = logging.getLogger(__name__)

_UNFORESEEN = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError)
"""What a transform raises on a record of a form that nobody has seen: it costs that record, not the harvest."""

_NAMES = ("plume_id", "source_name", "producer_granule_id", "GranuleUR", "id", "title", "EntryTitle", "concept-id")
"""Where the providers write what a record is called, the best first; in it or one level down."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no Item could be made of a record."""

    name: str
    kind: str
    reason: str
    fragment: Fragment | None = None


Verdict = Checked | Failure


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch before its records are read.

    Attributes:
        dumped: records whose Items are not known yet, in order, as JSON: a tenth of the memory that they take parsed.
        keys: what stands for each of them.
        rejects: what stood among recorded answers and is none, or cannot be kept.
        cursor: that of the last page that has one.
        recognised: what stands for the other records.
        pages: what was joined.
    """

    dumped: Sequence[bytes]
    keys: Sequence[bytes]
    rejects: Sequence[Reject]
    cursor: str | None
    recognised: Sequence[bytes]
    pages: Sequence[Page]

    def batch(self, verdicts: Sequence[Verdict]) -> Batch:
        """The batch, once its records are read."""
        checked: list[Checked] = []
        rejects = list(self.rejects)
        for verdict, text, key in zip(verdicts, self.dumped, self.keys, strict=True):
            if isinstance(verdict, Failure):
                record = orjson.loads(text)
                rejects.append(Reject(verdict.name, verdict.kind, verdict.reason, record, verdict.fragment, key))
            else:
                checked.append(verdict._replace(record=key))
        return Batch(
            checked,
            rejects,
            self.cursor,
            self.recognised,
            withdrawn=[one for page in self.pages for one in page.withdrawn],
            listed=[one for page in self.pages for one in page.listed],
            described={name: said for page in self.pages for name, said in page.described.items()},
        )


def prepare(pages: Sequence[Page], recognise: Recognise = nothing) -> Prepared:
    """Join pages, and leave out the records that need not be read."""
    rejects = [
        Reject(bad.name, "Unreadable", bad.reason, {"file": bad.name, "begins": bad.text})
        for page in pages
        for bad in page.unreadable
    ]
    dumped: list[bytes] = []
    for record in (record for page in pages for record in page.records):
        try:
            dumped.append(orjson.dumps(record, option=orjson.OPT_SORT_KEYS))
        except TypeError as error:
            rejects.append(Reject(_name(record), "RecordError", f"it cannot be kept as JSON: {error}", _plain(record)))
    keys = [record_key(text) for text in dumped]
    known = recognise(keys)
    unread = [index for index, key in enumerate(keys) if key not in known]
    return Prepared(
        [dumped[index] for index in unread],
        [keys[index] for index in unread],
        rejects,
        next((page.cursor for page in reversed(pages) if page.cursor), None),
        [key for key in keys if key in known],
        [replace(page, records=()) for page in pages],
    )


def read(source: Source, records: Sequence[Record]) -> list[Verdict]:
    """Make a checked Item of each record, or say why not; the verdicts are in the order of the records."""
    verdicts: list[Verdict | Entry] = [_entry(source, record) for record in records]
    checked = iter(check([verdict for verdict in verdicts if isinstance(verdict, Entry)]))
    common = cache(lambda collection: common_of(source.collection(collection)))
    return [_verdict(one, next(checked), common) if isinstance(one, Entry) else one for one in verdicts]


def read_dumped(source: Source, dumped: Sequence[bytes]) -> list[Verdict]:
    """Like `read`, of records as JSON."""
    return read(source, [orjson.loads(text) for text in dumped])


def make_batch(source: Source, pages: Sequence[Page]) -> Batch:
    """Turn pages into one batch, here and now."""
    prepared = prepare(pages)
    return prepared.batch(read_dumped(source, prepared.dumped))


def _verdict(entry: Entry, checked: Checked | InvalidItemError, common: Callable[[str], Common]) -> Verdict:
    if isinstance(checked, Checked):
        return common(entry.item["collection"]).ready(checked, entry.item)
    return Failure(entry.archive_id, type(checked).__name__, str(checked))


def _entry(source: Source, record: Any) -> Entry | Failure:  # noqa: ANN401 - what stands where a record should
    if not isinstance(record, Mapping):
        return Failure("a record", "RecordError", f"it is no object but {str(record)[:80]!r}")
    try:
        return exported.entry(record, source.name) if exported.KEY in record else source.entry(record)
    except IncompleteError as error:
        return Failure(_name(record), type(error).__name__, str(error), error.fragment)
    except RecordError as error:
        return Failure(_name(record), type(error).__name__, str(error))
    except _UNFORESEEN as error:
        log.info("a record of %s has an unforeseen form", source.name, exc_info=True)
        reason = f"a part of it has a form that nobody has seen ({type(error).__name__}: {error}): please report it"
        return Failure(_name(record), "Unforeseen", reason)


def _name(record: Any) -> str:  # noqa: ANN401 - what stands where a record should
    parts = [record, *record.values()] if isinstance(record, Mapping) else []
    within = [part for part in parts if isinstance(part, Mapping)]
    candidates = (part.get(name) for name in _NAMES for part in within)
    return next((str(name) for name in candidates if name and isinstance(name, str | int)), "a record without a name")


def _plain(record: Any) -> dict[str, Any]:  # noqa: ANN401 - what stands where a record should
    """What of a record can be kept whatever is wrong with it."""
    parts = record.items() if isinstance(record, Mapping) else ()
    return {name: value for name, value in parts if isinstance(value, str | int | float)}

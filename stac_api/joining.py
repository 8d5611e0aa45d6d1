"""A batch in which what several records say of one subject has become its Items."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from stac_api.batch import Batch, Reject
from stac_api.parts import Assemble, KnownParts, Parts, Told, join
from stac_api.versions import Subject, subject_of
from transforms.check import Checked, check
from transforms.entry import KeptPart, Version


@dataclass(slots=True)
class Joined:
    """Items, what is none, and parts that the ledger does not have yet.

    Attributes:
        checked: of subjects told by one record as they came, of others all versions, in no order that matters.
        rejects: without those whose fragment has become a part of an Item.
        parts: to be stored.
        told: subjects that several records may tell.
    """

    checked: list[Checked]
    rejects: list[Reject]
    parts: dict[Subject, Parts] = field(default_factory=dict)
    told: set[Subject] = field(default_factory=set)

    @property
    def remarks(self) -> list[tuple[Version, str]]:
        """What is odd about Items that were made of several records, and about which: no record alone may say it."""
        several = (one for one in self.checked if one.part is None and subject_of(one) in self.told)
        return [(one.version, remark) for one in several for remark in one.remarks]

    def without_fragments_of(self, subjects: AbstractSet[Subject]) -> list[Reject]:
        """The rejects, but for those that say something of these subjects, which have Items."""
        return [reject for reject in self.rejects if _subject(reject) not in subjects]


def joined(batch: Batch, known_parts: KnownParts, assemble: Assemble) -> Joined:
    """Join the parts in a batch with those that are known, and make Items of what is new."""
    result = Joined([one for one in batch.checked if one.part is None], list(batch.rejects))
    arrivals = _arrivals(batch)
    if not arrivals:
        return result
    result.told = set(arrivals)
    known = known_parts.of(arrivals)
    together: dict[Subject, Sequence[KeptPart]] = {}
    for subject, told in arrivals.items():
        parts, fresh = join(known.get(subject, {}), told)
        if fresh:
            result.parts[subject] = fresh
            together[subject] = [parts[key].part for key in sorted(parts)]
    _assemble(result, batch, together, assemble)
    return result


def _arrivals(batch: Batch) -> dict[Subject, list[Told]]:
    arrivals: dict[Subject, list[Told]] = {}
    for one in batch.checked:
        if one.part is not None:
            arrivals.setdefault(subject_of(one), []).append(Told(one.part, one.record))
    for reject in batch.rejects:
        subject = _subject(reject)
        if reject.fragment and subject:
            arrivals.setdefault(subject, []).append(Told(reject.fragment.part.kept(), reject.key))
    return arrivals


def _assemble(result: Joined, batch: Batch, together: Mapping[Subject, Sequence[KeptPart]], assemble: Assemble) -> None:
    alone = {id(one.part): one for one in batch.checked if one.part is not None}
    entries = []
    for parts in together.values():
        ready = alone.get(id(parts[0])) if len(parts) == 1 else None
        if ready is not None:  # a reader made it of this part already
            result.checked.append(ready._replace(record=b""))
        else:
            entries += assemble([part.part() for part in parts])
    for entry, verdict in zip(entries, check(entries), strict=True):
        if isinstance(verdict, Checked):
            result.checked.append(verdict)
        else:
            reason = str(verdict)
            result.rejects.append(Reject(entry.archive_id, type(verdict).__name__, reason, dict(entry.item)))


def _subject(reject: Reject) -> Subject | None:
    return Subject(reject.fragment.collection, reject.fragment.subject) if reject.fragment else None

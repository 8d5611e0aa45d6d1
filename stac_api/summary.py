"""What the Items of a Collection have in common: values, ranges, extent, count. Kept true by what changed alone.

Pure. Where an Item goes that alone held an end of a range or of the extent, only the others can tell the new end:
then all of them must be read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

Facts = Sequence[Any]
"""What a summary holds of one Item: values of words, numbers, first and last moment (microseconds since 1970), west,
south, east, north; as JSON has them."""

Group = tuple[Sequence[Any], int, Sequence[Any]]
"""Items that have the same words: these, how many they are, and the ends of the others, as `Summary` has them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Pick = Callable[[Iterable[Any]], Any]


class UncertainError(Exception):
    """What changed does not tell what is true now."""


@dataclass(slots=True)
class Summary:
    """Of all Items of one Collection.

    Attributes:
        names: of the properties whose values, and of those whose ranges, are kept.
        items: how many there are.
        values: how many Items have each combination of words, by its JSON.
        ends: least and most of each number, first moment and last, west and south, east and north; None where none is.
    """

    names: tuple[list[str], list[str]]
    items: int = 0
    values: Counter[str] = field(default_factory=Counter)
    ends: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, names: tuple[list[str], list[str]], groups: Iterable[Group]) -> "Summary":
        """The summary of Items that were grouped by their words."""
        every = list(groups)
        values = Counter[str]()
        for words, count, _ in every:
            values[_combination(words)] += count
        ends = _joined(len(names[1]), [], [], [ends for *_, ends in every])
        return cls(names, values.total(), values, ends)

    def changed(self, gone: Sequence[Facts], come: Sequence[Facts]) -> "Summary":
        """The summary once some Items have gone and others have come; one that changed has done both.

        Raises:
            UncertainError: the Items that stayed must be asked.
        """
        values = self.values.copy()
        values.update(_combination(facts[0]) for facts in come)
        values.subtract(_combination(facts[0]) for facts in gone)
        if min(values.values(), default=0) < 0:
            raise UncertainError
        ends = _joined(len(self.names[1]), self.ends, list(map(_ends, gone)), list(map(_ends, come)))
        return Summary(self.names, values.total(), +values, ends)

    def described(self) -> dict[str, Any]:
        """The ``extent`` and the ``summaries`` of a STAC Collection, as far as there are any."""
        words, numbers = self.names
        described: dict[str, Any] = {}
        if self.items:
            first, last, *box = self.ends[2 * len(numbers) :]
            interval = [[_spelled(first), _spelled(last)]]
            described["extent"] = {"spatial": {"bbox": [box]}, "temporal": {"interval": interval}}
        pairs = zip(numbers, self.ends[0::2], self.ends[1::2], strict=False)
        ranges = {
            name: {"minimum": _number(least), "maximum": _number(most)}
            for name, least, most in pairs
            if least is not None
        }
        if summaries := {**self._listed(words), **ranges}:
            described["summaries"] = summaries
        return described

    def _listed(self, words: Sequence[str]) -> dict[str, list[Any]]:
        found: dict[str, set[Any]] = {name: set() for name in words}
        for combination in self.values:
            for name, value in zip(words, orjson.loads(combination), strict=True):
                found[name].update(value if isinstance(value, list) else () if value is None else (value,))
        return {name: sorted(values) for name, values in found.items() if values}


def _combination(words: Sequence[Any]) -> str:
    return orjson.dumps(words, option=orjson.OPT_SORT_KEYS).decode()


def _ends(facts: Facts) -> list[Any]:
    _, numbers, first, last, *box = facts
    return [None if value is None else float(value) for value in numbers for _ in range(2)] + [
        first,
        last,
        *map(float, box),
    ]


def _joined(
    numbers: int, old: Sequence[Any], gone: Sequence[Sequence[Any]], come: Sequence[Sequence[Any]]
) -> list[Any]:
    picks: list[_Pick] = [*[min, max] * (numbers + 1), min, min, max, max]
    return [
        _end(pick, old[at] if old else None, {one[at] for one in gone}, {one[at] for one in come})
        for at, pick in enumerate(picks)
    ]


def _end(pick: _Pick, old: Any, gone: AbstractSet[Any], come: AbstractSet[Any]) -> Any:  # noqa: ANN401 - a number
    new = pick([value for value in (*come, old) if value is not None] or [None])
    if old is not None and new == old and old in gone - come:
        raise UncertainError
    return new


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value


def _spelled(moment: int) -> str:
    at = _EPOCH + timedelta(microseconds=moment)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"

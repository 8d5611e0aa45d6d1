"""The order of a search's Items, and where in it a page begins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stac_api.reading.conditions import HERE, Condition

_NEWEST_FIRST = [{"field": "datetime", "direction": "desc"}]

TYPES = {
    "to_float": "float8",
    "to_int": "int4",
    "to_tstz": "timestamptz",
    "to_text": "text",
    "to_text_array": "text[]",
}
"""What pgSTAC's readers of properties give."""

_COLUMNS = {"id": "text", "collection": "text", "datetime": "timestamptz", "end_datetime": "timestamptz"}

Place = Sequence[str | None]
"""An Item's values of the keys, as PostgreSQL writes them."""


@dataclass(frozen=True, slots=True)
class Key:
    """What Items are ordered by.

    Attributes:
        expression: in SQL, as pgSTAC writes it, so that its indexes apply.
        type: of the expression.
        descending: NULLs come first then, and last otherwise.
        nullable: whether there can be NULLs.
        constant: whether all Items of the search have the same: it decides nothing.
    """

    expression: str
    type: str
    descending: bool
    nullable: bool = True
    constant: bool = False

    @property
    def sql(self) -> str:
        """For ORDER BY."""
        return f"{self.expression} {'DESC' if self.descending else 'ASC'}"


def sort_fields(sortby: Sequence[Mapping[str, Any]] | None) -> list[tuple[str, bool]]:
    """Name the fields to sort by, and whether downwards; the last ones make any order complete, as pgSTAC does."""
    fields = [(entry["field"], entry.get("direction") == "desc") for entry in sortby or _NEWEST_FIRST]
    named = {field for field, _ in fields}
    return fields + [(field, fields[0][1]) for field in ("collection", "id") if field not in named]


def key(expression: str | None, reader: str | None, *, descending: bool, alone: bool) -> Key | None:
    """Make a key of what pgSTAC says of a property; None where we know no order for it.

    Args:
        expression: in SQL.
        reader: pgSTAC's function that it begins with, where it is no column.
        descending: whether downwards.
        alone: whether one Collection is searched.
    """
    if expression in _COLUMNS:
        constant = alone and expression == "collection"
        return Key(expression, _COLUMNS[expression], descending, nullable=False, constant=constant)
    if expression is None or reader not in TYPES:
        return None
    return Key(expression, TYPES[reader], descending)


def backwards(keys: Sequence[Key]) -> list[Key]:
    """The same order from its end."""
    return [replace(one, descending=not one.descending) for one in keys]


def order_by(keys: Sequence[Key]) -> str:
    """Write an order in SQL."""
    return ", ".join(one.sql for one in keys if not one.constant)


def stretches(keys: Sequence[Key], place: Place | None) -> Iterator[list[Condition]]:
    """Cut what comes after a place into stretches, one after the other, each of which an index can find.

    NULLs of the first key are a stretch of their own: PostgreSQL finds ``k > 5 OR k IS NULL`` by no index in order.

    Args:
        keys: the order.
        place: of the last Item seen; None begins at the beginning.
    """
    if place is None:
        yield []
        return
    deciding = [(one, value) for one, value in zip(keys, place, strict=True) if not one.constant]
    first, value = deciding[0]
    if value is None:
        yield [Condition(f"{first.expression} IS NULL"), _after(deciding[1:])]
        if first.descending:
            yield [Condition(f"{first.expression} IS NOT NULL")]
        return
    if all(one.descending == first.descending and not one.nullable for one, _ in deciding[1:]):
        yield [_beyond_all(deciding)]
    else:
        sign = "<=" if first.descending else ">="
        # said twice, because PostgreSQL looks for no bound inside an OR
        bound = Condition(f"{first.expression} {sign} {HERE}::text::{first.type}", (value,))
        yield [bound, Condition(f"{first.expression} IS NOT NULL"), _after(deciding)]
    if first.nullable and not first.descending:
        yield [Condition(f"{first.expression} IS NULL")]


Decided = tuple[Key, str | None]


def _beyond_all(deciding: Sequence[Decided]) -> Condition:
    """Compare whole rows, which an index on all keys finds at once."""
    expressions = ", ".join(one.expression for one, _ in deciding)
    values = ", ".join(f"{HERE}::text::{one.type}" for one, _ in deciding)
    sign = "<" if deciding[0][0].descending else ">"
    return Condition(f"({expressions}) {sign} ({values})", tuple(value for _, value in deciding))


def _after(deciding: Sequence[Decided]) -> Condition:
    """What comes after values of all these keys."""
    condition = Condition("false")
    for one, value in reversed(deciding):
        condition = _beyond(one, value) | (_equal(one, value) & condition)
    return condition


def _beyond(one: Key, value: str | None) -> Condition:
    if value is None:
        return Condition(f"{one.expression} IS NOT NULL" if one.descending else "false")
    condition = Condition(f"{one.expression} {'<' if one.descending else '>'} {HERE}::text::{one.type}", (value,))
    if one.nullable and not one.descending:
        return condition | Condition(f"{one.expression} IS NULL")
    return condition


def _equal(one: Key, value: str | None) -> Condition:
    if value is None:
        return Condition(f"{one.expression} IS NULL")
    return Condition(f"{one.expression} = {HERE}::text::{one.type}", (value,))

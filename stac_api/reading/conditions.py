"""Which Items a search asks for, as conditions in SQL with their parameters apart."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

HERE = "\0"
"""Stands in SQL where a parameter goes: what no text of PostgreSQL, and so no name of a property, can hold."""

_FINER = re.compile(r"\.\d{7}")
"""In moments that Python would cut off and PostgreSQL rounds."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a row of ``pgstac.items``.

    Attributes:
        sql: text in which `HERE` stands where the parameters go.
        parameters: values as asyncpg takes them, in that order.
    """

    sql: str
    parameters: tuple[object, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql}) AND ({other.sql})", self.parameters + other.parameters)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql}) OR ({other.sql})", self.parameters + other.parameters)


class Statement:
    """The parameters of one SQL statement, numbered in the order in which its text names them."""

    def __init__(self) -> None:
        self.parameters: list[object] = []

    def text(self, conditions: Iterable[Condition]) -> str:
        """Join conditions to one, which is true where there is none."""
        return " AND ".join(f"({self._numbered(condition)})" for condition in conditions) or "true"

    def _numbered(self, condition: Condition) -> str:
        first, *others = condition.sql.split(HERE)
        before = len(self.parameters)
        self.parameters += condition.parameters
        return first + "".join(f"${before + place}{text}" for place, text in enumerate(others, 1))


def conditions(search: Mapping[str, Any]) -> Iterator[Condition]:
    """Give the conditions of a search but for its filter.

    Args:
        search: as pgSTAC's ``search()`` takes it, with a ``bbox`` of four numbers that do not cross the antimeridian.
    """
    if "ids" in search:
        yield Condition(f"id = ANY({HERE}::text[])", (search["ids"],))
    if "collections" in search:
        yield _in_collections(search["collections"])
    if "datetime" in search:
        yield from _in_time(search["datetime"])
    if "intersects" in search:
        shape = orjson.dumps(search["intersects"]).decode()
        yield Condition(f"ST_Intersects(geometry, ST_GeomFromGeoJSON({HERE}::text))", (shape,))
    elif "bbox" in search:
        box = f"ST_MakeEnvelope({HERE}::float8, {HERE}::float8, {HERE}::float8, {HERE}::float8, 4326)"
        yield Condition(f"ST_Intersects(geometry, {box})", tuple(map(float, search["bbox"])))


def _in_collections(collections: Sequence[str]) -> Condition:
    if len(collections) == 1:
        # so that PostgreSQL knows that it need not sort by collection
        return Condition(f"collection = {HERE}::text", (collections[0],))
    return Condition(f"collection = ANY({HERE}::text[])", (list(collections),))


def _in_time(interval: str) -> Iterator[Condition]:
    """Items whose time overlaps an instant or a closed interval, either end of which may be open."""
    start, _, end = interval.partition("/") if "/" in interval else (interval, "", interval)
    if end not in ("", ".."):
        yield _compared("datetime <=", end)
    if start not in ("", ".."):
        yield _compared("end_datetime >=", start)


def _compared(words: str, moment: str) -> Condition:
    """Compare with a moment of RFC 3339: one that PostgreSQL knows when it plans skips partitions."""
    if not _FINER.search(moment):
        with suppress(ValueError):
            return Condition(f"{words} {HERE}::timestamptz", (datetime.fromisoformat(moment.upper()),))
    return Condition(f"{words} {HERE}::text::timestamptz", (moment,))

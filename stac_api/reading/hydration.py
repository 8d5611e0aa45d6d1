"""Items as they were stored, from what pgSTAC keeps of them: what their Collection's base item says is not repeated.

The rules are those of pgSTAC's ``merge_jsonb``, ``jsonb_include`` and ``jsonb_exclude``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Any

_ABSENT = "𒍟※"
"""pgSTAC's mark for what the base item has and the Item has not."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Which members of an Item a client wants: paths, of which a blank list means all."""

    include: tuple[tuple[str, ...], ...] = ()
    exclude: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Iterable[str] | None] | None) -> "Fields":
        """Read the ``fields`` of a search."""
        said = said or {}
        include, exclude = (sorted(_path(path) for path in said.get(name) or ()) for name in ("include", "exclude"))
        # what is wanted whole is wanted; pgSTAC sets its parts once more, in an order that changes from start to start
        whole = [path for path in include if not any(path[:end] in include for end in range(1, len(path)))]
        return cls(tuple(whole), tuple(exclude))

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)

    @property
    def geometry(self) -> bool:
        """Whether geometries are wanted, whole."""
        return ("geometry",) not in self.exclude and (not self.include or ("geometry",) in self.include)

    @property
    def into_geometry(self) -> bool:
        """Whether parts of geometries are meant."""
        return any(path[:1] == ("geometry",) and len(path) > 1 for path in self.include + self.exclude)

    @property
    def links(self) -> bool:
        """Whether links are wanted."""
        return ("links",) not in self.exclude

    def chosen(self, document: dict[str, Json]) -> dict[str, Json]:
        """Choose from an Item or base item. Paths into arrays mean nothing."""
        if self.include:
            named = ("id", "collection") if "collection" in document else ("id",)
            document = _included(document, (*self.include, *((name,) for name in named)))
        for path in self.exclude:
            document = _without(document, path)
        return document


def hydrated(item: dict[str, Json], base: dict[str, Json]) -> dict[str, Json]:
    """Put an Item and its base item together, members without a value left out; neither is changed."""
    merged: dict[str, Json] = _merged(item, base) or {}
    return merged


def without_nulls(value: Json) -> Json:
    """Leave out members without a value, at any depth; elements of arrays stay."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value


def _merged(item: Json, base: Json) -> Json:
    if item is None:
        return base
    if isinstance(item, dict) and isinstance(base, dict):
        return _merged_members(item, base)
    if isinstance(item, list) and isinstance(base, list) and len(item) == len(base):
        return [_merged(one, other) for one, other in zip(item, base, strict=True)] or None
    return None if item == _ABSENT else item


def _merged_members(item: dict[str, Json], base: dict[str, Json]) -> dict[str, Json] | None:
    if not item and not base:
        return None  # as pgSTAC has it: the aggregate of no rows
    merged = {}
    for name, value in item.items():
        one = _merged(value, base.get(name))
        if one is not None:
            merged[name] = one
    return merged | {name: value for name, value in base.items() if value is not None and name not in item}


def _path(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _included(document: Mapping[str, Json], paths: Iterable[Sequence[str]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for path in paths:
        value: Json = document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        _put(found, path, value)
    return found


def _put(document: dict[str, Json], path: Sequence[str], value: Json) -> None:
    """Put a value at a path; what is on the way there is copied, for it belongs to the Item."""
    for name in path[:-1]:
        inner = document.get(name)
        document[name] = document = dict(inner) if isinstance(inner, dict) else {}
    if path:
        document[path[-1]] = value


def _without(document: dict[str, Json], path: Sequence[str]) -> dict[str, Json]:
    """Copy what is changed, and only that: base items serve many Items."""
    if not path:
        return document
    first, *others = path
    if first not in document:
        return document
    if not others:
        return {name: value for name, value in document.items() if name != first}
    inner = document[first]
    return {**document, first: _without(inner, others)} if isinstance(inner, dict) else document

"""CQL2 as clients send it: read and checked in microseconds, before pgSTAC sees it.

The ``cql2`` library parses; its own check of JSON compiles the schema of CQL2 anew for each filter, which takes
20 ms and more with depth, and says no more than that nothing matched.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cql2 import Expr

from stac_api.boxes import checked_geometry, shape
from stac_api.nesting import deepest

FILTER_LENGTH = 20_000
"""Characters of a CQL2 filter."""
FILTER_DEPTH = 100
"""Levels of the text of a CQL2 filter, see `stac_api.nesting`."""
JSON_DEPTH = 64
"""Levels of a CQL2 filter as JSON, two for each operator."""
FILTER_NODES = 500
"""Operators of a CQL2 filter: pgSTAC takes milliseconds for each."""

Cql2 = Mapping[str, Any]

_COMPARISONS = {"=", "<>", "<", ">", "<=", ">=", "eq", "neq", "ne", "!=", "lt", "lte", "le", "gt", "gte", "ge"}
_ARITIES: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(_COMPARISONS, (2, 2)),
    **dict.fromkeys(("and", "or"), (1, FILTER_NODES)),
    **dict.fromkeys(("not", "isnull", "casei", "accenti", "upper", "lower"), (1, 1)),
    **dict.fromkeys(("like", "ilike", "in"), (2, 2)),
    **dict.fromkeys(("+", "-", "*", "/"), (2, 2)),
    "between": (3, 3),
    **dict.fromkeys(
        (f"s_{name}" for name in "intersects equals disjoint touches within overlaps crosses contains".split()),  # noqa: SIM905 - reads better
        (2, 2),
    ),
    **dict.fromkeys(
        (
            f"t_{name}"
            for name in (
                *("after", "before", "contains", "disjoint", "during", "equals", "finishedby", "finishes"),
                *("intersects", "meets", "metby", "overlappedby", "overlaps", "startedby", "starts"),
            )
        ),
        (2, 2),
    ),
    **dict.fromkeys(("a_equals", "a_contains", "a_containedby", "a_contained_by", "a_overlaps"), (2, 2)),
}
"""Every operator that pgSTAC answers, in lower case, and how many arguments it takes."""

_VALUES = {"casei", "accenti", "upper", "lower", "+", "-", "*", "/"}
"""Operators that give a value, not an answer: no filter by themselves."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[-+]\d\d:\d\d)?)?")
_PLACE = re.compile(r"--> (?P<line>\d+):(?P<column>\d+)\n.*\n\d+ \| (?P<text>[^\n]*)\n.*= (?P<words>[^\n]+)", re.DOTALL)


def parsed(text: str, language: str | None) -> Cql2:
    """Read the filter of a GET request.

    Args:
        text: CQL2 as text or as JSON.
        language: ``cql2-text``, which is the default, or ``cql2-json``.

    Raises:
        ValueError: it is neither; the message names the place.
    """
    check_size(text)
    if language == "cql2-json":
        return checked(_from_json(text))
    if deepest(text) > FILTER_DEPTH:
        raise ValueError(f"filter nests deeper than {FILTER_DEPTH} levels: write it flatter")
    try:
        return checked(Expr(text).to_json())
    except ValueError:
        raise
    except Exception as error:  # the parser raises nothing narrower
        raise ValueError(f"filter is not CQL2 text: {_place(str(error), text)}") from error


def check_size(text: str) -> None:
    """Check the length of a filter.

    Raises:
        ValueError: it is too long.
    """
    if len(text) > FILTER_LENGTH:
        raise ValueError(f"filter has {len(text)} characters and may have {FILTER_LENGTH}: use several requests")


def checked(cql2: object) -> Cql2:
    """Check the structure of a filter, spelled as pgSTAC reads it.

    Returns:
        The same filter, operators as pgSTAC spells them.

    Raises:
        ValueError: it nests too deep, is too long, or is no condition that we can answer.
    """
    _check_depth(cql2)
    if not isinstance(cql2, Mapping) or "op" not in cql2:
        raise ValueError(f"filter must be a condition, such as \"platform = 'tanager-1'\"{_hint(cql2)}")
    operators = list(_operators(cql2))
    if len(operators) > FILTER_NODES:
        raise ValueError(f"filter has {len(operators)} operators and may have {FILTER_NODES}: use several requests")
    for operator in operators:
        _check_operator(operator)
    for value in _objects(cql2):
        _check_value(value)
    if _name(cql2) in _VALUES:
        raise ValueError(f"filter must be a condition: compare the value of {_name(cql2)} with something")
    spelled: Cql2 = _spelled(cql2)
    return spelled


def properties(cql2: object) -> Iterator[str]:
    """Yield the properties that a filter speaks of."""
    for node in _objects(cql2):
        if isinstance(node.get("property"), str):
            yield node["property"]


def both(*filters: Cql2 | None) -> Cql2 | None:
    """Join filters: all of them hold. None stands for no condition."""
    present = [one for one in filters if one is not None]
    return {"op": "and", "args": present} if len(present) > 1 else present[0] if present else None


def escaped(text: str) -> str:
    """Give the pattern of LIKE that stands for this text and nothing else."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"character {error.pos + 1}: '{_around(text, error.pos)}'"
        raise ValueError(f"filter is not JSON: {error.msg} at {where}") from error
    except RecursionError as error:
        raise ValueError("filter nests deeper than JSON is read: write it flatter") from error


def _place(message: str, text: str) -> str:
    found = _PLACE.search(message)
    if found is None:
        return " ".join(message.split())[:300]
    lines = text.splitlines() or [""]
    line, column = int(found["line"]), int(found["column"])
    here = lines[line - 1] if line <= len(lines) else ""
    where = f"character {column}" if len(lines) == 1 else f"line {line}, character {column}"
    return f"{where} ('{_around(here, column - 1)}'): {found['words']}"


def _around(text: str, place: int) -> str:
    """The text that led to a place, with the place marked."""
    return f"{text[max(0, place - 20) : place]}⟨here⟩{text[place : place + 20]}"


def _hint(cql2: object) -> str:
    if isinstance(cql2, Mapping) and isinstance(cql2.get("property"), str):
        return f": compare {cql2['property'][:100]} with something"
    return ""


def _check_operator(node: Cql2) -> None:
    name, arguments = _name(node), node.get("args")
    if name not in _ARITIES:
        raise ValueError(f"filter uses the operator '{str(node['op'])[:50]}', which is none that is known here")
    least, most = _ARITIES[name]
    if not isinstance(arguments, list) or not least <= len(arguments) <= most:
        count = str(least) if least == most else f"at least {least}"
        raise ValueError(f"filter must give {node['op']} its arguments as a list of {count}")
    if name in {"and", "or", "not"} and any(not _is_condition(argument) for argument in arguments):
        raise ValueError(f"filter joins by {name} what is no condition: each side must compare something")
    if name == "in" and not isinstance(arguments[1], list):
        raise ValueError("filter must give in a list of values as its second argument")


def _check_value(node: Cql2) -> None:
    """Check moments and geometries: PostgreSQL reads "yesterday", and PostGIS a polygon of two points."""
    interval = node.get("interval")
    moments = interval if isinstance(interval, list) else [node[key] for key in ("timestamp", "date") if key in node]
    for moment in moments:
        if isinstance(moment, str) and moment != ".." and not _MOMENT.fullmatch(moment):
            raise ValueError(f"filter has '{moment[:50]}' where a moment must be: write it as 2025-05-01T00:00:00Z")
    if "coordinates" in node:
        checked_geometry(node)


def _is_condition(argument: object) -> bool:
    return isinstance(argument, bool) or (
        isinstance(argument, Mapping) and "op" in argument and _name(argument) not in _VALUES
    )


def _name(node: Cql2) -> str:
    return str(node["op"]).lower()


def _operators(cql2: object) -> Iterator[Cql2]:
    return (node for node in _objects(cql2) if "op" in node)


def _objects(cql2: object) -> Iterator[Cql2]:
    ahead: list[Any] = [cql2]
    while ahead:
        node = ahead.pop()
        if isinstance(node, Mapping):
            yield node
            ahead += node.values()
        elif isinstance(node, list):
            ahead += node


def _spelled(node: Any) -> Any:  # noqa: ANN401 - any JSON value, of bounded depth
    if isinstance(node, list):
        return [_spelled(value) for value in node]
    if not isinstance(node, Mapping):
        return node
    if "bbox" in node and len(node) == 1:
        return shape(node["bbox"])
    if "date" in node and len(node) == 1:
        return {"timestamp": f"{node['date']}T00:00:00Z"}
    spelled = {key: _spelled(value) for key, value in node.items()}
    return {**spelled, "op": "a_contained_by"} if str(node.get("op")).lower() == "a_containedby" else spelled


def _check_depth(cql2: object) -> None:
    level = [cql2]
    for _ in range(JSON_DEPTH):
        below = [node.values() if isinstance(node, Mapping) else node for node in level]
        level = [child for node in below if not isinstance(node, str) and isinstance(node, Iterable) for child in node]
    if level:
        raise ValueError(f"filter nests deeper than {JSON_DEPTH // 2} operators: write it flatter")

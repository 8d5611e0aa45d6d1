"""Everything that a search asks for as one CQL2 filter: filter, ``query`` and free text together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request
from stac_fastapi.types.errors import InvalidQueryParameter

from stac_api.filters import Cql2, both, escaped, properties
from stac_api.free_text import condition, terms_of
from stac_api.requests import SearchRequest
from stac_api.vocabulary import Vocabulary

SORTS = 20
"""Properties to sort by: each takes pgSTAC longer than the one before."""

_COMPARISONS = {
    "eq": "=",
    "neq": "<>",
    "ne": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "in": "in",
    "startsWith": "like",
    "endsWith": "like",
    "contains": "like",
}
"""The operators of STAC's query extension, and what CQL2 calls them."""


async def understood(search: SearchRequest, request: Request) -> SearchRequest:
    """Give the same search with all its conditions in ``filter_expr``; ``query`` and ``q`` are empty then.

    Raises:
        InvalidQueryParameter: it names a property that no Item has.
    """
    try:
        named = as_filter(search.filter_expr, search.query)
        asked = both(named, condition(terms_of(search.q)))
    except ValueError as error:
        raise InvalidQueryParameter(str(error)) from error
    await require_known(request.app.state.items_vocabulary, properties(named), search.sortby, request)
    changes = {"filter_expr": asked, "filter_lang": "cql2-json", "query": None, "q": None}
    return search.model_copy(update=changes)  # type: ignore[no-any-return]  # stac-fastapi-pgstac is not typed


def as_filter(filter_expr: Cql2 | None, query: object) -> Cql2 | None:
    """Join a filter and a ``query``: both hold.

    Raises:
        ValueError: ``query`` is not what it should be.
    """
    return both(filter_expr, _of_query(query))


async def require_known(
    vocabulary: Vocabulary, names: Iterable[str], sortby: Sequence[Any] | None, request: Request
) -> None:
    """Refuse a search by properties that are not there.

    Raises:
        InvalidQueryParameter: one is not, or they are too many to sort by.
    """
    if len(sortby or ()) > SORTS:
        raise InvalidQueryParameter(f"sortby names {len(sortby or ())} properties and may name {SORTS}")
    sorted_by = [one["field"] if isinstance(one, Mapping) else one.field for one in sortby or ()]
    try:
        await vocabulary.require([*names, *sorted_by], request)
    except ValueError as error:
        raise InvalidQueryParameter(str(error)) from error


def _of_query(query: object) -> Cql2 | None:
    if query is None or query == {}:
        return None
    if not isinstance(query, Mapping) or not all(isinstance(tests, Mapping) for tests in query.values()):
        raise ValueError('query must give each property its tests, such as {"gsd": {"lte": 30}}')
    return both(*(_test(name, operator, value) for name, tests in query.items() for operator, value in tests.items()))


def _test(name: str, operator: str, value: object) -> Cql2:
    if operator not in _COMPARISONS:
        raise ValueError(f"query knows no operator '{operator[:50]}': it may be {', '.join(_COMPARISONS)}")
    if operator in {"startsWith", "endsWith", "contains"}:
        value = _pattern(operator, value)
    if operator == "in" and not isinstance(value, list):
        raise ValueError(f"query must give in a list of values for {name[:100]}")
    return {"op": _COMPARISONS[operator], "args": [{"property": name}, value]}


def _pattern(operator: str, value: object) -> str:
    return f"{'' if operator == 'startsWith' else '%'}{escaped(str(value))}{'' if operator == 'endsWith' else '%'}"

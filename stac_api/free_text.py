"""Free text as STAC's extension has it: without regard to case, blanks mean themselves, any of the terms will do.

It becomes CQL2 over title, id, description and keywords: pgSTAC's own free text is an error for signs such as ``(``
and finds nothing in Items without a description.

Source: https://github.com/stac-api-extensions/freetext-search, v1.0.0-rc.1, without "advanced".
"""

from collections.abc import Sequence

from stac_api.filters import Cql2, escaped

SEARCHED = ("id", "title", "description", "keywords")
"""Properties of an Item, or fields of a Collection, that are looked through."""

TERMS = 20
"""Terms of one request: each is looked for in all texts."""
TERM_LENGTH = 200
"""Characters of a term."""


def terms_of(q: object) -> list[str]:
    """Read ``q``: terms with commas between them, as in a GET request, or a list of them, as in a body.

    Raises:
        ValueError: they are too many or too long, or not text.
    """
    given: object = q.split(",") if isinstance(q, str) else [] if q is None else q
    if not isinstance(given, list) or not all(isinstance(term, str) for term in given):
        raise ValueError('q must be a list of terms, such as ["methane", "landfill"]')
    terms = list(dict.fromkeys(term.strip() for term in given if term.strip()))
    if len(terms) > TERMS:
        raise ValueError(f"q has {len(terms)} terms and may have {TERMS}: use several requests")
    if long := next((term for term in terms if len(term) > TERM_LENGTH), None):
        raise ValueError(f"q has a term of {len(long)} characters and may have {TERM_LENGTH} in each: '{long[:50]}…'")
    return terms


def condition(terms: Sequence[str]) -> Cql2 | None:
    """Give the filter that finds what has any of these terms in any text; None where there are no terms."""
    if not terms:
        return None
    return {"op": "or", "args": [_contains(name, term) for term in terms for name in SEARCHED]}


def _contains(name: str, term: str) -> Cql2:
    text = {"op": "casei", "args": [{"property": name}]}
    return {"op": "like", "args": [text, {"op": "casei", "args": [f"%{escaped(term)}%"]}]}

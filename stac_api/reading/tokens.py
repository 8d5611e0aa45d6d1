"""Paging tokens: a place in the order of a search, and the direction in which to go on from it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from stac_fastapi.types.errors import InvalidQueryParameter

from stac_api.reading.ordering import Place, sort_fields

_MARK = "k."
"""What our tokens begin with and pgSTAC's, in hexadecimal digits, do not."""


def token(place: Sequence[str | None]) -> str:
    """Write a place as it stands in links, after the direction."""
    return _MARK + urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


def is_ours(text: str) -> bool:
    """Whether a token, with its direction, is of this kind."""
    return text.partition(":")[2].startswith(_MARK)


def read_token(text: str, keys: int) -> tuple[bool, Place]:
    """Read a token with its direction.

    Args:
        text: from a link's ``token``.
        keys: of the order that it is used with.

    Returns:
        Whether it leads back, and the place.

    Raises:
        InvalidQueryParameter: no link of such a search had it.
    """
    direction, _, written = text.partition(":")
    try:
        place = orjson.loads(urlsafe_b64decode(written.removeprefix(_MARK) + "==="))
    except ValueError:
        place = None
    if direction not in ("next", "prev") or not _is_place(place, keys):
        raise InvalidQueryParameter(
            f"token '{text[:100]}' belongs to another search: follow the links of an answer, or leave it out"
        )
    return direction == "prev", place


def _is_place(place: object, keys: int) -> bool:
    return isinstance(place, list) and len(place) == keys and all(isinstance(one, str | None) for one in place)


def for_pgstac(text: str | None, sortby: Sequence[Mapping[str, Any]] | None) -> str | None:
    """Write a token of ours as pgSTAC reads it: by the Item at its place. Others stay as they are."""
    if text is None or not is_ours(text):
        return text
    names = [name for name, _ in sort_fields(sortby)]
    back, place = read_token(text, len(names))
    ends = ((place[names.index(name)] or "").encode().hex() for name in ("collection", "id"))
    return ":".join(("prev" if back else "next", *ends))

"""The properties that can be asked for: a name that none of them is, is a mistake and not a search without answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from fastapi import Request

from tercet.errors import did_you_mean

_OF_ITEMS = """
SELECT DISTINCT name FROM pgstac.queryables
"""
_OF_COLLECTIONS = """
SELECT DISTINCT jsonb_object_keys(content) FROM pgstac.collections
"""

COLUMNS = frozenset({"id", "collection", "geometry", "datetime", "start_datetime", "end_datetime"})
"""What pgSTAC keeps beside an Item's JSON; there whether it is registered or not."""


@dataclass(slots=True)
class Vocabulary:
    """Names that a filter or sort may use; read again when one comes that is not among them.

    Attributes:
        query: gives one name a row.
        always: names that are known without asking.
        listed: where clients find all names.
    """

    query: str
    always: frozenset[str]
    listed: str
    _known: frozenset[str] = field(default=frozenset(), init=False)

    async def require(self, names: Iterable[str], request: Request) -> None:
        """Refuse names that are not known.

        Raises:
            ValueError: one is not; the message names the nearest.
        """
        wanted = {name.removeprefix("properties.") for name in names} - self.always - self._known
        if not wanted:
            return
        async with request.app.state.get_connection(request, "r") as connection:
            rows = await connection.fetch(self.query)
        self._known = frozenset(row[0] for row in rows)
        for name in sorted(wanted - self._known):
            raise ValueError(f"there is no property '{name[:100]}' here: {self._advice(name)}{self.listed} lists all")

    def _advice(self, name: str) -> str:
        known = {one.lower(): one for one in sorted(self._known | self.always)}
        wanted = name.lower()
        near = [one for one in known if one.rpartition(":")[2] == wanted.rpartition(":")[2]]
        near = near or get_close_matches(wanted, known, n=3) or [one for one in known if wanted in one]
        return did_you_mean(known[one] for one in near[:3])


def items_vocabulary() -> Vocabulary:
    """Make the vocabulary of Items: all queryables of all Collections, for a search may cross them."""
    return Vocabulary(_OF_ITEMS, COLUMNS, "GET /queryables")


def collections_vocabulary() -> Vocabulary:
    """Make the vocabulary of Collections: the fields that they have."""
    return Vocabulary(_OF_COLLECTIONS, COLUMNS | {"type"}, "GET /collections")

"""Which way of asking the service takes today: tried in turn, remembered, and changed when it is refused."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from harvesters.earthcare_requests import METHODS, Dialect, Method, Query, Request
from harvesters.earthcare_upstream import NEW, OLD, FilterNames, Queryables
from tercet.errors import UpstreamError

log = logging.getLogger(__name__)

BAD_REQUEST = 400
NO_SUCH_METHOD = frozenset({403, 404, 405, 415, 501})
REFUSALS = NO_SUCH_METHOD | {BAD_REQUEST}


@dataclass(slots=True)
class Speech:
    """How one collection is spoken to; kept for all walks of a run, so that each refusal is met once.

    Attributes:
        queryables: what it lists.
    """

    queryables: Queryables
    _favourite: Dialect = field(init=False)
    _refused: set[Dialect] = field(init=False, default_factory=set)
    _worked: set[Method] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._favourite = Dialect(METHODS[0], self._names[0])

    @property
    def _names(self) -> Sequence[FilterNames]:
        rows = (self.queryables.names or NEW, NEW, OLD)
        return tuple(dict.fromkeys(rows))

    def dialect(self, query: Query) -> Dialect | None:
        """The way to ask that is most likely to be taken; None where all were refused since one last was."""
        return next((dialect for dialect in self._ways(query) if dialect not in self._refused), None)

    def request(self, dialect: Dialect, url: str, query: Query, limit: int) -> Request:
        """Spell a query; where the service lists nothing to ask for, all of it is tried."""
        return dialect.request(url, query, self.queryables.asked, limit)

    def taken(self, dialect: Dialect) -> None:
        """Remember a success: this dialect is the first from now on, and the others may be tried again."""
        if dialect != self._favourite or not self._worked:
            log.info("ESA MAAP takes searches by %s", dialect)
        self._worked.add(dialect.method)
        self._refused.clear()
        self._favourite = dialect

    def refused(self, dialect: Dialect, query: Query, error: UpstreamError) -> bool:
        """Remember a failure; False where it is not one of the dialect, or no other is left."""
        broken = dialect.method not in self._worked
        if error.status not in REFUSALS and not broken:
            return False
        ways = self._ways(query)
        by_method = error.status != BAD_REQUEST
        self._refused.update(way for way in ways if way == dialect or (by_method and way.method == dialect.method))
        other = self.dialect(query)
        if other is None:
            self._refused.clear()
            return False
        log.warning("ESA MAAP answered %s to a search by %s; trying %s", error.status or error, dialect, other)
        return True

    def _ways(self, query: Query) -> list[Dialect]:
        ways = [Dialect(method, names, form) for form in query.forms for method in METHODS for names in self._names]
        favourite = self._favourite

        def distance(way: Dialect) -> tuple[bool, bool, bool]:
            return way.form != favourite.form, way.method != favourite.method, way.names != favourite.names

        return sorted(ways, key=distance)

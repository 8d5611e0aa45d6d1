"""A walk: sensing time window by window, then what changed since the last walk; and what may be said of it."""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from harvesters.base import Listed, Page, Window
from harvesters.earthcare_changes import Changes
from harvesters.earthcare_cursor import Cursor, Span
from harvesters.earthcare_reading import Reading
from harvesters.earthcare_windows import EARLIEST, LATEST, LAUNCH, SensingWindow, Windows
from transforms.earthcare_names import collection_id

log = logging.getLogger(__name__)

LAG = timedelta(days=14)
"""How far before its cursor a walk starts where the service cannot be asked for changes: products appear in the
archive days after their sensing. What was sensed longer ago and is processed anew is found by a full refresh."""
SHORT_LAG = timedelta(days=2)
"""The same where it can be asked: what is read again proves the answer."""
MOST_DOUBTFUL = 20
"""Windows whose counts disagree are asked once more by the next walk; if there are more, the counts are worthless."""


@dataclass(slots=True)
class Walk:
    """One walk through some product types.

    Attributes:
        reading: what of each window is wanted.
        begun: when the walk began.
        cursor: what the walks before reached.
        types: for the cursor, where the product stands for several.
        claims: whether what a window does not name is gone: every collection that may hold it is asked.
    """

    reading: Reading
    begun: datetime
    cursor: Cursor | None = None
    types: tuple[str, ...] = ()
    claims: bool = False
    _doubtful: list[Span] = field(default_factory=list)
    _agrees: bool = True

    async def through(self, start: datetime | None, end: datetime | None) -> AsyncIterator[Page]:
        """All that was sensed, or is valid, in an interval; where it is open, the walk says at its end that it was all.

        What lies before the launch or ahead is little, such as predicted orbits: a window each.
        """
        first, last = start or EARLIEST, end or LATEST
        pages = [self.between(max(first, LAUNCH), min(last, self.begun), takes_earlier=first >= LAUNCH)]
        if first < LAUNCH:
            pages.insert(0, self._window(SensingWindow(first, min(last, LAUNCH), takes_earlier=True)))
        if last > self.begun:
            ahead = max(first, self.begun)
            pages.append(self._window(SensingWindow(ahead, last, takes_earlier=ahead == first)))
        for part in pages:
            async for page in part:
                yield page
        if self.claims and self._agrees and start is None and end is None:
            yield Page((), listed=[Listed(collection_id(one)) for one in self.reading.searches])

    async def onwards(self, cursor: Cursor) -> AsyncIterator[Page]:
        """What is new since a cursor: what was sensed since then, and what changed."""
        async for page in self._doubtful_once_more(cursor.doubtful):
            yield page
        changes = Changes.after(cursor.changes, self.reading)
        start = max(EARLIEST, cursor.sensed - (SHORT_LAG if changes else LAG))
        async for page in self.between(start, self.begun):
            if changes and page.cursor is None:
                changes.expect(page.records)
            yield page
        # what is valid from some later time on: predicted orbits
        async for page in self._window(SensingWindow(self.begun, LATEST)):
            yield page
        if changes is None:
            return
        async for records in changes.records(self.begun):
            yield Page(records)
        if changes.are_known:
            yield Page((), cursor=self._mark(self.begun, changes=self.begun))
            return
        async for page in self.between(max(EARLIEST, cursor.sensed - LAG), start):
            yield page

    async def between(self, start: datetime, end: datetime, *, takes_earlier: bool = True) -> AsyncIterator[Page]:
        """Sensing time, window by window; each ends with a page that carries its cursor, empty or not.

        While a walk re-reads what lies before its cursor, pages carry none.
        """
        windows = Windows(start, end, takes_earlier=takes_earlier)
        for window in windows:
            async for page in self._window(window):
                yield page
            windows.received = self.reading.received
            if self.cursor is None or window.end >= self.cursor.sensed:
                yield Page((), cursor=self._mark(window.end))

    async def _window(self, window: SensingWindow) -> AsyncIterator[Page]:
        """Its records, and what may be said once they are stored."""
        async for records in self.reading.records(window):
            yield Page(records)
        if self.claims and self.reading.agreeing:
            end = None if window.end == LATEST else window.end
            start = None if window.start == EARLIEST else window.start
            yield Page((), listed=[Listed(collection_id(one), Window(start, end)) for one in self.reading.agreeing])
        if len(self.reading.agreeing) < len(self.reading.searches):
            self._agrees = False
            self._doubtful.append((window.start, window.end))

    async def _doubtful_once_more(self, spans: Sequence[Span]) -> AsyncIterator[Page]:
        for start, end in spans:
            async for page in self._window(SensingWindow(start, end)):
                yield page
        self._doubtful.clear()  # asked twice, that has to do

    def _mark(self, sensed: datetime, *, changes: datetime | None = None) -> str:
        """The cursor once all before a moment was read."""
        first = self.begun if self.cursor is None else self.cursor.changes
        doubtful = self._doubtful if len(self._doubtful) <= MOST_DOUBTFUL else ()
        return str(Cursor(sensed, changes or first, self.types, tuple(doubtful)))

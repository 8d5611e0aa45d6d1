"""Many Items at once."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from tercet.errors import TercetError
from tercet.readers.base import Reader
from tercet.readers.opening import open as open_reader
from tercet.settings import Settings, load_settings

log = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with how many are done, and of how many."""
_AT_ONCE = 8
_AHEAD = 2
"""Times the workers: so many are begun and not taken yet."""


def open_many(  # noqa: PLR0913 - each of them is asked for
    items: Iterable[Any],
    read: Callable[[Reader], T] | None = None,
    *,
    workers: int = _AT_ONCE,
    progress: Progress | None = None,
    skip_errors: bool = False,
    settings: Settings | None = None,
) -> Iterator[Any]:
    """Open many Items side by side, and read something of each.

    Args:
        items: each what `open` takes.
        read: what is wanted of each reader, such as ``lambda reader: reader.table("h_canopy")``; the reader is closed
            after it. Without it the readers themselves are given, to be closed by whoever asked for them.
        workers: how many at once.
        progress: called after each one.
        skip_errors: leave out what cannot be opened or read; its error is logged. Otherwise the first one is raised.
        settings: as for `open`.

    Yields:
        What ``read`` gave, or a reader, in the order of the items.

    Raises:
        ReaderError: of the first Item that failed, with its name.
    """
    known = settings or load_settings()
    asked = list(items)

    def work(item: Any) -> Any:  # noqa: ANN401 - what `open` takes, what `read` gives
        reader = open_reader(item, settings=known)
        if read is None:
            return reader
        with reader:
            return read(reader)

    for done, future in enumerate(_in_order(work, asked, workers), start=1):
        try:
            yield future.result()
        except TercetError as error:
            if not skip_errors:
                raise
            log.warning("left out: %s", error)
        if progress is not None:
            progress(done, len(asked))


def _in_order(work: Callable[[Any], T], asked: Sequence[Any], workers: int) -> Iterator[Future[T]]:
    """The same for each, side by side, a little ahead of whoever takes it: not all results wait in memory."""
    under_way: deque[Future[T]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in asked:
                under_way.append(pool.submit(work, item))
                if len(under_way) == _AHEAD * workers:
                    yield under_way.popleft()
            while under_way:
                yield under_way.popleft()
        finally:
            for future in under_way:
                future.cancel()

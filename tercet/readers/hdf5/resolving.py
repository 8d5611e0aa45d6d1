"""Questions of a remote file's structure, asked again until all bytes that they need are there."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tercet.errors import ReaderError
from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.cursor import BrokenError, MissingBytesError, Span, UnreadableError
from tercet.readers.hdf5.held import Held
from tercet.readers.remote.spans import CONNECTIONS

T = TypeVar("T")

_IMPOSSIBLE = (ValueError, TypeError, ArithmeticError, MemoryError, RecursionError)
"""What Python and NumPy make of sizes, counts and types that no writer wrote."""


class Source(Protocol):
    """A file's bytes, at a distance."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def head(self) -> bytes:
        """The first of them, which are here already."""

    def read(self, spans: Sequence[Span], then: int = 0) -> list[bytes]:
        """Fetch spans, several at once."""

    def views(self, spans: Sequence[Span]) -> list[memoryview]:
        """Fetch spans that are large."""

    def each(self, spans: Sequence[Span], take: Callable[[int, memoryview], None], then: int = 0) -> None:
        """Fetch spans, and hand out each as soon as it is there; ``then``: how many are probably fetched next."""

    def close(self) -> None:
        """Let go of it."""


class Resolver:
    """The structure's bytes of one file. Threads may share it: one of them asks at a time.

    Attributes:
        source: where the bytes come from.
        blocks: those that are here.
        lock: held while a question is answered.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.blocks = Blocks(source.size)
        self.lock = threading.RLock()
        self._head = Held([(0, memoryview(source.head))])
        self.blocks.held = self._head

    def resolved(self, question: Callable[[], T], next_one: Callable[[], object] = list) -> T:
        """Answer a question: what bytes it misses are fetched together, and it is asked again.

        Args:
            question: any.
            next_one: what will be asked next: what it misses is fetched along whenever something is fetched.

        Raises:
            ReaderError: the file is broken (at the byte that is named), or uses what is not read.
        """
        name = self.source.name
        with self.lock:
            while True:
                try:
                    return question()
                except MissingBytesError as error:
                    self._fetch([*error.spans, *_missed(next_one)])
                except BrokenError as error:
                    raise ReaderError(f"{name} is broken at byte {error.at}: {error.what}; get it again") from error
                except UnreadableError as error:
                    raise ReaderError(f"{name} uses what is not read: {error}") from error
                except _IMPOSSIBLE as error:
                    raise ReaderError(f"{name} is broken, its structure says what cannot be ({error})") from error

    def _fetch(self, spans: Sequence[Span]) -> None:
        lacking = self.blocks.lacking(spans)
        # after what tells where values lie, values are read
        for (start, _), content in zip(lacking, self.source.read(lacking, CONNECTIONS), strict=True):
            self.blocks.put(start, content)

    def lacking(self, next_one: Callable[[], object]) -> list[Span]:
        """What a question will miss, as far as it is known."""
        with self.lock:
            return self.blocks.lacking(_missed(next_one))

    def hold(self, spans: Sequence[Span], next_ones: Sequence[Callable[[], object]]) -> Held:
        """Fetch spans that are large, and hold them until `let_go`; what questions miss besides comes along."""
        if spans:
            missed = [span for one in next_ones for span in _missed(one)]
            lacking = self.blocks.lacking(span for span in missed if not any(_is_in(span, held) for held in spans))
            came = self.source.views([*spans, *lacking])
            for (start, _), content in zip(lacking, came[len(spans) :], strict=True):
                self.blocks.put(start, content)
            held = ((start, content) for (start, _), content in zip(spans, came, strict=False))
            self.blocks.held = Held([(0, memoryview(self.source.head)), *held])
        return self.blocks.held

    def let_go(self) -> None:
        """Hold only the file's head again."""
        self.blocks.held = self._head


def _missed(question: Callable[[], object]) -> Sequence[Span]:
    """What bytes a question misses; if it has no answer, who asks it will hear of that."""
    try:
        question()
    except MissingBytesError as error:
        return error.spans
    except (BrokenError, UnreadableError, ReaderError, *_IMPOSSIBLE):
        pass
    return ()


def _is_in(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]

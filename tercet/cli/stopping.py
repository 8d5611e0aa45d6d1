"""Being told to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM, which init systems and container engines send, stop what runs here as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not callable(signal.getsignal(signal.SIGINT)):  # a shell's background job ignores it
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

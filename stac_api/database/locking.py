"""A lock between processes that ends with the process that holds it, however that ends."""

import fcntl
import time
from pathlib import Path

from tercet.errors import DatabaseError

_PATIENCE_S = 300.0


def await_lock(handle: int, path: Path) -> None:
    """Wait until this process alone holds the lock on an open file; closing the file gives it back.

    Raises:
        DatabaseError: another process holds it for five minutes.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DatabaseError(
                    f"another tercet holds {path} for {_PATIENCE_S:.0f} s: end it and try again"
                ) from None
            time.sleep(0.05)
        else:
            return

"""One thread for everything that readers fetch: many requests at once for callers who wait for one answer."""

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tercet.readers.remote.clients import Clients

T = TypeVar("T")

_DECODERS = 4


class Loop:
    """An event loop in a thread of its own, and threads that unpack what it fetched."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.clients = Clients()
        self.unpackers = ThreadPoolExecutor(min(_DECODERS, os.cpu_count() or 1), "tercet-unpack")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tercet-fetch", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, and wait for it; whoever is interrupted while waiting ends it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the threads."""
        self.run(self.clients.close_unused())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.unpackers.shutdown()


_lock = threading.Lock()
_loops: list[Loop] = []


def loop() -> Loop:
    """The loop of this process, made when it is first needed; a forked child has none of its parent's threads."""
    with _lock:
        if not _loops or _loops[0].process != os.getpid():
            _loops[:] = [Loop()]
            atexit.register(_stop, _loops[0])
        return _loops[0]


def _stop(ended: Loop) -> None:
    if ended.process == os.getpid():
        ended.stop()

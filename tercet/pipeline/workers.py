"""Reading records beside the rest of a harvest: in other processes once there are many."""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import connection
from types import TracebackType
from typing import Self

from harvesters.base import Source
from tercet.errors import TercetError
from tercet.pipeline.batches import Prepared, Verdict, read_dumped

WORTH_IT = 2000
"""Records after which processes are started: those that come until they are ready are read by one thread."""
MOST = 4
"""Processes at most: beyond that PostgreSQL is what one waits for."""


def default_workers() -> int:
    """One for each core but the one that stores, four at most."""
    return max(1, min(MOST, (os.cpu_count() or 1) - 1))


@dataclass(slots=True)
class Readers:
    """Whoever reads records, used as a context manager.

    Attributes:
        source: whose records they are.
        workers: processes once there are many records; 0 to read in this process only.
    """

    source: Source
    workers: int
    _seen: int = 0
    _pool: ProcessPoolExecutor | None = field(default=None, init=False)
    _starting: asyncio.Task[None] | None = field(default=None, init=False)
    _ready: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(wait=error is None, cancel_futures=True)

    @property
    def ahead(self) -> int:
        """How many batches may be read at once."""
        return self.workers + 1 if self._ready else 1

    async def read(self, prepared: Prepared) -> Sequence[Verdict]:
        """Make checked Items of the records of a batch.

        Raises:
            TercetError: a process was killed.
        """
        self._seen += len(prepared.dumped)
        if self._pool is None and self.workers and self._seen > WORTH_IT:
            # not forked from here: threads and a database connection do not survive that
            context = multiprocessing.get_context("forkserver")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_settle)
            self._starting = asyncio.create_task(self._start(self._pool))
        try:
            if self._pool is None or not self._ready:
                return await asyncio.to_thread(read_dumped, self.source, prepared.dumped)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, read_dumped, self.source, prepared.dumped)
        except BrokenProcessPool as error:
            raise TercetError(
                "a process that read records was killed, for want of memory perhaps: harvest again with "
                "TERCET_WORKERS=0 or a smaller TERCET_BATCH_SIZE; it goes on where it stopped"
            ) from error

    async def _start(self, pool: ProcessPoolExecutor) -> None:
        """Let a first process start, beside everything else; whether it does shows when it is given work."""
        with contextlib.suppress(BrokenProcessPool, RuntimeError, OSError):
            await asyncio.wrap_future(await asyncio.to_thread(pool.submit, _settled))
        self._ready = True


def _settle() -> None:
    """Make a new process one that reads: Ctrl-C is its parent's, and it does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(1_000_000)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _settled() -> None:
    """Nothing: whoever answers is there."""


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)

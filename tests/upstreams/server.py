"""A real HTTP server on loopback for an ASGI app, for as long as a test wants it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Prompt(uvicorn.Server):
    """A server that ends when it is told to: uvicorn's own looks ten times a second, and hundreds of tests wait."""

    async def main_loop(self) -> None:
        await self.on_tick(0)  # the headers of all answers
        while not self.should_exit:  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.005)


@contextmanager
def serve(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """Serve an app on 127.0.0.1, by default on any free port; gives the base URL."""
    config = uvicorn.Config(
        app, port=port, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = _Prompt(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise OSError(f"no server on port {port}: is the port taken?")
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()

"""`serve`: the embedded schedule and the status page in one process, with a clean stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from ml_connector.engine.loop import Loop
from ml_connector.errors import Misconfigured


def serve(app: Litestar, loop: Loop, host: str, port: int, *, stopping: Callable[[], None] = lambda: None) -> None:
    """Run until SIGTERM or SIGINT: the calls under way finish, no other starts.

    Raises Misconfigured for an address that cannot be listened on.
    """
    _check(host, port)
    worker = threading.Thread(target=loop.run, name="schedule")
    worker.start()
    try:
        asyncio.run(_pages(app, loop.stop, host, port))
    finally:
        stopping()
        loop.stop.set()
        worker.join()


def _check(host: str, port: int) -> None:
    """Try the address first: the web server itself ends without a word where it cannot have it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise Misconfigured(
            f"The status page cannot be served on {host}:{port}: {error}.",
            remedy="Name another address with --host and --port, or end the program that holds this one.",
        ) from None


async def _pages(app: Litestar, stop: threading.Event, host: str, port: int) -> None:
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_level=LogLevels.error)
    running = asyncio.create_task(server.serve())
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    waiting = asyncio.create_task(asked.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    server.stop()  # type: ignore[no-untyped-call] # granian's own, without types
    waiting.cancel()
    await asyncio.gather(running, return_exceptions=True)

"""SIGTERM: no new conversations, the running turns end, and only then does the server stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from audiokit.server.hub import Hub

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def drain_on_signals(hub: Hub, deadline_s: float) -> Iterator[None]:
    """Let conversations end before the signal's former handler stops the server; a second Ctrl-C stops at once.

    Parameters
    ----------
    hub : who is connected.
    deadline_s : how long running turns may go on, in seconds.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread only
        return
    loop, former = asyncio.get_running_loop(), {number: signal.getsignal(number) for number in SIGNALS}
    drains: set[asyncio.Task[None]] = set()

    def stop(number: int, frame: FrameType | None) -> None:
        handler = former[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    async def drain(number: int) -> None:
        log.info("draining")
        await hub.drain(deadline_s)
        stop(number, None)

    def begin(number: int) -> None:
        if not drains:
            drains.add(loop.create_task(drain(number)))

    def handle(number: int, frame: FrameType | None) -> None:
        if hub.is_draining and number == signal.SIGINT:
            stop(number, frame)
        else:
            loop.call_soon_threadsafe(begin, number)

    for number in SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

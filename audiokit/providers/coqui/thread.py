"""A model speaks in a thread, as fast as it can, while an event loop takes what is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from threading import Event
from typing import TypeVar

T = TypeVar("T")


async def ahead(items: Generator[T]) -> AsyncGenerator[T]:
    """Give the items of a generator that runs in one thread and does not wait for them to be taken.

    So a model that only one text may use at a time is free again when it has spoken, however slowly that is heard.
    Closing it early closes the generator, in its thread, before the item after the one that is being made.

    Parameters
    ----------
    items : a generator; what it raises is raised here.
    """
    loop, stop = asyncio.get_running_loop(), Event()
    ready: asyncio.Queue[tuple[T] | None] = asyncio.Queue()

    def make() -> None:
        try:
            with closing(items):
                for item in items:
                    if stop.is_set():
                        return
                    loop.call_soon_threadsafe(ready.put_nowait, (item,))
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(ready.put_nowait, None)

    making = loop.run_in_executor(None, make)
    try:
        while box := await ready.get():
            yield box[0]
        await making
    finally:
        stop.set()
        making.add_done_callback(_heard)


def _heard(making: asyncio.Future[None]) -> None:
    """Take an error that nobody waits for any more, lest asyncio reports it."""
    if not making.cancelled():
        making.exception()

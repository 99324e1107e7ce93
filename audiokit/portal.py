"""From async to sync: contracts are async, verbs block.

One event loop runs in a background thread, made on first use. So a verb works where a loop runs already (Jupyter, a web
server's worker), where `asyncio.run` fails, and connections stay open from one call to the next.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from concurrent import futures
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")

CLEANUP_S = 1.0  # how long Ctrl-C waits for a coroutine to close what it opened

_loops: dict[int, asyncio.AbstractEventLoop] = {}
"""By process: a fork inherits the loop but not the thread that runs it. The parent's stays here unclosed, because
closing it would take the parent's sockets out of the poll that both share."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop, and wait for its result.

    Ctrl-C in the waiting thread cancels the coroutine and gives it a moment to clean up.

    Parameters
    ----------
    coroutine : what to run; what it raises is raised here, with its traceback.

    Raises
    ------
    RuntimeError : called from the background loop itself, which would wait for itself; use `await` there.
    """
    job = _Job(coroutine)
    try:
        job.start()
        return job.result()
    finally:
        job.end()


def iterate(items: AsyncIterator[T]) -> Iterator[T]:
    """Give the items of an async iterator, one at a time as they are asked for.

    One task runs the whole iterator, so it may hold task groups and timeouts open. Leaving the loop early closes it.

    Parameters
    ----------
    items : an async iterator; what it raises is raised here, with its traceback.

    Raises
    ------
    RuntimeError : called from the background loop itself; use `async for` there.
    """
    wanted = asyncio.Semaphore(0)
    given: SimpleQueue[tuple[T] | None] = SimpleQueue()
    job = _Job(_pump(items, wanted, given))
    try:
        job.start()
        job.loop.call_soon_threadsafe(wanted.release)
        while box := given.get():
            yield box[0]
            job.loop.call_soon_threadsafe(wanted.release)
        job.result()
    finally:
        job.end()


async def _pump(items: AsyncIterator[T], wanted: asyncio.Semaphore, given: SimpleQueue[tuple[T] | None]) -> None:
    try:
        await wanted.acquire()
        async for item in items:
            given.put((item,))
            await wanted.acquire()
    finally:
        given.put(None)
        if isinstance(items, AsyncGenerator):
            await items.aclose()


class _Job(Generic[T]):
    """A coroutine on its way through the background loop.

    Ctrl-C may strike anywhere, so all that `end` needs exists before `start` is called.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.loop = _background_loop()
        if asyncio._get_running_loop() is self.loop:
            coroutine.close()
            raise RuntimeError("called from the background loop, which would wait for itself; use await instead")
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self._outcome: futures.Future[T] = futures.Future()

    def start(self) -> None:
        self.loop.call_soon_threadsafe(self._begin)

    def result(self) -> T:
        return self._outcome.result()

    def end(self) -> None:
        """Cancel it if it still runs, and let it clean up."""
        if not self._outcome.done():
            self.loop.call_soon_threadsafe(self._cancel)
            futures.wait([self._outcome], CLEANUP_S)

    def _begin(self) -> None:
        self._task = self.loop.create_task(self._coroutine)
        self._task.add_done_callback(self._settle)

    def _cancel(self) -> None:
        if self._task:
            self._task.cancel()

    def _settle(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self._outcome.set_exception(futures.CancelledError())
        elif error := task.exception():
            self._outcome.set_exception(error)
        else:
            self._outcome.set_result(task.result())


def _background_loop() -> asyncio.AbstractEventLoop:
    process = os.getpid()
    if process not in _loops:
        fresh = asyncio.new_event_loop()
        # setdefault lets one of several threads win, without a lock that a fork could leave locked for ever.
        if _loops.setdefault(process, fresh) is fresh:
            Thread(target=_serve, args=[fresh], name="audiokit-portal", daemon=True).start()
        else:
            fresh.close()
    return _loops[process]


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    while not loop.is_closed():
        # A coroutine that wants to exit stops its loop; its caller is to hear of it, and the next one to be served.
        with suppress(BaseException):
            loop.run_forever()

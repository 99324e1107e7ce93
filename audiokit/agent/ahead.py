"""Work of strangers, kept at arm's length: its reader may leave at any time and never waits for it to agree."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Ahead(Generic[T]):
    """A stream that runs on in a task of its own; what comes is kept until it is read.

    Parameters
    ----------
    items : the stream; closed when it is abandoned, however long that takes it.
    """

    def __init__(self, items: AsyncIterator[T]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready: deque[T] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._ended = False
        self.arrived_s = self._loop.time()
        """When the last item came (at first: when the stream was opened), in seconds on the loop's clock."""
        self.first_s: float | None = None
        """When the first item came, in seconds on the loop's clock."""
        self._task = self._loop.create_task(self._pump(items))

    async def next(self, until_s: float | None = None) -> T:
        """Give the next item.

        Parameters
        ----------
        until_s : how long to wait, in seconds on the loop's clock.

        Raises
        ------
        StopAsyncIteration : the stream has ended.
        TimeoutError : nothing came in time.
        Exception : what the stream raised.
        """
        while not self._ready:
            if self._ended:
                raise self._error or StopAsyncIteration
            self._reader = self._loop.create_future()
            async with asyncio.timeout_at(until_s):
                await self._reader
        return self._ready.popleft()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return await self.next()

    def fail(self, error: Exception) -> None:
        """Abandon the stream; its reader gets `error` after what has come already."""
        self._end(error)
        self.close()

    def close(self) -> None:
        """Abandon the stream without waiting for it."""
        self._task.cancel()

    async def _pump(self, items: AsyncIterator[T]) -> None:
        error: Exception | None = None
        try:
            async for item in items:
                self._ready.append(item)
                self.arrived_s = self._loop.time()
                self.first_s = self.first_s or self.arrived_s
                self._wake()
        except Exception as raised:  # whatever it is, it is the reader's to judge
            error = raised
        finally:
            self._end(error)
            if isinstance(items, AsyncGenerator):
                await items.aclose()

    def _end(self, error: Exception | None) -> None:
        if not self._ended:
            self._ended, self._error = True, error
            self._wake()

    def _wake(self) -> None:
        if self._reader and not self._reader.done():
            self._reader.set_result(None)


async def abandonable(work: Coroutine[Any, Any, T], limit_s: float) -> T:
    """Wait for a coroutine, but neither longer than `limit_s` nor for its consent to being cancelled.

    Raises
    ------
    TimeoutError : it did not end in time.
    Exception : what it raised.
    """
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(_forget)
    try:
        done, _ = await asyncio.wait([task], timeout=limit_s)
    finally:
        task.cancel()
    if not done:
        raise TimeoutError(f"not done after {limit_s:g} s")
    return task.result()


def _forget(task: asyncio.Task[Any]) -> None:
    """Take note of how abandoned work ended, so that asyncio does not complain that nobody did."""
    if not task.cancelled() and (error := task.exception()):
        log.debug("abandoned work failed: %s", error)

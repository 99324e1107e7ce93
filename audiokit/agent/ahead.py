"""Work of strangers, kept at arm's length: its reader may leave at any time and never waits for it to agree."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Executor, Future
from contextvars import copy_context
from threading import Thread
from typing import Any, Generic, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

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

    @property
    def unread(self) -> Sequence[T]:
        """What has come and was not read."""
        return tuple(self._ready)

    @property
    def has_failed(self) -> bool:
        """Whether it ended with an error."""
        return self._error is not None

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
                self._wake()
                if self.first_s is None:
                    self.first_s = self.arrived_s
                    await asyncio.sleep(0)  # the first item is waited for: its reader comes before the second
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


async def in_own_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread of its own.

    One that never comes back holds up neither the local models, which share the event loop's threads, nor the end of
    the process.

    Parameters
    ----------
    function : what to call; it sees the context variables of the caller.

    Raises
    ------
    Exception : what it raises.
    """
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_OwnThreads(), lambda: context.run(function))


class _OwnThreads(Executor):
    """A daemon thread for each call."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def call() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        Thread(target=call, name="audiokit-tool", daemon=True).start()
        return future


def opened(begin: Callable[[], AsyncIterator[T]]) -> AsyncIterator[T]:
    """Begin a stream; one whose beginning fails is a stream whose first item does."""
    try:
        return begin()
    except Exception as error:  # as in `_pump`: the reader's to judge
        return _Broken(error)


class _Broken(AsyncIterator[Any]):
    """A stream that has only an error to give."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def __anext__(self) -> Any:
        raise self._error


def _forget(task: asyncio.Task[Any]) -> None:
    """Take note of how abandoned work ended, so that asyncio does not complain that nobody did."""
    if not task.cancelled() and (error := task.exception()):
        log.debug("abandoned work failed: %s", error)

"""A clock that skips what nobody works in: a conversation from files takes as long as its models compute."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

WAKE_UP_PIPE = 1  # the loop's own file, by which threads wake it


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer when no thread and no connection is at work.

    While a model computes in a thread (`asyncio.to_thread`) or a connection is open, time passes as it does: what is
    measured on this clock is true. For `asyncio.Runner(loop_factory=SkippingLoop)`.
    """

    def __init__(self) -> None:
        self._skipped_s = 0.0
        self._jobs = 0
        super().__init__(_Selector(self._skip))

    def time(self) -> float:
        """Give the seconds that passed or were skipped, from any start."""
        return super().time() + self._skipped_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        """Run in a thread, and let time pass until it has ended."""
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._job_ended)
        return future

    async def shutdown_default_executor(self, *timeout: float | None) -> None:
        """Wait for the threads to end, and let time pass until then."""
        self._jobs += 1
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self._jobs -= 1

    def _job_ended(self, _: asyncio.Future[T]) -> None:
        self._jobs -= 1

    def _skip(self, wait_s: float, files: int) -> bool:
        """Jump over a wait, unless somebody works."""
        if self._jobs or files > WAKE_UP_PIPE:
            return False
        self._skipped_s += wait_s
        return True


class _Selector(selectors.DefaultSelector):
    """Waits only when its loop may not skip the wait."""

    def __init__(self, skip: Callable[[float, int], bool]) -> None:
        super().__init__()
        self._skip = skip

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and (timeout <= 0 or self._skip(timeout, len(self.get_map())))):
            return ready
        return super().select(timeout)

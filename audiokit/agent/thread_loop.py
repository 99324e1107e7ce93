"""An event loop that knows how many threads work for it: the ground of clocks that do not run by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class ThreadCountingLoop(asyncio.SelectorEventLoop):
    """Counts the work that runs in threads (`asyncio.to_thread`)."""

    working_threads: int = 0
    """How many pieces of work are in threads now."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        """Run in a thread, and count it until it has ended."""
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self.working_threads += 1
        future.add_done_callback(self._ended)
        return future

    async def shutdown_default_executor(self, *timeout: float | None) -> None:
        """Wait for the threads to end, which counts as work."""
        self.working_threads += 1
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self.working_threads -= 1

    def _ended(self, _: asyncio.Future[T]) -> None:
        self.working_threads -= 1

"""An event loop whose clock jumps to the next timer, so that a minute of conversation is tested in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from audiokit.agent.thread_loop import ThreadCountingLoop

T = TypeVar("T")

THREAD_POLL_S = 0.05  # how often a loop that waits for a thread looks up; the thread's end wakes it at once


class VirtualClockLoop(ThreadCountingLoop):
    """A loop that never waits for time: `asyncio.sleep(60)` is over at once, and `loop.time()` is 60 later.

    While work runs in a thread (`asyncio.to_thread`), the clock stands still and the loop really waits.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Give the virtual time, in seconds."""
        return self._now_s

    def _jump(self, by_s: float | None, others: int) -> float | None:
        """Move the clock; give the time to wait for real, in seconds, or None to wait for a socket."""
        if self.working_threads:
            return THREAD_POLL_S
        if by_s is not None:
            self._now_s += by_s
            return 0.0
        if others:
            return None
        raise RuntimeError("every task waits for something that nothing will ever bring about")


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualClockLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return ready
        others = len(self.get_map()) - 1  # the loop's own pipe to itself
        return list(super().select(self._loop._jump(timeout, others)))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on virtual time, as `asyncio.run` does on real time.

    Raises
    ------
    RuntimeError : every task waits, and no timer, thread or socket is left that could wake one.
    """
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        return runner.run(coroutine)

"""A clock that skips what nobody works in: a conversation from files takes as long as its models compute."""

from __future__ import annotations

import selectors
from collections.abc import Callable

from audiokit.agent.thread_loop import ThreadCountingLoop

WAKE_UP_PIPE = 1  # the loop's own file, by which threads wake it


class SkippingLoop(ThreadCountingLoop):
    """An event loop whose time jumps to the next timer when no thread and no connection is at work.

    While a model computes in a thread (`asyncio.to_thread`) or a connection is open, time passes as it does: what is
    measured on this clock is true. For `asyncio.Runner(loop_factory=SkippingLoop)`.
    """

    def __init__(self) -> None:
        self._skipped_s = 0.0
        super().__init__(_Selector(self._skip))

    def time(self) -> float:
        """Give the seconds that passed or were skipped, from any start."""
        return super().time() + self._skipped_s

    def _skip(self, wait_s: float, files: int) -> bool:
        """Jump over a wait, unless somebody works."""
        if self.working_threads or files > WAKE_UP_PIPE:
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

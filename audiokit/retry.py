"""Trying again: only what may succeed, only while there is time for it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from audiokit.errors import ProviderError, ProviderTimeout, RateLimitError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how fast to try again."""

    attempts: int = 3
    """Tries in all; 1 is no retry."""
    first_pause_s: float = 0.5
    """Pause before the second try, in seconds; it doubles from then on."""
    longest_pause_s: float = 20.0
    """No pause is longer, in seconds."""
    budget_s: float = 60.0
    """All tries and pauses together, in seconds: no try begins after it."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts is {self.attempts}; expected 1 or more")

    def pauses_s(self) -> Iterator[float]:
        """Give the pause before each further try, in seconds.

        Half of it is chance, so that many clients that failed together do not come back together ("equal jitter").
        """
        for attempt in range(self.attempts - 1):
            pause_s = min(self.longest_pause_s, self.first_pause_s * 2**attempt)
            yield pause_s * random.uniform(0.5, 1.0)  # noqa: S311  no secret hangs on it

    def pause_after_s(self, error: Exception, pause_s: float, used_s: float) -> float | None:
        """Decide whether to go on after `error`: the pause in seconds, or None to give up.

        Parameters
        ----------
        error : what the try raised; only a retryable ProviderError is worth another.
        pause_s : from `pauses_s`; a vendor's own wish goes before it.
        used_s : seconds since the first try began.
        """
        if not (isinstance(error, ProviderError) and error.retryable):
            return None
        if isinstance(error, RateLimitError) and error.retry_after_s is not None:
            pause_s = max(pause_s, error.retry_after_s)
        return pause_s if used_s + pause_s < self.budget_s else None


ONCE = Retry(attempts=1)


def call(attempt: Callable[[], T], retry: Retry, *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Call until it succeeds, or until it is not worth another try.

    Parameters
    ----------
    attempt : called anew each time, with fresh file handles.
    retry : how often.
    sleep : waits so many seconds.

    Raises
    ------
    What the last attempt raised.
    """
    started_s = time.monotonic()
    pauses_s = retry.pauses_s()
    while True:
        try:
            return attempt()
        except ProviderError as error:
            wait_s = _wait_s(error, pauses_s, retry, started_s)
            if wait_s is None:
                raise
        sleep(wait_s)


async def acall(attempt: Callable[[], Awaitable[T]], retry: Retry) -> T:
    """Do the same as `call` with a coroutine function."""
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    pauses_s = retry.pauses_s()
    while True:
        try:
            return await attempt()
        except ProviderError as error:
            wait_s = _wait_s(error, pauses_s, retry, started_s, loop.time())
            if wait_s is None:
                raise
        await asyncio.sleep(wait_s)


async def within(items: AsyncIterator[T], first_s: float, next_s: float, *, provider: str) -> AsyncIterator[T]:
    """Pass items on, and give up on a stream that stays silent.

    Parameters
    ----------
    items : a stream.
    first_s, next_s : longest wait for the first item, and for each one after it, in seconds.
    provider : for the error.

    Raises
    ------
    ProviderTimeout : nothing came in time; retryable if it was the first item.
    """
    limit_s, came = first_s, 0
    try:
        while True:
            try:
                async with asyncio.timeout(limit_s):
                    item = await anext(items)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ProviderTimeout(
                    f"{provider} sent nothing for {limit_s:g} s after {came} pieces",
                    provider=provider,
                    retryable=not came,
                ) from None
            came, limit_s = came + 1, next_s
            yield item
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


def _wait_s(
    error: ProviderError, pauses_s: Iterator[float], retry: Retry, started_s: float, now_s: float | None = None
) -> float | None:
    pause_s = next(pauses_s, None)
    if pause_s is None:
        return None
    return retry.pause_after_s(error, pause_s, (time.monotonic() if now_s is None else now_s) - started_s)

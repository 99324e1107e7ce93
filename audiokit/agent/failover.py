"""Several providers for one job: the first that says something useful in time is heard, a dead one is left alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from audiokit.agent.ahead import Ahead, opened
from audiokit.agent.events import Stage
from audiokit.errors import (
    AudiokitError,
    AuthenticationError,
    ConfigError,
    MissingDependencyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    VoiceNotFoundError,
)
from audiokit.retry import Retry

P = TypeVar("P")
T = TypeVar("T")

LASTING = (AuthenticationError, VoiceNotFoundError)
"""Failures of a vendor that only the user can mend."""

log = logging.getLogger(__name__)

Tell = Callable[[Stage, str, str, str | None], None]
"""Hears of a failure: the stage, the provider, what went wrong, who is asked instead."""


class Breaker:
    """Remembers how a provider fared, and keeps a dead one from being asked at every turn.

    Parameters
    ----------
    failures : so many in a row open it.
    rest_s : then nobody asks for so long, in seconds; the next failure opens it again at once.
    """

    def __init__(self, failures: int, rest_s: float) -> None:
        self._failures, self._rest_s = failures, rest_s
        self._in_a_row = 0
        self.open_until_s = 0.0
        """Until when the provider rests, in seconds on the loop's clock."""

    def failed(self, now_s: float) -> None:
        """Note a failure."""
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self.open_until_s = now_s + self._rest_s

    def succeeded(self) -> None:
        """Note that it works."""
        self._in_a_row, self.open_until_s = 0, 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBudget:
    """How long a stream may take, in seconds."""

    first_s: float
    """To its first useful item."""
    next_s: float
    """Between two items."""
    total_s: float
    """To its end."""
    retry_s: float
    """To a first useful item, over all tries of all providers."""


class Chain(Generic[P]):
    """Providers of one kind in the order of preference, with what is known of their health.

    Parameters
    ----------
    stage : what they do.
    providers : at least one.
    failures, rest_s : of each one's `Breaker`.
    """

    def __init__(self, stage: Stage, providers: Sequence[P], failures: int = 2, rest_s: float = 30.0) -> None:
        if not providers:
            raise ValueError(f"no {stage} provider; expected at least one")
        self.stage = stage
        self.providers = tuple(providers)
        self._breakers = [Breaker(failures, rest_s) for _ in providers]
        self._mistakes: dict[int, AudiokitError] = {}

    def order(self, now_s: float) -> list[P]:
        """Give whom to ask, the best first; when all of them rest, only the one that has rested longest."""
        awake = [
            each for each, breaker in zip(self.providers, self._breakers, strict=True) if now_s >= breaker.open_until_s
        ]
        if awake:
            return awake
        return [min(zip(self.providers, self._breakers, strict=True), key=lambda pair: pair[1].open_until_s)[0]]

    @property
    def mistake(self) -> AudiokitError | None:
        """What the user must mend before any of the providers can work; None while one of them may."""
        if len(self._mistakes) < len(self.providers):
            return None
        return next(iter(self._mistakes.values()))

    def failed(self, provider: P, now_s: float, failure: ProviderError | None = None) -> None:
        """Note a provider's failure, and what it was, if that is known."""
        self._breaker(provider).failed(now_s)
        mistake = failure if isinstance(failure, LASTING) else failure and failure.__cause__
        if isinstance(mistake, (*LASTING, ConfigError, MissingDependencyError)):
            self._mistakes[id(provider)] = mistake

    def succeeded(self, provider: P) -> None:
        """Note that a provider works."""
        self._breaker(provider).succeeded()
        self._mistakes.pop(id(provider), None)

    async def stream(
        self,
        open_stream: Callable[[P], AsyncIterator[T]],
        budget: StreamBudget,
        tell: Tell,
        is_useful: Callable[[T], bool],
    ) -> AsyncGenerator[T]:
        """Give the items of the first provider that says something useful in time.

        After its first useful item a provider is not replaced: what it said may have been heard.

        Parameters
        ----------
        open_stream : begins a provider's work.
        budget : its limits.
        tell : hears of each failure.
        is_useful : whether an item is an answer, rather than a formality.

        Raises
        ------
        ProviderError : all of them failed, or the one that had begun.
        """
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        retry = Retry(first_pause_s=0.2, budget_s=budget.retry_s)
        pauses_s = retry.pauses_s()
        while True:
            order = self.order(loop.time())
            for provider, fallback in zip(order, [*order[1:], None], strict=True):
                stream = opened(partial(open_stream, provider))
                attempt = Attempt(name_of(provider), stream, budget, is_useful)
                try:
                    while (item := await attempt.next()) is not None:
                        yield item
                    self.succeeded(provider)
                    return
                except ProviderError as error:
                    failure = error
                finally:
                    attempt.close()
                self.failed(provider, loop.time(), failure)
                in_time = not attempt.was_useful and loop.time() - started_s < budget.retry_s
                tell(self.stage, attempt.name, str(failure), name_of(fallback) if fallback and in_time else None)
                if not in_time:
                    raise failure
            pause_s = retry.pause_after_s(failure, next(pauses_s, budget.retry_s), loop.time() - started_s)
            if pause_s is None:
                raise failure
            await asyncio.sleep(pause_s)

    def _breaker(self, provider: P) -> Breaker:
        return self._breakers[next(index for index, each in enumerate(self.providers) if each is provider)]


class Attempt(Generic[T]):
    """One try of one provider: whatever it does, there is an item, an end or a ProviderError in time."""

    def __init__(
        self, name: str, stream: AsyncIterator[T], budget: StreamBudget, is_useful: Callable[[T], bool]
    ) -> None:
        self.name = name
        self.was_useful = False
        """Whether anything useful came."""
        self._budget, self._is_useful = budget, is_useful
        self._ahead = Ahead(stream)
        self._opened_s = self._ahead.arrived_s

    async def next(self) -> T | None:
        """Give the next item; None at the end.

        Raises
        ------
        ProviderError : it failed, took too long, or ended without a useful item.
        """
        try:
            item = await self._ahead.next(self._until_s())
        except StopAsyncIteration:
            if self.was_useful:
                return None
            raise ProviderUnavailable(
                f"{self.name} ended without an answer", provider=self.name, retryable=True
            ) from None
        except Exception as error:
            translated = as_provider_error(error, self.name, retryable=not self.was_useful)
            if translated is error:
                raise
            raise translated from error
        self.was_useful = self.was_useful or self._is_useful(item)
        return item

    def close(self) -> None:
        """Abandon it."""
        self._ahead.close()

    def _until_s(self) -> float:
        if not self.was_useful:
            return self._opened_s + self._budget.first_s
        return min(self._ahead.arrived_s + self._budget.next_s, self._opened_s + self._budget.total_s)


def as_provider_error(error: Exception, provider: str, *, retryable: bool = True) -> ProviderError:
    """Translate what a provider raised; a foreign exception is logged whole and told by its name only."""
    if isinstance(error, ProviderError):
        return error
    if isinstance(error, AudiokitError):
        told = ProviderError(str(error), provider=provider, retryable=False)
        told.__cause__ = error
        return told
    if isinstance(error, TimeoutError):
        return ProviderTimeout(f"{provider} said nothing in time", provider=provider, retryable=retryable)
    log.error("%s raised an unexpected error", provider, exc_info=error)
    return ProviderError(f"{provider} failed: {type(error).__name__}", provider=provider, retryable=False)


def name_of(provider: Any) -> str:
    """Name a provider in messages: its `name`, else its class's name."""
    return str(getattr(provider, "name", "") or type(provider).__name__)

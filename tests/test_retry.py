"""What is tried again, how long it waits, and when it gives up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from audiokit.errors import AuthenticationError, ProviderError, ProviderTimeout, ProviderUnavailable, RateLimitError
from audiokit.retry import ONCE, Retry, acall, call, within

BUSY = ProviderUnavailable("busy", provider="acme", retryable=True)
REFUSED = AuthenticationError("refused", provider="acme")


def failing(*errors: ProviderError) -> Callable[[], str]:
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt


def test_what_fails_for_a_moment_is_tried_again() -> None:
    waited_s: list[float] = []
    assert call(failing(BUSY, BUSY), Retry(attempts=3), sleep=waited_s.append) == "done"
    assert 0.25 <= waited_s[0] <= 0.5
    assert 0.5 <= waited_s[1] <= 1.0


@pytest.mark.parametrize(("retry", "error"), [(ONCE, BUSY), (Retry(attempts=9), REFUSED), (Retry(budget_s=0.1), BUSY)])
def test_what_is_not_worth_it_is_not_tried_again(retry: Retry, error: ProviderError) -> None:
    def no_wait(seconds: float) -> None:
        pytest.fail(f"waited {seconds} s")

    with pytest.raises(type(error)):
        call(failing(error), retry, sleep=no_wait)


def test_the_last_error_is_the_one_raised() -> None:
    last = ProviderUnavailable("third", provider="acme", retryable=True)
    with pytest.raises(ProviderUnavailable, match="third"):
        call(failing(BUSY, BUSY, last), Retry(attempts=3), sleep=lambda seconds: None)


def test_a_vendor_says_when_to_come_back() -> None:
    waited_s: list[float] = []
    limit = RateLimitError("slowly", provider="acme", retry_after_s=7.0)
    assert call(failing(limit), Retry(), sleep=waited_s.append) == "done"
    assert waited_s == [7.0]


def test_a_vendor_that_wants_more_time_than_there_is_ends_it() -> None:
    limit = RateLimitError("tomorrow", provider="acme", retry_after_s=86_400.0)
    with pytest.raises(RateLimitError):
        call(failing(limit), Retry(), sleep=lambda seconds: None)


def test_no_attempts_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="attempts is 0"):
        Retry(attempts=0)


def test_a_coroutine_is_tried_again_too() -> None:
    attempt = failing(BUSY)

    async def once() -> str:
        return attempt()

    assert asyncio.run(acall(once, Retry(first_pause_s=0.001))) == "done"


async def stream(*delays_s: float) -> AsyncIterator[int]:
    for number, delay_s in enumerate(delays_s):
        await asyncio.sleep(delay_s)
        yield number


async def gathered(items: AsyncIterator[int], came: list[int]) -> None:
    async for item in items:
        came.append(item)


@pytest.mark.parametrize(("delays_s", "seen", "retryable"), [((9,), [], True), ((0, 0, 9), [0, 1], False)])
def test_a_silent_stream_is_given_up(delays_s: tuple[float, ...], seen: list[int], retryable: bool) -> None:
    came: list[int] = []
    with pytest.raises(ProviderTimeout, match="acme sent nothing") as raised:
        asyncio.run(gathered(within(stream(*delays_s), 0.05, 0.02, provider="acme"), came))
    assert came == seen
    assert raised.value.retryable is retryable


def test_a_stream_that_flows_passes_through() -> None:
    came: list[int] = []
    asyncio.run(gathered(within(stream(0, 0, 0), 5.0, 5.0, provider="acme"), came))
    assert came == [0, 1, 2]

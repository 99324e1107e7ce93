import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from audiokit.agent.failover import Breaker, Chain, StreamBudget, as_provider_error, name_of
from audiokit.errors import AuthenticationError, ProviderError, ProviderUnavailable
from audiokit.testing import clock

BUDGET = StreamBudget(first_s=1.5, next_s=1.0, total_s=10.0, retry_s=4.0)


@dataclass(eq=False)
class Source:
    """Gives pieces with pauses before them; a number is a pause in seconds, an exception is raised."""

    name: str
    script: list[object]
    opened: int = 0

    async def give(self) -> AsyncIterator[str]:
        self.opened += 1
        for each in self.script:
            if isinstance(each, float):
                await asyncio.sleep(each)
            elif isinstance(each, Exception):
                raise each
            else:
                yield str(each)


def failure(name: str = "x", retryable: bool = True) -> ProviderError:
    return ProviderUnavailable(f"{name} is down", provider=name, retryable=retryable)


async def collect(chain: Chain[Source], told: list[tuple[str, str, str, str | None]]) -> tuple[list[str], float]:
    items = []
    began_s = asyncio.get_running_loop().time()
    stream = chain.stream(
        lambda source: source.give(), BUDGET, lambda *what: told.append(what), lambda item: bool(item.strip())
    )
    try:
        async for item in stream:
            items.append(item)
    finally:
        await stream.aclose()
    return items, asyncio.get_running_loop().time() - began_s


@pytest.mark.parametrize(
    ("first", "fails_after_s"),
    [
        ([failure()], 0.0),
        ([failure(retryable=False)], 0.0),
        ([60.0, "late"], 1.5),
        ([" ", 60.0, "late"], 1.5),
        ([" "], 0.0),
        ([], 0.0),
        ([0.5, failure()], 0.5),
        ([KeyError("choices")], 0.0),
    ],
)
def test_the_next_one_is_asked_when_the_first_says_nothing_useful(first: list[object], fails_after_s: float) -> None:
    told: list[tuple[str, str, str, str | None]] = []
    chain = Chain("llm", [Source("one", first), Source("two", [0.2, "a", "b"])])
    items, took_s = clock.run(collect(chain, told))
    assert [item for item in items if item.strip()] == ["a", "b"]
    assert took_s == pytest.approx(fails_after_s + 0.2)
    assert [(stage, name, fallback) for stage, name, _, fallback in told] == [("llm", "one", "two")]


def test_after_its_first_word_a_provider_is_not_replaced() -> None:
    told: list[tuple[str, str, str, str | None]] = []
    chain = Chain("llm", [Source("one", ["a", failure("one")]), Source("two", ["b"])])
    with pytest.raises(ProviderUnavailable, match="one is down"):
        clock.run(collect(chain, told))
    assert told == [("llm", "one", "one is down", None)]


def test_a_stream_that_stalls_in_the_middle_is_given_up() -> None:
    chain = Chain("llm", [Source("one", ["a", 60.0, "b"])])
    with pytest.raises(ProviderError, match="one said nothing in time"):
        clock.run(collect(chain, []))


def test_a_slow_reader_is_not_taken_for_a_slow_provider() -> None:
    async def read() -> list[str]:
        chain = Chain("llm", [Source("one", ["a", 0.5, "b", 0.5, "c"])])
        items = []
        async for item in chain.stream(lambda source: source.give(), BUDGET, lambda *_: None, bool):
            items.append(item)
            await asyncio.sleep(30.0)
        return items

    assert clock.run(read()) == ["a", "b", "c"]


def test_a_lone_provider_is_tried_again_within_the_budget() -> None:
    source = Source("one", [0.1, failure("one")])
    with pytest.raises(ProviderUnavailable):
        clock.run(collect(Chain("tts", [source]), []))
    assert source.opened == 3


def test_nothing_is_tried_again_that_cannot_pass() -> None:
    source = Source("one", [AuthenticationError("refused", provider="one")])
    with pytest.raises(AuthenticationError):
        clock.run(collect(Chain("tts", [source]), []))
    assert source.opened == 1


def test_no_try_begins_after_the_budget() -> None:
    sources = [Source(str(index), [60.0]) for index in range(9)]

    async def go() -> float:
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(ProviderError):
            await collect(Chain("tts", sources), [])
        return asyncio.get_running_loop().time() - began_s

    assert clock.run(go()) <= BUDGET.retry_s + BUDGET.first_s
    assert [source.opened for source in sources] == [1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_a_dead_provider_rests_and_is_then_asked_once() -> None:
    async def go() -> list[int]:
        dead = Source("one", [failure("one")])
        chain = Chain("llm", [dead, Source("two", ["a"])], failures=2, rest_s=30.0)
        opened = []
        for pause_s in (0, 0, 0, 0, 31, 0):
            await asyncio.sleep(pause_s)
            await collect(chain, [])
            opened.append(dead.opened)
        return opened

    assert clock.run(go()) == [1, 2, 2, 2, 3, 3]


def test_when_all_rest_the_one_that_has_rested_longest_is_asked() -> None:
    first, second = Source("one", []), Source("two", [])
    chain = Chain("llm", [first, second], failures=1, rest_s=30.0)
    chain.failed(second, 1.0)
    assert chain.order(2.0) == [first]
    chain.failed(first, 2.0)
    assert chain.order(3.0) == [second]
    assert chain.order(31.5) == [second]
    assert chain.order(40.0) == [first, second]


def test_success_closes_a_breaker() -> None:
    breaker = Breaker(2, 30.0)
    breaker.failed(0.0)
    breaker.succeeded()
    breaker.failed(1.0)
    assert breaker.open_until_s == 0.0
    breaker.failed(2.0)
    assert breaker.open_until_s == 32.0


def test_a_foreign_error_tells_no_more_than_its_name(caplog: pytest.LogCaptureFixture) -> None:
    error = as_provider_error(OSError("https://x?api_key=secret"), "acme")
    assert str(error) == "acme failed: OSError"
    assert not error.retryable


def test_a_chain_needs_a_provider() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Chain("llm", [])


def test_a_provider_without_a_name_is_called_by_its_class() -> None:
    assert name_of(Source("one", [])) == "one"
    assert name_of(Breaker(1, 1.0)) == "Breaker"

"""audiokit.providers.coqui.thread: a generator in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import pytest

from audiokit.errors import ProviderError
from audiokit.providers.coqui.thread import ahead


def test_items_come_in_order_from_one_other_thread() -> None:
    threads = set()

    def items() -> Generator[int]:
        for item in range(5):
            threads.add(threading.get_ident())
            yield item

    async def collected() -> list[int]:
        return [item async for item in ahead(items())]

    assert asyncio.run(collected()) == [0, 1, 2, 3, 4]
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_the_generator_ends_however_slowly_its_items_are_taken() -> None:
    ended = threading.Event()

    def items() -> Generator[int]:
        yield from range(3)
        ended.set()

    async def first() -> bool:
        async for _ in ahead(items()):
            return await asyncio.to_thread(ended.wait, 5)
        return False

    assert asyncio.run(first())


def test_closing_early_closes_the_generator_in_its_thread() -> None:
    go_on, closed, made = threading.Event(), threading.Event(), []

    def items() -> Generator[int]:
        try:
            for item in range(100):
                made.append(item)
                yield item
                go_on.wait(5)
        finally:
            closed.set()

    async def first() -> None:
        chunks = ahead(items())
        async for _ in chunks:
            break
        await chunks.aclose()
        go_on.set()
        assert await asyncio.to_thread(closed.wait, 5)

    asyncio.run(first())
    assert made == [0, 1]


def test_an_error_is_raised_after_what_was_made_before_it() -> None:
    def items() -> Generator[int]:
        yield 1
        raise ProviderError("no more", provider="coqui")

    async def collected() -> None:
        async for item in ahead(items()):
            taken.append(item)

    taken: list[int] = []
    with pytest.raises(ProviderError, match="no more"):
        asyncio.run(collected())
    assert taken == [1]


def test_an_error_after_closing_is_nobodys() -> None:
    go_on = threading.Event()

    def items() -> Generator[int]:
        yield 1
        go_on.wait(5)
        raise ProviderError("too late", provider="coqui")

    async def first() -> None:
        chunks = ahead(items())
        async for _ in chunks:
            break
        await chunks.aclose()
        go_on.set()

    asyncio.run(first())

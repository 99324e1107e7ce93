from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest

from audiokit.speech.streams import closing, from_iterator


async def taken(items: Iterator[int], most: int = 99) -> list[int]:
    found = []
    async with closing(from_iterator(items)) as stream:
        async for item in stream:
            found.append(item)
            if len(found) == most:
                break
    return found


def test_a_blocking_iterator_gives_all_it_has_in_order() -> None:
    assert asyncio.run(taken(iter(range(50)))) == list(range(50))


def test_who_stops_listening_stops_the_iterator_one_item_later() -> None:
    pulled, ended = [], Event()

    def numbers() -> Iterator[int]:
        try:
            for number in range(50):
                pulled.append(number)
                yield number
        finally:
            ended.set()

    assert asyncio.run(taken(numbers(), most=3)) == [0, 1, 2]
    assert ended.wait(5)
    assert pulled in ([0, 1, 2], [0, 1, 2, 3])


def test_an_iterators_error_is_the_listeners() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        asyncio.run(taken(broken()))


def test_nobody_waits_for_an_iterator_that_hangs() -> None:
    go_on = Event()

    def hanging() -> Iterator[int]:
        yield 1
        go_on.wait(30)
        yield 2

    assert asyncio.run(asyncio.wait_for(taken(hanging(), most=1), 5)) == [1]
    go_on.set()

"""audiokit.agent.characters: what a model writes can be encoded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from audiokit.agent.characters import WholeCharacters
from audiokit.agent.speculate import Item
from audiokit.contracts import Usage

USAGE = Usage(input_tokens=1, output_tokens=2)


async def reply(items: Sequence[Item], closed: list[str]) -> AsyncIterator[Item]:
    try:
        for item in items:
            yield item
    finally:
        closed.append("closed")


def read(*items: Item) -> list[Item]:
    async def go() -> list[Item]:
        return [item async for item in WholeCharacters(reply(items, []))]

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["Hello ", "", "world."], ["Hello ", "", "world."]),
        (["Grüße 😀", " 完"], ["Grüße 😀", " 完"]),
        (["Well \ud83d", "\ude00 done"], ["Well ", "😀 done"]),
        (["\ud83d", "\ude00", "."], ["😀", "."]),
        (["whole \ud83d\ude00 here"], ["whole 😀 here"]),
        (["lone \ud83d in"], ["lone \ufffd in"]),
        (["low \ude00 alone"], ["low \ufffd alone"]),
        (["at the end \ud83d"], ["at the end ", "\ufffd"]),
        (["a\ud83d", "b"], ["a", "\ufffdb"]),
        (["a", USAGE, "b"], ["a", USAGE, "b"]),
        ([], []),
    ],
)
def test_halves_are_joined_or_replaced(items: list[Item], expected: list[Item]) -> None:
    assert read(*items) == expected


def test_closing_it_closes_the_reply() -> None:
    closed: list[str] = []

    async def go() -> None:
        items = WholeCharacters(reply(["a", "b"], closed))
        assert await anext(items) == "a"
        await items.aclose()

    asyncio.run(go())
    assert closed == ["closed"]

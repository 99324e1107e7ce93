"""audiokit.speech.live: a voice that is faster than its listener, and one that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ProviderUnavailable
from audiokit.speech.live import MOST_WAITING, streamed
from tests.speech.voices import RATE, ToneTTS, tone

WORDS = " ".join(["word"] * (MOST_WAITING + 50))


async def count(tts: ToneTTS, text: str, first_pause_s: float) -> int:
    came = 0
    async with asyncio.timeout(20):
        async for _ in streamed(tts, [text]):
            if not came:
                await asyncio.sleep(first_pause_s)
            came += 1
    return came


@pytest.mark.parametrize("text", [WORDS, " ".join(WORDS.split()[: MOST_WAITING + 1])])
def test_a_listener_who_is_behind_hears_it_to_the_end(text: str) -> None:
    assert asyncio.run(count(ToneTTS(), text, 0.2)) == len(text.split())


def test_an_error_behind_a_full_queue_reaches_the_listener() -> None:
    class Cut(ToneTTS):
        async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
            for _ in range(MOST_WAITING + 1):
                yield SpeechChunk(tone("word"), RATE)
            raise ProviderUnavailable("away", provider="tone")

    with pytest.raises(ProviderUnavailable):
        asyncio.run(count(Cut(), "Hello.", 0.2))


def test_leaving_a_full_queue_ends_the_voice() -> None:
    async def leave() -> None:
        stream = streamed(ToneTTS(), [WORDS])
        await anext(stream)
        await asyncio.sleep(0.2)
        async with asyncio.timeout(5):
            await stream.aclose()

    asyncio.run(leave())

"""audiokit.agent.trim: speech begins with its first sound, and no sound is lost or late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from audiokit.agent.trim import CLAUSE_TAIL_S, LEAD_S, SENTENCE_TAIL_S, SilenceTrim, TrimmedTTS
from audiokit.audio.buffer import Samples
from audiokit.contracts import SpeechChunk, Voice, Word
from audiokit.registry import provider

RATE = 1000
LEAD = round(LEAD_S * RATE)


def levels(*parts: tuple[float, int]) -> Samples:
    return np.concatenate([np.full((frames, 1), level, np.float32) for level, frames in parts])


@pytest.mark.parametrize("step", [1, 7, 50, 1000])
def test_only_the_ends_are_cut_however_the_stream_is(step: int) -> None:
    speech = levels((0, 300), (0.5, 100), (0, 200), (0.5, 100), (0, 400))
    trim = SilenceTrim(RATE, 0.05)
    pieces = [trim.push(speech[at : at + step]) for at in range(0, len(speech), step)] + [trim.flush()]
    assert np.array_equal(np.concatenate(pieces), speech[300 - LEAD : 700 + 50])
    assert trim.cut == 300 - LEAD


def test_sound_is_given_at_once_and_silence_with_what_follows() -> None:
    trim = SilenceTrim(RATE, 0.05)
    assert len(trim.push(levels((0, 100)))) == 0
    assert len(trim.push(levels((0.5, 10)))) == LEAD + 10
    assert len(trim.push(levels((0.5, 10), (0, 30)))) == 10
    assert len(trim.push(levels((0, 30)))) == 0
    assert len(trim.push(levels((0.5, 10)))) == 70


def test_silence_alone_leaves_a_moment_of_it() -> None:
    trim = SilenceTrim(RATE, 0.05)
    assert len(trim.push(levels((0, 500)))) == 0
    assert len(trim.flush()) == LEAD


class Slow:
    """A voice that is silent for 0.3 s before and behind two words."""

    sample_rate, encoding, settings_key = RATE, "pcm_s16le", "[7]"

    def __init__(self) -> None:
        self.is_closed = False

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        first, second = (
            Word(text=word, start_s=at_s, end_s=at_s + 0.1, confidence=1.0) for word, at_s in (("a", 0.3), ("b", 0.4))
        )
        try:
            yield SpeechChunk(levels((0, 300)), RATE, (first,))
            yield SpeechChunk(levels((0.5, 200)), RATE, (second,), b"mp3", from_cache=True)
            yield SpeechChunk(levels((0, 300)), RATE)
        finally:
            self.is_closed = True


def spoken(text: str) -> list[SpeechChunk]:
    async def collect() -> list[SpeechChunk]:
        return [chunk async for chunk in TrimmedTTS(Slow()).synthesize(text)]

    return asyncio.run(collect())


@pytest.mark.parametrize(("text", "tail_s"), [
    ("Well,", CLAUSE_TAIL_S), ("Well.", SENTENCE_TAIL_S), ('He said: "Well?" ', SENTENCE_TAIL_S),
    ("and so", CLAUSE_TAIL_S),
])  # fmt: skip
def test_the_pause_behind_fits_the_text(text: str, tail_s: float) -> None:
    assert sum(chunk.duration_s for chunk in spoken(text)) == pytest.approx(LEAD_S + 0.2 + min(tail_s, 0.3))


def test_words_keep_their_places_in_the_sound() -> None:
    chunks = spoken("a b")
    words = [word for chunk in chunks for word in chunk.words]
    assert [(word.text, round(word.start_s, 3), round(word.end_s, 3)) for word in words] == [
        ("a", 0.02, 0.12), ("b", 0.12, 0.22)
    ]  # fmt: skip
    assert chunks[0].from_cache


def test_leaving_early_closes_the_voice() -> None:
    slow = Slow()

    async def leave() -> None:
        chunks = TrimmedTTS(slow).synthesize("a b")
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert slow.is_closed


@pytest.mark.model
def test_the_offline_voice_answers_a_quarter_of_a_second_sooner() -> None:
    async def quiet_s(tts: object) -> float:
        chunks = [chunk.samples async for chunk in tts.synthesize("That makes four.")]  # type: ignore[attr-defined]
        return float(np.flatnonzero(np.abs(np.concatenate(chunks)[:, 0]) > 0.01)[0]) / 24_000

    hibari = provider("tts", "hibari")
    assert asyncio.run(quiet_s(TrimmedTTS(hibari))) < 0.05 < asyncio.run(quiet_s(hibari)) - 0.2

"""What every voice must do; a test class of its own inherits this and gives the fixture `tts`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import numpy as np
import pytest

from audiokit import portal
from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.errors import AudiokitError

TEXT = "Read me a story, please."


def speech_of(tts: TTS, text: str = TEXT, voice: Voice | None = None) -> list[SpeechChunk]:
    return list(portal.iterate(tts.synthesize(text, voice)))


async def first_of(tts: TTS, text: str = TEXT, voice: Voice | None = None) -> SpeechChunk:
    """Take the first piece, and close the rest."""
    async with aclosing(cast("AsyncGenerator[SpeechChunk, None]", tts.synthesize(text, voice))) as chunks:
        return await anext(chunks)


class TTSContract:
    @pytest.fixture
    def voice(self) -> Voice | None:
        """The voice to speak with; None is the provider's own."""
        return None

    def test_speech_is_mono_float32_at_the_promised_rate(self, tts: TTS, voice: Voice | None) -> None:
        chunks = speech_of(tts, voice=voice)
        assert {chunk.sample_rate for chunk in chunks} == {tts.sample_rate}
        assert {(chunk.samples.dtype, chunk.samples.ndim, chunk.samples.shape[1]) for chunk in chunks} == {
            (np.dtype(np.float32), 2, 1)
        }

    def test_speech_is_heard_and_does_not_clip_hard(self, tts: TTS, voice: Voice | None) -> None:
        samples = np.concatenate([chunk.samples for chunk in speech_of(tts, voice=voice)])
        assert np.isfinite(samples).all()
        assert 0.001 < np.abs(samples).max() <= 1.5

    def test_the_vendors_own_bytes_come_with_coded_speech_only(self, tts: TTS, voice: Voice | None) -> None:
        encoded = b"".join(chunk.encoded for chunk in speech_of(tts, voice=voice))
        assert bool(encoded) == (tts.encoding != "pcm_s16le")

    def test_words_follow_each_other_within_the_speech(self, tts: TTS, voice: Voice | None) -> None:
        chunks = speech_of(tts, voice=voice)
        duration_s = sum(chunk.duration_s for chunk in chunks)
        times_s = [time_s for chunk in chunks for word in chunk.words for time_s in (word.start_s, word.end_s)]
        assert [0.0, *times_s, duration_s + 0.05] == sorted([0.0, *times_s, duration_s + 0.05])

    def test_the_settings_are_a_stable_key(self, tts: TTS) -> None:
        assert isinstance(json.loads(tts.settings_key), list | dict)
        assert tts.settings_key == tts.settings_key

    @pytest.mark.parametrize("text", ["", " \n\t "])
    def test_an_empty_text_is_refused(self, tts: TTS, voice: Voice | None, text: str) -> None:
        with pytest.raises(AudiokitError, match="empty"):
            speech_of(tts, text, voice)

    def test_closed_early_it_speaks_again(self, tts: TTS, voice: Voice | None) -> None:
        for _ in range(2):
            assert len(portal.run(first_of(tts, voice=voice)).samples)
        assert speech_of(tts, voice=voice)

    def test_two_may_speak_at_once(self, tts: TTS, voice: Voice | None) -> None:
        async def both() -> list[SpeechChunk]:
            return await asyncio.gather(first_of(tts, voice=voice), first_of(tts, voice=voice))

        assert all(len(chunk.samples) for chunk in portal.run(both()))

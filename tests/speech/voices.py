"""Voices for tests, which do exactly what they are told."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import numpy as np
import soundfile

from audiokit.audio.buffer import Samples
from audiokit.contracts import SpeechChunk, Voice, Word
from audiokit.errors import UsageError

RATE = 16_000


def tone(text: str, sample_rate: int = RATE) -> Samples:
    """Make 0.1 s of a tone for each word, another one for another text."""
    frames = len(text.split()) * sample_rate // 10
    freq_hz = 200 + sum(text.encode()) % 400
    wave = 0.3 * np.sin(2 * np.pi * freq_hz * np.arange(frames) / sample_rate)
    return wave.astype(np.float32)[:, np.newaxis]


class ToneTTS:
    """Speaks in tones, a word a chunk, with the words' times; counts what it was asked.

    Parameters
    ----------
    fails_after : how many chunks come before `error`; None: it never fails.
    error : what it fails with.
    pause_s : before each chunk.
    """

    encoding = "pcm_s16le"

    def __init__(
        self,
        *,
        fails_after: int | None = None,
        error: Exception | None = None,
        pause_s: float = 0.0,
        sample_rate: int = RATE,
        settings_key: str = '["tone", 1]',
    ) -> None:
        self.fails_after, self.error, self.pause_s = fails_after, error, pause_s
        self.sample_rate, self.settings_key = sample_rate, settings_key
        self.asked: list[str] = []
        self.was_asked = asyncio.Event()
        self.voices: list[Voice | None] = []
        self.closed = 0
        self.most_at_once = self._at_once = 0

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        if not text.strip():
            raise UsageError("the text is empty")
        self.asked.append(text)
        self.was_asked.set()
        self.voices.append(voice)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            step = self.sample_rate // 10
            samples = tone(text, self.sample_rate)
            for number, word in enumerate(text.split()):
                await asyncio.sleep(self.pause_s)
                if number == self.fails_after and self.error:
                    raise self.error
                spoken = Word(text=word, start_s=number / 10, end_s=(number + 1) / 10, confidence=1.0)
                yield SpeechChunk(samples[number * step : (number + 1) * step], self.sample_rate, (spoken,))
        finally:
            self._at_once -= 1
            self.closed += 1


class FlacTTS(ToneTTS):
    """Speaks in tones that come as a FLAC file."""

    encoding = "flac"

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        if not text.strip():
            raise UsageError("the text is empty")
        self.asked.append(text)
        file = io.BytesIO()
        soundfile.write(file, tone(text), RATE, format="FLAC")
        data = file.getvalue()
        for half, samples in zip((data[:99], data[99:]), np.array_split(tone(text), 2), strict=True):
            yield SpeechChunk(samples, RATE, (), half)

"""What recognizers do with a stream: see that it keeps its rate, and gather it up to where its text is wanted."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import soundfile

from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Word

SAMPLE_RATE = 16_000  # what recognizers are trained on: more is only more to send


async def stretches(chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Audio]:
    """Give the audio between chunks without frames, which ask for its text; the last ends with the stream.

    Raises
    ------
    ValueError : chunks of different rates.
    """
    pieces: list[AudioChunk] = []
    async for chunk in of_one_rate(chunks):
        if len(chunk.samples):
            pieces.append(chunk)
            continue
        yield joined(pieces)
        pieces = []
    yield joined(pieces)


async def of_one_rate(chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[AudioChunk]:
    """Pass a stream on that keeps the rate of its first chunk.

    Raises
    ------
    ValueError : chunks of different rates.
    """
    sample_rate = None
    async for chunk in chunks:
        sample_rate = sample_rate or chunk.sample_rate
        if chunk.sample_rate != sample_rate:
            raise ValueError(f"a chunk of {chunk.sample_rate} Hz in a stream of {sample_rate} Hz")
        yield chunk


def joined(chunks: list[AudioChunk]) -> Audio:
    """Put chunks of one rate together; none give no sound, at 16 kHz."""
    if not chunks:
        return Audio(np.zeros((0, 1), np.float32), SAMPLE_RATE)
    return Audio(np.concatenate([chunk.samples for chunk in chunks]), chunks[0].sample_rate)


def flac(audio: Audio) -> bytes:
    """Write a FLAC file in memory, at 16 kHz: half the bytes of a WAV, and nothing lost."""
    file = io.BytesIO()
    soundfile.write(file, audio.resample(SAMPLE_RATE).samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def shifted(words: tuple[Word, ...], by_s: float) -> tuple[Word, ...]:
    """Move words to a later time, in seconds."""
    return tuple(replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s) for word in words)

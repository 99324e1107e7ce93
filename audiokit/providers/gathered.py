"""For recognizers that take whole recordings: a stream, gathered up to where its text is wanted."""

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
    async for chunk in chunks:
        if pieces and chunk.sample_rate != pieces[0].sample_rate:
            raise ValueError(f"a chunk of {chunk.sample_rate} Hz in a stream of {pieces[0].sample_rate} Hz")
        if len(chunk.samples):
            pieces.append(chunk)
            continue
        yield _joined(pieces)
        pieces = []
    yield _joined(pieces)


def flac(audio: Audio) -> bytes:
    """Write a FLAC file in memory, at 16 kHz: half the bytes of a WAV, and nothing lost."""
    file = io.BytesIO()
    soundfile.write(file, audio.resample(SAMPLE_RATE).samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def shifted(words: tuple[Word, ...], by_s: float) -> tuple[Word, ...]:
    """Move words to a later time, in seconds."""
    return tuple(replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s) for word in words)


def _joined(pieces: list[AudioChunk]) -> Audio:
    if not pieces:
        return Audio(np.zeros((0, 1), np.float32), SAMPLE_RATE)
    return Audio(np.concatenate([piece.samples for piece in pieces]), pieces[0].sample_rate)

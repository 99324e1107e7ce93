"""`AudioChunk`: a short mono piece of a stream, and the one place where int16 bytes are made and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples

CHUNK_S = 0.02  # what browsers, telephones and every streaming STT send


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """A short piece of a mono stream, usually 20 ms."""

    samples: Samples
    """float32, shape (frames, 1), nominal range [-1, 1]."""
    sample_rate: int
    """Frames per second, in Hz."""

    @classmethod
    def from_pcm16(cls, data: bytes, sample_rate: int) -> AudioChunk:
        """Read little-endian signed 16-bit mono PCM.

        Raises
        ------
        ValueError : an odd number of bytes.
        """
        if len(data) % 2:
            raise ValueError(f"{len(data)} bytes of 16-bit PCM; expected an even number")
        return cls((np.frombuffer(data, "<i2").astype(np.float32) / 32768.0)[:, np.newaxis], sample_rate)

    def to_pcm16(self) -> bytes:
        """Give little-endian signed 16-bit mono PCM; values outside [-1, 1) are clipped."""
        return to_pcm16(self.samples)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def to_pcm16(samples: Samples) -> bytes:
    """Round to little-endian signed 16-bit, clipping what lies outside [-1, 1)."""
    integers: NDArray[np.int16] = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2")
    return integers.tobytes()


def chunks_of(audio: Audio, chunk_s: float = CHUNK_S) -> Iterator[AudioChunk]:
    """Cut mono `audio` into chunks of `chunk_s` seconds; the last may be shorter.

    Raises
    ------
    ValueError : more than one channel.
    """
    if audio.channels != 1:
        raise ValueError(f"{audio!r} has {audio.channels} channels; a stream is mono: use audio.mono() first")
    frames = max(1, round(chunk_s * audio.sample_rate))
    for start in range(0, audio.frames, frames):
        yield AudioChunk(audio.samples[start : start + frames], audio.sample_rate)

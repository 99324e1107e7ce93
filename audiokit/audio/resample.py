"""Changing the sample rate with soxr, of a whole recording and of a stream."""

from __future__ import annotations

from typing import Literal

import numpy as np
import soxr

from audiokit.audio.buffer import Audio, Samples

Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]
"""soxr's names: quick, low, medium, high (20 bit), very high (28 bit)."""


def resample(audio: Audio, sample_rate: int) -> Audio:
    """Change the rate with soxr's HQ.

    Measured: flat to 0.9 of the new Nyquist frequency, aliases more than 120 dB down.
    The length is that of the original, rounded to whole frames; no delay is added. Peaks may grow beyond 1.0.

    Parameters
    ----------
    audio : (frames, channels).
    sample_rate : the new rate, in Hz; the same one gives `audio` back.
    """
    if sample_rate == audio.sample_rate:
        return audio
    samples = soxr.resample(audio.samples, audio.sample_rate, sample_rate, quality="HQ")
    return Audio(samples[: resampled_frames(audio.frames, audio.sample_rate, sample_rate)], sample_rate)


def resampled_frames(frames: int, from_rate: int, to_rate: int) -> int:
    """Give the length of `frames` at another rate, in frames."""
    return round(frames * to_rate / from_rate)


class Resampler:
    """A stream that changes its rate: whatever the pieces, their output joined is that of `resample`, bit by bit.

    Parameters
    ----------
    from_rate, to_rate : in Hz; the same rate passes samples on untouched.
    channels : how many channels each piece has.
    quality : soxr's name for it; "QQ" and "LQ" answer sooner, for live use.
    """

    def __init__(self, from_rate: int, to_rate: int, channels: int = 1, quality: Quality = "HQ") -> None:
        if from_rate < 1 or to_rate < 1:
            raise ValueError(f"rates are {from_rate} and {to_rate} Hz; expected at least 1 Hz")
        self._from_rate, self._to_rate, self._channels = from_rate, to_rate, channels
        self._stream = None
        if from_rate != to_rate:
            self._stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality=quality)
        self._pushed = self._given = 0

    def push(self, samples: Samples) -> Samples:
        """Take the next piece, shape (frames, channels); give what is ready, perhaps nothing yet."""
        if samples.ndim != 2 or samples.shape[1] != self._channels:
            raise ValueError(f"samples have shape {samples.shape}; expected (frames, {self._channels})")
        if self._stream is None:
            return samples
        ready: Samples = self._stream.resample_chunk(samples)
        self._pushed += len(samples)
        self._given += len(ready)
        return ready

    def flush(self) -> Samples:
        """End the stream; give the rest. Nothing can be pushed after it."""
        nothing = np.zeros((0, self._channels), np.float32)
        if self._stream is None:
            return nothing
        rest = self._stream.resample_chunk(nothing, last=True)
        # soxr rounds half a frame up, Python to the even one; more it never differs.
        return np.asarray(rest[: resampled_frames(self._pushed, self._from_rate, self._to_rate) - self._given])

"""Fades: at the edges of a clip, and between two levels."""

from __future__ import annotations

import math

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.levels import gain_from_db, scaled
from audiokit.dsp.stage import Holdback, nothing, run


def fade_edges(audio: Audio, fade_in_s: float, fade_out_s: float) -> Audio:
    """Let the sound rise from silence and fall back to it along half a cosine.

    A fade longer than the sound is shortened to it; two fades that overlap multiply.

    Parameters
    ----------
    audio : any rate, any channels.
    fade_in_s, fade_out_s : in seconds; 0 leaves that edge as it is.

    Raises
    ------
    ValueError : a negative length.
    """
    if min(fade_in_s, fade_out_s) < 0:
        raise ValueError(f"fades are {fade_in_s} s and {fade_out_s} s; expected 0 or more")
    samples = audio.samples.copy()
    rise = _rise(round(fade_in_s * audio.sample_rate), audio.frames)
    fall = _rise(round(fade_out_s * audio.sample_rate), audio.frames)[::-1]
    samples[: len(rise)] *= rise
    samples[audio.frames - len(fall) :] *= fall
    return Audio(samples, audio.sample_rate)


def _rise(frames: int, available: int) -> Samples:
    frames = min(frames, available)
    # Half a sample off at both ends: neither exact silence nor an unchanged sample is spent on the fade.
    phase = (np.arange(frames) + 0.5) / max(frames, 1)
    return (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)[:, np.newaxis]


class Fade:
    """Moves the level of a stream along a straight line; see `fade`."""

    def __init__(
        self, from_db: float, to_db: float, start_s: float, end_s: float, *, sample_rate: int, channels: int
    ) -> None:
        if not 0 <= start_s <= end_s:
            raise ValueError(f"the fade lies from {start_s} s to {end_s} s; expected 0 or more, and an end behind it")
        self._from, self._to = gain_from_db(from_db), gain_from_db(to_db)
        self._start, self._end = round(start_s * sample_rate), round(end_s * sample_rate)
        self._position = 0
        self._nothing = nothing(channels)

    def push(self, samples: Samples) -> Samples:
        """Scale the next samples by the part of the line that lies over them."""
        first = self._position
        self._position += len(samples)
        if first >= self._end or self._position <= self._start:
            gain = np.float32(self._to if first >= self._end else self._from)
            return samples if gain == 1 else samples * gain
        along = (np.arange(first, self._position) - self._start) / max(self._end - self._start, 1)
        gains = self._from + (self._to - self._from) * np.clip(along, 0, 1)
        return scaled(samples, gains.astype(np.float32))

    def flush(self) -> Samples:
        """Give nothing: everything has been handed out."""
        return self._nothing


class FadeIn(Fade):
    """Lets a stream rise from silence along a straight line; see `fade_in`."""

    def __init__(self, duration_s: float, *, sample_rate: int, channels: int) -> None:
        super().__init__(-math.inf, 0.0, 0.0, duration_s, sample_rate=sample_rate, channels=channels)


class FadeOut:
    """Lets a stream fall to silence along a straight line; see `fade_out`.

    Holds back as much as the fade is long, so the length of the stream need not be known.
    """

    def __init__(self, duration_s: float, *, sample_rate: int, channels: int) -> None:
        if duration_s < 0:
            raise ValueError(f"duration_s is {duration_s}; expected 0 or more")
        self._frames = round(duration_s * sample_rate)
        self._last = Holdback(self._frames, channels=channels)

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that cannot be in the fade."""
        return self._last.push(samples)

    def flush(self) -> Samples:
        """Give the faded end."""
        rest = self._last.take()
        frames = min(self._frames, len(rest))
        fall = (1 - np.arange(frames) / max(frames, 1)).astype(np.float32)
        start = len(rest) - frames
        return np.concatenate([rest[:start], scaled(rest[start:], fall)])


def fade(
    audio: Audio, *, from_db: float = 0.0, to_db: float = 0.0, start_s: float = 0.0, end_s: float | None = None
) -> Audio:
    """Move the level from one gain to another between two times.

    Before `start_s` the first gain holds, after `end_s` the second one; between them the factor on the samples is a
    straight line.

    Parameters
    ----------
    audio : any rate, any channels; the length stays.
    from_db, to_db : gains in dB; -inf is silence.
    start_s, end_s : in seconds; negative counts from the end, None is the end.

    Raises
    ------
    ValueError : the end lies before the start.
    """
    start_s, end_s = (
        audio.duration_s if edge is None else edge + audio.duration_s if edge < 0 else min(edge, audio.duration_s)
        for edge in (start_s, end_s)
    )
    stage = Fade(from_db, to_db, start_s, end_s, sample_rate=audio.sample_rate, channels=audio.channels)
    return run(stage, audio)


def fade_in(audio: Audio, duration_s: float) -> Audio:
    """Let the sound rise from silence along a straight line, over its first `duration_s` seconds."""
    return run(FadeIn(duration_s, sample_rate=audio.sample_rate, channels=audio.channels), audio)


def fade_out(audio: Audio, duration_s: float) -> Audio:
    """Let the sound fall to silence along a straight line, over its last `duration_s` seconds.

    A fade longer than the sound is shortened to it.
    """
    return run(FadeOut(duration_s, sample_rate=audio.sample_rate, channels=audio.channels), audio)

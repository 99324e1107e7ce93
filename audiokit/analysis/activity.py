"""Where speech is: detectors that judge one window of a stream, and the regions their probabilities make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiokit.analysis.silero import CONTEXT, SAMPLE_RATE, WINDOW, PublishedNetwork, model_path
from audiokit.analysis.spectrum import Vector
from audiokit.audio.chunk import AudioChunk


class SileroVAD:
    """Silero, one window of 32 ms at a time, for live streams; `silero.SpeechReader` reads whole recordings."""

    sample_rate = SAMPLE_RATE
    window_s = WINDOW / SAMPLE_RATE

    def __init__(self) -> None:
        self._context = np.zeros(CONTEXT, np.float32)
        self._network = PublishedNetwork(model_path())

    def speech_probability(self, chunk: AudioChunk) -> float:
        """Judge the next 512 frames at 16 kHz.

        Raises
        ------
        ValueError : another rate or length.
        """
        if chunk.sample_rate != SAMPLE_RATE or len(chunk.samples) != WINDOW:
            raise ValueError(f"{len(chunk.samples)} frames at {chunk.sample_rate} Hz; Silero takes {WINDOW} at 16000")
        window = np.concatenate([self._context, chunk.samples[:, 0]])
        self._context = window[-CONTEXT:]
        return float(self._network.push(window[np.newaxis])[0])

    def reset(self) -> None:
        """Forget the stream heard so far."""
        self._context = np.zeros(CONTEXT, np.float32)
        self._network.reset()


class EnergyVAD:
    """Anything loud enough is speech: for clean rooms and machines without the neural model. It keeps all music.

    Parameters
    ----------
    threshold_rms : the level, 0..1, that counts as half speech.
    """

    sample_rate = SAMPLE_RATE
    window_s = 0.02

    def __init__(self, threshold_rms: float = 0.01) -> None:
        self._threshold_power = threshold_rms**2

    def speech_probability(self, chunk: AudioChunk) -> float:
        """Compare the chunk's mean square with the threshold's."""
        wave = chunk.samples[:, 0]
        power = float(wave @ wave) / max(1, len(wave))
        return power / (power + self._threshold_power)

    def reset(self) -> None:
        """Nothing is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of a recording."""

    start_s: float
    """Where it starts, in seconds."""
    end_s: float
    """Where it ends, in seconds."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Hysteresis:
    """When speech starts and when it is over."""

    enter: float = 0.5
    """Probability that starts a region."""
    leave: float = 0.35
    """Probability below which a region may end."""
    min_speech_s: float = 0.1
    """Shorter regions are dropped."""
    min_silence_s: float = 0.1
    """Shorter gaps do not end a region."""


def speech_regions(probabilities: Vector, window_s: float, rule: Hysteresis | None = None) -> list[Region]:
    """Turn one probability a window into regions of speech, in order.

    Parameters
    ----------
    probabilities : shape (windows,), 0..1.
    window_s : what one probability stands for, in seconds.
    rule : the thresholds.
    """
    rule = rule or Hysteresis()
    # Above `leave` is held; a held run counts when it reaches `enter` somewhere.
    regions: list[Region] = []
    for start, end in runs(probabilities >= rule.leave, max_gap=round(rule.min_silence_s / window_s)):
        above = np.flatnonzero(probabilities[start:end] >= rule.enter)
        if len(above) and (end - start) * window_s >= rule.min_speech_s:
            regions.append(Region(start_s=(start + int(above[0])) * window_s, end_s=end * window_s))
    return regions


def runs(mask: np.ndarray[tuple[int], np.dtype[np.bool_]], max_gap: int = 0) -> list[tuple[int, int]]:
    """Find the runs of True, [start, end), joining those that at most `max_gap` False lie between."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if len(starts) == 0:
        return []
    apart = starts[1:] - ends[:-1] > max_gap
    return list(
        zip(
            starts[np.concatenate([[True], apart])].tolist(),
            ends[np.concatenate([apart, [True]])].tolist(),
            strict=True,
        )
    )

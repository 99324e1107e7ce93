"""A speech detector, reading a whole recording."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from audiokit.analysis.silero import SpeechReader
from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import VAD
from audiokit.errors import ConfigError
from audiokit.registry import provider

TRACK_RATE = 16_000  # what every detector here listens at


class SpeechDetector(Protocol):
    """A detector reading one recording at `TRACK_RATE`."""

    @property
    def window_s(self) -> float:
        """What one probability stands for, in seconds."""
        ...

    def push(self, samples: Samples) -> None:
        """Take the next samples, shape (frames, 1), any number of them."""
        ...

    def finish(self) -> Vector:
        """Give all probabilities, 0..1."""
        ...


def speech_detector(vad: str) -> SpeechDetector:
    """Open a detector by name.

    Raises
    ------
    ConfigError : no detector of that name, or one that listens at another rate.
    MissingDependencyError : it is not installed.
    """
    if vad == "silero":
        return SpeechReader()
    return WindowReader(provider("vad", vad))


class WindowReader:
    """Reads a whole recording with any VAD, window by window: what `silero.SpeechReader` does for Silero."""

    def __init__(self, vad: VAD) -> None:
        if vad.sample_rate != TRACK_RATE:
            raise ConfigError(f"this detector listens at {vad.sample_rate} Hz; expected {TRACK_RATE} Hz")
        self._vad = vad
        self.window_s = vad.window_s
        self._frames = round(vad.window_s * vad.sample_rate)
        self._waiting = np.zeros((0, 1), np.float32)
        self._found: list[float] = []

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        waiting = np.concatenate([self._waiting, samples])
        whole = len(waiting) - len(waiting) % self._frames
        for start in range(0, whole, self._frames):
            self._judge(waiting[start : start + self._frames])
        self._waiting = waiting[whole:]

    def finish(self) -> Vector:
        """Give all probabilities; the last window is filled up with silence."""
        if len(self._waiting):
            self._judge(np.pad(self._waiting, ((0, self._frames - len(self._waiting)), (0, 0))))
            self._waiting = self._waiting[:0]
        return np.array(self._found, np.float32)

    def _judge(self, window: Samples) -> None:
        self._found.append(self._vad.speech_probability(AudioChunk(window, self._vad.sample_rate)))

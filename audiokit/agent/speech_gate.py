"""When the user speaks: a detector's probabilities, made calm."""

from __future__ import annotations

from typing import Literal

import numpy as np

from audiokit.agent.settings import TurnTaking
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import VAD

GateEvent = Literal["started", "quiet", "paused"]
"""Speech began; no speech for a moment; no speech for `stop_s`."""

QUIET_S = 0.06  # long enough to be no stop consonant, short enough to gain time by asking the model ahead


class SpeechGate:
    """Hysteresis over a VAD: speech starts after `start_s` above `enter`, and pauses after `stop_s` below `leave`.

    All times are counted in the detector's windows, so that chunks of any length give the same answer.

    Parameters
    ----------
    vad : its own to this stream.
    settings : the thresholds.
    """

    def __init__(self, vad: VAD, settings: TurnTaking) -> None:
        self.vad = vad
        self._enter, self._leave = settings.enter, settings.leave
        self._start = max(1, round(settings.start_s / vad.window_s))
        self._stop = max(1, round(settings.stop_s / vad.window_s))
        self._quiet = min(self._stop, max(1, round(QUIET_S / vad.window_s)))
        self._window = np.zeros((round(vad.window_s * vad.sample_rate), 1), np.float32)
        self._filled = 0
        self._loud = self._silent = 0
        self.is_speech = False
        """Whether the user speaks."""

    @property
    def silence_s(self) -> float:
        """How long ago the last window with speech ended, in seconds of what was pushed."""
        return self._silent * self.vad.window_s + self._filled / self.vad.sample_rate

    def push(self, samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[GateEvent]:
        """Take the next samples, shape (frames, 1), at the detector's rate; give what they change."""
        events: list[GateEvent] = []
        window = len(self._window)
        if not self._filled and len(samples) == window:  # the usual chunk is the usual window: nothing is copied
            self._judge(samples, events)
            return events
        while len(samples):
            taken = min(window - self._filled, len(samples))
            self._window[self._filled : self._filled + taken] = samples[:taken]
            self._filled += taken
            samples = samples[taken:]
            if self._filled == window:
                self._filled = 0
                self._judge(self._window.copy(), events)
        return events

    def _judge(self, window: np.ndarray[tuple[int, ...], np.dtype[np.float32]], events: list[GateEvent]) -> None:
        probability = self.vad.speech_probability(AudioChunk(window, self.vad.sample_rate))
        if not self.is_speech:
            self._loud = self._loud + 1 if probability >= self._enter else 0
            self._silent = 0 if self._loud else self._silent + 1
            if self._loud >= self._start:
                self.is_speech = True
                events.append("started")
            return
        self._silent = self._silent + 1 if probability < self._leave else 0
        if self._silent == self._quiet:
            events.append("quiet")
        if self._silent >= self._stop:
            self.is_speech, self._loud = False, 0
            events.append("paused")

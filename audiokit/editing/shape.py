"""Steps that change when something sounds, how fast, and in what form: cuts, tempo, channels, rate, width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.dsp.channels import Invert as InvertStage
from audiokit.dsp.channels import Pan as PanStage
from audiokit.dsp.quantize import WIDTHS
from audiokit.dsp.quantize import Quantize as QuantizeStage
from audiokit.dsp.silence import StripSilence as StripSilenceStage
from audiokit.dsp.stage import Holdback, Stage, nothing
from audiokit.dsp.stretch import FASTEST, MOST_SEMITONES, SLOWEST
from audiokit.dsp.stretch import PitchShift as PitchStage
from audiokit.dsp.stretch import Speed as SpeedStage
from audiokit.editing.step import StageStep, Step, check
from audiokit.editing.streams import Reversed, Staged, Stream, with_channels, with_rate
from audiokit.errors import UsageError

RATES_HZ = (1000, 768000)
MOST_CHANNELS = 256
LONGEST_S = 1e6


@dataclass(frozen=True, slots=True)
class Trim(Step):
    """Keep what lies between two times. What comes after the end is not even decoded."""

    start_s: float = 0.0
    """In seconds; negative counts from the end, and so much is then held in memory."""
    end_s: float | None = None
    """In seconds; negative counts from the end; None is the end."""

    def __post_init__(self) -> None:
        check("trim", "the start", self.start_s, (-LONGEST_S, LONGEST_S), "s")
        if self.end_s is not None:
            check("trim", "the end", self.end_s, (-LONGEST_S, LONGEST_S), "s")
            if (self.start_s < 0) == (self.end_s < 0) and self.end_s <= self.start_s:
                raise UsageError(f"trim: {self.start_s:g} s to {self.end_s:g} s; expected an end behind the start.")

    def on(self, stream: Stream) -> Stream:
        """Put the knife behind a stream."""
        start = round(self.start_s * stream.sample_rate)
        end = None if self.end_s is None else round(self.end_s * stream.sample_rate)
        return Staged(stream, lambda: Knife(start, end, channels=stream.channels))

    def __str__(self) -> str:
        return f"trim to {self.start_s:g} s .. {'the end' if self.end_s is None else f'{self.end_s:g} s'}"


class Knife:
    """Keeps what lies between two places of a stream; see `Trim`.

    Parameters
    ----------
    start, end : in frames; negative counts from the end, None is the end.
    channels : how many channels come.
    """

    def __init__(self, start: int, end: int | None, *, channels: int) -> None:
        self._start, self._end = start, end
        self._from_end = max(-start, -end if end is not None and end < 0 else 0)
        self._last = Holdback(self._from_end, channels=channels)
        self._nothing = nothing(channels)
        self._position = 0  # of the next frame that is pushed

    @property
    def is_done(self) -> bool:
        """Nothing that comes can matter any more."""
        return self._end is not None and self._end >= 0 and self._start >= 0 and self._position >= self._end

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that are known to lie inside."""
        first = self._position
        self._position += len(samples)
        if self._start >= 0:
            samples = samples[max(0, self._start - first) :]
            first = max(first, self._start)
        if self._end is not None and self._end >= 0:
            samples = samples[: max(0, self._end - first)] if self._start >= 0 else samples
        if not self._from_end:
            return samples
        older = self._last.push(samples)
        return older if self._start >= 0 else self._nothing

    def flush(self) -> Samples:
        """Give what is left of the end."""
        held = self._last.take()
        return held

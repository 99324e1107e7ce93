"""Hum of the mains, taken out by narrow notches."""

from __future__ import annotations

import math

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.dsp.filters import Sections, StreamFilter, bilinear
from audiokit.dsp.stage import run

QUALITY = 30.0  # notches 1.7 Hz wide at 50 Hz: narrower than a voice wavers, wider than the mains (0.1 Hz) drift


class Dehum(StreamFilter):
    """Takes hum out of a stream; see `dehum`."""

    def __init__(self, mains_hz: float = 50.0, *, harmonics: int = 8, sample_rate: int, channels: int) -> None:
        super().__init__(hum_sections(mains_hz, sample_rate, harmonics=harmonics), channels)


def dehum(audio: Audio, mains_hz: float = 50.0, *, harmonics: int = 8) -> Audio:
    """Take out a hum and its overtones by a notch for each.

    Parameters
    ----------
    audio : any rate, any channels; the length stays.
    mains_hz : 50, in the Americas 60.
    harmonics : how many multiples of it, the first included; those beyond half the rate are left out.

    Raises
    ------
    ValueError : see `hum_sections`.
    """
    return run(Dehum(mains_hz, harmonics=harmonics, sample_rate=audio.sample_rate, channels=audio.channels), audio)


def hum_sections(mains_hz: float, sample_rate: int, *, harmonics: int = 8) -> Sections:
    """Design notches at `mains_hz` and its multiples for `StreamFilter`.

    Raises
    ------
    ValueError : a frequency outside 0 .. half the rate, or no harmonic at all.
    """
    if not 0 < mains_hz < sample_rate / 2:
        raise ValueError(f"mains_hz is {mains_hz}; expected more than 0 and less than {sample_rate / 2:g}")
    if harmonics < 1:
        raise ValueError(f"harmonics is {harmonics}; expected at least 1")
    frequencies = mains_hz * np.arange(1, harmonics + 1)
    return np.stack(
        [
            bilinear((1, 0, 1), (1, 1 / QUALITY, 1), 1 / math.tan(math.pi * frequency / sample_rate))
            for frequency in frequencies[frequencies < sample_rate / 2]
        ]
    )

"""Sounds from nothing: silence, tones and noise."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.dsp.levels import gain_from_db

Shape = Literal["sine", "square", "saw", "triangle"]
"""The wave forms of a tone."""


def silence(duration_s: float, *, sample_rate: int = 44100, channels: int = 1) -> Audio:
    """Give so many seconds of nothing."""
    return Audio(np.zeros((_frames(duration_s, sample_rate), channels), np.float32), sample_rate)


def tone(
    freq_hz: float,
    duration_s: float = 1.0,
    *,
    shape: Shape = "sine",
    level_dbfs: float = 0.0,
    sample_rate: int = 44100,
) -> Audio:
    """Give a mono tone that starts at phase 0.

    A sine starts at zero, a square at its high side, saw and triangle rise from their lowest point. Square, saw and
    triangle are drawn as they are, not band-limited: overtones beyond half the rate fold back.

    Parameters
    ----------
    freq_hz : more than 0, at most half the rate.
    duration_s : in seconds.
    shape : the wave form.
    level_dbfs : level of the peak.
    sample_rate : in Hz.

    Raises
    ------
    ValueError : an unknown shape, a negative duration, or a frequency that the rate cannot hold.
    """
    if not 0 < freq_hz <= sample_rate / 2:
        raise ValueError(f"freq_hz is {freq_hz}; expected more than 0 and at most {sample_rate / 2:g}")
    if shape not in get_args(Shape):
        raise ValueError(f"shape is {shape!r}; expected one of {', '.join(get_args(Shape))}")
    phase = np.arange(_frames(duration_s, sample_rate)) * (freq_hz / sample_rate) % 1.0
    if shape == "sine":
        wave = np.sin(2 * np.pi * phase)
    elif shape == "square":
        wave = np.where(phase < 0.5, 1.0, -1.0)
    elif shape == "saw":
        wave = 2 * phase - 1
    else:
        wave = 1 - np.abs(4 * phase - 2)
    return Audio((wave * gain_from_db(level_dbfs)).astype(np.float32), sample_rate)


def white_noise(
    duration_s: float = 1.0, *, level_dbfs: float = 0.0, sample_rate: int = 44100, seed: int | None = None
) -> Audio:
    """Give mono noise, evenly spread between the peaks `level_dbfs`; the same `seed` gives the same noise."""
    frames = _frames(duration_s, sample_rate)
    peak = gain_from_db(level_dbfs)
    return Audio(np.random.default_rng(seed).uniform(-peak, peak, frames).astype(np.float32), sample_rate)


def _frames(duration_s: float, sample_rate: int) -> int:
    if duration_s < 0:
        raise ValueError(f"duration_s is {duration_s}; expected 0 or more")
    return round(duration_s * sample_rate)

"""Pitch: the fundamental frequency of a voice, by YIN.

Source
------
A. de Cheveigné, H. Kawahara: YIN, a fundamental frequency estimator for speech and music, J. Acoust. Soc. Am. 111 (4),
2002. The equations below are numbered as there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples

LOWEST_HZ = 60.0  # the creak of a low male voice
HIGHEST_HZ = 500.0  # a child, or a woman who is excited
WORKING_RATE = 8000  # at least this much: lags of 16 samples and more, which a parabola refines well below 1 %
INTEGRATION_S = 0.02  # W of eq. 1: more than one period of the lowest voice
DIP = 0.25  # the absolute threshold of step 4; the 0.1 of the paper loses half of the creaky, low windows
MOST_WINDOWS = 60
LOUD = 0.1  # a window counts when its power is at least a tenth of the clip's mean
SILENT_POWER = 1e-6  # ... and -60 dBFS


@dataclass(frozen=True, slots=True, kw_only=True)
class Pitch:
    """The pitch of a voice over a clip."""

    median_hz: float | None
    """The middle of the voiced windows, in Hz; None when there are none."""
    low_hz: float | None
    """Below it lie 10 % of them, in Hz."""
    high_hz: float | None
    """Above it lie 10 % of them, in Hz."""
    voiced_fraction: float
    """Share of the louder windows that have a pitch, 0..1; 0 for silence."""


def pitch(audio: Audio) -> Pitch:
    """Measure the pitch of a voice between 60 and 500 Hz.

    Looks at up to 60 windows of 37 ms, spread evenly over the louder parts; so it is as fast for an hour as for 3 s.

    Parameters
    ----------
    audio : mono, of any rate from 2 kHz up; noise and silence have no pitch.

    Raises
    ------
    ValueError : more than one channel.
    """
    if audio.channels != 1:
        raise ValueError(f"{audio!r} has {audio.channels} channels; use audio.mono() first")
    decimation = max(1, audio.sample_rate // WORKING_RATE)
    rate = audio.sample_rate / decimation
    longest_lag = round(rate / LOWEST_HZ)
    windows = loud_windows(audio.samples[:, 0], decimation, round(INTEGRATION_S * rate) + longest_lag + 1)
    if not len(windows):
        return Pitch(median_hz=None, low_hz=None, high_hz=None, voiced_fraction=0.0)
    lags = _periods(differences(windows, longest_lag + 1), round(rate / HIGHEST_HZ))
    if not len(lags):
        return Pitch(median_hz=None, low_hz=None, high_hz=None, voiced_fraction=0.0)
    low, median, high = (float(value) for value in np.percentile(rate / lags, (10, 50, 90)))
    return Pitch(median_hz=median, low_hz=low, high_hz=high, voiced_fraction=len(lags) / len(windows))


def loud_windows(samples: Samples, decimation: int, length: int, most: int = MOST_WINDOWS) -> Samples:
    """Cut out up to `most` windows of `length` samples at the working rate, shape (windows, length)."""
    frames = length * decimation
    windows = samples[: len(samples) // frames * frames].reshape(-1, frames)
    # Averages of neighbours are a low-pass good enough here: what little speech has above 4 kHz is not periodic.
    neighbours = windows[loud(windows, most)].reshape(-1, length, decimation)
    return neighbours @ np.full(decimation, 1 / decimation, np.float32)


def loud(windows: Samples, most: int = MOST_WINDOWS) -> NDArray[np.intp]:
    """Give the places of the louder windows, or of `most` of them spread evenly."""
    powers = np.einsum("wf,wf->w", windows, windows) / np.float32(windows.shape[1])
    found = np.flatnonzero(powers >= max(LOUD * powers.mean(), SILENT_POWER)) if len(windows) else np.empty(0, np.intp)
    if len(found) > most:
        found = found[np.linspace(0, len(found) - 1, most).astype(np.intp)]
    return found


def differences(windows: Samples, longest_lag: int) -> NDArray[np.float64]:
    """Compute the difference function d(lag) for lags 0 to `longest_lag` (eq. 7): r(0) + r'(0) - 2 r(lag)."""
    length = windows.shape[1]
    integration = length - longest_lag
    size = 1 << (length - 1).bit_length()
    whole, head = np.fft.rfft(windows, size), np.fft.rfft(windows[:, :integration], size)
    correlation = np.fft.irfft(whole * head.conj(), size)[:, : longest_lag + 1]
    energy = np.cumsum(np.square(windows, dtype=np.float64), axis=1)
    energy = np.pad(energy, ((0, 0), (1, 0)))
    shifted = energy[:, integration:] - energy[:, : longest_lag + 1]
    found: NDArray[np.float64] = shifted[:, :1] + shifted - 2 * correlation
    return np.maximum(found, 0)


def normalized(by_lag: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide each difference by the mean of it and those of shorter lags (eq. 8); column i is lag i + 1."""
    lags = np.arange(1, by_lag.shape[1])
    found: NDArray[np.float64] = by_lag[:, 1:] * lags / np.maximum(np.cumsum(by_lag[:, 1:], axis=1), 1e-12)
    return found


def _periods(by_lag: NDArray[np.float64], shortest_lag: int) -> NDArray[np.float64]:
    """Find the period of each window that has one, in samples (steps 3 to 5)."""
    found = normalized(by_lag)
    inner = found[:, 1:-1]
    dips = (inner < DIP) & (inner < found[:, :-2]) & (inner <= found[:, 2:])
    dips[:, : max(0, shortest_lag - 2)] = False
    voiced = np.flatnonzero(dips.any(axis=1))
    lag = dips[voiced].argmax(axis=1) + 2
    before, here, after = (by_lag[voiced, lag + step] for step in (-1, 0, 1))
    # The parabola goes through the raw differences: the normalized ones are tilted (section II.F).
    periods: NDArray[np.float64] = lag + (before - after) / np.maximum(2 * (before - 2 * here + after), 1e-12)
    return periods

"""Two voices at once, heard by their pitches: what is left of a sound when one period is cancelled, and when two are.

A voiced sound minus itself one period later is almost nothing. Of two voiced sounds at once that leaves one, and only
taking away both periods, one after the other, leaves little.

Source
------
A. de Cheveigné: Separation of concurrent harmonic sounds: Fundamental frequency estimation and a time-domain
cancellation model of auditory processing, J. Acoust. Soc. Am. 93 (6), 1993. Normalized as YIN does (`pitch.py`).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from audiokit.analysis.pitch import (
    HIGHEST_HZ,
    INTEGRATION_S,
    LOWEST_HZ,
    WORKING_RATE,
    differences,
    loud_windows,
    normalized,
)
from audiokit.audio.buffer import Audio, Samples

Floats = NDArray[np.float64]

MOST_WINDOWS = 120  # of 54 ms: all of a clip of 8 s
LOWER_HZ = 2700.0  # averages of as many samples: harmonics of both voices stand out below, breath and hiss above
FIRST_PERIODS = 6  # tried as the first of two: the deepest dips
NEAR = 2  # samples: a second period this close to a multiple or a part of the first is the first again
MOST_LEFT = 2.0  # in power: noise keeps 1
FLOOR = 0.02  # added to shares before their logarithm
STRETCH = 24  # windows: 1.3 s of what is loud
# Log odds that a window holds two voiced sounds, as a quadratic form of 1, the logarithms of what is left of it by one
# and by two periods, and that of its power by the clip's mean. Fitted on some 230 000 windows of six voices (the
# LibriVox reader of `samples`, Hibari, four speakers of Asterisk's prompts) by `benchmarks/overlap_weights.py`.
WEIGHTS = (
    (-7.834, 1.382, -6.825, -0.364),
    (0.0, -1.43, 1.801, 0.315),
    (0.0, 0.0, -1.696, -0.63),
    (0.0, 0.0, 0.0, -0.249),
)


def overlap(audio: Audio) -> float:
    """Say how surely two people speak at once somewhere in a clip, 0..1.

    It is the probability of two pitches in a window, averaged over the 1.3 s of louder windows where it is highest.
    Silence, and less than a window, is 0. Over 0.23 are none of 272 clips of 68 people who had no part in the fit,
    each up to 5 s and alone, and 11 % if they are put into rooms that echo strongly; 88 % of mixtures of two that are
    equally loud (two of three if they last 2 to 3 s), 70 % at 6 dB apart, 15 % at 12 dB, 61 % where the second voice
    sets in half-way. Of clips of espeak-ng voices alone, which it was not fitted on, 5 % are over it too.

    Parameters
    ----------
    audio : mono, of any rate from 8 kHz up; 2 s and more. A clip of less has less than 1.3 s that can count.

    Raises
    ------
    ValueError : more than one channel.
    """
    if audio.channels != 1:
        raise ValueError(f"{audio!r} has {audio.channels} channels; use audio.mono() first")
    found = evidence(audio)
    if not len(found):
        return 0.0
    odds = np.einsum("wi,ij,wj->w", found, WEIGHTS, found)
    return float(np.convolve(1 / (1 + np.exp(-odds)), np.full(STRETCH, 1 / STRETCH)).max())


def evidence(audio: Audio) -> Floats:
    """Measure the louder windows of a clip, shape (windows, 4): what `WEIGHTS` weigh."""
    decimation, length = geometry(audio.sample_rate)
    rate = audio.sample_rate / decimation
    windows = loud_windows(audio.samples[:, 0], decimation, length, MOST_WINDOWS)
    if not len(windows):
        return np.empty((0, 4))
    lower = sliding_window_view(windows, round(rate / LOWER_HZ), axis=1).mean(axis=-1)
    powers = np.mean(np.square(lower), axis=1) + 1e-12
    one, two = left_of(lower, rate)
    two = np.minimum(two / powers, MOST_LEFT)
    loudness = np.log(powers / powers.mean())
    return np.stack([np.ones(len(windows)), np.log(one + FLOOR), np.log(two + FLOOR), loudness], axis=1)


def geometry(sample_rate: int) -> tuple[int, int]:
    """Give how many frames become one, and how many of those make a window: what is integrated, and two periods."""
    decimation = max(1, sample_rate // WORKING_RATE)
    rate = sample_rate / decimation
    return decimation, round(INTEGRATION_S * rate) + 2 * _longest(rate) + round(rate / LOWER_HZ) - 1


def left_of(windows: Samples, rate: float) -> tuple[Floats, Floats]:
    """Say what is left of each window by the best one period, normalized, and by the best two, in power."""
    longest, shortest = _longest(rate), round(rate / HIGHEST_HZ)
    by_lag = normalized(differences(windows[:, :-longest], longest))
    inner = by_lag[:, 1:-1]
    dips = (inner < by_lag[:, :-2]) & (inner <= by_lag[:, 2:])
    dips[:, : shortest - 2] = False
    firsts = np.argsort(np.where(dips, inner, np.inf), axis=1)[:, :FIRST_PERIODS] + 2
    by_two = np.min([_left_of_two(windows, first[:, np.newaxis], rate) for first in firsts.T], axis=0)
    return by_lag[:, shortest:].min(axis=1), by_two


def _left_of_two(windows: Samples, first: NDArray[np.intp], rate: float) -> Floats:
    """Cancel the period `first` of each window, shape (windows, 1), and then the best other one; noise keeps all."""
    longest, shortest = _longest(rate), round(rate / HIGHEST_HZ)
    places = np.arange(windows.shape[1] - longest)
    rest = windows[:, : len(places)] - np.take_along_axis(windows, places + first, axis=1)
    left = differences(rest, longest)[:, shortest:longest] / (4 * (len(places) - longest))
    second = np.arange(shortest, longest)
    times, part = second / first, first / second
    same = np.abs(times - np.rint(times)) * first <= NEAR
    same |= np.abs(part - np.rint(part)) * second <= NEAR
    found: Floats = np.where(same, np.inf, left).min(axis=1)
    return found


def _longest(rate: float) -> int:
    return round(rate / LOWEST_HZ) + 1

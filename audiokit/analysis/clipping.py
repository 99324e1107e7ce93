"""Clipping: samples that the recording's chain cut off because they did not fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Samples
from audiokit.dsp.levels import sample_peak

FULL_SCALE = 32767 / 32768  # the largest positive value of 16 bits
LOWEST_TOP = 10 ** (-1 / 20)  # -1 dBFS: a flat top below is a sound's own shape, or was turned down after clipping
FLAT = 1e-4  # three steps of 16 bits: a clipped top stays flat through dither
SHORTEST_RUN = 3  # two samples next to a peak are equal by chance


def clipped_frames(samples: Samples) -> NDArray[np.intp]:
    """Find clipped samples; use it at the rate of the source, because resampling rounds the flat tops off.

    Clipped are (1) samples at digital full scale or, as decoders of lossy formats give them, beyond; (2) flat tops: at
    least 3 samples within 1e-4 of the channel's highest (or lowest) value, if that reaches -1 dBFS and the flat part
    ends in a corner. A recording normalized to full scale touches it with single samples, which count.

    Parameters
    ----------
    samples : (frames, channels), a whole recording or a block of one. Tops that a block's edge cuts into parts of
        less than 3 samples are missed.

    Returns
    -------
    The frame of each clipped sample, ascending; a frame appears once for each channel that is clipped there.
    """
    if sample_peak(samples) < LOWEST_TOP:
        return np.empty(0, np.intp)
    found = []
    for channel in samples.T:
        found += [_cut_off(channel), _cut_off(-channel)]
    return np.sort(np.concatenate(found))


def _cut_off(channel: Samples) -> NDArray[np.intp]:
    """Find the clipped samples at the upper end.

    A smooth top is a parabola, top - c t^2. If `n` samples of it lie within FLAT of the top, then (n - 1) / 2 is at
    most sqrt(FLAT / c), and the next sample on either side lies at most c (sqrt(FLAT / c) + 1)^2 below the top, which
    is at most FLAT (1 + 2 / (n - 1))^2. At the corner of a clipped top the signal falls farther, as steeply as it rose.
    """
    top = float(channel.max())
    if top < LOWEST_TOP:
        return np.empty(0, np.intp)
    high = np.flatnonzero(channel >= min(top - FLAT, FULL_SCALE))
    breaks = np.flatnonzero(np.diff(high) > 1) + 1
    starts, ends = high[np.append(0, breaks)], high[np.append(breaks - 1, -1)]
    lengths = ends - starts + 1
    # At the edge of a block the run's own sample stands for the missing neighbour: no corner.
    beside = np.minimum(channel[np.maximum(starts - 1, 0)], channel[np.minimum(ends + 1, len(channel) - 1)])
    smooth_drop = 2 * FLAT * (1 + 2 / np.maximum(lengths - 1, 1)) ** 2  # twice: rounding moves every sample
    flat = (lengths >= SHORTEST_RUN) & (top - beside > smooth_drop)
    return high[np.repeat(flat, lengths) | (channel[high] >= FULL_SCALE)]

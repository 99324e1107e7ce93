"""Loudness after ITU-R BS.1770-5 and EBU R 128: K-weighting, gated loudness, loudness range.

Measuring streams: `LoudnessMeter` keeps one number for each 100 ms. What those numbers mean (integrated, momentary,
short-term loudness, range) is said by the pure functions below it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.filters import Sections, StreamFilter, bilinear
from audiokit.dsp.levels import db_from_power
from audiokit.dsp.stage import pieces_of
from audiokit.errors import AudioFileError

StepPowers = NDArray[np.float64]
"""Mean squares of K-weighted sound, summed over weighted channels, one for each step of (usually) 0.1 s."""

STEP_S = 0.1  # BS.1770-5: gating blocks overlap by 75 %
GATING_BLOCK_S = 0.4  # BS.1770-5, also the momentary window of EBU Tech 3341
SHORT_TERM_S = 3.0  # EBU Tech 3341
ABSOLUTE_GATE_LUFS = -70.0  # BS.1770-5
RELATIVE_GATE_LU = -10.0  # BS.1770-5
RANGE_GATE_LU = -20.0  # EBU Tech 3342
RANGE_PERCENTILES = (10.0, 95.0)  # EBU Tech 3342
OFFSET_DB = -0.691  # BS.1770-5: makes a 997 Hz sine read its level in one channel

# BS.1770-5, tables 1 and 2: head shelf and low-frequency roll-off, at 48 kHz.
_TABLE_RATE = 48000
_TABLE_SECTIONS = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)

# BS.1770-5, tables 3 and 4, for the channel orders of WAVE files: the sides weigh 1.41, LFE is left out.
_CHANNEL_WEIGHTS = {
    4: (1, 1, 1.41, 1.41),  # L R Ls Rs
    5: (1, 1, 1, 1.41, 1.41),  # L R C Ls Rs
    6: (1, 1, 1, 0, 1.41, 1.41),  # L R C LFE Ls Rs
    7: (1, 1, 1, 0, 1, 1.41, 1.41),  # L R C LFE back-centre Ls Rs
    8: (1, 1, 1, 0, 1, 1, 1.41, 1.41),  # L R C LFE back-left back-right Ls Rs
}


def loudness_lufs(audio: Audio) -> float:
    """Measure the integrated loudness.

    One channel counts once: mono reads 3 LU less than the same sound in both channels of stereo. Silence, and sound
    that nowhere reaches -70 LUFS, gives -inf.

    Parameters
    ----------
    audio : (frames, channels), at least 0.4 s long; the best rate is the source's own.

    Returns
    -------
    Integrated loudness in LUFS.

    Raises
    ------
    AudioFileError : shorter than one gating block of 0.4 s.

    Source
    ------
    ITU-R BS.1770-5, annex 1; EBU R 128.
    """
    meter = LoudnessMeter(audio.sample_rate, audio.channels)
    for piece in pieces_of(audio):
        meter.push(piece)
    powers = meter.step_powers
    if len(powers) < _steps(GATING_BLOCK_S, STEP_S):
        raise AudioFileError(
            f"{audio!r} is too short to have a loudness; expected at least {GATING_BLOCK_S} s. Use a longer piece.",
            reason="too short",
        )
    return integrated_loudness(powers)


class LoudnessMeter:
    """Collects the K-weighted powers of a stream, one number for each step.

    Parameters
    ----------
    sample_rate : in Hz.
    channels : 1 to 8 are weighted in the order of WAVE files (5.1: L R C LFE Ls Rs); in more, each counts as 1.
    step_s : 0.1 for gated loudness. 0.02 or less finds momentary maxima that begin between two steps.
    """

    def __init__(self, sample_rate: int, channels: int, *, step_s: float = STEP_S) -> None:
        self._filter = StreamFilter(k_weighting(sample_rate), channels)
        self._weights = np.array(_CHANNEL_WEIGHTS.get(channels, (1,) * channels))
        self._step_frames = round(step_s * sample_rate)
        self._waiting: Samples = np.empty((0, channels), np.float32)
        self._powers: list[StepPowers] = []

    def push(self, samples: Samples) -> None:
        """Take the next samples of the stream, (frames, channels), any number of them."""
        samples = np.concatenate([self._waiting, samples])
        steps = len(samples) // self._step_frames
        whole = steps * self._step_frames
        self._waiting = samples[whole:].copy()
        weighted = self._filter.push_planar(samples[:whole]).reshape(len(self._weights), steps, self._step_frames)
        squares = np.einsum("csf,csf->cs", weighted, weighted)
        self._powers.append(self._weights @ squares / self._step_frames)

    @property
    def step_powers(self) -> StepPowers:
        """The powers of all whole steps so far; a last step that is not full is left out."""
        return np.concatenate(self._powers) if self._powers else np.empty(0)


def k_weighting(sample_rate: int) -> Sections:
    """Give the K-weighting filter at any rate; at 48 kHz it is the standard's table.

    The table is taken back to its analog prototype by the inverse bilinear transform and discretized anew, each
    section exact at its own corner (1682 Hz, 38 Hz). Against 48 kHz the response differs by at most 0.07 dB up to
    10 kHz at 16 kHz, 0.031 dB from 22.05 kHz on.
    """
    return np.stack([_at_rate(section, sample_rate) for section in _TABLE_SECTIONS])


def _at_rate(section: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    b0, b1, b2, a0, a1, a2 = section
    numerator = (b0 + b1 + b2, 2 * (b0 - b2), b0 - b1 + b2)
    denominator = (a0 + a1 + a2, 2 * (a0 - a2), a0 - a1 + a2)
    corner = math.sqrt(denominator[0] / denominator[2])  # tan(pi * corner_hz / 48000)
    return bilinear(numerator, denominator, corner / math.tan(math.atan(corner) * _TABLE_RATE / sample_rate))


def integrated_loudness(step_powers: StepPowers) -> float:
    """Gate and average steps of 0.1 s; -inf when no block of 0.4 s passes the absolute gate.

    The powers of several pieces may be concatenated: then one relative gate holds for all of them, and the three
    blocks that lie across each joint mix both sides.

    Source
    ------
    ITU-R BS.1770-5, equations 2-7.
    """
    blocks = _moving_mean(step_powers, _steps(GATING_BLOCK_S, STEP_S))
    loud = _gated(blocks, RELATIVE_GATE_LU)
    return float(_loudness(loud.mean())) if len(loud) else -math.inf


def momentary_loudness(step_powers: StepPowers, *, step_s: float = STEP_S) -> NDArray[np.float64]:
    """Give the loudness, in LUFS, of 0.4 s at every step; the first value belongs to 0 .. 0.4 s."""
    return _loudness(_moving_mean(step_powers, _steps(GATING_BLOCK_S, step_s)))


def short_term_loudness(step_powers: StepPowers, *, step_s: float = STEP_S) -> NDArray[np.float64]:
    """Give the loudness, in LUFS, of 3 s at every step; the first value belongs to 0 .. 3 s."""
    return _loudness(_moving_mean(step_powers, _steps(SHORT_TERM_S, step_s)))


def loudness_range(step_powers: StepPowers) -> float:
    """Give the spread of the short-term loudness, in LU, from steps of 0.1 s.

    0 when nothing passes the gates or the sound is shorter than 3 s.

    Source
    ------
    EBU Tech 3342: gates -70 LUFS and -20 LU, 10th to 95th percentile.
    """
    loud = _gated(_moving_mean(step_powers, _steps(SHORT_TERM_S, STEP_S)), RANGE_GATE_LU)
    if not len(loud):
        return 0.0
    low, high = np.percentile(_loudness(loud), RANGE_PERCENTILES, method="nearest")
    return float(high - low)


def _gated(powers: StepPowers, relative_gate_lu: float) -> StepPowers:
    audible = powers[_loudness(powers) > ABSOLUTE_GATE_LUFS]
    if not len(audible):
        return audible
    return audible[_loudness(audible) > _loudness(audible.mean()) + relative_gate_lu]


def _loudness(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return OFFSET_DB + db_from_power(power)


def _moving_mean(powers: StepPowers, steps: int) -> StepPowers:
    if len(powers) < steps:
        return np.empty(0)
    means: StepPowers = sliding_window_view(powers, steps).mean(axis=1)
    return means


def _steps(window_s: float, step_s: float) -> int:
    return round(window_s / step_s)

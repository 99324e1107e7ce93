"""The true-peak limiter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.envelope import polygon
from audiokit.dsp.levels import gain_from_db, scaled
from audiokit.dsp.stage import nothing
from audiokit.dsp.true_peak import REACH_FRAMES, oversampled_peaks

_CELL_FRAMES = 8  # the gain is a polygon with a corner every 8 frames: 8 x less to smooth
_TOLERANCE = 1.001  # 0.009 dB, so that every pass has something to do
_WINDOW_S = 1.0
_RELEASE_CONSTANTS = 10.0  # after so many, 0.00005 of a reduction is left


class Limit:
    """Keeps the true peak of a stream at or below a ceiling; see `limit`.

    Works on windows of a second or more. Each sees as much of its past as a release can reach into it, and as much of
    its future as an attack needs: gains differ from those of `limit` by at most 0.001 dB.
    """

    def __init__(
        self,
        ceiling_dbtp: float = -3.0,
        *,
        attack_s: float = 0.003,
        release_s: float = 0.05,
        sample_rate: int,
        channels: int,
    ) -> None:
        self._limiter = _Limiter(ceiling_dbtp, attack_s, release_s, sample_rate)
        self._future = self._limiter.attack_frames + _whole_cells(2 * REACH_FRAMES)
        self._past = self._future + _whole_cells(_RELEASE_CONSTANTS * release_s * sample_rate)
        self._window = max(_whole_cells(_WINDOW_S * sample_rate), 4 * self._past)
        self._held = nothing(channels)
        self._done = 0  # frames of what is held that are there only as the past

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give all whole windows whose future is known."""
        self._held = np.concatenate([self._held, samples])
        ready = [self._held[:0]]
        while len(self._held) >= self._done + self._window + self._future:
            ready.append(self._limited(self._done + self._window))
        return np.concatenate(ready)

    def flush(self) -> Samples:
        """Give the rest."""
        return self._limited(len(self._held))

    def _limited(self, end: int) -> Samples:
        """Limit what is held up to `end`, and forget what no later window needs."""
        limited = self._limiter.limited(self._held[: end + self._future])[self._done : end]
        self._done = min(end, self._past)
        self._held = self._held[end - self._done :]
        return limited


def limit(audio: Audio, ceiling_dbtp: float = -3.0, *, attack_s: float = 0.003, release_s: float = 0.05) -> Audio:
    """Keep the true peak at or below a ceiling (within 0.01 dB).

    The gain is the same in all channels, falls smoothly before a peak and recovers after it. Nothing is delayed, the
    length stays. Sound whose true peak nowhere exceeds the ceiling is returned as it is.

    Parameters
    ----------
    audio : any rate, any channels.
    ceiling_dbtp : highest true peak, in dBTP.
    attack_s : how long before a peak the gain begins to fall.
    release_s : time constant of the recovery, more than 0.

    Raises
    ------
    ValueError : a negative attack, or no release.
    """
    samples = _Limiter(ceiling_dbtp, attack_s, release_s, audio.sample_rate).limited(audio.samples)
    return audio if samples is audio.samples else Audio(samples, audio.sample_rate)


class _Limiter:
    """The settings of a limiter, in frames and cells."""

    def __init__(self, ceiling_dbtp: float, attack_s: float, release_s: float, sample_rate: int) -> None:
        if attack_s < 0 or release_s <= 0:
            raise ValueError(f"attack_s is {attack_s}, release_s {release_s}; expected 0 or more, and more than 0")
        cells_per_s = sample_rate / _CELL_FRAMES
        self._ceiling = gain_from_db(ceiling_dbtp)
        self._release_cells = release_s * cells_per_s
        self._half = max(1, round(attack_s * cells_per_s / 4))  # two boxes of 2 * half + 1: a triangle over the attack
        # Held as far as smoothing, a line of the polygon and the interpolation between samples reach: flat at a peak.
        self._reach = 2 * self._half + 1 + -(-REACH_FRAMES // _CELL_FRAMES)

    @property
    def attack_frames(self) -> int:
        """How long before a peak the gain may fall; so long it also stays down after it, before the release begins."""
        return (self._reach + 2 * self._half + 1) * _CELL_FRAMES

    def limited(self, samples: Samples) -> Samples:
        """Give samples whose true peak does not exceed the ceiling; the same array when nothing did."""
        # Where a far higher peak is near, the changing gain may lift a point between samples above the ceiling (0.04 dB
        # in the worst of 80,000 random signals; 1 in 1,600 needed a second pass): look again until none is left.
        while (peaks := oversampled_peaks(samples, floor=self._ceiling)).max(initial=0.0) > self._ceiling * _TOLERANCE:
            gains = polygon(1 - self._smooth(_cell_reduction(peaks, self._ceiling)), _CELL_FRAMES)
            samples = scaled(samples, gains[: len(samples)])
        return samples

    def _smooth(self, reduction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Widen, release and smooth a wanted reduction without ever falling below it."""
        padded = np.pad(reduction, 2 * self._half, mode="edge")
        return _box(_box(_released(_widened(padded, self._reach), self._release_cells), self._half), self._half)


def _whole_cells(frames: float) -> int:
    return math.ceil(frames / _CELL_FRAMES) * _CELL_FRAMES


def _cell_reduction(peaks: Samples, ceiling: float) -> NDArray[np.float64]:
    """Give the reduction, 0..1, that each cell wants, and that of one more: its corner ends the last line."""
    cells = np.pad(peaks, (0, -len(peaks) % _CELL_FRAMES + _CELL_FRAMES)).reshape(-1, _CELL_FRAMES).max(axis=1)
    reduction: NDArray[np.float64] = 1 - ceiling / np.maximum(cells.astype(np.float64), ceiling)
    return reduction


def _widened(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Give the maximum within `reach` places on either side, by windows that double."""
    width = 2 * reach + 1
    widened = np.pad(values, reach, mode="edge")
    covered = 1
    while covered < width:
        step = min(covered, width - covered)
        widened = np.maximum(widened[:-step], widened[step:])
        covered += step
    return widened


def _released(reduction: NDArray[np.float64], release_cells: float) -> NDArray[np.float64]:
    """Let a reduction fade no faster than exp(-cells / release_cells): a running maximum of logarithms."""
    decay = np.arange(len(reduction)) / release_cells
    with np.errstate(divide="ignore"):
        return np.exp(np.maximum.accumulate(np.log(reduction) + decay) - decay)


def _box(values: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    """Average `half` places on either side; the result is shorter by as many at both ends."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    width = 2 * half + 1
    averages: NDArray[np.float64] = (sums[width:] - sums[:-width]) / width
    return averages

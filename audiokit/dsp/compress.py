"""Compression of the dynamic range."""

from __future__ import annotations

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.envelope import CORNER_S, Corners, Follower, FollowingGain
from audiokit.dsp.levels import db_from_power, gain_from_db
from audiokit.dsp.stage import run
from audiokit.dsp.steps import MovingSum, StepEnergies


class Compress(FollowingGain):
    """Compresses a stream; see `compress`."""

    def __init__(
        self,
        *,
        threshold_dbfs: float = -20.0,
        ratio: float = 4.0,
        attack_s: float = 0.005,
        release_s: float = 0.05,
        knee_db: float = 0.0,
        makeup_db: float = 0.0,
        sample_rate: int,
        channels: int,
    ) -> None:
        if ratio < 1:
            raise ValueError(f"ratio is {ratio}; expected at least 1")
        if min(attack_s, release_s, knee_db) < 0:
            raise ValueError(
                f"attack_s is {attack_s}, release_s {release_s}, knee_db {knee_db}; expected 0 or more of each"
            )
        energies = StepEnergies(CORNER_S, sample_rate=sample_rate, channels=channels)
        control = _Compression(
            _Curve(threshold_dbfs, ratio, knee_db),
            energies,
            Follower(attack_s * energies.steps_per_s, release_s * energies.steps_per_s, start=0.0),
            attack_s=attack_s,
            makeup_db=makeup_db,
        )
        super().__init__(control, energies, start=gain_from_db(makeup_db), channels=channels)


def compress(
    audio: Audio,
    *,
    threshold_dbfs: float = -20.0,
    ratio: float = 4.0,
    attack_s: float = 0.005,
    release_s: float = 0.05,
    knee_db: float = 0.0,
    makeup_db: float = 0.0,
) -> Audio:
    """Make loud places quieter: what exceeds the threshold by some dB, exceeds it by 1/`ratio` of that afterwards.

    The level is the RMS over all channels within the last `attack_s`; all channels get the same gain. Nothing is
    clipped: with `makeup_db` peaks may exceed 1.0, follow with `limit`.

    Parameters
    ----------
    audio : any rate, any channels; the length stays.
    threshold_dbfs : RMS from which on the gain falls; 0 is a square wave of full scale.
    ratio : at least 1, which changes nothing; `math.inf` holds the threshold.
    attack_s, release_s : time constants with which the gain falls and recovers.
    knee_db : width of the bend around the threshold; 0 is a corner.
    makeup_db : gain for everything afterwards.

    Raises
    ------
    ValueError : a ratio below 1, or a negative time or knee.

    Source
    ------
    D. Giannoulis, M. Massberg, J. D. Reiss: Digital Dynamic Range Compressor Design, J. Audio Eng. Soc. 60 (6), 2012;
    the curve is eq. 4.
    """
    stage = Compress(
        threshold_dbfs=threshold_dbfs,
        ratio=ratio,
        attack_s=attack_s,
        release_s=release_s,
        knee_db=knee_db,
        makeup_db=makeup_db,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
    )
    return run(stage, audio)


class _Curve:
    """How many dB are taken from a level."""

    def __init__(self, threshold_dbfs: float, ratio: float, knee_db: float) -> None:
        self._threshold, self._slope, self._knee = threshold_dbfs, 1 - 1 / ratio, knee_db

    def reduction_db(self, levels_dbfs: Corners) -> Corners:
        into_knee = levels_dbfs - self._threshold + self._knee / 2
        bend = np.clip(into_knee, 0, self._knee) ** 2 / max(2 * self._knee, 1e-9)  # no knee: 0 / 1e-9
        return self._slope * (bend + np.maximum(into_knee - self._knee, 0))


class _Compression:
    """Decides the gain of a compressor."""

    def __init__(
        self, curve: _Curve, energies: StepEnergies, reduction_db: Follower, *, attack_s: float, makeup_db: float
    ) -> None:
        window = max(1, round(attack_s * energies.steps_per_s))
        self._energies = MovingSum(window)
        self._values = window * energies.values
        self._curve, self._reduction_db, self._makeup_db = curve, reduction_db, makeup_db

    def push(self, energies: Samples) -> Corners:
        levels = db_from_power(np.maximum(self._energies.push(energies), 0) / self._values)
        reduction_db = self._reduction_db.push(self._curve.reduction_db(levels))
        gains: Corners = 10 ** ((self._makeup_db - reduction_db) / 20)
        return gains

    def flush(self) -> Corners:
        return np.empty(0)

"""The noise gate."""

from __future__ import annotations

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.envelope import CORNER_S, Corners, Follower, FollowingGain
from audiokit.dsp.levels import gain_from_db
from audiokit.dsp.stage import run
from audiokit.dsp.steps import Ahead, Flags, MovingSum, StepEnergies

_LEVEL_S = 0.01  # one period of a low voice: shorter, and the level would waver with it
_ATTACK_CONSTANTS = 3.0  # time constants in an attack: 95 % of the way


class Gate(FollowingGain):
    """Quietens the pauses of a stream; see `gate`. Holds back `attack_s`."""

    def __init__(
        self,
        *,
        threshold_dbfs: float = -50.0,
        attack_s: float = 0.005,
        hold_s: float = 0.1,
        release_s: float = 0.1,
        range_db: float = 40.0,
        sample_rate: int,
        channels: int,
    ) -> None:
        if min(attack_s, hold_s, release_s, range_db) < 0:
            raise ValueError(
                f"attack_s is {attack_s}, hold_s {hold_s}, release_s {release_s}, range_db {range_db}; "
                "expected 0 or more of each"
            )
        energies = StepEnergies(CORNER_S, sample_rate=sample_rate, channels=channels)
        per_s = energies.steps_per_s
        control = _Gating(
            energies,
            Ahead(round(attack_s * per_s), back=round(hold_s * per_s)),
            threshold_dbfs=threshold_dbfs,
            closed=gain_from_db(-range_db),
            rise_steps=attack_s * per_s / _ATTACK_CONSTANTS,
            fall_steps=release_s * per_s,
        )
        super().__init__(control, energies, start=None, channels=channels)


def gate(
    audio: Audio,
    *,
    threshold_dbfs: float = -50.0,
    attack_s: float = 0.005,
    hold_s: float = 0.1,
    release_s: float = 0.1,
    range_db: float = 40.0,
) -> Audio:
    """Quieten what is below a threshold: the noise of pauses.

    The level is the RMS over all channels within 10 ms. The gate begins to open before a sound, so that no onset is
    lost; all channels get the same gain.

    Parameters
    ----------
    audio : any rate, any channels; the length stays.
    threshold_dbfs : RMS from which on the gate is open; 0 is a square wave of full scale.
    attack_s : how long before a sound the gate begins to open.
    hold_s : how long it stays open after a sound.
    release_s : time constant of its closing.
    range_db : how much a closed gate takes away; `math.inf` leaves nothing.

    Raises
    ------
    ValueError : a negative time or range.
    """
    stage = Gate(
        threshold_dbfs=threshold_dbfs,
        attack_s=attack_s,
        hold_s=hold_s,
        release_s=release_s,
        range_db=range_db,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
    )
    return run(stage, audio)


class _Gating:
    """Decides the gain of a gate."""

    def __init__(
        self,
        energies: StepEnergies,
        open_around: Ahead,
        *,
        threshold_dbfs: float,
        closed: float,
        rise_steps: float,
        fall_steps: float,
    ) -> None:
        window = max(1, round(_LEVEL_S * energies.steps_per_s))
        self._energies = MovingSum(window)
        self._least_energy = gain_from_db(2 * threshold_dbfs) * window * energies.values
        self._open_around, self._closed = open_around, closed
        self._pace = (rise_steps, fall_steps)
        self._gain: Follower | None = None

    def push(self, energies: Samples) -> Corners:
        return self._gains(self._open_around.push(self._energies.push(energies) >= self._least_energy))

    def flush(self) -> Corners:
        return self._gains(self._open_around.flush())

    def _gains(self, is_open: Flags) -> Corners:
        targets = np.where(is_open, 1.0, self._closed)
        if self._gain is None and len(targets):
            self._gain = Follower(*self._pace, start=targets[0])  # a sound that starts at once is not faded in
        return self._gain.push(targets) if self._gain else targets

"""A gain that follows the level of a sound: what compressor and gate share.

The gain is a polygon with a corner every millisecond. Few enough values a second remain that each can be decided
after the one before it: 0.1 ms of work for a second of sound.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Samples
from audiokit.dsp.levels import scaled
from audiokit.dsp.stage import nothing
from audiokit.dsp.steps import StepEnergies

CORNER_S = 0.001

Corners = NDArray[np.float64]
"""Gains (factors on samples), one for the end of each step."""


class Follower:
    """Rises and falls towards a changing target, each at its own pace.

    Parameters
    ----------
    rise_steps, fall_steps : time constants, in steps; 0 jumps.
    start : where it is in the beginning.
    """

    def __init__(self, rise_steps: float, fall_steps: float, *, start: float) -> None:
        self._rise, self._fall = _share(rise_steps), _share(fall_steps)
        self._value = start

    def push(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the value after each step."""
        value, values = self._value, []
        for target in targets.tolist():
            value += (target - value) * (self._rise if target > value else self._fall)
            values.append(value)
        self._value = value
        return np.array(values, np.float64)


class Control(Protocol):
    """Decides the corners of a gain."""

    def push(self, energies: Samples) -> Corners:
        """Take the energies of the next steps; give the corners that are decided, each at the end of its step."""
        ...

    def flush(self) -> Corners:
        """Give the corners of the last steps."""
        ...


class FollowingGain:
    """A stage that multiplies all channels by a gain that follows their level.

    Parameters
    ----------
    control : decides the gain.
    energies : of the steps between two corners.
    start : the gain before the first corner; None stands for the first corner's.
    channels : of the stream.
    """

    def __init__(self, control: Control, energies: StepEnergies, *, start: float | None, channels: int) -> None:
        self._control, self._energies = control, energies
        self._last = start
        self._held = nothing(channels)

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those whose gain is decided."""
        self._held = np.concatenate([self._held, samples])
        return self._scaled(self._control.push(self._energies.push(samples)))

    def flush(self) -> Samples:
        """Give the rest."""
        rest = self._control.push(self._energies.flush())
        return self._scaled(np.concatenate([rest, self._control.flush()]))

    def _scaled(self, corners: Corners) -> Samples:
        if not len(corners):
            return self._held[:0]
        first = corners[0] if self._last is None else self._last
        self._last = float(corners[-1])
        gains = polygon(np.concatenate([[first], corners]), self._energies.frames)
        ready, self._held = self._held[: len(gains)], self._held[len(gains) :]
        return scaled(ready, gains[: len(ready)])


def polygon(corners: Corners, step_frames: int) -> Samples:
    """Draw a straight line from each corner to the next, `step_frames` long; 1-D."""
    along = np.linspace(0, 1, step_frames, endpoint=False, dtype=np.float32)
    starts, rises = corners[:-1].astype(np.float32), np.diff(corners).astype(np.float32)
    lines: Samples = (starts[:, np.newaxis] + rises[:, np.newaxis] * along).ravel()
    return lines


def _share(steps: float) -> float:
    """Give the share of the way to its target that a follower of this time constant goes in one step."""
    return -math.expm1(-1 / steps) if steps else 1.0

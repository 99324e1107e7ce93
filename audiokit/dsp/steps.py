"""A stream seen in steps of a millisecond or so: its energy, and what happened lately."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Samples
from audiokit.dsp.stage import nothing

Flags = NDArray[np.bool_]
"""One answer a step."""


class StepEnergies:
    """Sums the squares of a stream, over all channels, for each step of whole frames."""

    def __init__(self, step_s: float, *, sample_rate: int, channels: int) -> None:
        self.frames = max(1, round(step_s * sample_rate))
        self.steps_per_s = sample_rate / self.frames
        self.values = self.frames * channels
        self._waiting = nothing(channels)

    def push(self, samples: Samples) -> Samples:
        """Give the energies of all steps that are full by now."""
        samples = np.concatenate([self._waiting, samples])
        whole = len(samples) // self.frames * self.frames
        self._waiting = samples[whole:].copy()
        steps = samples[:whole].reshape(-1, self.values)
        energies: Samples = np.einsum("sv,sv->s", steps, steps)
        return energies

    def flush(self) -> Samples:
        """Give the energy of the last step, if one is left that is not full."""
        missing = -len(self._waiting) % self.frames
        return self.push(np.zeros((missing, self._waiting.shape[1]), np.float32))


class MovingSum:
    """Sums each value of a stream and those right before it; before the first there was nothing.

    Parameters
    ----------
    window : how many values are summed.
    """

    def __init__(self, window: int) -> None:
        self._before = np.zeros(window - 1)

    def push(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Give a sum for each value."""
        window = len(self._before) + 1
        known = np.concatenate([self._before, values])
        self._before = known[len(values) :]
        sums = np.cumsum(np.concatenate([[0.0], known]))
        moving: NDArray[np.float64] = sums[window:] - sums[:-window]
        return moving


class Lately:
    """Says for each step whether something happened within the last `steps`, this one included."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._since = steps

    def push(self, happened: Flags) -> Flags:
        """Give an answer for each step."""
        if not len(happened):
            return happened
        places = np.arange(len(happened))
        since = places - np.maximum.accumulate(np.where(happened, places, -1 - self._since))
        self._since = int(since[-1])
        return since < self._steps


class Ahead:
    """Like `Lately`, but looks `steps` ahead: its answers come that much later, the first for the first step."""

    def __init__(self, steps: int, *, back: int = 0) -> None:
        self._lately = Lately(back + steps + 1)
        self._steps = self._early = steps

    def push(self, happened: Flags) -> Flags:
        """Give answers for earlier steps."""
        answers = self._lately.push(happened)
        early = min(self._early, len(answers))
        self._early -= early
        return answers[early:]

    def flush(self) -> Flags:
        """Give the answers for the last steps; behind the end nothing happens."""
        return self.push(np.zeros(self._steps, np.bool_))

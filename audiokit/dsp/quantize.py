"""Sample width: rounding to what integers of some bits can hold."""

from __future__ import annotations

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.stage import Memoryless, run

WIDTHS = (8, 16, 24, 32)


class Quantize(Memoryless):
    """Rounds a stream to whole steps; see `quantize`."""

    def __init__(self, bits: int, *, channels: int) -> None:
        if bits not in WIDTHS:
            raise ValueError(f"bits is {bits}; expected one of {WIDTHS}")
        super().__init__(channels)
        self._full_scale = np.float32(2 ** (bits - 1))
        # Of 32 bits the highest that float32 can tell from full scale, which integers do not reach.
        self._highest = np.minimum(self._full_scale - 1, np.nextafter(self._full_scale, np.float32(0)))

    def push(self, samples: Samples) -> Samples:
        """Round and clip the next samples."""
        steps = samples * self._full_scale
        np.rint(steps, out=steps)
        np.clip(steps, -self._full_scale, self._highest, out=steps)
        steps /= self._full_scale
        return steps


def quantize(audio: Audio, bits: int) -> Audio:
    """Round to what signed integers of 8, 16, 24 or 32 bits can hold, and clip to [-1, 1).

    The samples stay float32, which hold 24 bits at full scale: of 32 bits only the clipping is seen.

    Raises
    ------
    ValueError : another number of bits.
    """
    return run(Quantize(bits, channels=audio.channels), audio)

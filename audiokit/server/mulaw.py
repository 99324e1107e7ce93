"""G.711 μ-law, the telephone's 8 bits a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 8000
BIAS, CLIP = 132, 32635  # ITU-T G.711, scaled to 16 bits


def decode(data: bytes) -> bytes:
    """Give 16-bit PCM, as many samples as there are bytes."""
    return _LINEAR[np.frombuffer(data, np.uint8)].tobytes()


def encode(pcm: bytes) -> bytes:
    """Give a byte for each 16-bit sample."""
    samples = np.frombuffer(pcm, "<i2").astype(np.int32)
    magnitude = np.minimum(np.abs(samples), CLIP) + BIAS
    exponent = np.frexp(magnitude.astype(np.float32))[1] - 8  # the highest bit is 7..14
    mantissa = (magnitude >> (exponent + 3)) & 15
    coded: NDArray[np.uint8] = ~(np.where(samples < 0, 128, 0) | (exponent << 4) | mantissa).astype(np.uint8)
    return coded.tobytes()


def _table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.uint8)
    magnitude = (((code & 15).astype(np.int32) << 3) + BIAS << ((code >> 4) & 7)) - BIAS
    return np.where(code & 128, -magnitude, magnitude).astype("<i2")


_LINEAR = _table()

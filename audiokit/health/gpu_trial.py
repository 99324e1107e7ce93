"""`python -m audiokit.health.gpu_trial`: transcribe a second of noise on the GPU, or end with an error."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np

from audiokit import portal, registry
from audiokit.audio.chunk import AudioChunk

SAMPLE_RATE = 16_000


def trial(device: str = "cuda") -> None:
    """Transcribe a second of noise.

    Parameters
    ----------
    device : as `Whisper` takes it.

    Raises
    ------
    ConfigError : the model does not open there.
    RuntimeError : a library of CUDA is missing.
    """
    stt = registry.provider("stt", "whisper", device=device)
    list(portal.iterate(stt.transcribe(_noise())))


async def _noise() -> AsyncIterator[AudioChunk]:
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (SAMPLE_RATE, 1))
    yield AudioChunk(samples.astype(np.float32), SAMPLE_RATE)


if __name__ == "__main__":
    trial()

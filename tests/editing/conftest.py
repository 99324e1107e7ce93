"""Short sounds to edit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.buffer import Audio

RATE = 16000


@pytest.fixture(scope="session")
def ramp() -> Audio:
    """Ten seconds of stereo: the left channel says where in the sound a frame is, the right one is its negative."""
    rising = np.linspace(0.0, 0.999, 10 * RATE, dtype=np.float32)
    return Audio(np.stack([rising, -rising], axis=1), RATE)


@pytest.fixture(scope="session")
def talk(speech: Callable[..., object]) -> Audio:
    """Real speech with a second of silence around each sentence."""
    return speech(1.0).audio  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def talk_file(talk: Audio, tmp_path: Path) -> Path:
    """The same as a WAV."""
    talk.save(tmp_path / "talk.wav")
    return tmp_path / "talk.wav"

"""One tiny XTTS for all tests of Coqui."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.contracts import Voice
from audiokit.providers.coqui.clone import CoquiClone
from tests.providers.coqui.tiny import make_xtts

LIBRIVOX = Path(__file__).parents[3] / "samples" / "librivox"


@pytest.fixture(scope="session")
def xtts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an XTTS that says noise."""
    pytest.importorskip("TTS", reason="coqui-tts is not installed")
    return make_xtts(tmp_path_factory.mktemp("xtts"))


@pytest.fixture
def samples() -> list[Path]:
    """Two recordings of one reader: 7 s and 3 s."""
    return sorted(LIBRIVOX.glob("*.wav"))[:2]


@pytest.fixture
def ann(xtts: Path, samples: list[Path]) -> Voice:
    """A voice cloned with the tiny model."""
    return CoquiClone(str(xtts), device="cpu").clone(samples, name="Ann", language="en")

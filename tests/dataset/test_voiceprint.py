"""audiokit.dataset.voiceprint."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.ge2e import Ge2eEncoder
from audiokit.audio.files import read
from audiokit.dataset.speakers import AT_ONCE
from audiokit.dataset.voiceprint import at_once, take_voiceprint, windows
from audiokit.errors import AudioFileError
from tests.conftest import SAMPLES_DIR


@pytest.mark.model
def test_a_voiceprint_keeps_what_the_encoder_found() -> None:
    path = next(SAMPLES_DIR.glob("librivox/*-0880.wav"))
    taken = json.loads(json.dumps(take_voiceprint(path)))
    expected = Ge2eEncoder().embed_windows(read(path))[1]
    assert windows(taken).shape == expected.shape
    assert np.sum(windows(taken) * expected, axis=1).min() > 0.9999
    assert len(taken["windows"]) < 400 * len(expected)
    assert 0 < at_once(taken) < AT_ONCE


def test_what_is_no_sound_has_no_voiceprint(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("words")
    with pytest.raises(AudioFileError, match=r"a\.wav"):
        take_voiceprint(tmp_path / "a.wav")

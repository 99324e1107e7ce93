"""audiokit.cloning.voice_print: what the samples of a voice sound like."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from audiokit.cloning.material import Material
from audiokit.cloning.voice_print import ENOUGH_S, VoicePrint, voice_print
from audiokit.errors import SampleError
from tests.cloning.makers import PitchEncoder, material, tone


def test_a_print_knows_its_voice_again(tmp_path: Path) -> None:
    found = voice_print(material(tmp_path, [(100, 3, 0.5)] * 3), PitchEncoder(), "pitch")
    assert found.similarity(PitchEncoder().embed(tone(100, 2))) == pytest.approx(1, abs=0.001)
    assert found.similarity(PitchEncoder().embed(tone(200, 2))) == pytest.approx(0, abs=0.001)
    assert (found.encoder, found.median, found.lowest) == ("pitch", 1.0, 1.0)


def test_a_print_is_read_back_from_json(tmp_path: Path) -> None:
    found = voice_print(material(tmp_path, [(100, 3, 0.5), (120, 3, 0.5)]), PitchEncoder(), "pitch")
    assert VoicePrint.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_one_recording_has_no_spread(tmp_path: Path) -> None:
    found = voice_print(material(tmp_path, [(100, 3, 0.5)]), PitchEncoder(), "pitch")
    assert (found.median, found.lowest) == (None, None)


def test_the_best_two_minutes_are_enough(tmp_path: Path) -> None:
    half_s = ENOUGH_S / 2
    clips = material(tmp_path, [(100, half_s, 0.9), (100, half_s, 0.8), (200, half_s, 0.1)])
    found = voice_print(clips, PitchEncoder(), "pitch")
    assert found.similarity(np.array([1, 0], np.float32)) > 0.999


def test_nothing_to_hear_is_refused() -> None:
    with pytest.raises(SampleError, match=r"a\.wav: no usable speech to compare a voice with"):
        voice_print(Material(candidates=(), where="a.wav"), PitchEncoder(), "pitch")

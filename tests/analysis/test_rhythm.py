"""audiokit.analysis.rhythm: a metronome is heard as set."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from audiokit.analysis import rhythm
from audiokit.analysis.features import FeatureReader
from audiokit.analysis.spectrum import RATE, Vector
from audiokit.errors import MissingDependencyError

SECONDS = 20


@pytest.fixture(scope="module")
def metronome() -> Vector:
    """Onset strength of 20 s of ticks, two a second from 0.25 s on."""
    wave = np.zeros((SECONDS * RATE, 1), np.float32)
    tick = (np.sin(np.arange(800) / 3) * np.exp(-np.arange(800) / 100)).astype(np.float32)
    for start_s in np.arange(0.25, SECONDS - 0.1, 0.5):
        wave[round(start_s * RATE) :][: len(tick), 0] += tick
    reader = FeatureReader()
    reader.push(wave)
    strength = reader.finish().onset_strength
    reader.close()
    return strength


def test_tempo_of_a_metronome(metronome: Vector) -> None:
    assert rhythm.tempo_bpm(metronome) == pytest.approx(120, abs=3)


def test_beats_fall_on_the_ticks(metronome: Vector) -> None:
    beats = np.array(rhythm.beats_s(metronome))
    assert len(beats) > 30
    assert np.abs((beats - 0.25 + 0.25) % 0.5 - 0.25).max() < 0.05


def test_beats_of_a_later_stretch_have_their_own_time(metronome: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhythm, "STRETCH", len(metronome) // 2)
    beats = np.array(rhythm.beats_s(metronome))
    assert beats.max() > 0.9 * SECONDS
    assert (np.diff(beats) > 0).all()


def test_onsets_are_the_ticks(metronome: Vector) -> None:
    assert np.array(rhythm.onsets_s(metronome)) == pytest.approx(np.arange(0.25, SECONDS - 0.1, 0.5), abs=0.05)


def test_silence_has_no_rhythm() -> None:
    silence = np.zeros(1000, np.float32)
    assert (rhythm.tempo_bpm(silence), rhythm.beats_s(silence), rhythm.onsets_s(silence)) == (None, (), ())


def test_tempo_without_librosa_names_the_extra(metronome: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[analysis\]"):
        rhythm.tempo_bpm(metronome)

"""audiokit.analysis.tracks: level and pitch, step by step."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from audiokit.analysis.tracks import LevelTrack, LevelTracker, PitchTrack, PyinTracker, YinTracker
from audiokit.audio.buffer import Audio, Samples
from audiokit.errors import MissingDependencyError


def leveled(samples: Samples, piece: int) -> LevelTrack:
    tracker = LevelTracker()
    for start in range(0, len(samples), piece):
        tracker.push(samples[start : start + piece])
    return tracker.finish()


def pitched(tracker: YinTracker | PyinTracker, samples: Samples) -> PitchTrack:
    for start in range(0, len(samples), 5000):
        tracker.push(samples[start : start + 5000])
    return tracker.finish()


def test_a_sine_between_silences_has_its_level_in_its_place(tone: Callable[..., Audio]) -> None:
    silence = np.zeros((1600, 1), np.float32)
    samples = np.concatenate([silence, tone(1000, 0.5, 16_000, -20).samples, silence])
    track = leveled(samples, 777)
    assert track.levels_db[:10] == pytest.approx(-120, abs=1e-4)
    assert track.levels_db[10:60] == pytest.approx(-23.01, abs=0.01)
    assert track.highs[10:60] == pytest.approx(0.1, abs=1e-4)
    assert track.lows[10:60] == pytest.approx(-0.1, abs=1e-4)
    assert len(track.levels_db) == 70


@pytest.mark.parametrize("piece", [1, 159, 16_001])
def test_levels_do_not_depend_on_the_pieces(piece: int) -> None:
    samples = np.random.default_rng(1).standard_normal((4001, 1)).astype(np.float32)
    assert np.array_equal(leveled(samples, piece).levels_db, leveled(samples, 4001).levels_db)


@pytest.mark.parametrize("tracker", [YinTracker, PyinTracker])
def test_a_rising_tone_is_followed(tracker: type[YinTracker | PyinTracker]) -> None:
    time_s = np.arange(3 * 16_000) / 16_000
    pitch_hz = 100 + 50 * time_s
    wave = sum(np.sin(k * 2 * np.pi * (100 * time_s + 25 * time_s**2)) / k for k in range(1, 6))
    track = pitched(tracker(), np.asarray(0.1 * wave, np.float32)[:, np.newaxis])
    middles = (np.arange(len(track.pitch_hz)) + 0.5) * track.step_s
    heard = np.isfinite(track.pitch_hz)
    assert heard.mean() > 0.9
    expected = np.interp(middles[heard], time_s, pitch_hz)
    assert np.median(np.abs(track.pitch_hz[heard] / expected - 1)) < 0.03


def test_noise_is_not_voiced() -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal((32_000, 1)).astype(np.float32)
    assert np.nanmean(pitched(YinTracker(), noise).voiced) < 0.1


def test_silence_is_neither_voiced_nor_unvoiced() -> None:
    assert np.isnan(pitched(YinTracker(), np.zeros((16_000, 1), np.float32)).voiced).all()


def test_pyin_without_librosa_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[analysis\]"):
        PyinTracker()

"""audiokit.analysis.pitch: against tones and voices of known pitch, and against librosa's YIN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audiokit.analysis.pitch import Pitch, pitch
from audiokit.audio.buffer import Audio

NO_PITCH = Pitch(median_hz=None, low_hz=None, high_hz=None, voiced_fraction=0.0)
RATES = [8000, 16000, 22050, 24000, 44100, 48000]


def voice(freq_hz: float, sample_rate: int) -> Audio:
    """A pulse train's harmonics up to 4 kHz, falling by 6 dB an octave, the phases as they come."""
    rng = np.random.default_rng(0)
    time_s = np.arange(2 * sample_rate) / sample_rate
    harmonics = range(1, int(3900 / freq_hz) + 1)
    phases = rng.uniform(0, 2 * np.pi, len(harmonics))
    parts = [np.sin(2 * np.pi * freq_hz * n * time_s + phase) / n for n, phase in zip(harmonics, phases, strict=True)]
    return Audio((0.1 * np.sum(parts, axis=0)).astype(np.float32), sample_rate)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("freq_hz", [61, 85, 119, 220, 330, 440, 495])
def test_a_tone_is_measured_within_1_percent(tone: Callable[..., Audio], freq_hz: float, sample_rate: int) -> None:
    found = pitch(tone(freq_hz, 1.0, sample_rate))
    assert found.median_hz == pytest.approx(freq_hz, rel=0.01)
    assert found.voiced_fraction == 1.0


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("freq_hz", [61, 85, 119, 220, 330, 440, 495])
def test_a_voice_is_measured_within_1_percent(freq_hz: float, sample_rate: int) -> None:
    found = pitch(voice(freq_hz, sample_rate))
    assert found.median_hz == pytest.approx(freq_hz, rel=0.01)
    assert found.voiced_fraction == 1.0


def test_a_missing_fundamental_is_heard() -> None:
    time_s = np.arange(48000) / 24000
    harmonics = [0.1 * np.sin(2 * np.pi * 100 * n * time_s) for n in (2, 3, 4, 5)]
    assert pitch(Audio(np.sum(harmonics, axis=0), 24000)).median_hz == pytest.approx(100, rel=0.01)


def test_low_and_high_are_the_10th_and_the_90th_percentile() -> None:
    time_s = np.arange(8 * 24000) / 24000
    rising = Audio(0.1 * np.sin(2 * np.pi * (100 * time_s + 100 * time_s**2 / 16)), 24000)
    found = pitch(rising)
    assert found.median_hz == pytest.approx(150, rel=0.02)
    assert found.low_hz == pytest.approx(110, rel=0.02)
    assert found.high_hz == pytest.approx(190, rel=0.02)


def test_pauses_do_not_count(tone: Callable[..., Audio]) -> None:
    spoken = tone(150, 1.0, 24000).samples
    with_pause = Audio(np.concatenate([spoken, np.zeros((72000, 1), np.float32), spoken]), 24000)
    found = pitch(with_pause)
    assert found.median_hz == pytest.approx(150, rel=0.01)
    assert found.voiced_fraction > 0.9


def test_the_level_does_not_matter(tone: Callable[..., Audio]) -> None:
    soft, loud = (pitch(tone(150, 1.0, 24000, level_dbfs)).median_hz for level_dbfs in (-50, 6))
    assert soft == pytest.approx(loud, rel=1e-4)


@pytest.mark.parametrize("frames", [0, 1, 500, 24000])
def test_silence_and_too_few_samples_have_no_pitch(frames: int) -> None:
    assert pitch(Audio(np.zeros((frames, 1), np.float32), 24000)) == NO_PITCH


@pytest.mark.parametrize("width", [1, 3, 10])
def test_noise_has_no_pitch(width: int) -> None:
    noise = np.random.default_rng(width).standard_normal(8 * 24000)
    smooth = np.convolve(noise, np.ones(width) / width, "same")
    assert pitch(Audio(0.1 * smooth, 24000)).voiced_fraction <= 0.02


def test_a_hum_below_the_range_of_voices_has_no_pitch(tone: Callable[..., Audio]) -> None:
    assert pitch(tone(30, 2.0, 24000)) == NO_PITCH


def test_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 channels; use audio\.mono"):
        pitch(Audio(np.zeros((100, 2), np.float32), 24000))


def test_the_median_over_real_speech_is_that_of_librosa(speech: Callable[..., Any]) -> None:
    librosa = pytest.importorskip("librosa")
    audio = speech(0.0).audio
    settings = {"frame_length": 1024, "hop_length": 160}
    tracked = librosa.yin(audio.samples[:, 0], fmin=60, fmax=500, sr=audio.sample_rate, **settings)
    levels = librosa.feature.rms(y=audio.samples[:, 0], **settings)[0]
    loud = levels**2 > 0.1 * np.mean(audio.samples**2)
    assert pitch(audio).median_hz == pytest.approx(np.median(tracked[loud]), rel=0.03)

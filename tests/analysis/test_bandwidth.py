"""audiokit.analysis.bandwidth: what telephones, codecs and low sample rates leave."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from scipy.signal import butter, ellip, sosfilt

from audiokit.analysis.bandwidth import bandwidth_hz
from audiokit.audio.buffer import Audio, Samples


def noise(sample_rate: int, seed: int = 0) -> Samples:
    samples = 0.1 * np.random.default_rng(seed).standard_normal((4 * sample_rate, 1))
    return samples.astype(np.float32)


def through(samples: Samples, sample_rate: int, narrow_rate: int) -> Samples:
    """Send samples through a chain of a lower sample rate."""
    return soxr.resample(soxr.resample(samples, sample_rate, narrow_rate), narrow_rate, sample_rate)


@pytest.fixture(scope="module")
def spoken(speech: Callable[..., Any]) -> Audio:
    audio: Audio = speech(0.2).audio
    return audio


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_white_noise_reaches_half_the_sample_rate(sample_rate: int) -> None:
    assert bandwidth_hz(Audio(noise(sample_rate), sample_rate)) == pytest.approx(sample_rate / 2, rel=0.01)


@pytest.mark.parametrize("sample_rate", [24000, 44100, 48000])
@pytest.mark.parametrize("narrow_rate", [8000, 11025, 16000, 22050])
def test_a_lower_sample_rate_in_the_chain_is_found(sample_rate: int, narrow_rate: int) -> None:
    found = bandwidth_hz(Audio(through(noise(sample_rate), sample_rate, narrow_rate), sample_rate))
    assert 0.9 * narrow_rate / 2 <= found <= narrow_rate / 2 + 100


@pytest.mark.parametrize("cutoff_hz", [3400, 5500, 7000, 9000])
def test_a_steep_low_pass_is_found(cutoff_hz: float) -> None:
    filtered = sosfilt(ellip(8, 0.5, 60, cutoff_hz, fs=24000, output="sos"), noise(24000), axis=0)
    assert bandwidth_hz(Audio(filtered, 24000)) == pytest.approx(cutoff_hz, rel=0.1)


def test_speech_at_16_khz_reaches_7_to_8_khz(spoken: Audio) -> None:
    assert 7000 <= bandwidth_hz(spoken) <= 8000


@pytest.mark.parametrize("sample_rate", [24000, 44100])
def test_a_higher_sample_rate_adds_no_bandwidth_to_speech(spoken: Audio, sample_rate: int) -> None:
    samples = soxr.resample(spoken.samples, 16000, sample_rate)
    assert 7000 <= bandwidth_hz(Audio(samples, sample_rate)) <= 8000


def test_speech_over_a_telephone_is_found(spoken: Audio) -> None:
    band = butter(8, [300, 3400], "bandpass", fs=8000, output="sos")
    telephone = sosfilt(band, soxr.resample(spoken.samples, 16000, 8000), axis=0)
    assert 3200 <= bandwidth_hz(Audio(soxr.resample(telephone, 8000, 24000), 24000)) <= 4000


@pytest.mark.parametrize("snr_db", [60, 45, 30])
def test_a_telephone_is_found_under_the_noise_of_the_studio(spoken: Audio, snr_db: float) -> None:
    telephone = through(spoken.samples, 16000, 8000)
    gain = 10 ** (-snr_db / 20) * np.sqrt(np.mean(telephone**2)) / 0.1
    studio = telephone + gain * np.resize(noise(16000), telephone.shape)
    assert 3400 <= bandwidth_hz(Audio(studio, 16000)) <= 4000


def test_each_short_clip_of_wide_band_speech_is_found_wide(spoken: Audio) -> None:
    clips = [spoken[start_s : start_s + 2] for start_s in np.arange(0, spoken.duration_s - 2, 0.5)]
    assert min(bandwidth_hz(clip) for clip in clips) > 6000


@pytest.mark.parametrize(
    ("sample_rate", "compression", "cut_hz"),
    [(44100, 0.9, 11000), (44100, 0.95, 7700), (24000, 0.8, 7300), (24000, 0.9, 4300)],
    ids=["64 kbit/s", "48 kbit/s", "40 kbit/s", "24 kbit/s"],
)
def test_the_cut_of_a_stereo_mp3_is_found(sample_rate: int, compression: float, cut_hz: float) -> None:
    stereo = np.concatenate([noise(sample_rate, seed) for seed in (1, 2)], axis=1)
    file = io.BytesIO()
    soundfile.write(file, stereo, sample_rate, format="MP3", bitrate_mode="CONSTANT", compression_level=compression)
    file.seek(0)
    decoded = Audio(soundfile.read(file, dtype="float32")[0], sample_rate)
    assert bandwidth_hz(decoded.mono()) == pytest.approx(cut_hz, rel=0.05)


def test_the_level_does_not_matter(spoken: Audio) -> None:
    assert bandwidth_hz(Audio(spoken.samples * 0.01, 16000)) == bandwidth_hz(spoken)


def test_a_tone_reaches_little_higher_than_itself(tone: Callable[..., Audio]) -> None:
    assert 1000 <= bandwidth_hz(tone(1000, 2.0, 24000)) <= 1500


@pytest.mark.parametrize("frames", [0, 100, 24000])
def test_silence_has_no_bandwidth(frames: int) -> None:
    assert bandwidth_hz(Audio(np.zeros((frames, 1), np.float32), 24000)) == 0.0


def test_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 channels; use audio\.mono"):
        bandwidth_hz(Audio(np.zeros((100, 2), np.float32), 24000))

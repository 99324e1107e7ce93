"""Against EBU Tech 3341, cases 15-23: tolerance +0.2 / -0.4 dB there, 0.3 dB here."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

from audiokit.audio.buffer import Audio
from audiokit.dsp.levels import peak_dbfs
from audiokit.dsp.true_peak import oversampled_peaks, true_peak_dbtp

RATE = 48000
ABOVE_DB, BELOW_DB = 0.2, 0.3


def sine(divisor: int, phase_deg: float, amplitude: float, seconds: float = 1.0) -> Audio:
    frames = np.arange(round(seconds * RATE))
    wave = amplitude * np.sin(2 * np.pi * frames / divisor + np.radians(phase_deg))
    return Audio(wave * np.clip(np.minimum(frames, frames[::-1]) / 1000, 0, 1), RATE)  # no click at the ends


@pytest.mark.parametrize(
    ("divisor", "phase_deg", "amplitude", "peak_dbtp"),
    [
        pytest.param(4, 0, 0.5, -6.0, id="case 15"),
        pytest.param(4, 45, 0.5, -6.0, id="case 16"),
        pytest.param(6, 60, 0.5, -6.0, id="case 17"),
        pytest.param(8, 67.5, 0.5, -6.0, id="case 18"),
        pytest.param(4, 45, 1.41, 3.0, id="case 19"),
    ],
)
def test_ebu_3341_sines(divisor, phase_deg, amplitude, peak_dbtp):
    measured = true_peak_dbtp(sine(divisor, phase_deg, amplitude))
    assert peak_dbtp - BELOW_DB <= measured <= peak_dbtp + ABOVE_DB


@pytest.mark.parametrize("offset", range(4), ids=["case 20", "case 21", "case 22", "case 23"])
def test_ebu_3341_one_high_crest_at_every_place_between_two_samples(offset):
    time = np.arange(-4000, 4000) + offset / 4
    envelope = 0.5 + 0.5 * np.exp(-((time / 20) ** 2))  # band-limited for all purposes: -100 dB 1 kHz away
    measured = true_peak_dbtp(Audio(envelope * np.cos(2 * np.pi * time / 6) * np.hanning(len(time)), RATE))
    assert 0.0 - BELOW_DB <= measured <= 0.0 + ABOVE_DB


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 44100, 96000])
def test_the_rate_does_not_matter(sample_rate):
    audio = sine(4, 45, 0.5)
    assert true_peak_dbtp(Audio(audio.samples, sample_rate)) == true_peak_dbtp(audio)


def test_the_loudest_channel_counts():
    quiet, loud = sine(4, 45, 0.1).samples, sine(4, 45, 0.5).samples
    assert true_peak_dbtp(Audio(np.hstack([quiet, loud, quiet]), RATE)) == pytest.approx(-6.02, abs=0.1)


def test_speech_agrees_with_a_finer_interpolation(speech):
    audio = speech(0.1).audio
    finer = signal.resample_poly(audio.samples.astype(np.float64), 16, 1, axis=0, window=("kaiser", 8.0))
    assert true_peak_dbtp(audio) == pytest.approx(20 * np.log10(np.abs(finer).max()), abs=0.1)


@pytest.mark.parametrize("seed", range(20))
def test_leaving_out_quiet_places_changes_nothing(seed):
    random = np.random.default_rng(seed)
    samples = random.standard_cauchy((3000, 2)).astype(np.float32)  # few high crests over little
    audio = Audio(samples / np.abs(samples).max(), RATE)
    assert true_peak_dbtp(audio) == pytest.approx(20 * math.log10(oversampled_peaks(audio.samples).max()), abs=1e-6)


@pytest.mark.parametrize("floor", [1.05, 1.3, 1.6, 2.0])
def test_every_value_above_the_floor_is_right(floor):
    random = np.random.default_rng(1)
    samples = np.zeros((20000, 1), np.float32)
    for start in random.integers(0, 19900, 200):
        # Alternating signs with one place where two are equal: nothing rises higher between samples of 1.
        length, equal = random.integers(1, 50, 2)
        places = np.arange(length)
        samples[start : start + length, 0] = (-1.0) ** (places + (places >= equal))
    everywhere, pruned = oversampled_peaks(samples), oversampled_peaks(samples, floor=floor)
    high = everywhere > floor
    assert high.any()
    assert pruned[high] == pytest.approx(everywhere[high], abs=1e-6)
    assert (pruned <= everywhere + 1e-6).all()


def test_true_peak_is_never_below_the_sample_peak():
    samples = np.zeros(100, np.float32)
    samples[50] = 0.7
    audio = Audio(samples, RATE)
    assert true_peak_dbtp(audio) >= peak_dbfs(audio)


@pytest.mark.parametrize(("before", "behind"), [(0, 300), (300, 0)], ids=["start", "end"])
def test_ringing_beyond_the_edges_counts(before, behind):
    burst = np.tile([1.0, -1.0], 12) * np.linspace(float(not before), float(not behind), 24)  # highest at the edge
    whole = true_peak_dbtp(Audio(np.pad(burst, 300), RATE))
    assert true_peak_dbtp(Audio(np.pad(burst, (before, behind)), RATE)) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("frames", [1, 31, 32, 33, 65])
def test_each_frame_has_a_peak_however_short_the_sound(frames):
    peaks = oversampled_peaks(np.ones((frames, 1), np.float32))
    assert (len(peaks), peaks.min() >= 1.0) == (frames, True)


@pytest.mark.parametrize("frames", [0, 500])
def test_silence_and_no_samples_have_a_peak_of_minus_infinity(frames):
    assert true_peak_dbtp(Audio(np.zeros((frames, 2), np.float32), RATE)) == -math.inf

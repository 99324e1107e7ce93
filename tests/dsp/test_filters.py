from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from audiokit.audio.buffer import Audio
from audiokit.dsp.filters import (
    StreamFilter,
    bandpass,
    bilinear,
    highpass,
    highpass_sections,
    lowpass,
    lowpass_sections,
)
from audiokit.dsp.levels import rms_dbfs


def noise(frames: int, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(7).uniform(-1, 1, (frames, channels)).astype(np.float32)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("cutoff_hz", "sample_rate"), [(80, 16000), (20, 96000), (3000, 8000)])
def test_highpass_sections_are_butterworth(order, cutoff_hz, sample_rate):
    frequencies = np.geomspace(cutoff_hz / 10, sample_rate / 2.1, 50)
    _, ours = signal.sosfreqz(highpass_sections(cutoff_hz, sample_rate, order=order), frequencies, fs=sample_rate)
    reference = signal.butter(order, cutoff_hz, "highpass", fs=sample_rate, output="sos")
    _, theirs = signal.sosfreqz(reference, frequencies, fs=sample_rate)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 8])
@pytest.mark.parametrize("frames", [1, 47, 48, 49, 100_000])
def test_filtering_equals_the_recursion_sample_by_sample(order, frames):
    sections, samples = highpass_sections(120, 24000, order=order), noise(frames)
    expected = signal.sosfilt(sections, samples.astype(np.float64), axis=0)
    assert np.abs(StreamFilter(sections, 2).push(samples) - expected).max() < 1e-5


@pytest.mark.parametrize("cutoff_hz", [20, 23, 27, 32, 37, 43])
def test_low_cutoffs_stay_exact(cutoff_hz):
    sections, samples = highpass_sections(cutoff_hz, 48000), 0.5 + 0.5 * noise(100_000, 1)
    expected = signal.sosfilt(sections, samples.astype(np.float64), axis=0)
    assert np.abs(StreamFilter(sections, 1).push(samples) - expected).max() < 5e-5  # -86 dB


@pytest.mark.parametrize("piece", [1, 48, 137, 4096])
def test_pushed_in_pieces_it_filters_as_in_one(piece):
    sections, samples = highpass_sections(80, 16000, order=4), noise(5000)
    stream = StreamFilter(sections, 2)
    pieces = [stream.push(samples[start : start + piece]) for start in range(0, len(samples), piece)]
    assert np.abs(np.concatenate(pieces) - StreamFilter(sections, 2).push(samples)).max() < 1e-5


def test_pushing_nothing_gives_nothing_and_keeps_the_state():
    sections, samples = highpass_sections(80, 16000), noise(200)
    stream = StreamFilter(sections, 2)
    first = stream.push(samples[:100])
    assert stream.push(samples[:0]).shape == (0, 2)
    assert np.concatenate([first, stream.push(samples[100:])]) == pytest.approx(
        StreamFilter(sections, 2).push(samples), abs=1e-5
    )


def test_a_filter_gives_contiguous_float32():
    filtered = StreamFilter(highpass_sections(80, 16000), 2).push(noise(100))
    assert (filtered.dtype, filtered.flags.c_contiguous) == (np.float32, True)


def test_sections_need_not_be_normalized():
    sections, samples = highpass_sections(80, 16000), noise(500)
    doubled = StreamFilter(2 * sections, 2).push(samples)
    assert doubled == pytest.approx(StreamFilter(sections, 2).push(samples), abs=1e-6)


def test_sections_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected \(sections, 6\)"):
        StreamFilter(np.ones((2, 5)), 1)


@pytest.mark.parametrize(
    ("freq_hz", "level_db"), [(40, -12.3), (80, -3.01), (1000, 0.0)]
)  # 12 dB an octave below the cutoff of 80 Hz
def test_highpass_lowers_what_lies_below_the_cutoff(tone, freq_hz, level_db):
    before = tone(freq_hz, 4.0, 16000, -6)
    after = highpass(before, 80)
    assert rms_dbfs(after[1.0:]) - rms_dbfs(before[1.0:]) == pytest.approx(level_db, abs=0.05)


def test_highpass_removes_direct_current():
    filtered = highpass(Audio(np.full((16000, 2), 0.5, np.float32), 16000), 80)
    assert np.abs(filtered.samples[8000:]).max() < 5e-6  # -100 dB


@pytest.mark.parametrize(
    ("cutoff_hz", "order", "message"), [(0, 2, "cutoff"), (8000, 2, "less than 8000"), (80, 0, "order")]
)
def test_impossible_filters_are_refused(cutoff_hz, order, message):
    with pytest.raises(ValueError, match=message):
        highpass_sections(cutoff_hz, 16000, order=order)


def test_bilinear_equals_the_textbook():
    ours = bilinear((1.0, 0.2, 0.0), (1.0, 1.4, 1.0), 2 * 8000)
    numerator, denominator = signal.bilinear([0.0, 0.2, 1.0], [1.0, 1.4, 1.0], fs=8000)
    assert ours == pytest.approx(np.concatenate([numerator, denominator]), rel=1e-6)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("cutoff_hz", "sample_rate"), [(80, 16000), (20000, 96000), (3000, 8000)])
def test_lowpass_sections_are_butterworth(order, cutoff_hz, sample_rate):
    frequencies = np.geomspace(cutoff_hz / 10, sample_rate / 2.1, 50)
    _, ours = signal.sosfreqz(lowpass_sections(cutoff_hz, sample_rate, order=order), frequencies, fs=sample_rate)
    reference = signal.butter(order, cutoff_hz, "lowpass", fs=sample_rate, output="sos")
    _, theirs = signal.sosfreqz(reference, frequencies, fs=sample_rate)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), rel=1e-6, abs=1e-9)


def test_lowpass_filters_like_scipy():
    audio = Audio(noise(30_000), 44100)
    expected = signal.sosfilt(signal.butter(4, 5000, fs=44100, output="sos"), audio.samples.astype(np.float64), axis=0)
    assert np.abs(lowpass(audio, 5000, order=4).samples - expected).max() < 1e-5


@pytest.mark.parametrize(("freq_hz", "level_db"), [(37.5, -36.1), (300, -3), (1000, -0.1), (3400, -3.1), (7900, -70)])
def test_bandpass_keeps_what_lies_between_its_edges(tone, freq_hz, level_db):
    before = tone(freq_hz, 2.0)
    change_db = rms_dbfs(bandpass(before, 300, 3400)[0.5:]) - rms_dbfs(before[0.5:])
    assert change_db == pytest.approx(level_db, abs=0.3 if level_db > -60 else 10)


@pytest.mark.parametrize("edges_hz", [(3400, 300), (300, 300)])
def test_a_band_without_width_is_refused(tone, edges_hz):
    with pytest.raises(ValueError, match="expected low_hz to be the lower one"):
        bandpass(tone(), *edges_hz)


def test_a_long_sound_is_filtered_in_pieces_as_in_one():
    samples = noise(200_000)
    whole = StreamFilter(highpass_sections(80, 44100), 2).push(samples)
    assert np.abs(highpass(Audio(samples, 44100), 80).samples - whole).max() < 1e-5

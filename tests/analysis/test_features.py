"""audiokit.analysis.features and audiokit.analysis.spectrum against librosa on the whole recording."""

from __future__ import annotations

from collections.abc import Callable

import librosa
import numpy as np
import pytest

from audiokit.analysis.features import MEMORY_BYTES, FeatureReader, Features, tonality_db
from audiokit.analysis.spectrum import HOP, MELS, MFCCS, RATE, WINDOW, cosine_matrix, mel_filters, power_spectra
from audiokit.audio.buffer import Samples


def read(wave: Samples, piece: int = 10**9) -> Features:
    reader = FeatureReader()
    for start in range(0, len(wave), piece):
        reader.push(wave[start : start + piece, np.newaxis])
    found = reader.finish()
    reader.close()
    return found


@pytest.fixture(scope="module")
def voice(speech: Callable[..., object]) -> Samples:
    """Real speech with digital silence between sentences, at 22,050 Hz."""
    wave: Samples = speech(0.7).audio.resample(RATE).samples[:, 0]  # type: ignore[attr-defined]
    return wave


@pytest.fixture(scope="module")
def features(voice: Samples) -> Features:
    return read(voice)


def test_mfcc_equal_librosas_with_its_defaults(voice: Samples, features: Features) -> None:
    expected = librosa.feature.mfcc(y=voice)
    assert features.mfcc_mean == pytest.approx(expected.mean(axis=1), abs=1e-3)
    assert features.mfcc_deviation == pytest.approx(expected.std(axis=1), abs=1e-3)


def test_centroid_equals_librosas(voice: Samples, features: Features) -> None:
    assert features.centroid_hz == pytest.approx(librosa.feature.spectral_centroid(y=voice).mean(), rel=1e-5)


def test_rolloff_equals_librosas(voice: Samples, features: Features) -> None:
    # The sum of a spectrum in another order may cross 85 % one bin of 10.8 Hz earlier, in one window of hundreds.
    assert features.rolloff_hz == pytest.approx(librosa.feature.spectral_rolloff(y=voice).mean(), abs=0.1)


def test_zero_crossings_equal_librosas(voice: Samples, features: Features) -> None:
    assert features.zero_crossing_rate == pytest.approx(librosa.feature.zero_crossing_rate(voice).mean(), abs=1e-12)


def test_zero_crossings_of_a_sound_that_starts_and_ends_below_zero_equal_librosas() -> None:
    wave = -np.cos(np.arange(3000) / 50).astype(np.float32)
    assert read(wave).zero_crossing_rate == pytest.approx(librosa.feature.zero_crossing_rate(wave).mean(), abs=1e-12)


def test_onset_strength_equals_librosas(voice: Samples, features: Features) -> None:
    assert features.onset_strength == pytest.approx(librosa.onset.onset_strength(y=voice), abs=1e-3)


@pytest.mark.parametrize("piece", [HOP - 1, WINDOW, 30_000])
def test_pieces_of_any_length_give_the_same(voice: Samples, features: Features, piece: int) -> None:
    pieced = read(voice, piece)
    assert pieced.mfcc_mean == pytest.approx(features.mfcc_mean, abs=1e-4)
    assert pieced.mfcc_deviation == pytest.approx(features.mfcc_deviation, abs=1e-4)
    assert pieced.centroid_hz == pytest.approx(features.centroid_hz, rel=1e-6)
    assert pieced.zero_crossing_rate == features.zero_crossing_rate
    assert pieced.onset_strength == pytest.approx(features.onset_strength, abs=1e-4)
    assert pieced.tonality_db == pytest.approx(features.tonality_db, abs=1e-3)


def test_levels_that_do_not_fit_into_memory_give_the_same(
    voice: Samples, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiokit.analysis.features.MEMORY_BYTES", 1000)
    assert np.array_equal(read(voice).mfcc_mean, features.mfcc_mean)
    assert MEMORY_BYTES > 1000


def test_mel_filters_are_librosas() -> None:
    difference = mel_filters().T - librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=MELS)
    assert np.abs(difference).max() < 1e-7


def test_the_cosine_matrix_is_orthonormal() -> None:
    assert cosine_matrix().T @ cosine_matrix() == pytest.approx(np.eye(MFCCS), abs=1e-6)


def test_a_sound_shorter_than_a_window_has_features() -> None:
    found = read(np.full(100, 0.5, np.float32))
    assert len(found.onset_strength) == 1
    assert found.picture_db.shape == (MELS, 1)


def test_silence_has_no_centroid_and_no_crossings() -> None:
    found = read(np.zeros(RATE, np.float32))
    assert (found.centroid_hz, found.rolloff_hz, found.zero_crossing_rate) == (0, 0, 0)


def test_a_picture_of_a_long_recording_has_1200_columns() -> None:
    noise = np.random.default_rng(1).standard_normal(30 * RATE).astype(np.float32)
    assert read(noise).picture_db.shape == (MELS, 1200)


def colored(exponent: float) -> Samples:
    """Ten seconds of noise whose power falls by 6 dB an octave for each unit of the exponent."""
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal(10 * RATE))
    frequencies = np.maximum(np.fft.rfftfreq(10 * RATE), 1 / (10 * RATE))
    wave = np.fft.irfft(spectrum / frequencies**exponent)
    return np.asarray(0.1 * wave / wave.std(), np.float32)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.5])
def test_noise_of_every_color_is_not_tonal(exponent: float) -> None:
    assert 1.5 < read(colored(exponent)).tonality_db.mean() < 3.5


def test_a_chord_is_tonal() -> None:
    time_s = np.arange(RATE * 2) / RATE
    chord = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for pitch_hz in (220, 277, 330) for k in range(1, 6))
    windows = np.asarray(0.1 * chord, np.float32)[: 10 * WINDOW].reshape(10, WINDOW)
    assert tonality_db(power_spectra(windows)).min() > 8

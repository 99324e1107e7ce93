"""audiokit.analysis.ge2e: the voice encoder in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from audiokit.analysis.ge2e import HOP, MELS, SAMPLE_RATE, STEPS, Ge2eEncoder, _lstm, mel_powers, window_starts
from audiokit.audio.buffer import Audio
from tests.conftest import SAMPLES_DIR

READER = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))


@pytest.fixture(scope="module")
def reader() -> Audio:
    return Audio(np.concatenate([soundfile.read(path, dtype="float32")[0] for path in READER[:2]]), SAMPLE_RATE)


def test_mel_powers_are_librosas() -> None:
    import librosa

    wave = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    theirs = librosa.feature.melspectrogram(y=wave, sr=SAMPLE_RATE, n_fft=400, hop_length=HOP, n_mels=MELS).T
    np.testing.assert_allclose(mel_powers(wave), theirs, rtol=1e-3, atol=1e-7)


def test_a_layer_follows_the_equations_of_an_lstm() -> None:
    chance = np.random.default_rng(2)
    sequence, weights, recurrent, bias = (
        chance.normal(0, 0.3, shape).astype(np.float32) for shape in ((7, 3, 5), (5, 1024), (256, 1024), (1024,))
    )
    hidden = cell = np.zeros((3, 256))
    for inputs in sequence.astype(np.float64):
        entering, kept, fresh, shown = np.split(inputs @ weights + hidden @ recurrent + bias, 4, axis=1)
        cell = cell / (1 + np.exp(-kept)) + np.tanh(fresh) / (1 + np.exp(-entering))
        hidden = np.tanh(cell) / (1 + np.exp(-shown))
    np.testing.assert_allclose(_lstm(sequence, weights, recurrent, bias)[-1], hidden, atol=1e-4)


@pytest.mark.parametrize(
    ("steps", "every", "starts"),
    [(10, 80, [0]), (160, 80, [0]), (161, 80, [0, 1]), (320, 80, [0, 80, 160]), (400, 160, [0, 160, 240])],
)
def test_windows_reach_to_the_end(steps: int, every: int, starts: list[int]) -> None:
    assert window_starts(steps, every).tolist() == starts
    assert max(starts) + STEPS >= steps


def test_an_embedding_has_length_one(reader: Audio) -> None:
    embedding = Ge2eEncoder().embed(reader)
    assert (embedding.shape, embedding.dtype) == ((256,), np.float32)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda audio: audio - 20.0, id="softer"),
        pytest.param(lambda audio: audio.resample(48_000), id="at another rate"),
        pytest.param(lambda audio: Audio(np.repeat(audio.samples, 2, axis=1), SAMPLE_RATE), id="in stereo"),
        pytest.param(lambda audio: Audio(np.zeros(SAMPLE_RATE), SAMPLE_RATE) + audio, id="after a pause"),
    ],
)
def test_what_is_no_voice_does_not_change_the_embedding(change, reader: Audio) -> None:  # type: ignore[no-untyped-def]
    encoder = Ge2eEncoder()
    assert encoder.embed(change(reader)) @ encoder.embed(reader) > 0.985


def test_many_at_once_are_the_same_as_one_by_one(reader: Audio) -> None:
    encoder, sounds = Ge2eEncoder(), [reader[:1], reader[1:6], reader[2:4]]
    for together, alone in zip(encoder.embed_all(sounds), map(encoder.embed, sounds), strict=True):
        np.testing.assert_allclose(together, alone, atol=1e-5)
    assert encoder.embed_all([]) == []


def test_times_tell_where_a_window_lies(reader: Audio) -> None:
    pause_s = 5.0
    silence = Audio(np.zeros(round(pause_s * SAMPLE_RATE)), SAMPLE_RATE)
    times_s, embeddings = Ge2eEncoder().embed_windows(silence + reader, step_s=1.6)
    assert len(times_s) == len(embeddings)
    assert pause_s < times_s.min() < times_s.max() < pause_s + reader.duration_s


@pytest.mark.parametrize("samples", [np.zeros(SAMPLE_RATE), np.zeros(1), np.full(10, 0.5)])
def test_silence_and_clicks_give_finite_numbers(samples: np.ndarray) -> None:  # type: ignore[type-arg]
    assert np.isfinite(Ge2eEncoder().embed(Audio(samples, SAMPLE_RATE))).all()


def test_no_sound_at_all_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="no sound to embed"):
        Ge2eEncoder().embed(Audio(np.zeros(0), SAMPLE_RATE))

"""audiokit.analysis.music, with jingles made for it."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit.analysis.music import music
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dsp.generate import white_noise
from tests.conftest import SAMPLES_DIR

SENTENCES = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))
RATE = 24_000
SCALE_HZ = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)


def jingle(length_s: float, seed: int) -> np.ndarray:
    """Play chords of three notes with five overtones each that die away, and a drum, at an RMS of 1."""
    chance = np.random.default_rng(seed)
    beat_s = chance.choice([0.3, 0.45, 0.6, 0.8])
    wave = np.zeros(round(length_s * RATE))
    for at_s in np.arange(0, length_s, beat_s):
        at = round(at_s * RATE)
        for note_hz in chance.choice(SCALE_HZ, 3, replace=False):
            time_s = np.arange(min(len(wave) - at, round(beat_s * chance.choice([1, 2, 4]) * RATE))) / RATE
            for overtone in range(1, 6):
                tone = np.sin(2 * np.pi * note_hz * overtone * time_s) * np.exp(-3 * time_s) / overtone
                wave[at : at + len(tone)] += tone
        drum = chance.standard_normal(min(len(wave) - at, RATE // 10))
        wave[at : at + len(drum)] += drum * np.exp(-np.arange(len(drum)) / 600)
    return (wave / np.sqrt(np.mean(np.square(wave)))).astype(np.float32)


def over_music(audio: Audio, below_db: float, seed: int) -> Audio:
    wave = audio.resample(RATE).samples[:, 0]
    loudness = np.float32(np.sqrt(np.mean(np.square(wave))) * 10 ** (-below_db / 20))
    return Audio(wave + loudness * jingle(len(wave) / RATE, seed), RATE)


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: path.stem[-4:])
def test_speech_alone_stays_below_speech_over_music(path: object) -> None:
    audio = read(path)  # type: ignore[arg-type]
    alone = music(audio)
    assert alone < 0.43
    for below_db, least in ((0, 0.7), (10, 0.5), (20, alone + 0.05)):
        assert music(over_music(audio, below_db, seed=below_db)) > least


def test_the_louder_the_music_the_more_is_heard() -> None:
    found = [music(over_music(read(SENTENCES[0]), below_db, seed=1)) for below_db in (30, 20, 10, 0)]
    assert found == sorted(found)


def test_music_alone_is_all_music() -> None:
    assert music(Audio(jingle(6.0, 2), RATE)) > 0.75


def test_noise_is_no_music() -> None:
    assert music(white_noise(5.0, sample_rate=RATE, seed=1)) < 0.3


def test_gain_changes_nothing() -> None:
    audio = over_music(read(SENTENCES[1]), 10, seed=1)
    quiet = Audio(audio.samples * np.float32(0.05), RATE)
    assert music(quiet) == pytest.approx(music(audio), abs=0.02)


@pytest.mark.parametrize("length_s", [0.0, 0.01, 0.5])
def test_silence_of_any_length_has_no_music(length_s: float) -> None:
    assert music(Audio(np.zeros(round(length_s * RATE), np.float32), RATE)) == 0

"""audiokit.analysis.reverb, in rooms made of decaying noise."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit.analysis.reverb import reverb_s
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from tests.conftest import SAMPLES_DIR

SENTENCES = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))
RATE = 16_000
ROOMS_S = (0.2, 0.3, 0.5, 0.7, 1.0, 1.5)


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """Five sentences, one after the other."""
    return np.concatenate([read(path).resample(RATE).samples[:, 0] for path in SENTENCES])


def in_room(wave: np.ndarray, rt60_s: float, direct_db: float | None = None) -> Audio:
    """Let a room ring; `direct_db` is how much louder than the room what comes straight from the mouth is."""
    time_s = np.arange(round(1.2 * rt60_s * RATE)) / RATE
    room = np.random.default_rng(1).standard_normal(len(time_s)) * 10 ** (-3 * time_s / rt60_s)
    room /= np.sqrt(np.sum(np.square(room)))
    if direct_db is not None:
        room = np.concatenate([[10 ** (direct_db / 20)], np.zeros(64), room])
    size = 1 << int(np.ceil(np.log2(len(wave) + len(room))))
    wet = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[: len(wave)]
    return Audio(wet.astype(np.float32), RATE)


@pytest.mark.parametrize("rt60_s", ROOMS_S)
def test_the_time_of_a_room_is_read_within_a_fifth(rt60_s: float, voice: np.ndarray) -> None:
    found_s = reverb_s(in_room(voice, rt60_s))
    assert found_s == pytest.approx(rt60_s, rel=0.2)


def test_dry_speech_has_no_room(voice: np.ndarray) -> None:
    for path in SENTENCES:
        found_s = reverb_s(read(path))
        assert found_s is not None
        assert found_s < 0.15


@pytest.mark.parametrize("direct_db", [None, 0.0, 6.0])
def test_a_longer_room_reads_longer(direct_db: float | None, voice: np.ndarray) -> None:
    found = [reverb_s(in_room(voice, rt60_s, direct_db)) or 0.0 for rt60_s in ROOMS_S]
    assert found == sorted(found)
    assert found[0] < found[-1] / 2


def test_the_nearer_the_microphone_the_less_is_read(voice: np.ndarray) -> None:
    found = [reverb_s(in_room(voice, 1.0, direct_db)) or 0.0 for direct_db in (None, 0.0, 6.0, 12.0)]
    assert found == sorted(found, reverse=True)


def test_gain_and_rate_change_nothing(voice: np.ndarray) -> None:
    wet = in_room(voice, 0.5)
    found_s = reverb_s(wet)
    assert reverb_s(Audio(wet.samples * np.float32(0.1), RATE)) == pytest.approx(found_s, rel=0.05)
    assert reverb_s(wet.resample(24_000)) == pytest.approx(found_s, rel=0.05)


@pytest.mark.parametrize("length_s", [0.0, 0.1, 0.3])
def test_too_little_tells_nothing(length_s: float) -> None:
    assert reverb_s(Audio(np.zeros(round(length_s * RATE), np.float32), RATE)) is None

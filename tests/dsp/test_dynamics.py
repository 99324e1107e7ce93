from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.dynamics import Limit, limit
from audiokit.dsp.levels import gain_from_db
from audiokit.dsp.true_peak import true_peak_dbtp

RATE = 24000


def _noise(frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return random.standard_normal(len(frames))


def _clicks(frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(np.isin(frames, [0, 40, 1000, 1001, 1010, len(frames) - 1]), 1.0, 0.0)


def _square(frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.sign(np.sin(2 * np.pi * 440 * frames / RATE))


def _between_samples(frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.sin(np.pi / 2 * frames + np.pi / 4)


def _random_signs(frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.sign(random.standard_normal(len(frames)))


def _bursts(frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return (random.random(len(frames)) > 0.999) * random.standard_normal(len(frames))


SIGNALS = [_noise, _clicks, _square, _between_samples, _random_signs, _bursts]


@pytest.mark.parametrize("drive_db", [0, 6, 40])
@pytest.mark.parametrize("attack_s", [0.0002, 0.003])
@pytest.mark.parametrize("make", SIGNALS)
def test_the_true_peak_never_exceeds_the_ceiling(make, attack_s, drive_db):
    wave = make(np.arange(RATE), np.random.default_rng(5)) * gain_from_db(drive_db)
    limited = limit(Audio(wave, RATE), -1.0, attack_s=attack_s)
    assert true_peak_dbtp(limited) <= -1.0 + 0.01


def test_a_point_lifted_by_the_changing_gain_is_caught_by_a_second_look():
    random = np.random.default_rng(58237)  # of 80,000 such signals the one that needs it most: 0.04 dB
    wave = random.uniform(-1.3, 1.3, 80)
    wave[random.integers(0, 80)] = 10 ** random.uniform(0.5, 3)
    assert true_peak_dbtp(limit(Audio(wave, RATE), 0.0, attack_s=0, release_s=0.0001)) <= 0.01


@pytest.mark.parametrize("make", SIGNALS)
def test_the_highest_peak_comes_close_to_the_ceiling(make):
    wave = make(np.arange(RATE), np.random.default_rng(5)) * 2.0
    assert true_peak_dbtp(limit(Audio(wave, RATE), -3.0)) == pytest.approx(-3.0, abs=0.3)


@pytest.mark.parametrize("frames", [0, 1, 7, 8, 9, 100, 12345])
def test_the_length_stays(frames):
    loud = Audio(np.full((frames, 2), 2.0, np.float32), RATE)
    assert limit(loud).samples.shape == (frames, 2)


def test_sound_below_the_ceiling_stays_bit_for_bit(tone):
    quiet = tone(1000, 1.0, RATE, -3.1)
    assert limit(quiet, -3.0) is quiet


def test_sound_far_from_a_peak_stays_bit_for_bit(tone):
    samples = tone(300, 3.0, RATE, -10).samples.copy()
    samples[RATE] = 1.0
    limited = limit(Audio(samples, RATE), -3.0).samples
    assert np.array_equal(limited[: RATE - 200], samples[: RATE - 200])
    assert np.array_equal(limited[2 * RATE :], samples[2 * RATE :])


def test_the_gain_moves_smoothly_and_recovers(tone):
    samples = tone(300, 2.0, RATE, -10).samples.copy()
    loud = np.full_like(samples, 0.3)
    loud[RATE // 2] = 2.0
    gain = limit(Audio(loud, RATE), -3.0).samples / loud
    assert np.abs(np.diff(gain[:, 0])).max() < 0.04  # a fall by 0.65 within 3 ms, 72 frames: 0.009 on the mean
    assert gain[-1] == 1.0


def test_the_gain_recovers_with_the_time_constant(tone):
    loud = np.full((RATE, 1), 0.3, np.float32)
    loud[RATE // 2] = 2.0
    gain = limit(Audio(loud, RATE), -3.0, release_s=0.05).samples[:, 0] / loud[:, 0]
    early, late = RATE // 2 + 1200, RATE // 2 + 2400  # one time constant apart
    assert (1 - gain[early]) / (1 - gain[late]) == pytest.approx(np.e, rel=0.01)


def test_channels_keep_their_balance():
    random = np.random.default_rng(2)
    left = random.normal(0, 0.5, RATE)
    limited = limit(Audio(np.stack([left, 0.25 * left], axis=1), RATE), -6.0).samples
    assert limited[:, 1] == pytest.approx(0.25 * limited[:, 0], rel=1e-4, abs=1e-7)


def test_a_release_of_no_time_is_refused(tone):
    with pytest.raises(ValueError, match="more than 0"):
        limit(tone(level_dbfs=0), release_s=0)


def cut(samples: np.ndarray, random: np.random.Generator, longest_s: float) -> list[np.ndarray]:
    lengths = random.integers(0, round(longest_s * RATE), 1000)
    return np.split(samples, np.cumsum(lengths)[np.cumsum(lengths) < len(samples)])


@pytest.mark.parametrize("settings", [(0.0, 0.05), (0.003, 0.05), (0.02, 0.001), (0.003, 0.5)], ids=str)
def test_a_stream_is_limited_like_the_whole(settings):
    attack_s, release_s = settings
    random = np.random.default_rng(8)
    loudness = np.repeat(10 ** random.uniform(-2, 0.6, 150), 2000)  # of every 83 ms, -40 .. 12 dB
    samples = (0.3 * random.standard_normal((len(loudness), 2)) * loudness[:, np.newaxis]).astype(np.float32)
    whole = limit(Audio(samples, RATE), -1.0, attack_s=attack_s, release_s=release_s).samples
    stage = Limit(-1.0, attack_s=attack_s, release_s=release_s, sample_rate=RATE, channels=2)
    stream = np.concatenate([*(stage.push(piece) for piece in cut(samples, random, 0.5)), stage.flush()])
    assert stream.shape == whole.shape
    assert np.abs(stream / whole - 1).max() < 1e-4  # 0.001 dB
    assert true_peak_dbtp(Audio(stream, RATE)) <= -1.0 + 0.01


def test_a_stream_below_the_ceiling_stays_bit_for_bit(tone):
    quiet = tone(1000, 5.0, RATE, -3.1).samples
    stage = Limit(-3.0, sample_rate=RATE, channels=1)
    assert np.array_equal(np.concatenate([stage.push(quiet), stage.flush()]), quiet)


def test_a_stream_holds_back_little_more_than_a_window():
    stage = Limit(sample_rate=RATE, channels=1)
    # 40 time constants of 50 ms are a window of 2 s; the attack looks some ms farther.
    assert len(stage.push(np.ones((10 * RATE, 1), np.float32))) >= 7.9 * RATE

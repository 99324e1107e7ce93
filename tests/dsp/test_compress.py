from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.compress import compress
from audiokit.dsp.generate import tone
from audiokit.dsp.levels import rms_dbfs

RATE = 16000


def steady(level_dbfs: float, duration_s: float = 1.0) -> Audio:
    """Make a sine of so much RMS."""
    return tone(1000, duration_s, sample_rate=RATE, level_dbfs=level_dbfs + 3.0103)


def expected_dbfs(level: float, threshold: float, ratio: float, knee: float) -> float:
    """Giannoulis et al., eq. 4."""
    if 2 * (level - threshold) < -knee:
        return level
    if 2 * abs(level - threshold) <= knee and knee:
        return level + (1 / ratio - 1) * (level - threshold + knee / 2) ** 2 / (2 * knee)
    return threshold + (level - threshold) / ratio


@pytest.mark.parametrize("knee_db", [0, 6, 20])
@pytest.mark.parametrize("ratio", [1, 2, 4, math.inf])
@pytest.mark.parametrize("level_dbfs", [-50, -24, -20, -18, -10, -3])
def test_a_steady_tone_follows_the_curve(level_dbfs, ratio, knee_db):
    compressed = compress(steady(level_dbfs), ratio=ratio, knee_db=knee_db)
    assert rms_dbfs(compressed[0.5:]) == pytest.approx(expected_dbfs(level_dbfs, -20, ratio, knee_db), abs=0.05)


def test_a_loud_tone_settles_where_pydub_settles():
    audio = steady(-8, 0.25)
    from pydub.effects import compress_dynamic_range

    theirs = Audio.from_pydub(compress_dynamic_range(audio.to_pydub(), threshold=-20, ratio=4, attack=5, release=50))
    assert rms_dbfs(compress(audio)[0.15:]) == pytest.approx(rms_dbfs(theirs[0.15:]), abs=0.1)


def test_quiet_sound_stays_bit_for_bit():
    quiet = steady(-21)
    assert np.array_equal(compress(quiet).samples, quiet.samples)


def test_makeup_raises_everything():
    quiet = steady(-40)
    assert rms_dbfs(compress(quiet, makeup_db=6)) == pytest.approx(-34, abs=0.01)


def test_the_gain_falls_and_recovers_with_its_time_constants():
    step = np.concatenate([np.full(RATE, 0.01), np.full(RATE, 0.9), np.full(RATE, 0.01)])
    gains_db = 20 * np.log10(compress(Audio(step, RATE), attack_s=0.05, release_s=0.2).samples[:, 0] / step)
    full = gains_db[2 * RATE - 1]
    assert full == pytest.approx(-0.75 * (20 + 20 * np.log10(0.9)), abs=0.05)
    # Half of the window that measures has gone by after 25 ms.
    assert gains_db[RATE + round(0.075 * RATE)] / full == pytest.approx(1 - 1 / math.e, abs=0.15)
    released = gains_db[2 * RATE + round(0.25 * RATE)] / gains_db[2 * RATE + round(0.05 * RATE)]
    assert released == pytest.approx(1 / math.e, abs=0.02)


def test_the_gain_has_no_steps():
    step = np.concatenate([np.full(RATE, 0.01), np.full(RATE, 0.9)])
    gains = compress(Audio(step, RATE)).samples[:, 0] / step
    assert np.abs(np.diff(gains)).max() < 0.02  # 0.84 within some 5 ms of 16 frames each


def test_channels_keep_their_balance():
    loud = steady(-6).samples[:, 0]
    compressed = compress(Audio(np.stack([loud, 0.1 * loud], axis=1), RATE)).samples
    assert compressed[:, 1] == pytest.approx(0.1 * compressed[:, 0], abs=1e-7)


@pytest.mark.parametrize("frames", [0, 1, 15, 16, 17])
def test_a_few_frames_keep_their_number(frames):
    assert compress(Audio(np.ones((frames, 2), np.float32), RATE)).frames == frames


def test_no_attack_and_no_release_follow_at_once():
    step = np.concatenate([np.full(RATE, 0.01), np.full(RATE, 0.9)])
    gains = compress(Audio(step, RATE), attack_s=0, release_s=0).samples[:, 0] / step
    assert gains[RATE + 32] == pytest.approx(gains[-1], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ratio", 0.5, "ratio is 0.5; expected at least 1"),
        ("attack_s", -1, "attack_s is -1, .* expected 0 or more"),
        ("release_s", -1, "release_s -1, .* expected 0 or more"),
        ("knee_db", -1, "knee_db -1; expected 0 or more"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        compress(steady(-10), **{name: value})

from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.levels import db_from_gain, db_from_power, gain_from_db, peak_dbfs, rms_dbfs, window_powers


@pytest.mark.parametrize(("level_db", "gain"), [(0, 1.0), (20, 10.0), (-6.0206, 0.5), (-math.inf, 0.0)])
def test_decibels_and_gains_are_two_names_of_one_thing(level_db, gain):
    assert gain_from_db(level_db) == pytest.approx(gain, rel=1e-6)
    assert db_from_gain(gain) == pytest.approx(level_db, abs=1e-4)


def test_a_negative_gain_has_no_level():
    with pytest.raises(ValueError, match="expected 0 or more"):
        db_from_gain(-1.0)


def test_powers_give_levels_without_a_warning_for_silence():
    assert db_from_power(np.array([1.0, 0.01, 0.0])).tolist() == pytest.approx([0.0, -20.0, -math.inf])


def test_a_full_scale_sine_has_an_rms_of_three_decibels_below_full_scale(tone):
    assert rms_dbfs(tone(level_dbfs=0)) == pytest.approx(-3.0103, abs=1e-3)


def test_rms_is_taken_over_all_channels():
    assert rms_dbfs(Audio(np.tile([1.0, 0.0], (100, 1)), 8000)) == pytest.approx(-3.0103, abs=1e-3)


def test_rms_of_a_long_constant_does_not_lose_digits():
    assert rms_dbfs(Audio(np.full(20_000_000, 0.1, np.float32), 48000)) == pytest.approx(-20, abs=1e-4)


def test_peak_sees_the_negative_side():
    assert peak_dbfs(Audio(np.array([0.1, -0.5, 0.2]), 8000)) == pytest.approx(-6.0206, abs=1e-4)


@pytest.mark.parametrize("frames", [0, 100])
def test_silence_and_no_samples_have_a_level_of_minus_infinity(frames):
    silence = Audio(np.zeros(frames, np.float32), 8000)
    assert (rms_dbfs(silence), peak_dbfs(silence)) == (-math.inf, -math.inf)


def test_each_window_gets_its_own_mean_square():
    samples = np.repeat(np.array([[1.0], [0.0], [0.5]], np.float32), 160, axis=0)
    assert window_powers(samples, 16000).tolist() == [1.0, 0.0, 0.25]


def test_window_powers_average_channels():
    assert window_powers(np.tile(np.array([[1.0, 0.0]], np.float32), (160, 1)), 16000).tolist() == [0.5]


def test_a_last_window_that_is_not_full_counts_with_what_it_has():
    assert window_powers(np.ones((200, 1), np.float32), 16000).tolist() == [1.0, 1.0]


def test_windows_do_not_drift_where_one_is_no_whole_number_of_frames():
    samples = np.zeros((22050 * 60, 1), np.float32)  # 10 ms are 220.5 frames
    samples[round(59.5 * 22050)] = 1.0
    powers = window_powers(samples, 22050)
    assert (len(powers), int(powers.argmax())) == (6000, 5950)


def test_a_window_starts_at_the_nearest_frame():
    samples = np.zeros((11025, 1), np.float32)
    samples[330] = 1.0  # window 3 starts at 330.75
    assert int(window_powers(samples, 11025).argmax()) == 2


def test_window_powers_are_float32_and_empty_for_nothing():
    powers = window_powers(np.empty((0, 2), np.float32), 16000)
    assert (powers.dtype, powers.shape) == (np.float32, (0,))


def test_a_window_shorter_than_a_frame_is_refused():
    with pytest.raises(ValueError, match="at least one frame"):
        window_powers(np.ones((10, 1), np.float32), 8000, 0.0001)

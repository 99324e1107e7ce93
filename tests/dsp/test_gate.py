from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.gate import gate

RATE = 16000
QUIET, LOUD = 0.001, 0.1  # -60 and -20 dBFS


def gains_db(settings: dict[str, float], *levels: float) -> np.ndarray:
    """Give the gain, in dB, for each frame of constant levels of one second each."""
    wave = np.repeat(np.array(levels), RATE)
    with np.errstate(divide="ignore"):
        gains: np.ndarray = 20 * np.log10(gate(Audio(wave, RATE), **settings).samples[:, 0] / wave)
    return gains


def at(second: float) -> int:
    return round(second * RATE)


def test_sound_above_the_threshold_stays_bit_for_bit():
    loud = Audio(np.full(RATE, LOUD), RATE)
    assert np.array_equal(gate(loud).samples, loud.samples)


@pytest.mark.parametrize("range_db", [12, 40])
def test_quiet_sound_falls_by_the_range(range_db):
    assert gains_db({"range_db": range_db}, QUIET) == pytest.approx(-range_db, abs=0.01)


def test_an_infinite_range_leaves_nothing():
    assert (gains_db({"range_db": math.inf}, QUIET) == -math.inf).all()


def test_the_gate_is_open_when_the_sound_begins():
    gains = gains_db({"attack_s": 0.01}, QUIET, LOUD)
    assert gains[at(0.985)] == pytest.approx(-40, abs=0.01)
    assert gains[at(1)] > -0.6
    assert gains[at(1.05)] == pytest.approx(0, abs=0.01)


def test_the_gate_holds_and_then_closes_with_its_time_constant():
    gains = gains_db({"hold_s": 0.2, "release_s": 0.1, "range_db": 60}, LOUD, QUIET)
    assert gains[at(1.2)] == pytest.approx(0, abs=0.01)
    assert gains[at(1.5)] - gains[at(1.4)] == pytest.approx(-20 * math.log10(math.e), abs=0.2)
    assert gains[-1] < -55


def test_pauses_shorter_than_the_hold_stay():
    wave = np.tile(np.repeat([LOUD, QUIET], RATE // 20), 20)  # 50 ms each
    assert np.array_equal(gate(Audio(wave, RATE)).samples[:, 0], wave.astype(np.float32))


def test_channels_open_together():
    wave = np.stack([np.full(RATE, LOUD), np.full(RATE, QUIET)], axis=1)
    assert np.array_equal(gate(Audio(wave, RATE)).samples, wave.astype(np.float32))


def test_the_gain_has_no_steps():
    wave = np.repeat([QUIET, LOUD, QUIET], RATE)
    gains = gate(Audio(wave, RATE)).samples[:, 0] / wave
    assert np.abs(np.diff(gains)).max() < 0.05


@pytest.mark.parametrize("frames", [0, 1, 15, 16, 17, 81])
def test_a_few_frames_keep_their_number(frames):
    assert gate(Audio(np.full((frames, 2), QUIET, np.float32), RATE)).frames == frames


@pytest.mark.parametrize("name", ["attack_s", "hold_s", "release_s", "range_db"])
def test_negative_settings_are_refused(name):
    with pytest.raises(ValueError, match=rf"{name} (is )?-1[,;] .*expected 0 or more"):
        gate(Audio(np.zeros(100, np.float32), RATE), **{name: -1})

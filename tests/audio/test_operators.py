"""`+`, `-` and `*` of `audiokit.audio.buffer`, with pydub's meaning."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio

RAMP = Audio(np.linspace(-0.5, 0.5, 200).reshape(100, 2), 8000)


@pytest.mark.parametrize(("louder", "gain"), [(RAMP + 6.0, 1.99526), (RAMP - 20, 0.1), (RAMP + np.float32(20), 10)])
def test_a_number_is_a_gain_in_db(louder, gain):
    assert louder.samples == pytest.approx(RAMP.samples * gain, rel=1e-5)


def test_two_sounds_follow_each_other():
    joined = RAMP + RAMP[0.005:]
    assert np.array_equal(joined.samples, np.concatenate([RAMP.samples, RAMP.samples[40:]]))


def test_sum_joins_sounds():
    assert np.array_equal(sum([RAMP, RAMP, RAMP]).samples, (RAMP * 3).samples)


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_whole_number_repeats(times):
    assert np.array_equal((RAMP * times).samples, np.concatenate([RAMP.samples[:0], *[RAMP.samples] * times]))


def test_minus_infinity_decibels_are_silence():
    assert not (RAMP - np.inf).samples.any()


def test_a_sound_equals_only_itself():
    twin = Audio(RAMP.samples, RAMP.sample_rate)
    assert RAMP == RAMP
    assert twin != RAMP


@pytest.mark.parametrize(
    "other",
    [Audio(RAMP.samples, 16000), RAMP.mono()],
    ids=["rate", "channels"],
)
def test_sounds_unlike_each_other_are_not_joined(other):
    with pytest.raises(ValueError, match=r"Audio\(.*\) and Audio\(.*\) cannot be joined; bring one"):
        RAMP + other


def test_a_negative_number_of_times_is_refused():
    with pytest.raises(ValueError, match="repeated -1 times; expected 0 or more"):
        RAMP * -1


@pytest.mark.parametrize("operation", [lambda: RAMP + "3", lambda: RAMP - RAMP, lambda: RAMP * 1.5, lambda: 3 + RAMP])
def test_what_has_no_meaning_is_a_type_error(operation):
    with pytest.raises(TypeError, match="unsupported operand"):
        operation()


def test_operators_agree_with_pydub():
    segment = RAMP.to_pydub()
    ours = (RAMP - 3) + RAMP * 2
    theirs = Audio.from_pydub((segment - 3) + segment * 2)
    # Rounded to 16 bits once for pydub, and cut off once more by its gain.
    assert np.abs(ours.samples - theirs.samples).max() <= 1.5 / 32768

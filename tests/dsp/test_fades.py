from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.fades import fade, fade_edges, fade_in, fade_out

ONES = Audio(np.ones((1000, 2), np.float32), 1000)


def test_a_fade_in_rises_along_half_a_cosine():
    faded = fade_edges(ONES, 0.1, 0).samples[:, 0]
    assert faded[[0, 24, 74]] == pytest.approx(0.5 - 0.5 * np.cos(np.pi * np.array([0.5, 24.5, 74.5]) / 100), abs=1e-6)
    assert (np.diff(faded) >= 0).all()
    assert (faded[100:] == 1).all()


def test_a_fade_out_mirrors_a_fade_in():
    assert np.array_equal(fade_edges(ONES, 0, 0.2).samples, fade_edges(ONES, 0.2, 0).samples[::-1])


def test_all_channels_fade_alike():
    faded = fade_edges(ONES, 0.1, 0.1).samples
    assert np.array_equal(faded[:, 0], faded[:, 1])


def test_no_fade_changes_nothing():
    assert np.array_equal(fade_edges(ONES, 0, 0).samples, ONES.samples)


def test_fades_longer_than_the_sound_are_shortened_to_it():
    faded = fade_edges(ONES, 5, 5)
    assert faded.frames == 1000
    assert faded.samples.max() == pytest.approx(0.25, abs=1e-3)  # both halfway, multiplied


def test_nothing_can_be_faded():
    assert fade_edges(Audio(np.empty((0, 1), np.float32), 1000), 0.1, 0.1).frames == 0


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="expected 0 or more"):
        fade_edges(ONES, -0.1, 0)


def steps_of_16_bits(duration_s: float) -> Audio:
    values = np.random.default_rng(4).integers(-30000, 30000, (round(duration_s * 16000), 2)).astype(np.int16)
    return Audio.from_integers(values, 16000)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"to_db": -20, "start_s": 0.1, "end_s": 0.2}, {"to_gain": -20, "start": 100, "end": 200}),
        ({"from_db": -9, "start_s": 0, "end_s": 0.1}, {"from_gain": -9, "start": 0, "end": 100}),
        (
            {"from_db": -6, "to_db": -30, "start_s": 0.05, "end_s": 0.1},
            {"from_gain": -6, "to_gain": -30, "start": 50, "end": 100},
        ),
        ({"to_db": -9, "start_s": -0.3, "end_s": -0.2}, {"to_gain": -9, "start": -300, "end": -200}),
    ],
)
def test_a_fade_between_two_times_is_that_of_pydub(ours, theirs):
    audio = steps_of_16_bits(0.5)
    segment = audio.to_pydub().fade(**theirs)
    # pydub fades sample by sample up to 100 ms, in steps of 1 ms beyond.
    assert np.abs(fade(audio, **ours).samples - Audio.from_pydub(segment).samples).max() <= 1 / 32768


def test_a_long_fade_is_that_of_pydub_without_its_steps():
    audio = steps_of_16_bits(2.0)
    segment = audio.to_pydub().fade(to_gain=-20, start=500, end=1500)
    assert (
        np.abs(fade(audio, to_db=-20, start_s=0.5, end_s=1.5).samples - Audio.from_pydub(segment).samples).max()
        < 1.5e-3
    )


@pytest.mark.parametrize("duration_s", [0.02, 0.1])
def test_fading_in_and_out_is_that_of_pydub(duration_s):
    audio, milliseconds = steps_of_16_bits(0.5), round(1000 * duration_s)
    for ours, theirs in [
        (fade_in(audio, duration_s), audio.to_pydub().fade_in(milliseconds)),
        (fade_out(audio, duration_s), audio.to_pydub().fade_out(milliseconds)),
    ]:
        # Cut off instead of rounded, and faded from -120 dB.
        assert np.abs(ours.samples - Audio.from_pydub(theirs).samples).max() <= 1.1 / 32768


def test_a_fade_moves_along_a_straight_line():
    faded = fade(ONES, from_db=0, to_db=-6.0206, start_s=0.2, end_s=0.6).samples[:, 1]
    assert faded[[0, 199, 300, 400, 600, 999]] == pytest.approx([1, 1, 0.875, 0.75, 0.5, 0.5], abs=1e-5)


def test_a_fade_to_the_end_ends_there():
    assert fade(ONES, to_db=-120).samples[[0, 500, 999], 0] == pytest.approx([1, 0.5, 0.001], abs=1e-5)


def test_a_fade_out_longer_than_the_sound_is_shortened_to_it():
    assert fade_out(ONES, 60).samples[[0, 500], 0] == pytest.approx([1, 0.5])


def test_a_fade_in_longer_than_the_sound_does_not_reach_full_level():
    assert fade_in(ONES, 2).samples[[0, 500, 999], 0] == pytest.approx([0, 0.25, 0.4995])


@pytest.mark.parametrize("fade_edge", [fade_in, fade_out])
def test_a_fade_of_no_time_changes_nothing(fade_edge):
    assert np.array_equal(fade_edge(ONES, 0).samples, ONES.samples)


@pytest.mark.parametrize("fade_edge", [fade_in, fade_out])
def test_a_fade_of_negative_time_is_refused(fade_edge):
    with pytest.raises(ValueError, match="expected 0 or more"):
        fade_edge(ONES, -1)


def test_a_fade_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match=r"from 0\.5 s to 0\.2 s"):
        fade(ONES, to_db=-3, start_s=0.5, end_s=0.2)

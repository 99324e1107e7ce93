from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.generate import tone
from audiokit.dsp.mix import Join, append, overlay, reverse
from audiokit.errors import UsageError

RATE = 16000
STEP = 1 / 32768


def noise(duration_s: float, channels: int = 1, seed: int = 1) -> Audio:
    shape = (round(duration_s * RATE), channels)
    integers = np.random.default_rng(seed).integers(-12000, 12000, shape).astype(np.int16)
    return Audio.from_integers(integers, RATE)


FIRST, SECOND = noise(0.5), noise(0.3, seed=2)


def test_sounds_are_put_after_another():
    third = noise(0.1, seed=3)
    expected = np.concatenate([FIRST.samples, SECOND.samples, third.samples])
    assert np.array_equal(append(FIRST, SECOND, third).samples, expected)


def test_one_sound_alone_stays_as_it_is():
    assert np.array_equal(append(FIRST, crossfade_s=0.1).samples, FIRST.samples)


@pytest.mark.parametrize("crossfade_s", [0.02, 0.1])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_crossfade_is_that_of_pydub(channels, crossfade_s):
    first, second = noise(0.5, channels), noise(0.3, channels, seed=2)
    segment = first.to_pydub().append(second.to_pydub(), crossfade=round(1000 * crossfade_s))
    ours, theirs = append(first, second, crossfade_s=crossfade_s), Audio.from_pydub(segment)
    assert ours.frames == theirs.frames
    assert np.abs(ours.samples - theirs.samples).max() < 3 * STEP  # pydub cuts off twice, and fades from -120 dB


def test_a_crossfade_of_the_same_tone_is_not_heard():
    whole = tone(1000, 2.0, sample_rate=RATE, level_dbfs=-6)
    joined = append(whole[:1.1], whole[1.0:], crossfade_s=0.1)
    assert joined.samples == pytest.approx(whole.samples, abs=1e-6)


def test_a_crossfade_longer_than_a_sound_is_refused():
    with pytest.raises(UsageError, match=r"crossfade of 0.4 s is longer than Audio\(0.300 s"):
        append(FIRST, SECOND, crossfade_s=0.4)


def test_a_negative_crossfade_is_refused():
    with pytest.raises(ValueError, match="expected 0 or more"):
        append(FIRST, SECOND, crossfade_s=-0.1)


def test_joined_sounds_get_the_highest_rate_and_the_most_channels():
    both = append(FIRST, noise(0.3, 2).resample(48000))
    assert (both.sample_rate, both.channels, both.frames) == (48000, 2, 24000 + 14400)


def test_a_part_shorter_than_the_crossfade_shortens_it():
    join = Join(0.1, sample_rate=1000, channels=1)
    ones = np.ones((500, 1), np.float32)
    pieces = [join.push(ones), join.next_part(), join.push(ones[:30]), join.next_part(), join.push(ones), join.flush()]
    joined = np.concatenate(pieces)
    assert joined == pytest.approx(1.0)
    assert len(joined) == 500 + 500 - 100  # the short part lies wholly in the end of the first


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"position_s": 0.1},
        {"position_s": 0.4},
        {"position_s": 0.05, "times": 3},
        {"times": 0},
        {"position_s": 0.02, "loop": True},
        {"position_s": 0.1, "gain_during_overlay_db": -9},
        {"position_s": 0.9},
    ],
    ids=str,
)
@pytest.mark.parametrize("channels", [1, 2])
def test_an_overlay_is_that_of_pydub(channels, arguments):
    below, above = noise(0.5, channels), noise(0.11, channels, seed=2)
    names = {"position_s": "position", "gain_during_overlay_db": "gain_during_overlay"}
    theirs = {
        names.get(name, name): round(1000 * value) if name == "position_s" else value
        for name, value in arguments.items()
    }
    segment = below.to_pydub().overlay(above.to_pydub(), **theirs)
    assert np.abs(overlay(below, above, **arguments).samples - Audio.from_pydub(segment).samples).max() <= STEP


def test_a_negative_position_counts_from_the_end():
    mixed = overlay(FIRST, SECOND, position_s=-0.1)
    assert np.array_equal(mixed.samples[:-1600], FIRST.samples[:-1600])
    assert np.array_equal(mixed.samples[-1600:], FIRST.samples[-1600:] + SECOND.samples[:1600])


def test_an_overlay_clips_nothing():
    assert overlay(tone(440), tone(440)).samples.max() == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("loop", [True, False])
def test_nothing_over_something_changes_nothing(loop):
    assert np.array_equal(overlay(FIRST, FIRST[:0], loop=loop).samples, FIRST.samples)


def test_something_over_nothing_is_nothing():
    assert overlay(FIRST[:0], FIRST, loop=True).frames == 0


def test_a_negative_number_of_times_is_refused():
    with pytest.raises(ValueError, match="times is -1"):
        overlay(FIRST, SECOND, times=-1)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_frames_are_reversed_and_channels_stay_in_their_place(channels):
    audio = noise(0.2, channels)
    assert np.array_equal(reverse(audio).samples, audio.samples[::-1])


def test_reversing_is_that_of_pydub():
    assert np.array_equal(reverse(FIRST).samples, Audio.from_pydub(FIRST.to_pydub().reverse()).samples)


def test_nothing_is_changed_in_place():
    before = FIRST.samples.copy(), SECOND.samples.copy()
    append(FIRST, SECOND, crossfade_s=0.1)
    overlay(FIRST, SECOND, gain_during_overlay_db=-6)
    assert np.array_equal(FIRST.samples, before[0])
    assert np.array_equal(SECOND.samples, before[1])

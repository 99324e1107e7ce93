from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.channels import invert_phase, join_channels, pan, set_channels, split_to_mono
from audiokit.errors import UsageError

RATE = 16000
STEP = 1 / 32768


def noise(channels: int, frames: int = 2000) -> Audio:
    # Whole steps of 16 bits, so that pydub hears the very same.
    integers = np.random.default_rng(channels).integers(-16000, 16000, (frames, channels)).astype(np.int16)
    return Audio.from_integers(integers, RATE)


def test_mono_is_copied_to_all_channels():
    mono = noise(1)
    assert np.array_equal(set_channels(mono, 3).samples, np.repeat(mono.samples, 3, axis=1))


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_averaged_to_mono(channels):
    audio = noise(channels)
    assert set_channels(audio, 1).samples[:, 0] == pytest.approx(audio.samples.mean(axis=1), abs=1e-6)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_channels_change_as_in_pydub(before, after):
    audio = noise(before)
    theirs = Audio.from_pydub(audio.to_pydub().set_channels(after))
    assert np.abs(set_channels(audio, after).samples - theirs.samples).max() <= STEP


def test_channels_that_stay_are_untouched():
    audio = noise(2)
    assert set_channels(audio, 2) is audio


@pytest.mark.parametrize(("before", "after"), [(2, 6), (6, 2)])
def test_several_channels_cannot_become_several_others(before, after):
    with pytest.raises(UsageError, match=f"has {before} channels and cannot become {after}"):
        set_channels(noise(before), after)


def test_no_channel_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        set_channels(noise(1), 0)


@pytest.mark.parametrize("position", [-1, -0.3, 0, 0.5, 1])
@pytest.mark.parametrize("channels", [1, 2])
def test_panning_is_that_of_pydub(channels, position):
    audio = noise(channels)
    theirs = Audio.from_pydub(audio.to_pydub().pan(position))
    assert np.abs(pan(audio, position).samples - theirs.samples).max() <= STEP


def test_panned_to_a_side_the_other_is_silent():
    assert not np.any(pan(noise(1), -1).samples[:, 1])


def test_panning_beyond_a_side_is_refused():
    with pytest.raises(ValueError, match="expected -1"):
        pan(noise(1), 1.1)


def test_six_channels_have_no_left_and_right():
    with pytest.raises(UsageError, match="6 channels"):
        pan(noise(6), 0.1)


def test_an_inverted_sound_cancels_the_original():
    audio = noise(2)
    assert not np.any(audio.samples + invert_phase(audio).samples)


@pytest.mark.parametrize(("only", "channels"), [({0}, (1, 0)), ({1}, (0, 1))])
def test_single_channels_are_inverted_as_in_pydub(only, channels):
    audio = noise(2)
    theirs = Audio.from_pydub(audio.to_pydub().invert_phase(channels))
    assert np.array_equal(invert_phase(audio, only=only).samples, theirs.samples)


def test_a_channel_that_is_not_there_cannot_be_inverted():
    with pytest.raises(UsageError, match="0 to 1"):
        invert_phase(noise(2), only={2})


def test_split_channels_are_joined_again():
    audio = noise(8)
    parts = split_to_mono(audio)
    assert [part.channels for part in parts] == [1] * 8
    assert np.array_equal(join_channels(parts).samples, audio.samples)


@pytest.mark.parametrize("parts", [[], [noise(2)], [noise(1), noise(1, 100)]], ids=["none", "stereo", "lengths"])
def test_parts_that_do_not_fit_are_not_joined(parts):
    with pytest.raises(ValueError, match="expected mono"):
        join_channels(parts)

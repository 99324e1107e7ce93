from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.audio.files import write
from audiokit.dsp.channels import set_channels
from audiokit.dsp.mix import append, reverse
from audiokit.editing.streams import (
    BLOCK_FRAMES,
    InMemory,
    Joined,
    Recording,
    Reversed,
    Trimmed,
    collected,
    with_channels,
    with_rate,
)
from audiokit.errors import AudioFileError, UsageError

RATE = 16000


def test_a_recording_can_be_gone_through_again_and_again(tmp_path, ramp):
    write(tmp_path / "a.wav", ramp, subtype="FLOAT")
    stream = Recording(tmp_path / "a.wav")
    for _ in range(2):
        assert np.array_equal(collected(stream).samples, ramp.samples)


def test_a_recording_tells_its_progress_each_time(tmp_path, ramp):
    write(tmp_path / "a.wav", ramp)
    told = []
    collected(Recording(tmp_path / "a.wav", lambda *words: told.append(words)))
    assert told[-1] == ("a.wav", 10.0, 10.0)


def test_only_more_than_16_bits_are_remembered(tmp_path, ramp):
    for subtype, bits in (("PCM_U8", None), ("PCM_16", None), ("PCM_24", 24), ("FLOAT", 24)):
        write(tmp_path / "a.wav", ramp, subtype=subtype)
        assert Recording(tmp_path / "a.wav").bits == bits


def test_a_truncated_recording_is_refused_at_its_end(tmp_path, ramp):
    write(tmp_path / "a.wav", ramp)
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:300_000])
    with pytest.raises(AudioFileError, match="cut short"):
        collected(Recording(tmp_path / "a.wav"))


@pytest.mark.parametrize(("start", "end"), [
    (0, None), (100, None), (100, 200), (70_000, 140_000), (0, BLOCK_FRAMES), (BLOCK_FRAMES, 2 * BLOCK_FRAMES),
    (100, -100), (0, -70_000), (-100, None), (-70_000, None), (-100, -50), (-140_000, -70_000), (200_000, None),
    (0, -200_000), (-200_000, None), (159_999, None), (159_990, -20),
])  # fmt: skip
def test_trimming_is_slicing(ramp, start, end):
    trimmed = collected(Trimmed(InMemory(ramp), start, end))
    assert np.array_equal(trimmed.samples, ramp.samples[start:end])


def test_what_follows_the_end_is_not_decoded(tmp_path, ramp):
    write(tmp_path / "a.wav", ramp)
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:300_000])
    assert collected(Trimmed(Recording(tmp_path / "a.wav"), 0, 1000)).frames == 1000


@pytest.mark.parametrize("crossfade_s", [0.0, 0.5, 3.0])
def test_joining_is_appending(ramp, crossfade_s):
    parts = [ramp, ramp[2:6], Audio(np.full((5 * RATE, 2), 0.3), RATE)]
    joined = collected(Joined([InMemory(part) for part in parts], crossfade_s))
    assert np.allclose(joined.samples, append(*parts, crossfade_s=crossfade_s).samples, atol=1e-7)


def test_parts_get_the_highest_rate_and_the_most_channels(ramp):
    mono = Audio(np.zeros(8000), 8000)
    joined = collected(Joined([InMemory(mono), InMemory(ramp)]))
    assert (joined.sample_rate, joined.channels, joined.frames) == (RATE, 2, 11 * RATE)


def test_parts_whose_channels_do_not_match_are_refused(ramp):
    with pytest.raises(UsageError, match="2 channels"):
        Joined([InMemory(ramp), InMemory(Audio(np.zeros((100, 3)), RATE))])


def test_backwards_and_backwards_again_is_forwards(ramp):
    stream = Reversed(InMemory(ramp))
    assert np.array_equal(collected(stream).samples, reverse(ramp).samples)
    assert np.array_equal(collected(Reversed(stream)).samples, ramp.samples)


def test_resampling_a_stream_is_resampling_the_whole(ramp):
    assert np.array_equal(collected(with_rate(InMemory(ramp), 44100)).samples, ramp.resample(44100).samples)


def test_channels_of_a_stream_are_set_like_those_of_the_whole(ramp):
    assert np.array_equal(collected(with_channels(InMemory(ramp), 1)).samples, set_channels(ramp, 1).samples)


def test_what_need_not_change_is_the_same_stream(ramp):
    stream = InMemory(ramp)
    assert with_rate(stream, RATE) is with_channels(stream, 2) is stream


def test_an_empty_stream_is_an_empty_sound(ramp):
    empty = collected(Trimmed(InMemory(ramp), 200_000, None))
    assert (empty.frames, empty.channels, empty.sample_rate) == (0, 2, RATE)

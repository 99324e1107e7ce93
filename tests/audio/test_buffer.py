from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit.audio.buffer import Audio, downmixed

RAMP = Audio(np.arange(10, dtype=np.float32) / 10, 10)


def test_samples_are_always_two_dimensional_float32() -> None:
    audio = Audio(np.zeros(5, np.float64), 8000)
    assert (audio.samples.shape, audio.samples.dtype) == ((5, 1), np.float32)
    assert audio.samples.flags.c_contiguous


def test_samples_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        RAMP.samples[0] = 1


def test_the_array_it_was_made_from_can_still_be_written_to() -> None:
    array = np.zeros((5, 1), np.float32)
    Audio(array, 8000)
    array[0] = 1
    assert array[0, 0] == 1


def test_an_array_that_is_right_already_is_not_copied() -> None:
    array = np.zeros((5, 2), np.float32)
    assert np.shares_memory(Audio(array, 8000).samples, array)


@pytest.mark.parametrize(
    ("samples", "sample_rate", "error"),
    [
        (np.zeros(5, np.int16), 8000, TypeError),
        (np.zeros((2, 2, 2)), 8000, ValueError),
        (np.zeros((5, 0)), 8000, ValueError),
        (np.float32(1), 8000, ValueError),
        ([0.0, float("nan")], 8000, ValueError),
        ([0.0, float("inf")], 8000, ValueError),
        ([0.0, -float("inf")], 8000, ValueError),
        ([0.0], 0, ValueError),
        ([0.0], -8000, ValueError),
        ([0.0], 8000.5, ValueError),
    ],
)
def test_what_is_no_sound_is_refused(samples: Any, sample_rate: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Audio(samples, sample_rate)


def test_no_frames_are_legal() -> None:
    assert Audio(np.zeros((0, 2)), 8000).duration_s == 0


def test_values_beyond_full_scale_are_legal_in_memory() -> None:
    assert Audio([3.0], 8000).samples[0, 0] == 3.0


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_integers_are_scaled_by_their_width(dtype: type[np.signedinteger[Any]]) -> None:
    edges = np.iinfo(dtype)
    audio = Audio.from_integers(np.array([edges.min, 0, edges.max // 2 + 1], dtype), 8000)
    assert audio.samples[:, 0].tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_only_signed_integers_have_a_known_scale(dtype: type[Any]) -> None:
    with pytest.raises(TypeError, match="signed integers"):
        Audio.from_integers(np.zeros(3, dtype), 8000)


@pytest.mark.parametrize(
    ("span", "first", "frames"),
    [
        (slice(0.2, 0.5), 2, 3),
        (slice(None, 0.3), 0, 3),
        (slice(-0.4, None), 6, 4),
        (slice(0.5, 99.0), 5, 5),
        (slice(None, None), 0, 10),
    ],
)
def test_a_span_is_cut_out_by_seconds(span: slice, first: int, frames: int) -> None:
    cut = RAMP[span]
    assert (cut.frames, cut.sample_rate) == (frames, 10)
    assert np.array_equal(cut.samples, RAMP.samples[first : first + frames])


def test_a_span_that_ends_before_it_starts_holds_nothing() -> None:
    assert RAMP[0.5:0.2].frames == 0


@pytest.mark.parametrize("span", [1, 0.5, slice(0, 1, 2)])
def test_only_a_span_can_be_cut_out(span: Any) -> None:
    with pytest.raises(TypeError, match="seconds"):
        RAMP[span]


@pytest.mark.parametrize(("downmix", "expected"), [("average", 0.3), ("left", 0.2), ("right", 0.4), ("louder", 0.4)])
def test_two_channels_become_one(downmix: Any, expected: float) -> None:
    mono = Audio(np.tile(np.float32([0.2, 0.4]), (100, 1)), 8000).mono(downmix)
    assert mono.samples.shape == (100, 1)
    assert mono.samples == pytest.approx(expected)


def test_an_unknown_downmix_is_refused() -> None:
    with pytest.raises(ValueError, match="louder"):
        downmixed(np.zeros((5, 2), np.float32), "loudest")  # type: ignore[arg-type]


def test_mono_stays_as_it_is() -> None:
    assert downmixed(RAMP.samples, "right") is RAMP.samples


def test_audio_is_saved_and_read_back(tmp_path: Path) -> None:
    audio = Audio(RAMP.samples, 8000)
    audio.save(tmp_path / "ramp.wav", subtype="FLOAT")
    assert np.array_equal(Audio.read(tmp_path / "ramp.wav").samples, audio.samples)


@pytest.mark.parametrize(("channels", "word"), [(1, "mono"), (2, "stereo"), (6, "6 channels")])
def test_it_prints_as_people_would_say_it(channels: int, word: str) -> None:
    assert repr(Audio(np.zeros((4000, channels)), 8000)) == f"Audio(0.500 s, 8000 Hz, {word})"

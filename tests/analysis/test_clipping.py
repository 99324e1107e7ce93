"""audiokit.analysis.clipping: what was cut off is found, what is merely loud is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile

from audiokit.analysis.clipping import clipped_frames
from audiokit.audio.buffer import Samples

RATE = 44100


def sine(freq_hz: float, peak: float, sample_rate: int = RATE, duration_s: float = 1.0) -> Samples:
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    return (peak * np.sin(2 * np.pi * freq_hz * time_s + 0.3)).astype(np.float32)[:, np.newaxis]


def sixteen_bits(samples: Samples) -> Samples:
    return (np.clip(np.rint(samples * 32768), -32768, 32767) / 32768).astype(np.float32)


@pytest.mark.parametrize("freq_hz", [20, 50, 100, 440, 997, 3000, 7000, RATE / 4, RATE / 8])
@pytest.mark.parametrize("peak", [0.9, 0.99])
def test_a_clean_sine_is_not_clipped(freq_hz: float, peak: float) -> None:
    clean = sine(freq_hz, peak)
    assert clipped_frames(clean).tolist() == clipped_frames(sixteen_bits(clean)).tolist() == []


@pytest.mark.parametrize("freq_hz", [50, 200, 1000])
@pytest.mark.parametrize("ceiling", [0.9, 0.95, 0.999, 1.0])
@pytest.mark.parametrize("drive", [1.05, 1.5, 4.0])
def test_the_flat_tops_of_a_hard_clipped_sine_are_found(freq_hz: float, ceiling: float, drive: float) -> None:
    loud = sine(freq_hz, ceiling * drive)
    clipped = sixteen_bits(np.clip(loud, -ceiling, ceiling))
    truth = np.flatnonzero(np.abs(loud) >= ceiling)
    found = clipped_frames(clipped)
    assert len(np.setdiff1d(truth, found)) <= 0.02 * len(truth)
    assert len(np.setdiff1d(found, truth)) <= 0.02 * len(truth)


@pytest.mark.parametrize("ceiling", [0.9, 0.97, 1.0])
def test_clipped_speech_is_found(speech: Callable[..., Any], ceiling: float) -> None:
    samples = speech(0.0).audio.samples
    loud = samples * (2 * ceiling / np.abs(samples).max())
    clipped = sixteen_bits(np.clip(loud, -ceiling, ceiling))
    truth = np.flatnonzero(np.abs(loud) > ceiling)
    found = clipped_frames(clipped)
    assert len(np.intersect1d(found, truth)) >= 0.6 * len(truth)
    assert len(np.setdiff1d(found, truth)) <= 0.01 * len(found)


def test_clean_speech_close_to_full_scale_is_not_clipped(speech: Callable[..., Any]) -> None:
    samples = speech(0.0).audio.samples
    assert clipped_frames(sixteen_bits(samples * (0.999 / np.abs(samples).max()))).tolist() == []


def test_each_sample_at_full_scale_or_beyond_counts() -> None:
    samples = np.zeros((100, 1), np.float32)
    samples[[10, 20, 30, 40], 0] = [32767 / 32768, -1.0, 1.3, -1.01]
    assert clipped_frames(samples).tolist() == [10, 20, 30, 40]


def test_overshoots_of_a_decoder_count(speech: Callable[..., Any]) -> None:
    samples = speech(0.0).audio.samples
    loud = np.clip(samples * (3 / np.abs(samples).max()), -1, 1)
    file = io.BytesIO()
    soundfile.write(file, loud, 16000, format="MP3")
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32", always_2d=True)
    assert decoded.max() > 1
    found = clipped_frames(decoded)
    assert set(np.flatnonzero(np.abs(decoded) > 1)) <= set(found.tolist())


def test_one_sided_clipping_is_found() -> None:
    clipped = np.minimum(sine(200, 0.7) + 0.3, 0.95)
    assert set(clipped_frames(clipped)) == set(np.flatnonzero(clipped[:, 0] == np.float32(0.95)))


def test_a_frame_comes_once_for_each_clipped_channel() -> None:
    samples = np.zeros((10, 3), np.float32)
    samples[5, :2] = 1.0
    assert clipped_frames(samples).tolist() == [5, 5]


def test_flat_tops_far_below_full_scale_are_a_sounds_own_shape() -> None:
    assert clipped_frames(np.clip(sine(200, 2), -0.8, 0.8)).tolist() == []


@pytest.mark.parametrize("samples", [np.zeros((0, 1), np.float32), np.zeros((0, 2), np.float32), sine(100, 0.5)])
def test_quiet_blocks_and_empty_ones_have_nothing_clipped(samples: Samples) -> None:
    assert clipped_frames(samples).tolist() == []


def test_a_block_that_is_flat_from_edge_to_edge_has_no_corner() -> None:
    assert clipped_frames(np.full((100, 1), 0.95, np.float32)).tolist() == []

"""MP3 by LAME: not a sample more or less than went in, in its place, and without LAME's package too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import audiokit.audio.lame as lame
from audiokit.audio import encode
from audiokit.audio.buffer import Audio
from audiokit.audio.encoders import FfmpegEncoder
from audiokit.audio.files import read, write

pytestmark = pytest.mark.skipif(not lame.lame_is_here(), reason="lameenc has no wheel for this machine")


def chirp(frames: int, sample_rate: int, channels: int = 2) -> Audio:
    time_s = np.arange(frames) / sample_rate
    wave = 0.3 * np.sin(2 * np.pi * (200 + 1500 * time_s) * time_s)
    return Audio(np.repeat(wave[:, np.newaxis], channels, axis=1).astype(np.float32), sample_rate)


@pytest.mark.parametrize("sample_rate", [8000, 22050, 32000, 44100, 48000])
@pytest.mark.parametrize("frames", [600, 1152, 20_000])
def test_not_a_sample_is_lost_or_added(tmp_path: Path, frames: int, sample_rate: int) -> None:
    write(tmp_path / "a.mp3", chirp(frames, sample_rate))
    assert read(tmp_path / "a.mp3").frames == frames


@pytest.mark.parametrize(("sample_rate", "channels"), [(44100, 2), (24000, 1)])
def test_the_sound_stays_in_its_place(tmp_path: Path, sample_rate: int, channels: int) -> None:
    sound = chirp(sample_rate, sample_rate, channels)
    write(tmp_path / "a.mp3", sound)
    error = read(tmp_path / "a.mp3").samples - sound.samples
    assert np.sqrt((error**2).mean()) < 0.02  # a shift by one sample makes 0.1


def test_without_lame_the_file_is_the_same_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = chirp(44_100, 44_100)
    write(tmp_path / "fast.mp3", sound)
    monkeypatch.setattr(encode, "lame_is_here", lambda: False)
    write(tmp_path / "slow.mp3", sound)
    fast, slow = read(tmp_path / "fast.mp3"), read(tmp_path / "slow.mp3")
    assert fast.frames == slow.frames
    assert np.abs(fast.samples - slow.samples).max() < 0.02


def test_the_bit_rate_is_the_one_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "a.mp3", chirp(10 * 44_100, 44_100), bitrate_bps=64_000)
    assert (tmp_path / "a.mp3").stat().st_size == pytest.approx(10 * 64_000 / 8, rel=0.02)


def test_lame_is_what_encodes_here() -> None:
    assert issubclass(lame.LameEncoder, FfmpegEncoder)
    assert lame.LameEncoder.push is not FfmpegEncoder.push

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np
import pytest

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.resample import Resampler, resample

Tone = Callable[..., Audio]

RATES = [(44100, 16000), (16000, 44100), (48000, 24000), (22050, 48000), (8000, 16000), (192000, 16000), (7999, 16001)]


def level_db(audio: Audio) -> float:
    """Measure the RMS level, leaving out what starts and ends."""
    inner = audio.samples[audio.frames // 8 : -audio.frames // 8].astype(np.float64)
    return float(10 * np.log10(np.mean(inner**2)))


def noise(frames: int, channels: int = 2) -> Samples:
    return (0.2 * np.random.default_rng(5).standard_normal((frames, channels))).astype(np.float32)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
@pytest.mark.parametrize("frames", [0, 1, 2, 3, 100, 1001, 44101])
def test_the_length_is_rounded(from_rate: int, to_rate: int, frames: int) -> None:
    assert resample(Audio(noise(frames), from_rate), to_rate).frames == round(frames * to_rate / from_rate)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
@pytest.mark.parametrize("sizes", [[1, 777, 4096, 5], [65536], [20]])
def test_a_stream_gives_what_the_whole_gives(from_rate: int, to_rate: int, sizes: list[int]) -> None:
    samples = noise(20001)
    resampler = Resampler(from_rate, to_rate, channels=2)
    pieces, start = [], 0
    for size in cycle(sizes):
        pieces.append(resampler.push(samples[start : start + size]))
        start += size
        if start >= len(samples):
            break
    streamed = np.concatenate([*pieces, resampler.flush()])
    whole = resample(Audio(samples, from_rate), to_rate).samples
    assert streamed.shape == whole.shape
    assert np.abs(streamed - whole).max() <= 1e-6


@pytest.mark.parametrize(("from_rate", "to_rate"), [(48000, 16000), (44100, 16000), (44100, 24000), (96000, 48000)])
def test_a_tone_above_the_new_range_falls_by_more_than_100_db(tone: Tone, from_rate: int, to_rate: int) -> None:
    for above in (1.01, 1.1, 1.5):
        original = tone(above * to_rate / 2, 2.0, from_rate, -6.0)
        assert level_db(resample(original, to_rate)) < level_db(original) - 100


@pytest.mark.parametrize(("from_rate", "to_rate"), [(48000, 16000), (44100, 48000), (16000, 24000), (44100, 24000)])
@pytest.mark.parametrize("share", [0.01, 0.125, 0.85])
def test_a_tone_within_both_ranges_keeps_its_level(tone: Tone, from_rate: int, to_rate: int, share: float) -> None:
    original = tone(share * min(from_rate, to_rate) / 2, 2.0, from_rate)
    assert level_db(resample(original, to_rate)) == pytest.approx(level_db(original), abs=0.01)


def test_no_delay_is_added(tone: Tone) -> None:
    direct = tone(200.0, 1.0, 16000).samples[:, 0]
    resampled = tone(200.0, 1.0, 48000).resample(16000).samples[:, 0]
    assert np.abs(direct - resampled)[1000:-1000].max() < 1e-4


def test_channels_stay_apart(tone: Tone) -> None:
    left = tone(440.0, 1.0, 44100).samples
    both = resample(Audio(np.concatenate([left, np.zeros_like(left)], axis=1), 44100), 16000)
    assert not both.samples[:, 1].any()


def test_the_same_rate_changes_nothing(tone: Tone) -> None:
    audio = tone()
    assert resample(audio, audio.sample_rate) is audio


def test_a_stream_at_the_same_rate_passes_through() -> None:
    samples = noise(100, 1)
    resampler = Resampler(16000, 16000)
    assert np.array_equal(resampler.push(samples), samples)
    assert resampler.flush().shape == (0, 1)


@pytest.mark.parametrize("quality", ["QQ", "LQ", "MQ", "HQ", "VHQ"])
def test_every_quality_keeps_a_low_tone(tone: Tone, quality: str) -> None:
    original = tone(300.0, 1.0, 48000)
    resampler = Resampler(48000, 16000, quality=quality)  # type: ignore[arg-type]
    samples = np.concatenate([resampler.push(original.samples), resampler.flush()])
    assert level_db(Audio(samples, 16000)) == pytest.approx(level_db(original), abs=0.1)


@pytest.mark.parametrize("rates", [(0, 16000), (16000, 0), (-1, 8000)])
def test_a_rate_is_positive(rates: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1 Hz"):
        Resampler(*rates)


@pytest.mark.parametrize("shape", [(10,), (10, 2)])
def test_a_piece_has_the_channels_that_were_agreed(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Resampler(48000, 16000, channels=1).push(np.zeros(shape, np.float32))

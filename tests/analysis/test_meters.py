"""audiokit.analysis.meters: signals whose levels are known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from audiokit.analysis.meters import Excerpt, LevelMeter, Levels, TruePeakMeter
from audiokit.audio.buffer import Audio
from audiokit.dsp.levels import db_from_gain
from audiokit.dsp.true_peak import true_peak_dbtp


def measured(audio: Audio, block: int = 65_536) -> Levels:
    meter = LevelMeter(audio.sample_rate, audio.channels)
    for start in range(0, audio.frames, block):
        meter.push(audio.samples[start : start + block])
    return meter.finish()


def test_a_sine_has_its_levels(tone: Callable[..., Audio]) -> None:
    levels = measured(tone(997, 5, 48_000, -20))
    assert levels.integrated_lufs == pytest.approx(-23.01, abs=0.02)
    assert levels.momentary_max_lufs == pytest.approx(-23.01, abs=0.02)
    assert levels.short_term_max_lufs == pytest.approx(-23.01, abs=0.02)
    assert levels.loudness_range_lu == pytest.approx(0, abs=0.01)
    assert levels.peak_dbfs == pytest.approx(-20, abs=0.01)
    assert levels.true_peak_dbtp == pytest.approx(-20, abs=0.05)
    assert levels.rms_dbfs == pytest.approx(-23.01, abs=0.001)
    assert levels.crest_factor_db == pytest.approx(3.01, abs=0.01)
    assert levels.dc_offset == pytest.approx(0, abs=1e-5)
    assert levels.clipped_samples == 0


def test_the_loudest_moment_is_louder_than_the_whole(tone: Callable[..., Audio]) -> None:
    soft, loud = tone(997, 10, 16_000, -40).samples, tone(997, 1, 16_000, -10).samples
    levels = measured(Audio(np.concatenate([soft, loud, soft]), 16_000))
    assert levels.momentary_max_lufs == pytest.approx(-13.01, abs=0.1)
    assert levels.short_term_max_lufs == pytest.approx(-13.01 + db_from_gain(math.sqrt(1 / 3)), abs=0.1)


def test_an_offset_is_that_of_the_worst_channel(tone: Callable[..., Audio]) -> None:
    wave = tone(1000, 1, 16_000, -20).samples
    levels = measured(Audio(np.concatenate([wave + 0.01, wave - 0.02], axis=1), 16_000))
    assert levels.dc_offset == pytest.approx(-0.02, abs=1e-5)


def test_clipped_samples_are_counted_over_all_channels(tone: Callable[..., Audio]) -> None:
    wave = tone(100, 1, 16_000, -20).samples
    clipped = np.clip(tone(100, 1, 16_000, 6.0206).samples, -1, 1)
    levels = measured(Audio(np.concatenate([wave, clipped], axis=1), 16_000))
    # A sine is beyond half its height for 2/3 of the time; it is in one of two channels.
    assert levels.clipped_fraction == pytest.approx(1 / 3, abs=0.02)
    assert levels.clipped_samples == round(levels.clipped_fraction * 32_000)


@pytest.mark.parametrize(("duration_s", "known"), [(0.3, (False, False)), (1.0, (True, False)), (4.0, (True, True))])
def test_what_is_too_short_to_measure_is_none(
    tone: Callable[..., Audio], duration_s: float, known: tuple[bool, bool]
) -> None:
    levels = measured(tone(997, duration_s))
    assert (levels.integrated_lufs is not None, levels.loudness_range_lu is not None) == known


def test_silence_has_no_level() -> None:
    levels = measured(Audio(np.zeros((16_000, 2), np.float32), 16_000))
    assert (levels.integrated_lufs, levels.peak_dbfs, levels.rms_dbfs) == (-math.inf, -math.inf, -math.inf)
    assert levels.crest_factor_db is None


@pytest.mark.parametrize("piece", [7, 100, 4096])
@pytest.mark.parametrize("frames", [10, 20_000])
def test_the_true_peak_of_pieces_is_that_of_the_whole(piece: int, frames: int) -> None:
    samples = (0.2 * np.random.default_rng(frames).standard_normal((frames, 2))).astype(np.float32)
    meter = TruePeakMeter(2)
    for start in range(0, frames, piece):
        meter.push(samples[start : start + piece])
    assert db_from_gain(meter.finish()) == pytest.approx(true_peak_dbtp(Audio(samples, 16_000)), abs=1e-4)


def test_a_cut_between_pieces_makes_no_peak() -> None:
    # The crests lie between samples, so that a cut end would ring beyond them.
    wave = (0.9 * np.sin(np.arange(4000) * np.pi / 2 + np.pi / 4)).astype(np.float32)[:, np.newaxis]
    meter = TruePeakMeter(1)
    for start in range(0, 4000, 50):
        meter.push(wave[start : start + 50])
    assert meter.finish() == pytest.approx(10 ** (true_peak_dbtp(Audio(wave, 8000)) / 20), abs=1e-5)


def test_a_short_recording_is_its_own_excerpt() -> None:
    excerpt = Excerpt(8000)
    blocks = [np.full((10, 1), value, np.float32) for value in range(5)]
    for block in blocks:
        excerpt.push(block)
    assert np.array_equal(excerpt.audio().samples, np.concatenate(blocks))


def test_an_excerpt_of_a_long_recording_is_spread_over_it_and_bounded() -> None:
    excerpt = Excerpt(8000)
    for value in range(1000):
        excerpt.push(np.full((1, 1), value, np.float32))
    kept = excerpt.audio().samples[:, 0]
    assert 16 <= len(kept) <= 32
    assert np.unique(np.diff(kept)).tolist() == [32]
    assert kept[-1] > 950

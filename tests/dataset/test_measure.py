"""audiokit.dataset.measure: the numbers of one clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dataset.listen import Heard, Speech
from audiokit.dataset.measure import HIGHEST_SNR_DB, Measured, measure
from audiokit.dataset.segment import Segment

RATE = 24_000
SEGMENT = Segment(start_s=1.0, end_s=3.0, start_cut="pause", end_cut="pause")


def measured(
    audio: Audio, speech_db: float, noise_db: float, *, far_db: float = -50, before_db: float | None = None
) -> Measured:
    """Measure 1 s to 3 s of 12 s, spoken from 1.2 s to 2.8 s; beyond 0.5 s around it noise is at `far_db`.

    Noise was everywhere at `before_db` before it was taken out of the clip.
    """
    levels_db = np.full(1200, far_db, np.float32)
    levels_db[50:350] = noise_db
    levels_db[120:280] = speech_db
    spoken = np.zeros(1200, bool)
    spoken[120:280] = True
    clipped = np.zeros(1200, np.uint16)
    clipped[150] = 480
    probabilities = np.zeros(375, np.float32)
    probabilities[38:88] = 1
    heard = Heard(
        source_rate=RATE, source_channels=2, frames=12 * RATE, truncated="", spool=Path("none"), sample_rate=RATE,
        levels_db=levels_db, clipped=clipped, speech=Speech(probabilities=probabilities, window_s=0.032),
    )  # fmt: skip
    noisy_db = None if before_db is None else np.where(spoken, levels_db, np.float32(before_db))
    return measure(heard, SEGMENT, audio, spoken, noisy_db=noisy_db)


def test_snr_is_speech_without_its_noise_over_the_noise_nearby(tone: Callable[..., Audio]) -> None:
    numbers = measured(tone(200, 2, RATE), -20, -60).numbers
    assert numbers["snr_db"] == pytest.approx(40, abs=0.05)
    assert numbers["noise_dbfs"] == -60
    assert measured(tone(200, 2, RATE), -20, -23.01).numbers["snr_db"] == pytest.approx(0, abs=0.1)


def test_after_denoising_the_noise_of_the_clip_alone_is_compared_with_what_was(tone: Callable[..., Audio]) -> None:
    numbers = measured(tone(200, 2, RATE), -20, -60, before_db=-40).numbers
    assert (numbers["noise_before_dbfs"], numbers["noise_dbfs"]) == (-40, -60)
    assert numbers["snr_before_db"] == pytest.approx(20, abs=0.1)
    assert numbers["snr_db"] == pytest.approx(40, abs=0.1)
    assert "snr_before_db" not in measured(tone(200, 2, RATE), -20, -60).numbers


def test_digital_silence_around_gives_a_finite_snr(tone: Callable[..., Audio]) -> None:
    assert measured(tone(200, 2, RATE), -3, -120).numbers["snr_db"] == HIGHEST_SNR_DB


def test_clipping_counts_against_all_samples_of_all_channels(tone: Callable[..., Audio]) -> None:
    assert measured(tone(200, 2, RATE), -20, -60).numbers["clipped"] == pytest.approx(480 / (2 * RATE * 2))


def test_speech_is_the_part_of_windows_the_detector_hears(tone: Callable[..., Audio]) -> None:
    assert measured(tone(200, 2, RATE), -20, -60).numbers["speech"] == pytest.approx(0.8, abs=0.03)


def test_pitch_and_peak_are_those_of_the_sound(tone: Callable[..., Audio]) -> None:
    result = measured(tone(200, 2, RATE, -6), -20, -60)
    assert result.numbers["pitch_hz"] == pytest.approx(200, rel=0.01)
    assert result.peak_dbtp == pytest.approx(-6, abs=0.05)
    assert len(result.step_powers) == 20


def test_a_clip_without_voice_has_no_pitch() -> None:
    numbers = measured(Audio(np.zeros((2 * RATE, 1), np.float32), RATE), -70, -80).numbers
    assert (numbers["pitch_hz"], numbers["voiced"]) == (None, 0)

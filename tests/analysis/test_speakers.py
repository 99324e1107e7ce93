"""audiokit.analysis.speakers: how many people speak."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from audiokit.analysis.activity import Region
from audiokit.analysis.fitness import fit_for_cloning
from audiokit.analysis.report import analyze
from audiokit.analysis.speakers import MOST, PIECE, PIECE_S, SpeakerReader
from audiokit.audio.buffer import Audio
from tests.conftest import SAMPLES_DIR

RATE = 16_000


@pytest.mark.model
def test_a_podcast_of_two_is_heard_as_two() -> None:
    report = analyze(SAMPLES_DIR / "podcast" / "episode 1.mp3", ask=["speakers"])
    assert report.speakers is not None
    assert len(report.speakers) == 2
    assert sum(report.speakers) == pytest.approx(1)
    (check,) = (check for check in fit_for_cloning(report).checks if check.name == "speakers")
    assert (check.passed, check.expected) == (False, "one voice")
    assert check.found.startswith("2 voices: ")


@pytest.mark.model
def test_one_reader_is_heard_as_one(speech: Callable[..., object]) -> None:
    report = analyze(speech(0.3).audio, ask=["speakers"])  # type: ignore[attr-defined]
    assert report.speakers == (1.0,)
    assert fit_for_cloning(report).checks[-1].passed is True


@pytest.mark.model
def test_who_is_not_asked_for_is_not_counted(tone: Callable[..., Audio]) -> None:
    report = analyze(tone())
    assert report.speakers is None
    assert "speakers" not in [check.name for check in fit_for_cloning(report).checks]


@pytest.mark.model
def test_nobody_is_no_voice(tone: Callable[..., Audio]) -> None:
    report = analyze(tone(duration_s=5), ask=["speakers"])
    assert report.speakers == ()
    assert fit_for_cloning(report).checks[-1].found == "nobody speaks"


def test_hours_are_heard_in_samples() -> None:
    reader = SpeakerReader()
    for _ in range(3 * MOST):
        reader.push(np.zeros((PIECE, 1), np.float32))
    assert len(reader._kept) <= MOST
    assert [at for at, _ in reader._kept] == list(range(0, 3 * MOST, 4))


def test_only_speech_counts() -> None:
    reader = SpeakerReader()
    chance = np.random.default_rng(1)
    reader.push(chance.normal(0, 0.1, (4 * PIECE, 1)).astype(np.float32))
    assert reader.finish([]) == ()
    assert reader.finish([Region(start_s=0, end_s=0.5 * PIECE_S)]) == ()
    assert reader.finish([Region(start_s=PIECE_S, end_s=3 * PIECE_S)]) == (1.0,)


def test_a_short_recording_is_one_piece() -> None:
    reader = SpeakerReader()
    reader.push(np.random.default_rng(1).normal(0, 0.1, (RATE, 1)).astype(np.float32))
    assert reader.finish([Region(start_s=0, end_s=PIECE_S)]) == (1.0,)
    assert SpeakerReader().finish([]) == ()

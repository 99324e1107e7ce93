"""audiokit.analysis.activity."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiokit.analysis.activity import EnergyVAD, Hysteresis, Region, SileroVAD, runs, speech_regions
from audiokit.analysis.silero import SpeechReader
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.contracts import VAD

WINDOW_S = 0.1
RULE = Hysteresis(enter=0.5, leave=0.3, min_speech_s=0.2, min_silence_s=0.2)


def regions(*probabilities: float, rule: Hysteresis = RULE) -> list[tuple[float, float]]:
    found = speech_regions(np.array(probabilities, np.float32), WINDOW_S, rule)
    return [(round(region.start_s, 6), round(region.end_s, 6)) for region in found]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("", []),
        ("....", []),
        ("####", [(0, 4)]),
        ("#", [(0, 1)]),
        ("#..#", [(0, 1), (3, 4)]),
        (".##.###.", [(1, 3), (4, 7)]),
    ],
)
def test_runs_are_found_by_their_ends(mask: str, expected: list[tuple[int, int]]) -> None:
    assert runs(np.array([letter == "#" for letter in mask], bool)) == expected


@pytest.mark.parametrize(("max_gap", "expected"), [(0, 3), (1, 2), (2, 2), (3, 1), (99, 1)])
def test_runs_a_small_gap_apart_are_joined(max_gap: int, expected: int) -> None:
    mask = np.array([letter == "#" for letter in ".#.##...##.."], bool)
    found = runs(mask, max_gap)
    assert len(found) == expected
    assert (found[0][0], found[-1][1]) == (1, 10)


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_runs_hold_every_true_and_no_longer_gap(mask: list[bool], max_gap: int) -> None:
    found = runs(np.array(mask, bool), max_gap)
    inside = {at for start, end in found for at in range(start, end)}
    assert {at for at, value in enumerate(mask) if value} <= inside
    assert all(mask[start] and mask[end - 1] for start, end in found)
    assert all(after[0] - before[1] > max_gap for before, after in itertools.pairwise(found))
    gaps = "".join("#" if mask[at] else "." for at in sorted(inside))
    assert "." * (max_gap + 1) not in gaps


@pytest.mark.parametrize("probabilities", [(), (0.0,) * 9, (0.49,) * 9])
def test_no_speech_is_no_region(probabilities: tuple[float, ...]) -> None:
    assert regions(*probabilities) == []


def test_speech_throughout_is_one_region() -> None:
    assert regions(*[1.0] * 9) == [(0.0, 0.9)]


def test_a_region_begins_where_speech_is_sure_and_ends_where_it_is_over() -> None:
    assert regions(0, 0.4, 0.4, 0.6, 0.9, 0.35, 0.31, 0.2, 0, 0) == [(0.3, 0.7)]


def test_doubt_without_certainty_is_no_region() -> None:
    assert regions(0, *[0.45] * 9, 0) == []


@pytest.mark.parametrize(("silence", "expected"), [(1, 1), (2, 1), (3, 2)])
def test_a_short_silence_does_not_end_a_region(silence: int, expected: int) -> None:
    assert len(regions(*[0.9] * 3, *[0.0] * silence, *[0.9] * 3)) == expected


@pytest.mark.parametrize(("speech", "expected"), [(1, []), (2, [(0.1, 0.3)])])
def test_a_region_that_is_too_short_is_dropped(speech: int, expected: list[tuple[float, float]]) -> None:
    assert regions(0, *[0.9] * speech, 0, 0, 0) == expected


def test_the_usual_rule_is_there() -> None:
    probabilities = np.array([0, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.4, 0.3, 0, 0, 0, 0], np.float32)
    assert speech_regions(probabilities, 0.032) == [Region(start_s=3 * 0.032, end_s=8 * 0.032)]


def test_a_region_knows_its_length() -> None:
    assert Region(start_s=1.5, end_s=4.0).duration_s == 2.5


def chunk(level: float, frames: int = 320) -> AudioChunk:
    return AudioChunk(np.full((frames, 1), level, np.float32), 16_000)


@pytest.mark.parametrize(
    ("level", "expected"), [(0.0, 0.0), (0.01, 0.5), (-0.01, 0.5), (0.1, 100 / 101), (0.001, 1 / 101)]
)
def test_energy_is_compared_with_the_threshold(level: float, expected: float) -> None:
    assert EnergyVAD(threshold_rms=0.01).speech_probability(chunk(level)) == pytest.approx(expected, rel=1e-4)


def test_a_chunk_of_nothing_is_no_speech() -> None:
    assert EnergyVAD().speech_probability(chunk(0, frames=0)) == 0.0


@pytest.fixture(params=[pytest.param(SileroVAD, marks=pytest.mark.model), EnergyVAD])
def detector(request: pytest.FixtureRequest) -> VAD:
    """Each detector in turn."""
    vad: VAD = request.param()
    return vad


def heard(vad: VAD, audio: Audio) -> list[float]:
    chunks = chunks_of(audio, vad.window_s)
    return [vad.speech_probability(one) for one in chunks if len(one.samples) == round(vad.window_s * vad.sample_rate)]


def test_a_detector_gives_probabilities(detector: VAD, speech: Callable[..., object]) -> None:
    found = heard(detector, speech(0.5).audio[:5.0])  # type: ignore[attr-defined]
    assert all(math.isfinite(probability) and 0 <= probability <= 1 for probability in found)
    assert max(found) > 0.9
    assert min(found) < 0.1


def test_a_reset_detector_answers_as_a_new_one(detector: VAD, speech: Callable[..., object]) -> None:
    audio = speech(0.5).audio[:4.0]  # type: ignore[attr-defined]
    first = heard(detector, audio)
    detector.reset()
    assert heard(detector, audio) == first


@pytest.mark.model
def test_silero_remembers_what_it_heard(speech: Callable[..., object]) -> None:
    audio, vad = speech(0.5).audio[:4.0], SileroVAD()  # type: ignore[attr-defined]
    assert heard(vad, audio) != heard(vad, audio)


@pytest.mark.model
def test_silero_live_hears_what_a_reader_hears(speech: Callable[..., object]) -> None:
    audio = speech(0.5).audio  # type: ignore[attr-defined]
    reader = SpeechReader()
    reader.push(audio.samples)
    live = heard(SileroVAD(), audio)
    assert live == pytest.approx(reader.finish()[: len(live)], abs=1e-4)


@pytest.mark.model
@pytest.mark.parametrize(
    ("frames", "sample_rate"), [(511, 16_000), (513, 16_000), (320, 16_000), (0, 16_000), (512, 8_000)]
)
def test_silero_refuses_chunks_of_another_length_or_rate(frames: int, sample_rate: int) -> None:
    with pytest.raises(ValueError, match=f"{frames} frames at {sample_rate} Hz; Silero takes 512 at 16000"):
        SileroVAD().speech_probability(AudioChunk(np.zeros((frames, 1), np.float32), sample_rate))

"""audiokit.dataset.stretches: a level window is 10 ms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiokit.analysis.activity import Region
from audiokit.analysis.spectrum import Vector
from audiokit.dataset.stretches import Stretch, find_stretches, noise_db

SPEECH_DB = -20.0


def levels(*pieces: tuple[int, float]) -> Vector:
    """Join pieces of (windows, dBFS)."""
    return np.concatenate([np.full(windows, db, np.float32) for windows, db in pieces])


def region(start: int, end: int) -> Region:
    """Give windows [start, end) as what the detector heard."""
    return Region(start_s=start / 100, end_s=end / 100)


def spans(found: list[Stretch]) -> list[tuple[int, int]]:
    return [(stretch.start, stretch.end) for stretch in found]


def test_nothing_heard_gives_nothing() -> None:
    assert find_stretches(levels((500, SPEECH_DB)), []) == []


@pytest.mark.parametrize("noise", [-120.0, -90.0, -70.0, -50.0])
def test_energy_moves_the_detectors_edges_to_where_sound_starts_and_stops(noise: float) -> None:
    track = levels((200, noise), (300, SPEECH_DB), (200, noise))
    assert spans(find_stretches(track, [region(195, 510)])) == [(200, 500)]
    assert spans(find_stretches(track, [region(207, 488)])) == [(200, 500)]


def test_a_soft_ending_that_the_detector_missed_is_taken_in() -> None:
    track = levels((200, -70), (300, SPEECH_DB), (20, -45), (200, -70))
    assert spans(find_stretches(track, [region(200, 500)])) == [(200, 520)]


def test_a_soft_onset_that_the_detector_missed_is_taken_in() -> None:
    track = levels((200, -70), (20, -45), (300, SPEECH_DB), (200, -70))
    assert spans(find_stretches(track, [region(223, 520)])) == [(200, 520)]


@pytest.mark.parametrize("music", [-20.0, -35.0])
def test_sound_that_goes_on_for_longer_than_any_ending_is_not_speech(music: float) -> None:
    track = levels((400, -70), (100, music), (300, SPEECH_DB), (100, music), (400, -70))
    assert spans(find_stretches(track, [region(500, 800)])) == [(490, 810)]


@pytest.mark.parametrize("gap", [11, 20])
def test_a_knock_that_only_lies_near_is_left_out(gap: int) -> None:
    track = levels((200, -70), (5, SPEECH_DB), (gap, -70), (300, SPEECH_DB), (gap, -70), (5, SPEECH_DB), (200, -70))
    start = 205 + gap
    assert spans(find_stretches(track, [region(start, start + 300)])) == [(start, start + 300)]


@pytest.mark.parametrize(("gap", "stretches"), [(8, 1), (10, 1), (11, 2), (30, 2)])
def test_a_stop_closure_does_not_split_but_a_pause_does(gap: int, stretches: int) -> None:
    track = levels((100, -70), (200, SPEECH_DB), (gap, -70), (200, SPEECH_DB), (100, -70))
    assert len(find_stretches(track, [region(100, 500 + gap)])) == stretches


def test_regions_whose_sound_meets_become_one_stretch() -> None:
    track = levels((100, -70), (400, SPEECH_DB), (100, -70))
    assert spans(find_stretches(track, [region(100, 290), region(305, 500)])) == [(100, 500)]


def test_each_region_keeps_its_own_threshold() -> None:
    track = levels((600, -80), (200, -50), (600, -80), (200, -10), (600, -80))
    assert spans(find_stretches(track, [region(600, 800), region(1400, 1600)])) == [(600, 800), (1400, 1600)]


def test_speech_over_loud_noise_is_never_cut_away() -> None:
    rng = np.random.default_rng(4)
    track = levels((300, -32), (400, -27), (300, -32)) + rng.normal(0, 1, 1000).astype(np.float32)
    (found,) = find_stretches(track, [region(300, 700)])
    assert 270 <= found.start <= 300
    assert 700 <= found.end <= 730


def test_digital_silence_is_never_speech() -> None:
    assert find_stretches(levels((1000, -120)), [region(300, 600)]) == []


def test_hiss_below_minus_80_dbfs_is_never_speech() -> None:
    assert find_stretches(levels((1000, -95)), [region(300, 600)]) == []


def test_noise_between_words_of_endless_speech_splits_it() -> None:
    track = levels(*[(150, SPEECH_DB), (15, -60)] * 20)
    assert len(find_stretches(track, [region(0, len(track))])) == 20


@pytest.mark.parametrize("heard", [region(0, 1), region(0, 40), region(5, 9), region(1, 3)])
def test_a_recording_of_one_window_is_one_stretch(heard: Region) -> None:
    assert spans(find_stretches(levels((1, SPEECH_DB)), [heard])) == [(0, 1)]


def test_a_region_beyond_the_last_level_ends_with_the_levels() -> None:
    track = levels((100, -70), (200, SPEECH_DB))
    assert spans(find_stretches(track, [region(100, 304)])) == [(100, 300)]


def test_noise_is_the_median_of_what_is_near_and_not_speech() -> None:
    track = levels((1000, -40), (500, -60), (100, SPEECH_DB), (500, -62), (1000, -40))
    heard = track == SPEECH_DB
    assert noise_db(track, heard, 1500, 1600) == -61


def test_the_noise_of_endless_speech_is_its_quietest_twentieth() -> None:
    track = levels((900, SPEECH_DB), (100, -50))
    assert noise_db(track, np.ones(1000, bool), 0, 1000) == -50


def test_noise_is_never_below_minus_80_dbfs() -> None:
    assert noise_db(levels((1000, -120)), np.zeros(1000, bool), 400, 500) == -80


@st.composite
def tracks(draw: st.DrawFn) -> tuple[Vector, list[Region]]:
    """Draw ragged levels and regions that may lie anywhere over them, in order."""
    windows = draw(st.integers(1, 3000))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    track = rng.choice(np.float32([-120, -70, -40, -20]), windows).repeat(draw(st.integers(1, 40)))[:windows]
    edges = sorted(set(draw(st.lists(st.integers(0, windows + 5), max_size=30))))
    return track, [region(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]


@given(tracks())
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_stretches_lie_in_order_more_than_a_stop_closure_apart(case: tuple[Vector, list[Region]]) -> None:
    track, regions = case
    found = spans(find_stretches(track, regions))
    assert all(0 <= start < end <= len(track) for start, end in found)
    assert all(after[0] - before[1] > 10 for before, after in itertools.pairwise(found))


@given(tracks())
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_a_stretch_begins_and_ends_with_sound_near_what_was_heard(case: tuple[Vector, list[Region]]) -> None:
    track, regions = case
    for start, end in spans(find_stretches(track, regions)):
        cut_off = {edge for one in regions for edge in (round(one.start_s * 100) - 10, round(one.end_s * 100) + 10)}
        assert track[start] > -80 or start in cut_off  # other sound without an end
        assert track[end - 1] > -80 or end in cut_off
        assert any(one.start_s * 100 - 61 < end and start < one.end_s * 100 + 61 for one in regions)

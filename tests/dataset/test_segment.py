"""audiokit.dataset.segment: clips as groups of stretches; a level window is 10 ms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiokit.analysis.spectrum import Vector
from audiokit.dataset.segment import WIDEST_ROOM_S, Lengths, Segment, segment
from audiokit.dataset.stretches import Stretch

LENGTHS = Lengths(min_s=3.0, max_s=12.0, max_pause_s=0.8, room_s=0.12)
EDGE = 100  # windows of silence before and behind: 1 s
SPEECH_DB, SILENCE_DB = -20.0, -70.0


def recording(*lengths: int, edge: int = EDGE) -> tuple[list[Stretch], Vector]:
    """Make speech, pause, speech, ... of so many windows each, and their levels."""
    assert len(lengths) % 2 == 1
    edges = np.cumsum([edge, *lengths])
    levels = np.full(edges[-1] + edge, SILENCE_DB, np.float32)
    stretches = [Stretch(start=int(start), end=int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    for stretch in stretches:
        levels[stretch.start : stretch.end] = SPEECH_DB
    return stretches, levels


def spans(segments: list[Segment]) -> list[tuple[float, float]]:
    return [(part.start_s, part.end_s) for part in segments]


def cuts(segments: list[Segment]) -> list[tuple[str, str]]:
    return [(part.start_cut, part.end_cut) for part in segments]


def test_no_speech_gives_no_clip() -> None:
    assert segment([], np.full(500, SILENCE_DB, np.float32), LENGTHS) == []


def test_one_utterance_becomes_one_clip_with_room() -> None:
    found = segment(*recording(500), LENGTHS)
    assert spans(found) == [(0.88, 6.12)]
    assert cuts(found) == [("pause", "pause")]


@pytest.mark.parametrize(("edge", "cut"), [(0, "recording"), (4, "recording"), (5, "pause"), (200, "pause")])
def test_room_ends_where_the_recording_does(edge: int, cut: str) -> None:
    found = segment(*recording(500, edge=edge), LENGTHS)
    room_s = min(0.12, edge / 100)
    assert spans(found) == [(pytest.approx(edge / 100 - room_s), pytest.approx(edge / 100 + 5 + room_s))]
    assert cuts(found) == [(cut, cut)]


@pytest.mark.parametrize(("gap", "room_s"), [(10, 0.05), (16, 0.08), (24, 0.12), (60, 0.12)])
def test_neighbours_get_half_the_gap_each(gap: int, room_s: float) -> None:
    first, second = segment(*recording(700, gap, 700), LENGTHS)
    assert (first.end_s, second.start_s) == (pytest.approx(8 + room_s), pytest.approx(8 + gap / 100 - room_s))


def test_a_soft_sound_in_the_middle_of_a_pause_is_not_cut() -> None:
    stretches, levels_db = recording(700, 20, 700)
    levels_db[808:813] += 12  # a breath, or the release of a stop
    first, second = segment(stretches, levels_db, LENGTHS)
    assert first.end_s <= second.start_s
    assert not any(8.08 < edge_s < 8.13 for edge_s in (first.end_s, second.start_s))


@pytest.mark.parametrize(("gap", "clips"), [(80, 1), (81, 2), (300, 2)])
def test_a_long_pause_always_separates(gap: int, clips: int) -> None:
    assert len(segment(*recording(400, gap, 400), LENGTHS)) == clips


def test_short_utterances_join_until_they_are_long_enough() -> None:
    assert spans(segment(*recording(100, 50, 100, 50, 100), LENGTHS)) == [(0.88, 5.12)]


def test_a_long_utterance_takes_in_a_short_neighbour_rather_than_losing_it() -> None:
    assert spans(segment(*recording(600, 70, 100), LENGTHS)) == [(0.88, 8.82)]


def test_room_that_is_not_there_does_not_count_towards_the_minimum() -> None:
    # 2.8 s at the very start have room on one side only: 2.92 s, too short to stand alone, though its pause is longer.
    stretches, levels = recording(280, 60, 500, 30, 400, edge=0)
    assert spans(segment(stretches, levels, LENGTHS)) == [(0.0, 8.52), (8.58, 12.7)]


def test_missing_room_leaves_more_for_speech() -> None:
    stretches, levels = recording(600, 50, 550, edge=0)
    assert spans(segment(stretches, levels, LENGTHS)) == [(0.0, 12.0)]


@pytest.mark.parametrize(("minimum_s", "maximum_s"), [(5.24, 12.0), (3.0, 5.24)])
def test_a_clip_exactly_on_a_limit_is_legal(minimum_s: float, maximum_s: float) -> None:
    exact = Lengths(min_s=minimum_s, max_s=maximum_s, max_pause_s=0.8, room_s=0.12)
    assert spans(segment(*recording(240, 20, 240), exact)) == [(0.88, 6.12)]


def test_a_little_more_room_saves_an_utterance_a_little_too_short() -> None:
    assert spans(segment(*recording(270, 200, 276), LENGTHS)) == [(0.85, 3.85), (5.58, 8.58)]


def test_an_utterance_too_short_and_alone_stays_a_segment_for_the_judge() -> None:
    assert spans(segment(*recording(100, 200, 500), LENGTHS)) == [(0.85, 2.15), (3.88, 9.12)]


def test_of_two_pauses_the_longer_is_cut() -> None:
    found = segment(*recording(400, 15, 400, 40, 400), LENGTHS)
    assert [round(part.start_s, 2) for part in found] == [0.88, 9.43]


def test_two_cuts_between_sentences_are_better_than_one_at_a_comma() -> None:
    lengths = Lengths(min_s=3.0, max_s=9.0, max_pause_s=0.8, room_s=0.12)
    found = segment(*recording(400, 60, 300, 15, 300, 60, 400), lengths)
    assert spans(found) == [(0.88, 5.12), (5.48, 11.87), (12.23, 16.47)]


def test_a_gap_below_a_stop_closure_is_a_forced_cut() -> None:
    first, second = segment(*recording(700, 9, 700), LENGTHS)
    assert (first.end_cut, second.start_cut) == ("forced", "forced")
    assert (first.start_cut, second.end_cut) == ("pause", "pause")


def test_a_comma_is_cut_rather_than_a_stop_closure() -> None:
    found = segment(*recording(400, 5, 400, 15, 400), LENGTHS)
    assert spans(found) == [(0.88, 9.12), (9.12, 13.32)]
    assert [part.end_cut for part in found] == ["pause", "pause"]


def test_endless_speech_is_cut_at_its_quietest_place_and_marked() -> None:
    stretches, levels = recording(1800)
    levels[EDGE + 1000 : EDGE + 1006] = -45
    first, second = segment(stretches, levels, LENGTHS)
    assert 11.0 <= first.end_s <= second.start_s <= 11.06
    assert (first.end_cut, second.start_cut) == ("forced", "forced")


def test_the_quietest_place_is_not_looked_for_near_the_ends() -> None:
    stretches, levels = recording(1800)
    levels[EDGE + 20 : EDGE + 26] = -60
    levels[EDGE + 900 : EDGE + 906] = -45
    first, second = segment(stretches, levels, LENGTHS)
    assert 10.0 <= first.end_s <= second.start_s <= 10.06


def test_a_quiet_place_as_long_as_a_pause_is_cut_in_its_middle_and_is_one() -> None:
    stretches, levels = recording(1800)
    levels[EDGE + 1000 : EDGE + 1020] = -55
    first, second = segment(stretches, levels, LENGTHS)
    assert first.end_s == pytest.approx(second.start_s, abs=0.03)
    assert second.start_s == pytest.approx(11.1, abs=0.03)
    assert (first.end_cut, second.start_cut) == ("pause", "pause")


@pytest.mark.parametrize("ripple_db", [0.0, 3.0])
def test_endless_speech_without_any_dip_is_cut_without_loss(ripple_db: float) -> None:
    stretches, levels = recording(3000)
    levels += np.random.default_rng(7).uniform(0, ripple_db, len(levels)).astype(np.float32)
    found = segment(stretches, levels, LENGTHS)
    assert sum(part.end_s - part.start_s for part in found) == pytest.approx(30.24)
    assert all(cut == "forced" for pair in itertools.pairwise(found) for cut in (pair[0].end_cut, pair[1].start_cut))
    assert all(part.end_s - part.start_s <= 12 for part in found)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Stretch], Vector, Lengths]:
    """Draw speech and pauses of any length, with ragged levels, and settings for them."""
    pieces = draw(st.lists(st.tuples(st.integers(1, 2500), st.integers(11, 200)), min_size=1, max_size=40))
    lengths = [windows for piece in pieces for windows in piece][:-1]
    stretches, levels = recording(*lengths, edge=draw(st.integers(0, 300)))
    levels += np.random.default_rng(draw(st.integers(0, 999))).normal(0, 9, len(levels)).astype(np.float32)
    min_s = draw(st.sampled_from([0.5, 1.0, 3.0, 5.5]))
    max_s = draw(st.sampled_from([6.0, 7.77, 12.0, 30.0]))
    max_pause_s = draw(st.sampled_from([0.3, 0.8, 2.0]))
    return stretches, levels, Lengths(min_s=min_s, max_s=max_s, max_pause_s=max_pause_s,
                                      room_s=draw(st.sampled_from([0.05, 0.12, 0.15])))  # fmt: skip


many = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@given(recordings())
@many
def test_no_clip_is_longer_than_allowed(case: tuple[list[Stretch], Vector, Lengths]) -> None:
    stretches, levels, lengths = case
    for part in segment(stretches, levels, lengths):
        assert round(part.end_s - part.start_s, 3) <= lengths.max_s


@given(recordings())
@many
def test_clips_lie_in_order_inside_the_recording_and_never_overlap(
    case: tuple[list[Stretch], Vector, Lengths],
) -> None:
    stretches, levels, lengths = case
    edges = [edge for part in segment(stretches, levels, lengths) for edge in (part.start_s, part.end_s)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= len(levels) / 100


@given(recordings())
@many
def test_every_stretch_that_fits_lies_in_exactly_one_clip(case: tuple[list[Stretch], Vector, Lengths]) -> None:
    stretches, levels, lengths = case
    found = segment(stretches, levels, lengths)
    longest = round((lengths.max_s - 2 * lengths.room_s) * 100)
    for stretch in stretches:
        start_s, end_s = stretch.start / 100, stretch.end / 100
        around = [part for part in found if part.start_s <= start_s + 1e-9 and end_s - 1e-9 <= part.end_s]
        touching = [part for part in found if part.start_s < end_s and start_s < part.end_s]
        assert touching == around if stretch.end - stretch.start <= longest else len(touching) > 1
        assert len(around) == (stretch.end - stretch.start <= longest)


@given(recordings())
@many
def test_no_cut_lies_inside_a_word_unless_it_is_marked(case: tuple[list[Stretch], Vector, Lengths]) -> None:
    stretches, levels, lengths = case
    silent = np.ones(len(levels), bool)
    for stretch in stretches:
        silent[stretch.start : stretch.end] = False
    longest = round((lengths.max_s - 2 * lengths.room_s) * 100)
    split = [stretch for stretch in stretches if stretch.end - stretch.start > longest]
    for part in segment(stretches, levels, lengths):
        for edge_s, cut in ((part.start_s, part.start_cut), (part.end_s, part.end_cut)):
            if cut == "pause" and not any(one.start / 100 <= edge_s <= one.end / 100 for one in split):
                around = silent[max(0, int(edge_s * 100 + 1e-6) - 4) : int(edge_s * 100 + 1e-6) + 4]
                assert around.all()


@given(recordings())
@many
def test_no_clip_holds_a_longer_pause_than_allowed(case: tuple[list[Stretch], Vector, Lengths]) -> None:
    stretches, levels, lengths = case
    found = segment(stretches, levels, lengths)
    for before, after in itertools.pairwise(stretches):
        if (after.start - before.end) / 100 > lengths.max_pause_s + 1e-9:
            middle_s = (before.end + after.start) / 200
            assert not any(part.start_s < middle_s < part.end_s for part in found)


@given(recordings())
@many
def test_two_short_neighbours_that_would_fit_together_are_joined(case: tuple[list[Stretch], Vector, Lengths]) -> None:
    stretches, levels, lengths = case
    found = segment(stretches, levels, lengths)
    short = [round(part.end_s - part.start_s, 3) < lengths.min_s for part in found]
    for at, (before, after) in enumerate(itertools.pairwise(found)):
        together_s = round(after.end_s - before.start_s, 3)
        pause_s = after.start_s - before.end_s + 2 * WIDEST_ROOM_S
        if short[at] and short[at + 1] and pause_s <= lengths.max_pause_s:
            assert not lengths.min_s <= together_s <= lengths.max_s

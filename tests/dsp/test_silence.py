from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.generate import silence, tone, white_noise
from audiokit.dsp.mix import append
from audiokit.dsp.silence import (
    CROSSFADE_S,
    detect_nonsilent,
    detect_silence,
    spans_between,
    spans_with_room,
    split_on_silence,
    strip_silence,
)

RATE = 16000
LOUD = tone(1000, 1.0, sample_rate=RATE, level_dbfs=-10)


def pause(duration_s: float) -> Audio:
    return white_noise(duration_s, level_dbfs=-60, sample_rate=RATE, seed=1)


TALK = append(pause(0.7), LOUD, pause(0.5), LOUD, pause(0.1), LOUD, pause(0.9))
"""Sound at 0.7 .. 1.7, 2.2 .. 3.2 and 3.3 .. 4.3 s; ends at 5.2 s."""


def near(spans: list[tuple[float, float]]) -> list:
    return [pytest.approx(span, abs=0.003) for span in spans]


def test_pauses_are_found_where_they_are():
    assert detect_silence(TALK, min_silence_s=0.3) == near([(0, 0.7), (1.7, 2.2), (4.3, 5.2)])


def test_sound_is_what_lies_between():
    assert detect_nonsilent(TALK, min_silence_s=0.3) == near([(0.7, 1.7), (2.2, 4.3)])


def test_shorter_pauses_count_when_asked_for():
    assert len(detect_silence(TALK, min_silence_s=0.05)) == 4


def test_a_coarser_step_finds_the_same():
    fine, coarse = (detect_silence(TALK, min_silence_s=0.3, seek_step_s=step_s) for step_s in (0.001, 0.01))
    assert coarse == [pytest.approx(span, abs=0.01) for span in fine]


@pytest.mark.parametrize(("threshold_dbfs", "count"), [(-40, 3), (-70, 0), (-math.inf, 0)])
def test_what_exceeds_the_threshold_is_sound(threshold_dbfs, count):
    assert len(detect_silence(TALK, min_silence_s=0.3, threshold_dbfs=threshold_dbfs)) == count


def test_digital_silence_after_loud_sound_is_below_any_threshold():
    audio = append(LOUD, silence(1, sample_rate=RATE))
    assert detect_silence(audio, min_silence_s=0.5, threshold_dbfs=-math.inf) == near([(1, 2)])


@pytest.mark.parametrize("min_silence_s", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("threshold_dbfs", [-45, -38, -30])
def test_boundaries_in_speech_are_those_of_pydub(speech, threshold_dbfs, min_silence_s):
    audio = speech(0.4).audio
    segment = audio.to_pydub()
    from pydub import silence as pydub_silence

    arguments = {"min_silence_len": round(1000 * min_silence_s), "silence_thresh": threshold_dbfs}
    theirs = [(start / 1000, end / 1000) for start, end in pydub_silence.detect_nonsilent(segment, **arguments)]
    ours = detect_nonsilent(audio, min_silence_s=min_silence_s, threshold_dbfs=threshold_dbfs)
    assert ours == [pytest.approx(span, abs=0.01) for span in theirs]


@pytest.mark.parametrize("keep_silence_s", [0, 0.1, 0.4, math.inf])
def test_pieces_of_speech_are_those_of_pydub(speech, keep_silence_s):
    audio = speech(0.4).audio
    segment = audio.to_pydub()
    from pydub import silence as pydub_silence

    keep = True if keep_silence_s == math.inf else round(1000 * keep_silence_s)
    theirs = pydub_silence.split_on_silence(segment, 300, -38, keep_silence=keep)
    ours = split_on_silence(audio, min_silence_s=0.3, threshold_dbfs=-38, keep_silence_s=keep_silence_s)
    assert [piece.duration_s for piece in ours] == [pytest.approx(len(piece) / 1000, abs=0.02) for piece in theirs]


def test_a_sound_shorter_than_a_silence_has_none():
    assert detect_silence(pause(0.2), min_silence_s=0.3) == []
    assert detect_nonsilent(pause(0.2), min_silence_s=0.3) == [(0, 0.2)]


def test_a_silent_sound_is_one_silence():
    assert detect_silence(pause(2)) == [(0, 2)]
    assert split_on_silence(pause(2)) == []


def test_nothing_has_no_silence():
    assert detect_silence(LOUD[:0]) == detect_nonsilent(LOUD[:0]) == split_on_silence(LOUD[:0]) == []


def test_one_loud_channel_is_enough():
    both = np.concatenate([pause(1).samples, LOUD.samples], axis=1)
    assert detect_silence(Audio(both, RATE), min_silence_s=0.3) == []


def test_a_rate_without_whole_milliseconds_does_not_drift():
    audio = append(*[append(LOUD, pause(1))] * 30).resample(11025)
    last_start, last_end = detect_silence(audio, min_silence_s=0.5)[-1]
    assert (last_start, last_end) == pytest.approx((59, 60), abs=0.005)


def test_pieces_keep_some_silence_at_their_ends():
    first, second = split_on_silence(TALK, min_silence_s=0.3, keep_silence_s=0.2)
    assert (first.duration_s, second.duration_s) == pytest.approx((1.4, 2.5), abs=0.005)


def test_spans_that_would_meet_share_the_gap():
    assert spans_with_room([(1, 2), (2.5, 3)], 0.4, 3.1) == [(0.6, 2.25), (2.25, 3.1)]


def test_all_room_is_shared_out():
    assert spans_with_room([(1, 2), (3, 4)], math.inf, 5) == [(0, 2.5), (2.5, 5)]


def test_what_spans_leave_out_starts_and_ends_with_the_sound():
    assert spans_between([(0, 1), (2, 3)], 4) == [(1, 2), (3, 4)]
    assert spans_between([], 4) == [(0, 4)]


def test_the_ends_are_stripped_and_what_lies_between_stays():
    stripped = strip_silence(TALK, min_silence_s=0.3, keep_silence_s=0.2)
    assert stripped.duration_s == pytest.approx(5.2 - 0.5 - 0.7, abs=0.005)
    start = np.flatnonzero(TALK.samples[:, 0] == stripped.samples[0, 0])[0]
    assert np.array_equal(stripped.samples, TALK.samples[start : start + stripped.frames])


def test_inner_silences_are_shortened_too():
    stripped = strip_silence(TALK, min_silence_s=0.3, keep_silence_s=0.2, inner=True)
    pieces = split_on_silence(TALK, min_silence_s=0.3, keep_silence_s=0.2)
    assert stripped.duration_s == pytest.approx(sum(piece.duration_s for piece in pieces) - CROSSFADE_S, abs=0.001)


def test_a_cut_inside_is_crossfaded():
    pieces = split_on_silence(TALK, min_silence_s=0.3, keep_silence_s=0.2)
    stripped = strip_silence(TALK, min_silence_s=0.3, keep_silence_s=0.2, inner=True)
    joined = append(*pieces, crossfade_s=CROSSFADE_S)
    assert stripped.samples == pytest.approx(joined.samples, abs=1e-6)


def test_a_silence_all_of_which_is_kept_is_not_touched():
    kept = strip_silence(TALK, min_silence_s=0.3, keep_silence_s=0.8, inner=True)
    assert np.array_equal(kept.samples, TALK.samples[: kept.frames])


def test_a_silent_sound_becomes_empty():
    assert strip_silence(pause(2)).frames == 0


@pytest.mark.parametrize("inner", [True, False])
def test_a_sound_without_silence_is_not_touched(inner):
    assert np.array_equal(strip_silence(LOUD, inner=inner).samples, LOUD.samples)


@pytest.mark.parametrize(("min_silence_s", "seek_step_s"), [(0.1, 0), (0.1, -1), (0.01, 0.02)])
def test_steps_that_cannot_be_are_refused(min_silence_s, seek_step_s):
    with pytest.raises(ValueError, match="expected more than 0 and at most min_silence_s"):
        detect_silence(TALK, min_silence_s=min_silence_s, seek_step_s=seek_step_s)
    with pytest.raises(ValueError, match="expected more than 0 and at most min_silence_s"):
        strip_silence(TALK, min_silence_s=min_silence_s, seek_step_s=seek_step_s)


def test_keeping_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="keep_silence_s is -1"):
        strip_silence(TALK, keep_silence_s=-1)

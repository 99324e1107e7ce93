"""Where clips begin and end: in pauses, between a shortest and a longest length, never inside a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from audiokit.analysis.silero import Vector
from audiokit.dataset.stretches import WINDOW_S, Stretch

Cut = Literal["pause", "forced", "recording"]
"""A cut in a pause; one inside speech that had no pause; the recording's own first or last sample."""

CLEAR_S = 0.35  # a pause that no comma makes
WIDEST_ROOM_S = 0.15
FORCED_S = 0.1  # a gap below this may be the closure of a stop consonant, so cutting there is forced


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """What a clip may measure, in seconds."""

    min_s: float
    """Shorter clips are lost."""
    max_s: float
    """Longer clips are not made."""
    max_pause_s: float
    """Longer pauses always separate clips."""
    room_s: float
    """Silence kept on each side where the pause gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One clip to be, as a part of its recording."""

    start_s: float
    """Start with its room, in seconds."""
    end_s: float
    """End with its room, in seconds."""
    start_cut: Cut
    """What lies before it."""
    end_cut: Cut
    """What lies behind it."""


def segment(stretches: Sequence[Stretch], levels_db: Vector, lengths: Lengths) -> list[Segment]:
    """Group stretches into clips: as much speech as possible, cut at the longest pauses.

    Among all groupings the one is taken that keeps the most seconds of speech in clips of a legal length, where every
    cut costs more the shorter its pause is (dynamic programming over stretches, a few dozen steps each).

    Parameters
    ----------
    stretches : speech without pauses, in order.
    levels_db : level of each window of 10 ms, in dBFS; where speech is longer than a clip may be, its quietest
        place is found here.
    lengths : what a clip may measure.
    """
    longest = round((lengths.max_s - 2 * lengths.room_s) / WINDOW_S)
    parts = [part for stretch in stretches for part in _split(stretch, levels_db, longest)]
    windows = len(levels_db)
    return [_with_room(parts, first, last, windows, lengths) for first, last in _group(parts, windows, lengths)]


def _group(parts: Sequence[Stretch], windows: int, lengths: Lengths) -> list[tuple[int, int]]:
    """Choose groups of neighbours, as (first, last) indices."""
    best: list[tuple[float, int]] = []  # for the parts up to each one: score and where the last group starts
    for last in range(len(parts)):
        options: list[tuple[float, int]] = []
        speech_s = 0.0
        for first in range(last, -1, -1):
            if first < last and _gap_s(parts, first) > lengths.max_pause_s:
                break
            clip = _with_room(parts, first, last, windows, lengths)
            length_s = round(clip.end_s - clip.start_s, 3)
            if length_s > lengths.max_s and first < last:
                break
            speech_s += (parts[first].end - parts[first].start) * WINDOW_S
            value = speech_s if length_s >= lengths.min_s else 0.0
            before = best[first - 1][0] - _cut_cost(_gap_s(parts, first - 1)) if first else 0.0
            options.append((before + value, first))
        best.append(max(options))
    groups: list[tuple[int, int]] = []
    last = len(parts) - 1
    while last >= 0:
        groups.append((best[last][1], last))
        last = best[last][1] - 1
    return groups[::-1]


def _cut_cost(gap_s: float) -> float:
    """Seconds of speech that a cut in a gap of this length is worth.

    Pauses between sentences last 0.35 s and more and are free; a comma's 0.2 s cost about a second, so that two cuts
    between sentences are cheaper than one inside.
    """
    if gap_s < FORCED_S:
        return 6.0
    return 0.05 + 6 * max(0.0, 1 - gap_s / CLEAR_S) ** 2


def _gap_s(parts: Sequence[Stretch], index: int) -> float:
    """Length of the gap behind part `index`."""
    return (parts[index + 1].start - parts[index].end) * WINDOW_S


def _with_room(parts: Sequence[Stretch], first: int, last: int, windows: int, lengths: Lengths) -> Segment:
    start, end = parts[first].start * WINDOW_S, parts[last].end * WINDOW_S
    before_s = _gap_s(parts, first - 1) / 2 if first else start
    after_s = _gap_s(parts, last) / 2 if last + 1 < len(parts) else windows * WINDOW_S - end
    room_s = lengths.room_s
    if end - start + 2 * room_s < lengths.min_s:
        room_s = WIDEST_ROOM_S  # a little more silence saves a clip that is a little too short
    return Segment(
        start_s=round(start - min(room_s, before_s), 3),
        end_s=round(end + min(room_s, after_s), 3),
        start_cut=_cut(before_s, at_recording_edge=first == 0),
        end_cut=_cut(after_s, at_recording_edge=last + 1 == len(parts)),
    )


def _cut(room_s: float, *, at_recording_edge: bool) -> Cut:
    if 2 * room_s >= FORCED_S:
        return "pause"
    return "recording" if at_recording_edge else "forced"


def _split(stretch: Stretch, levels_db: Vector, longest: int) -> list[Stretch]:
    """Cut a stretch that is too long at its quietest place, and the halves again where needed."""
    length = stretch.end - stretch.start
    if length <= longest:
        return [stretch]
    margin = min(longest // 4, length // 3)
    smooth = np.convolve(levels_db[stretch.start : stretch.end], np.full(5, 0.2, np.float32), mode="same")
    dip = margin + int(np.argmin(smooth[margin : length - margin]))
    low, high = _quiet_around(smooth, dip)
    halves = (
        Stretch(start=stretch.start, end=stretch.start + low),
        Stretch(start=stretch.start + high, end=stretch.end),
    )
    return [part for half in halves for part in _split(half, levels_db, longest)]


def _quiet_around(levels_db: Vector, dip: int) -> tuple[int, int]:
    """Widen a dip to the windows around it that are as quiet, so that the cut lies in the middle of the silence.

    What is less than 12 dB below the speech is speech: where nothing is quieter, nothing is lost at the cut.
    """
    median_db = np.median(levels_db)
    quiet = levels_db <= min(max(levels_db[dip] + 6, median_db - 30), median_db - 12)
    low = high = dip
    while low > 1 and quiet[low - 1]:
        low -= 1
    while high < len(quiet) - 1 and quiet[high]:
        high += 1
    return low, high

"""Where clips begin and end: in pauses, between a shortest and a longest length, never inside a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from audiokit.analysis.spectrum import Vector
from audiokit.dataset.stretches import WINDOW_S, Stretch

Cut = Literal["pause", "forced", "recording"]
"""A cut in a pause; one inside speech that had no pause; the recording's own first or last sample."""

CLEAR_S = 0.35  # a pause that no comma makes
WIDEST_ROOM_S = 0.15
DETOUR_DB = 0.5  # how much quieter it must be for each window farther from the middle of a gap
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
    gaps = _gaps(parts, levels_db)
    return [_with_room(gaps, first, last, lengths) for first, last in _group(gaps, lengths)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    """What lies before a part, or behind the last one, in level windows."""

    start: int
    end: int
    meet: int
    """Where the clips on both sides meet if their room fills the gap."""
    is_edge: bool
    """Whether the recording starts or ends here."""

    @property
    def length_s(self) -> float:
        return (self.end - self.start) * WINDOW_S


def _gaps(parts: Sequence[Stretch], levels_db: Vector) -> list[_Gap]:
    """List the gaps around all parts: one more than there are parts."""
    if not parts:
        return []
    first, last, windows = parts[0].start, parts[-1].end, len(levels_db)
    between = [
        _Gap(start=a.end, end=b.start, meet=_quietest(levels_db, a.end, b.start), is_edge=False)
        for a, b in pairwise(parts)
    ]
    before = _Gap(start=0, end=first, meet=0, is_edge=True)
    return [before, *between, _Gap(start=last, end=windows, meet=windows, is_edge=True)]


def _quietest(levels_db: Vector, start: int, end: int) -> int:
    """Find where to cut a gap: in its middle, or where it is clearly quieter if a soft sound lies there."""
    room = round(FORCED_S / 2 / WINDOW_S)
    if end - start < 2 * room:
        return (start + end) // 2
    smooth = np.convolve(levels_db[start:end], np.full(3, 1 / 3, np.float32), mode="same")
    middle = (end - start) // 2
    cost = smooth + DETOUR_DB * np.abs(np.arange(end - start) - middle)
    return start + room + int(np.argmin(cost[room : len(cost) - room + 1]))


def _group(gaps: Sequence[_Gap], lengths: Lengths) -> list[tuple[int, int]]:
    """Choose groups of neighbouring parts, as (first, last) indices; part i lies between gaps i and i + 1."""
    best: list[tuple[float, int]] = []  # for the parts up to each one: score and where the last group starts
    for last in range(len(gaps) - 1):
        options: list[tuple[float, int]] = []
        speech_s = 0.0
        for first in range(last, -1, -1):
            if first < last and gaps[first + 1].length_s > lengths.max_pause_s:
                break
            clip = _with_room(gaps, first, last, lengths)
            length_s = round(clip.end_s - clip.start_s, 3)
            if length_s > lengths.max_s and first < last:
                break
            speech_s += (gaps[first + 1].start - gaps[first].end) * WINDOW_S
            value = speech_s if length_s >= lengths.min_s else 0.0
            before = best[first - 1][0] - _cut_cost(gaps[first].length_s) if first else 0.0
            options.append((before + value, first))
        best.append(max(options))
    groups: list[tuple[int, int]] = []
    last = len(best) - 1
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


def _with_room(gaps: Sequence[_Gap], first: int, last: int, lengths: Lengths) -> Segment:
    before, after = gaps[first], gaps[last + 1]
    room_s = lengths.room_s
    if (after.start - before.end) * WINDOW_S + 2 * room_s < lengths.min_s:
        room_s = WIDEST_ROOM_S  # a little more silence saves a clip that is a little too short
    return Segment(
        start_s=round(max(before.end * WINDOW_S - room_s, before.meet * WINDOW_S), 3),
        end_s=round(min(after.start * WINDOW_S + room_s, after.meet * WINDOW_S), 3),
        start_cut=_cut(before),
        end_cut=_cut(after),
    )


def _cut(gap: _Gap) -> Cut:
    if gap.is_edge:
        return "pause" if gap.length_s >= FORCED_S / 2 else "recording"
    return "pause" if gap.length_s >= FORCED_S else "forced"


def _split(stretch: Stretch, levels_db: Vector, longest: int) -> list[Stretch]:
    """Cut a stretch that is too long at its quietest place, and the halves again where needed."""
    parts, todo = [], [stretch]
    while todo:
        part = todo.pop()
        length = part.end - part.start
        if length <= longest:
            parts.append(part)
            continue
        margin = min(longest // 4, length // 3)
        smooth = np.convolve(levels_db[part.start : part.end], np.full(5, 0.2, np.float32), mode="same")
        # A hair's preference for the middle: sound of one level is halved, not pared off at its edge.
        cost = smooth + 0.001 * np.abs(np.arange(length) - length // 2)
        low, high = _quiet_around(smooth, margin + int(np.argmin(cost[margin : length - margin])))
        todo.append(Stretch(start=part.start + high, end=part.end))
        todo.append(Stretch(start=part.start, end=part.start + low))
    return parts


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

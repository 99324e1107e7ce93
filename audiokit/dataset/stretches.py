"""Stretches: speech without a pause, found where the detector hears speech and bounded where energy falls.

The detector says *that* somebody speaks, 32 ms at a time and late at the end; 10 ms levels say *where* the sound
starts and stops. Both are needed: levels alone keep all music, the detector alone cuts soft endings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiokit.analysis.activity import Region, runs
from audiokit.analysis.segments import Mask
from audiokit.analysis.spectrum import Vector

WINDOW_S = 0.01  # one level
REACH_S = 0.6  # how far sound may go on outside what the detector heard: right after music it was 0.34 s late
LATE_S = 0.1  # how late the detector may be where other sound hides the edge: 0.03 cost soft endings in noise
NEAR_S = 5.0  # noise is taken from this far around
STOP_S = 0.1  # silence inside a word: the closure of a stop consonant lasts up to about 0.1 s
SILENCE_DB = -80.0  # below it nothing counts: 16-bit noise lies at -98


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Speech without a pause, in level windows of 10 ms."""

    start: int
    """First window with sound."""
    end: int
    """First window after it."""


def find_stretches(levels_db: Vector, regions: Sequence[Region]) -> list[Stretch]:
    """Find the stretches of a recording, in order.

    Parameters
    ----------
    levels_db : level of each window of 10 ms, in dBFS.
    regions : where the detector heard speech.
    """
    heard = _mask(regions, len(levels_db))
    found: list[Stretch] = []
    for region in regions:
        start, end = _windows(region, len(levels_db))
        reach = round(REACH_S / WINDOW_S)
        low, high = max(0, start - reach), min(len(levels_db), end + reach)
        if found:
            low = max(low, found[-1].end)
        loud = levels_db[low:high] > _threshold(levels_db, heard, start, end)
        for run_start, run_end in runs(loud, max_gap=round(STOP_S / WINDOW_S)):
            sound = Stretch(start=run_start + low, end=run_end + low)
            if sound.start < end and sound.end > start:  # sound that only lies near is not speech
                found.append(_without_other_sound(sound, start, end))
    return _joined(found)


def _without_other_sound(sound: Stretch, start: int, end: int) -> Stretch:
    """Cut off what goes on outside [start, end) for as far as is looked: speech would have ended, music does not."""
    reach, late = round(REACH_S / WINDOW_S), round(LATE_S / WINDOW_S)
    return Stretch(
        start=start - late if sound.start <= start - reach else sound.start,
        end=end + late if sound.end >= end + reach else sound.end,
    )


def noise_db(levels_db: Vector, heard: Mask, start: int, end: int) -> float:
    """Give the noise floor around windows [start, end): the median level where nobody speaks nearby."""
    near = round(NEAR_S / WINDOW_S)
    around = slice(max(0, start - near), end + near)
    quiet = levels_db[around][~heard[around]]
    if len(quiet) < round(0.2 / WINDOW_S):
        quiet = np.sort(levels_db[around])[: max(1, (end - start) // 20)]  # speech without end: its quietest 5 %
    return max(float(np.median(quiet)), SILENCE_DB)


def _threshold(levels_db: Vector, heard: Mask, start: int, end: int) -> float:
    speech_db = float(np.percentile(levels_db[start:end], 75))
    noise = noise_db(levels_db, heard, start, end)
    # Up to 12 dB over the noise; never so high that soft speech over loud noise falls under it.
    return max(min(noise + float(np.clip(0.3 * (speech_db - noise), 3, 12)), speech_db - 20), SILENCE_DB)


def _mask(regions: Sequence[Region], windows: int) -> Mask:
    heard = np.zeros(windows, bool)
    for region in regions:
        start, end = _windows(region, windows)
        heard[start:end] = True
    return heard


def _windows(region: Region, windows: int) -> tuple[int, int]:
    start = min(round(region.start_s / WINDOW_S), windows - 1)
    return start, max(start + 1, min(round(region.end_s / WINDOW_S), windows))


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join what two neighbouring regions both reached into."""
    joined: list[Stretch] = []
    for stretch in stretches:
        if joined and stretch.start - joined[-1].end <= STOP_S / WINDOW_S:
            joined[-1] = Stretch(start=joined[-1].start, end=max(stretch.end, joined[-1].end))
        else:
            joined.append(stretch)
    return joined

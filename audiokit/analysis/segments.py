"""Speech, music, noise, silence: what each part of a recording is.

1. Speech is where the neural detector hears it; pauses below 0.5 s belong to it.
2. Silence is 30 dB or more below the loud parts of the recording, or below -60 dBFS.
3. What remains is music where it is tonal, else noise. Over 3 s, the local flatness of the spectrum
   (`features.tonality_db`) reads 2.0 to 3.4 dB for noise of every colour, clicks and drums, 5.2 dB and more for music
   (synthesized chords, melodies under noise 6 dB softer, the music of the sample podcast). Music of drums alone passes
   for noise, a loud hum for music.

Scheirer and Slaney (1997) tell speech from music by its rhythm of 4 Hz; here the detector has done so already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from audiokit.analysis.activity import Region, runs
from audiokit.analysis.spectrum import HOP_S, Vector
from audiokit.analysis.tracks import LEVEL_S

Kind = Literal["speech", "music", "noise", "silence", "sound"]
"""What a part of a recording is; "sound" is all that is not silence, where no speech detector is installed."""

PAUSE_S = 0.5  # shorter pauses belong to the speech around them
SOUND_S = 0.3  # shorter sounds, a breath or a click, belong to the silence around them
SILENCE_BELOW_DB = 30.0
SILENCE_DBFS = -60.0
TONAL_DB = 4.5
TONAL_S = 3.0

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a recording that is all of one kind."""

    start_s: float
    """Where it starts, in seconds."""
    end_s: float
    """Where it ends, in seconds."""
    kind: Kind
    """What it is."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def segments(
    levels_db: Vector, tonality_db: Vector, speech: Sequence[Region] | None, duration_s: float
) -> tuple[Segment, ...]:
    """Divide a recording without gaps.

    Parameters
    ----------
    levels_db : level of each 10 ms, in dBFS.
    tonality_db : tonality of each spectrum; see `features.tonality_db`.
    speech : where a detector hears speech; None when there is no detector.
    duration_s : length of the recording, in seconds.
    """
    kinds: list[Kind] = ["silence", "sound"] if speech is None else ["silence", "speech", "music", "noise"]
    spoken = _joined(region_mask(speech or (), len(levels_db)), PAUSE_S)
    heard = _joined(~spoken & (levels_db >= silence_threshold_dbfs(levels_db)), SOUND_S) & ~spoken
    codes = spoken.astype(np.int8)
    for start, end in runs(heard):
        if (end - start) * LEVEL_S >= SOUND_S:
            codes[start:end] = 1 if speech is None else 3 - _tonal(tonality_db, start, end)
    starts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()] if len(codes) else []
    edges_s = [round(start * LEVEL_S, 2) for start in starts] + [duration_s]
    return tuple(
        Segment(start_s=edges_s[at], end_s=edges_s[at + 1], kind=kinds[codes[start]]) for at, start in enumerate(starts)
    )


def silence_threshold_dbfs(levels_db: Vector) -> float:
    """Give the level below which a window is silent, in dBFS."""
    loud = levels_db[levels_db >= SILENCE_DBFS]
    if not len(loud):
        return SILENCE_DBFS
    return max(SILENCE_DBFS, float(10 * np.log10(np.mean(10 ** (loud / 10)))) - SILENCE_BELOW_DB)


def region_mask(regions: Sequence[Region | Segment], windows: int) -> Mask:
    """Mark the windows of 10 ms that regions cover."""
    mask = np.zeros(windows, bool)
    for region in regions:
        mask[round(region.start_s / LEVEL_S) : round(region.end_s / LEVEL_S)] = True
    return mask


def _joined(mask: Mask, gap_s: float) -> Mask:
    """Fill gaps shorter than `gap_s`."""
    filled = mask.copy()
    for start, end in runs(mask, max_gap=round(gap_s / LEVEL_S)):
        filled[start:end] = True
    return filled


def _tonal(tonality_db: Vector, start: int, end: int) -> Mask:
    """Tell for each window of 10 ms of a sound whether the 3 s around it, inside the sound, are tonal."""
    first = min(round(start * LEVEL_S / HOP_S), len(tonality_db) - 1)
    inside = tonality_db[first : max(first + 1, round(end * LEVEL_S / HOP_S))]
    reach = round(TONAL_S / HOP_S / 2)
    sums = np.concatenate([[0.0], np.cumsum(inside, dtype=np.float64)])
    places = np.arange(len(inside))
    low, high = np.maximum(places - reach, 0), np.minimum(places + reach + 1, len(inside))
    tonal: Mask = (sums[high] - sums[low]) / (high - low) >= TONAL_DB
    return tonal[np.linspace(0, len(inside) - 1, end - start).astype(np.intp)]

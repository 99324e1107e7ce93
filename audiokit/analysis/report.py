"""`Report`: what a recording sounds like, in numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from audiokit.analysis import rhythm
from audiokit.analysis.fitness import Fitness, Purpose, fit_for_cloning
from audiokit.analysis.meters import Levels
from audiokit.analysis.mos import Mos
from audiokit.analysis.plain import plain
from audiokit.analysis.segments import Kind, Mask, Segment, region_mask, segments
from audiokit.analysis.spectrum import Vector
from audiokit.analysis.survey import FileFacts, Source, Survey, survey
from audiokit.analysis.tracks import LEVEL_S, PitchTrack
from audiokit.progress import SILENT, Progress, clock_face

ASKS = ("tempo", "beats", "onsets", "pyin", "mos", "speakers")
"""What is only measured when it is asked for."""

HIGHEST_SNR_DB = 100.0  # digital silence around speech would give infinity
EDGE_S = 0.1  # so near to speech or music nothing counts as noise: both fade
ENOUGH_S = 0.2  # of noise, to measure it
QUIETEST = 0.05  # else the quietest 5 % of the recording stand for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How much of a recording is what; the fractions add up to 1."""

    speech_fraction: float | None
    """Speech with its pauses below 0.5 s, 0..1; None without a detector."""
    music_fraction: float | None
    """Tonal sound that is no speech, 0..1; None without a detector."""
    noise_fraction: float | None
    """Other sound, 0..1; None without a detector."""
    silence_fraction: float
    """What is 30 dB or more below the loud parts, 0..1."""
    noise_floor_dbfs: float
    """Median level where there is neither speech nor music, in dBFS below 8 kHz; -120 is digital silence."""
    snr_db: float | None
    """Speech over the noise floor, in dB, at most 100; None without speech. Without a detector, all sound counts."""
    bandwidth_hz: float
    """How high the sound reaches, in Hz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchRange:
    """The pitch of the speech, or of all sound where there is no speech."""

    median_hz: float | None
    """Its middle, in Hz; None when nothing has a pitch."""
    low_hz: float | None
    """10 % of it lie lower, in Hz."""
    high_hz: float | None
    """10 % of it lie higher, in Hz."""
    voiced_fraction: float
    """Part that has a pitch, 0..1."""
    method: str
    """"yin" or "pyin"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timbre:
    """Averages of `librosa.feature` over the recording, mono at 22,050 Hz, with librosa's defaults."""

    mfcc_mean: tuple[float, ...]
    """Mean of each of 20 coefficients."""
    mfcc_deviation: tuple[float, ...]
    """Standard deviation of each."""
    centroid_hz: float
    """Spectral centroid, in Hz."""
    rolloff_hz: float
    """Frequency below which 85 % of the magnitude lies, in Hz."""
    zero_crossing_rate: float
    """Part of the samples at which the sign changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One recording in numbers. What was not asked for is None."""

    name: str
    """The recording's path as given; "audio" for audio in memory."""
    file: FileFacts
    """What it is."""
    levels: Levels
    """How loud it is."""
    activity: Activity
    """How much of it is speech, music, noise, silence."""
    pitch: PitchRange
    """How high the voice is."""
    timbre: Timbre
    """What its spectra are like."""
    segments: tuple[Segment, ...]
    """What each part is, in order, without gaps."""
    tempo_bpm: float | None
    """Beats a minute; None when there are none."""
    beats_s: tuple[float, ...] | None
    """When each beat falls, in seconds."""
    onsets_s: tuple[float, ...] | None
    """When each note, syllable or knock begins, in seconds."""
    mos: Mos | None
    """How listeners would rate the speech, by DNSMOS."""
    speakers: tuple[float, ...] | None
    """Part of the speech, 0..1, that each voice speaks, the largest first."""
    notes: tuple[str, ...]
    """What could not be measured, and why."""

    def fit_for_cloning(self, purpose: Purpose = "instant") -> Fitness:
        """Judge the recording as a sample for a voice clone; see `fitness.fit_for_cloning`."""
        return fit_for_cloning(self, purpose)

    def to_json(self) -> dict[str, Any]:
        """Give everything as plain values, with the verdict; None for what is not finite (-inf LUFS)."""
        values = {**asdict(self), "fit_for_cloning": self.fit_for_cloning().to_json()}
        return {name: plain(value) for name, value in values.items()}

    def __repr__(self) -> str:
        return f"Report({self.name!r}, {clock_face(self.file.duration_s)}, {self.fit_for_cloning().verdict})"

    def _repr_html_(self) -> str:
        from html import escape

        from audiokit.analysis.sheet import sheet

        return f"<pre>{escape(chr(10).join(sheet(self)))}</pre>"


def analyze(
    source: Source,
    *,
    ask: Collection[str] = (),
    plot: str | os.PathLike[str] | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Measure a recording; see `audiokit.api.analyze`."""
    heard = survey(source, checked(ask), progress)
    found = report(heard, ask)
    if plot is not None:
        from audiokit.analysis.plots import draw

        draw(heard, found, plot)
    return found


def checked(ask: Collection[str]) -> Collection[str]:
    """Refuse what cannot be asked for.

    Raises
    ------
    ValueError : a name that is not in ASKS.
    """
    unknown = sorted(set([ask] if isinstance(ask, str) else ask) - set(ASKS))
    if unknown or isinstance(ask, str):
        raise ValueError(f"ask is {ask!r}; expected a collection of {', '.join(ASKS)}")
    return ask


def report(heard: Survey, ask: Collection[str] = ()) -> Report:
    """Sum up what one pass found.

    Parameters
    ----------
    heard : see `survey`.
    ask : "tempo", "beats", "onsets"; the rest is in `heard` when it was asked for.
    """
    features = heard.features
    parts = segments(heard.track.levels_db, features.tonality_db, heard.speech, heard.file.duration_s)
    return Report(
        name=heard.name,
        file=heard.file,
        levels=heard.levels,
        activity=_activity(heard, parts),
        pitch=_pitch(heard, parts, "pyin" if "pyin" in ask else "yin"),
        timbre=Timbre(
            mfcc_mean=tuple(features.mfcc_mean.tolist()),
            mfcc_deviation=tuple(features.mfcc_deviation.tolist()),
            centroid_hz=features.centroid_hz,
            rolloff_hz=features.rolloff_hz,
            zero_crossing_rate=features.zero_crossing_rate,
        ),
        segments=parts,
        tempo_bpm=rhythm.tempo_bpm(features.onset_strength) if "tempo" in ask else None,
        beats_s=rhythm.beats_s(features.onset_strength) if "beats" in ask else None,
        onsets_s=rhythm.onsets_s(features.onset_strength) if "onsets" in ask else None,
        mos=heard.mos,
        speakers=heard.speakers,
        notes=heard.notes,
    )


def _activity(heard: Survey, parts: tuple[Segment, ...]) -> Activity:
    levels_db, can_tell = heard.track.levels_db, heard.speech is not None
    noise_db = _noise_floor(levels_db, parts)
    return Activity(
        speech_fraction=_fraction(parts, "speech") if can_tell else None,
        music_fraction=_fraction(parts, "music") if can_tell else None,
        noise_fraction=_fraction(parts, "noise") if can_tell else None,
        silence_fraction=_fraction(parts, "silence"),
        noise_floor_dbfs=noise_db,
        snr_db=_snr(levels_db[_foreground(heard, parts)], noise_db),
        bandwidth_hz=heard.bandwidth_hz,
    )


def _fraction(parts: tuple[Segment, ...], kind: Kind) -> float:
    total_s = sum(part.duration_s for part in parts)
    return sum(part.duration_s for part in parts if part.kind == kind) / total_s if total_s else 0.0


def _foreground(heard: Survey, parts: tuple[Segment, ...]) -> Mask:
    """Mark the windows of 10 ms with speech, or with any sound where no detector tells."""
    if heard.speech is not None:
        return region_mask(heard.speech, len(heard.track.levels_db))
    return region_mask([part for part in parts if part.kind == "sound"], len(heard.track.levels_db))


def _noise_floor(levels_db: Vector, parts: tuple[Segment, ...]) -> float:
    background = np.ones(len(levels_db), bool)
    for part in parts:
        if part.kind in ("speech", "music", "sound"):
            start, end = part.start_s - EDGE_S, part.end_s + EDGE_S
            background[max(0, round(start / LEVEL_S)) : round(end / LEVEL_S)] = False
    quiet = levels_db[background]
    if len(quiet) < ENOUGH_S / LEVEL_S:
        quiet = np.sort(levels_db)[: max(1, round(QUIETEST * len(levels_db)))]
    return float(np.median(quiet))


def _snr(foreground_db: Vector, noise_db: float) -> float | None:
    """Give the level of the foreground, without its share of noise, over the noise."""
    if not len(foreground_db):
        return None
    clean = float(np.mean(10 ** (foreground_db.astype(np.float64) / 10))) - 10 ** (noise_db / 10)
    return min(10 * math.log10(max(clean, 1e-12)) - noise_db, HIGHEST_SNR_DB)


def _pitch(heard: Survey, parts: tuple[Segment, ...], method: str) -> PitchRange:
    track = heard.pitch
    inside = _foreground_steps(heard, parts, track)
    pitches_hz, voiced = track.pitch_hz[inside], track.voiced[inside]
    found, told = pitches_hz[np.isfinite(pitches_hz)], voiced[np.isfinite(voiced)]
    low, median, high = np.percentile(found, (10, 50, 90)).tolist() if len(found) else (None, None, None)
    voiced_fraction = float(told.mean()) if len(told) else 0.0
    return PitchRange(median_hz=median, low_hz=low, high_hz=high, voiced_fraction=voiced_fraction, method=method)


def _foreground_steps(heard: Survey, parts: tuple[Segment, ...], track: PitchTrack) -> Mask:
    """Mark the steps of a pitch track whose middle lies in speech; all when there is no speech."""
    foreground = _foreground(heard, parts)
    middles = (np.arange(len(track.pitch_hz)) + 0.5) * track.step_s / LEVEL_S
    inside: Mask = foreground[np.minimum(middles.astype(np.intp), len(foreground) - 1)]
    return inside if inside.any() else np.ones(len(inside), bool)

"""Tempo, beats and onsets from the onset strength of a recording; librosa's, in stretches of two minutes.

The tempogram of a whole 3-hour recording would take gigabytes, and few recordings keep one tempo for so long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from audiokit.analysis.spectrum import HOP, HOP_S, RATE, Vector
from audiokit.errors import MissingDependencyError

STRETCH = round(120 / HOP_S)  # spectra
SHORTEST = round(2 / HOP_S)  # below two seconds there is no tempo to hear


def tempo_bpm(onset_strength: Vector) -> float | None:
    """Estimate the tempo, in beats a minute: the median over stretches; None without onsets.

    Raises
    ------
    MissingDependencyError : librosa is not installed.
    """
    librosa = _librosa()
    found = [
        float(librosa.feature.tempo(onset_envelope=stretch, sr=RATE, hop_length=HOP)[0])
        for _, stretch in _stretches(onset_strength)
    ]
    return float(np.median(found)) if found else None


def beats_s(onset_strength: Vector) -> tuple[float, ...]:
    """Find the beats, in seconds; each stretch has a tempo of its own.

    Raises
    ------
    MissingDependencyError : librosa is not installed.
    """
    librosa = _librosa()
    found: list[float] = []
    for start, stretch in _stretches(onset_strength):
        _, beats = librosa.beat.beat_track(onset_envelope=stretch, sr=RATE, hop_length=HOP)
        found += ((beats + start) * HOP_S).tolist()
    return tuple(found)


def onsets_s(onset_strength: Vector) -> tuple[float, ...]:
    """Find where notes, syllables and knocks begin, in seconds.

    Raises
    ------
    MissingDependencyError : librosa is not installed.
    """
    if not onset_strength.any():
        return ()
    onsets = _librosa().onset.onset_detect(onset_envelope=onset_strength, sr=RATE, hop_length=HOP)
    return tuple((onsets * HOP_S).tolist())


def _stretches(onset_strength: Vector) -> Iterator[tuple[int, Vector]]:
    for start in range(0, len(onset_strength), STRETCH):
        stretch = onset_strength[start : start + STRETCH]
        if len(stretch) >= SHORTEST and stretch.any():
            yield start, stretch


def _librosa() -> Any:
    try:
        import librosa
    except ImportError as error:
        raise MissingDependencyError("librosa", extra="analysis") from error
    return librosa

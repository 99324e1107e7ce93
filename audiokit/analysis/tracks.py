"""Tracks: a few bytes for each moment of a recording, kept while its sound streams by at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audiokit.analysis.growing import Growing
from audiokit.analysis.pitch import HIGHEST_HZ, LOWEST_HZ, pitch
from audiokit.analysis.silero import SAMPLE_RATE
from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Audio, Samples
from audiokit.errors import MissingDependencyError

LEVEL_WINDOW = 160  # frames: 10 ms
LEVEL_S = LEVEL_WINDOW / SAMPLE_RATE
FLOOR_POWER = 1e-12  # -120 dBFS stands for digital silence
YIN_PIECE = 2352  # frames: 147 ms, four windows of `pitch`
YIN_STEP = 2 * YIN_PIECE  # every other piece: following all of them would take a quarter of the whole pass
PYIN_PIECE = 30 * SAMPLE_RATE
PYIN_WINDOW, PYIN_HOP = 1024, 256  # 64 ms, four periods of the lowest voice; 16 ms


class Pieces:
    """Cuts a stream into pieces of one length and hands each to a function.

    Parameters
    ----------
    frames : length of a piece.
    take : called with each piece, shape (frames,).
    """

    def __init__(self, frames: int, take: Callable[[Vector], None]) -> None:
        self._frames, self._take = frames, take
        self._waiting = np.zeros(0, np.float32)

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._waiting = np.concatenate([self._waiting, samples[:, 0]])
        whole = len(self._waiting) - len(self._waiting) % self._frames
        for start in range(0, whole, self._frames):
            self._take(self._waiting[start : start + self._frames])
        self._waiting = self._waiting[whole:].copy()

    def rest(self) -> Vector:
        """Give what fills no piece."""
        return self._waiting


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelTrack:
    """What a waveform shows, for each window of 10 ms."""

    levels_db: Vector
    """Level, in dBFS; -120 for digital silence."""
    lows: Vector
    """Smallest sample."""
    highs: Vector
    """Largest sample."""


class LevelTracker:
    """Follows the level of a mono stream at 16 kHz."""

    def __init__(self) -> None:
        self._pieces = Pieces(100 * LEVEL_WINDOW, self._read)
        self._found = Growing()

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._pieces.push(samples)

    def finish(self) -> LevelTrack:
        """Give the track, at least one window; the last is filled up with silence."""
        rest = self._pieces.rest()
        if len(rest) or not len(self._found.values()):
            windows = max(1, -(-len(rest) // LEVEL_WINDOW))
            self._read(np.pad(rest, (0, windows * LEVEL_WINDOW - len(rest))))
        powers, lows, highs = self._found.values().reshape(-1, 3).T
        return LevelTrack(levels_db=levels_db(powers), lows=lows, highs=highs)

    def _read(self, wave: Vector) -> None:
        windows = wave.reshape(-1, LEVEL_WINDOW)
        self._found.append(np.stack([powers_of(windows), windows.min(axis=1), windows.max(axis=1)], axis=1))


def powers_of(windows: Vector) -> Vector:
    """Give the mean square of each row."""
    powers: Vector = np.einsum("wf,wf->w", windows, windows) / np.float32(windows.shape[1])
    return powers


def levels_db(powers: Vector) -> Vector:
    """Give mean squares as levels, in dBFS; -120 for digital silence."""
    return np.float32(10) * np.log10(np.maximum(powers, np.float32(FLOOR_POWER)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PitchTrack:
    """The pitch of a recording, step by step."""

    step_s: float
    """Length of a step, in seconds."""
    pitch_hz: Vector
    """Pitch at each step, in Hz; NaN where there is none."""
    voiced: Vector
    """Part of each step that has a pitch, 0..1; NaN where it is too soft to tell."""


class YinTracker:
    """Follows the pitch of a mono stream at 16 kHz with `pitch`: 0.147 s of every 0.294 s."""

    def __init__(self) -> None:
        self._pieces = Pieces(YIN_STEP, self._read)
        self._found: list[tuple[float, float]] = []

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._pieces.push(samples)

    def finish(self) -> PitchTrack:
        """Give the track; an end shorter than a step is left out."""
        hz, voiced = np.array(self._found, np.float32).reshape(-1, 2).T
        return PitchTrack(step_s=YIN_STEP / SAMPLE_RATE, pitch_hz=hz, voiced=voiced)

    def _read(self, wave: Vector) -> None:
        wave = wave[:YIN_PIECE]
        voice = pitch(Audio(wave, SAMPLE_RATE))
        silent = voice.median_hz is None and float(wave @ wave) < len(wave) * 1e-6  # as `pitch` counts: -60 dBFS
        self._found.append((voice.median_hz or np.nan, np.nan if silent else voice.voiced_fraction))


class PyinTracker:
    """Follows the pitch of a mono stream at 16 kHz with librosa's pYIN, in steps of 16 ms.

    pYIN chooses the likeliest path, here through 30 s at a time, and so leaps octaves less often than YIN.

    Raises
    ------
    MissingDependencyError : librosa is not installed.
    """

    def __init__(self) -> None:
        try:
            import librosa
        except ImportError as error:
            raise MissingDependencyError("librosa", extra="analysis") from error
        self._pyin = librosa.pyin
        self._pieces = Pieces(PYIN_PIECE, self._read)
        self._found: list[Vector] = []

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._pieces.push(samples)

    def finish(self) -> PitchTrack:
        """Give the track."""
        if len(self._pieces.rest()) >= PYIN_WINDOW:
            self._read(self._pieces.rest())
        hz = np.concatenate([np.zeros(0, np.float32), *self._found])
        return PitchTrack(step_s=PYIN_HOP / SAMPLE_RATE, pitch_hz=hz, voiced=np.isfinite(hz).astype(np.float32))

    def _read(self, wave: Vector) -> None:
        hz, _, _ = self._pyin(
            wave, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=SAMPLE_RATE, frame_length=PYIN_WINDOW, hop_length=PYIN_HOP
        )
        self._found.append(hz[: len(wave) // PYIN_HOP].astype(np.float32))

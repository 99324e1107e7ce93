"""The files that are sent: chosen clips joined and levelled, in a format that fits the provider's limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiokit.audio.encode import open_writer
from audiokit.audio.files import info, read
from audiokit.audio.formats import Encoding
from audiokit.cloning.material import Candidate
from audiokit.contracts import SampleRequirements
from audiokit.dsp.dynamics import limit
from audiokit.dsp.fades import fade_edges
from audiokit.dsp.gain import amplify
from audiokit.dsp.levels import db_from_power
from audiokit.errors import SampleError

# ElevenLabs' advice for samples, checked in November 2026; other cloners ask for nothing, and bring samples to their
# own level.
RMS_DBFS = (-23.0, -18.0)
PEAK_DBTP = -3.0
FADE_S = 0.01
HEADER_BYTES = 65_536  # for the container
MP3_BPS = 192_000  # ElevenLabs: "192 kbit/s or better"
MP3_RATE = 44_100  # below 32 kHz MP3 stops at 160 kbit/s


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """One file to send."""

    path: Path
    """Where it lies."""
    clips: tuple[Candidate, ...]
    """What is in it, in order."""
    duration_s: float
    """Length in seconds."""
    size_bytes: int
    """Its size."""


def pack(chosen: Sequence[Candidate], requirements: SampleRequirements, folder: Path) -> tuple[PackedFile, ...]:
    """Write the files to send.

    Parameters
    ----------
    chosen : clips of one voice, at least one.
    requirements : formats, the best first, files and bytes.
    folder : where to write them: `sample_01.wav` ...

    Raises
    ------
    SampleError : no format that the provider takes makes them small enough.
    """
    rate = min(max(info(clip.path).sample_rate for clip in chosen), requirements.sample_rate)
    gain_db = _gain_db(chosen)
    for extension in (name for name in requirements.formats if name in _BYTES_A_SECOND):
        coding = _Coding(extension, MP3_RATE if extension == "mp3" else rate)
        groups = _groups(chosen, (requirements.max_bytes - HEADER_BYTES) / coding.bytes_a_second)
        if len(groups) > requirements.max_files:
            continue
        packed = [_write(group, folder, number, coding, gain_db) for number, group in enumerate(groups, 1)]
        if all(file.size_bytes <= requirements.max_bytes for file in packed):
            return tuple(packed)
        for file in packed:
            file.path.unlink()
    total_s = sum(clip.duration_s for clip in chosen)
    raise SampleError(
        f"{total_s:.0f} s of samples do not fit into {requirements.max_files} files of {requirements.max_bytes} bytes "
        f"({', '.join(requirements.formats)}). Give less: audiokit prep --target-minutes."
    )


_BYTES_A_SECOND = {"wav": 2.0, "flac": 1.5, "mp3": MP3_BPS / 8 / MP3_RATE}
"""Of mono, for each Hz of the sample rate. FLAC of speech takes half of WAV; 1.5 leaves room."""


@dataclass(frozen=True, slots=True)
class _Coding:
    extension: str
    sample_rate: int

    @property
    def bytes_a_second(self) -> float:
        return _BYTES_A_SECOND[self.extension] * self.sample_rate

    @property
    def encoding(self) -> Encoding:
        return Encoding(bitrate_bps=MP3_BPS if self.extension == "mp3" else None)


def _groups(clips: Sequence[Candidate], limit_s: float) -> list[list[Candidate]]:
    """Fill one file after the other."""
    groups: list[list[Candidate]] = []
    filled_s = math.inf
    for clip in clips:
        if filled_s + clip.duration_s > limit_s:
            groups.append([])
            filled_s = 0.0
        groups[-1].append(clip)
        filled_s += clip.duration_s
    return groups


def _gain_db(clips: Sequence[Candidate]) -> float:
    """Give the one gain that brings all clips together to the middle of the wanted levels; 0 if they are there."""
    squares, frames = 0.0, 0
    for clip in clips:
        samples = read(clip.path).mono().samples
        squares += float(np.square(samples, dtype=np.float64).sum())
        frames += len(samples)
    level_dbfs = float(db_from_power(np.array([squares / max(frames, 1)]))[0])
    low, high = RMS_DBFS
    return 0.0 if low <= level_dbfs <= high or not math.isfinite(level_dbfs) else (low + high) / 2 - level_dbfs


def _write(clips: Sequence[Candidate], folder: Path, number: int, coding: _Coding, gain_db: float) -> PackedFile:
    path = folder / f"sample_{number:02}.{coding.extension}"
    frames = 0
    with open_writer(path, coding.sample_rate, 1, coding.encoding) as writer:
        for clip in clips:
            audio = amplify(read(clip.path).mono().resample(coding.sample_rate), gain_db)
            # Clips begin and end in a pause of their own; the fade takes the step out of its noise.
            writer.write(fade_edges(limit(audio, PEAK_DBTP), FADE_S, FADE_S).samples)
            frames += audio.frames
    return PackedFile(
        path=path, clips=tuple(clips), duration_s=frames / coding.sample_rate, size_bytes=path.stat().st_size
    )

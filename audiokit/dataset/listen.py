"""The one pass over a recording: decoded block by block into a spool on disk, and into tracks a few bytes a window.

Nothing in memory grows with the length of the recording but the tracks: 8 bytes for each 10 ms.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from audiokit.analysis.clipping import clipped_frames
from audiokit.analysis.growing import Growing
from audiokit.analysis.spectrum import Vector
from audiokit.analysis.tracks import LEVEL_WINDOW, Pieces, levels_db, powers_of
from audiokit.audio.buffer import Samples, downmixed
from audiokit.audio.decode import Reader, open_reader
from audiokit.audio.resample import Resampler
from audiokit.dataset.detect import TRACK_RATE, SpeechDetector, speech_detector
from audiokit.dataset.settings import Channel, PrepSettings
from audiokit.dataset.stretches import WINDOW_S
from audiokit.dsp.filters import StreamFilter, highpass_sections
from audiokit.dsp.levels import window_powers
from audiokit.errors import AudioFileError

SILENT_DBFS = -70.0  # a recording that never gets louder holds nothing
LONGEST_S = 48 * 3600.0
"""What is longer is refused: its tracks would take more than 140 MB of memory, and its spool at 24 kHz 17 GB of disk
unless it is digital silence."""

Advance = Callable[[float], None]
"""Called with the seconds of audio read so far."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speech:
    """What a detector heard: one probability a window."""

    probabilities: Vector
    """0..1 in steps of 1/255, so that they survive being kept in bytes unchanged."""
    window_s: float
    """Length of a window, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """A recording after the pass over it."""

    source_rate: int
    """Rate of the recording, in Hz."""
    source_channels: int
    """Channels of the recording."""
    frames: int
    """Frames of the recording, as decoded."""
    truncated: str
    """What is missing at its end; empty when it is whole."""
    spool: Path
    """Mono float32 at `sample_rate`, without a header."""
    sample_rate: int
    """Rate of the spool, in Hz."""
    levels_db: Vector
    """Level of each window of 10 ms, in dBFS."""
    clipped: NDArray[np.uint16]
    """Clipped samples in each window of 10 ms, over all channels."""
    speech: Speech
    """Where the detector heard speech."""

    @property
    def duration_s(self) -> float:
        """Length of the recording, in seconds."""
        return self.frames / self.source_rate

    def read(self, start_s: float, end_s: float) -> Samples:
        """Read a part of the spool, shape (frames, 1)."""
        start, end = round(start_s * self.sample_rate), round(end_s * self.sample_rate)
        return np.fromfile(self.spool, np.float32, end - start, offset=4 * start)[:, np.newaxis]

    def overwrite(self, start_s: float, samples: Samples) -> None:
        """Put other sound, shape (frames, 1), in place of a part of the spool, and its levels in place of theirs."""
        with self.spool.open("r+b") as file:
            file.seek(4 * round(start_s * self.sample_rate))
            file.write(samples.data)
        levels = levels_db(window_powers(samples, self.sample_rate, WINDOW_S))
        first = round(start_s / WINDOW_S)
        self.levels_db[first : first + len(levels)] = levels[: len(self.levels_db) - first]


def listen(path: Path, spool: Path, settings: PrepSettings, speech: Speech | None, advance: Advance) -> Heard:
    """Decode a recording once.

    Parameters
    ----------
    path : the recording.
    spool : file to write; the caller removes it.
    settings : channel, rate, high-pass and detector.
    speech : what an earlier pass with the same settings heard, to save the detector's work.
    advance : told how far the pass is.

    Raises
    ------
    AudioFileError : not decodable, longer than two days, silent, or truncated (unless `settings.keep_truncated`).
    """
    if settings.channel == "louder":
        settings = replace(settings, channel=_louder_channel(path, advance))
    truncated = ""
    with open_reader(path) as reader, spool.open("wb") as file:
        detector = Remembered(speech) if speech else speech_detector(settings.vad)
        ears = _Ears(reader.sample_rate, settings, detector, file)
        try:
            for block in _blocks(reader, path):
                ears.hear(block)
                advance(ears.frames / reader.sample_rate)
        except AudioFileError as error:
            if error.reason != "truncated" or not settings.keep_truncated or not ears.frames:
                raise
            truncated = str(error)
        levels = ears.finish()
    _refuse_silence(path, levels)
    return Heard(
        source_rate=reader.sample_rate, source_channels=reader.channels, frames=ears.frames, truncated=truncated,
        spool=spool, sample_rate=settings.sample_rate, levels_db=levels, clipped=ears.clipped.finish(len(levels)),
        speech=_heard_by(detector),
    )  # fmt: skip


class _Ears:
    """The streaming stages of one pass."""

    def __init__(self, source_rate: int, settings: PrepSettings, detector: SpeechDetector, spool: BinaryIO) -> None:
        self.frames = 0
        self.clipped = _ClipTrack(source_rate)
        self._levels = _LevelTrack()
        self._channel = settings.channel
        self._to_spool = Resampler(source_rate, settings.sample_rate)
        self._to_track = Resampler(settings.sample_rate, TRACK_RATE)
        self._highpass = None
        if settings.highpass_hz:
            self._highpass = StreamFilter(highpass_sections(settings.highpass_hz, settings.sample_rate), 1)
        self._detector = detector
        self._spool = spool

    def hear(self, block: Samples) -> None:
        """Take the next block of the recording, shape (frames, channels)."""
        self.clipped.push(block)
        self.frames += len(block)
        self._keep(self._to_spool.push(downmixed(block, self._channel)))

    def finish(self) -> Vector:
        """Hand on what the resamplers still hold; give the levels."""
        self._keep(self._to_spool.flush())
        self._track(self._to_track.flush())
        self._spool.truncate(self._spool.tell())
        return self._levels.finish()

    def _keep(self, samples: Samples) -> None:
        if self._highpass:
            samples = self._highpass.push(samples)
        if samples.any():
            self._spool.write(samples.data)
        else:  # a hole takes no room on most disks, so that hours of silence fill none
            self._spool.seek(samples.nbytes, os.SEEK_CUR)
        self._track(self._to_track.push(samples))

    def _track(self, samples: Samples) -> None:
        self._levels.push(samples)
        self._detector.push(samples)


def _blocks(reader: Reader, path: Path) -> Iterator[Samples]:
    """Decode up to a limit, whatever the header claims: a few kilobytes can hold days of silence."""
    frames = 0
    for block in reader.blocks():
        frames += len(block)
        if frames > LONGEST_S * reader.sample_rate:
            raise AudioFileError(
                f"{path.name}: longer than {LONGEST_S / 3600:g} hours; expected less. Cut it with audiokit split.",
                reason="too long",
            )
        yield block


def _refuse_silence(path: Path, levels_db: Vector) -> None:
    loudest_dbfs = float(levels_db.max()) if len(levels_db) else -np.inf
    if loudest_dbfs < SILENT_DBFS:
        raise AudioFileError(
            f"{path.name}: silent, its loudest moment is {loudest_dbfs:.0f} dBFS; expected speech above "
            f"{SILENT_DBFS:g} dBFS. Check the recording.",
            reason="silent",
        )


class Remembered:
    """A detector that has heard this recording before."""

    def __init__(self, speech: Speech) -> None:
        self._probabilities = speech.probabilities
        self.window_s = speech.window_s

    def push(self, samples: Samples) -> None:
        """Listen to nothing."""

    def finish(self) -> Vector:
        """Give what was heard then."""
        return self._probabilities


def _heard_by(detector: SpeechDetector) -> Speech:
    return Speech(probabilities=from_steps(in_steps(detector.finish())), window_s=detector.window_s)


def in_steps(probabilities: Vector) -> NDArray[np.uint8]:
    """Round probabilities to bytes."""
    return np.asarray(np.rint(probabilities * np.float32(255)), np.uint8)


def from_steps(steps: NDArray[np.uint8]) -> Vector:
    """Give the probabilities that bytes stand for; `in_steps` gives the same bytes back."""
    return steps.astype(np.float32) / np.float32(255)


def _louder_channel(path: Path, advance: Advance) -> Channel:
    """Find which of the first two channels carries more, over the whole recording."""
    powers = np.zeros(2)
    with open_reader(path) as reader:
        if reader.channels == 1:
            return "left"
        try:
            for block in _blocks(reader, path):
                powers += np.einsum("fc,fc->c", block[:, :2], block[:, :2])
                advance(0.0)  # nothing to count yet, but a sign of life
        except AudioFileError as error:
            if error.reason != "truncated":
                raise
    return "right" if powers[1] > powers[0] else "left"


class _LevelTrack:
    """Levels of windows of 10 ms, in dBFS."""

    def __init__(self) -> None:
        self._pieces = Pieces(100 * LEVEL_WINDOW, self._read)
        self._found = Growing()

    def push(self, samples: Samples) -> None:
        self._pieces.push(samples)

    def finish(self) -> Vector:
        rest = self._pieces.rest()
        self._read(np.pad(rest, (0, -len(rest) % LEVEL_WINDOW)))
        return self._found.values()

    def _read(self, wave: Vector) -> None:
        self._found.append(levels_db(powers_of(wave.reshape(-1, LEVEL_WINDOW))))


class _ClipTrack:
    """How many samples are clipped in each window of 10 ms."""

    def __init__(self, source_rate: int) -> None:
        self._window = WINDOW_S * source_rate
        self._frames = 0
        self._found: list[NDArray[np.int64]] = []

    def push(self, block: Samples) -> None:
        clipped = clipped_frames(block)
        if len(clipped):
            windows, counts = np.unique(((clipped + self._frames) / self._window).astype(np.int64), return_counts=True)
            self._found.append(np.stack([windows, counts]))
        self._frames += len(block)

    def finish(self, windows: int) -> NDArray[np.uint16]:
        track = np.zeros(windows, np.uint16)
        for places, counts in self._found:
            np.add.at(track, np.minimum(places, windows - 1), counts.astype(np.uint16))
        return track

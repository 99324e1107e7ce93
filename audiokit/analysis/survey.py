"""The one pass over a recording: decoded block by block, measured as it streams by.

Nothing in memory grows with the length but tracks, 13 kB for each minute; mel levels wait on disk (see `features`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from audiokit.analysis.activity import Region, speech_regions
from audiokit.analysis.bandwidth import bandwidth_hz
from audiokit.analysis.features import FeatureReader, Features
from audiokit.analysis.meters import Excerpt, LevelMeter, Levels
from audiokit.analysis.mos import Mos, MosReader
from audiokit.analysis.silero import SAMPLE_RATE, SpeechReader
from audiokit.analysis.speakers import SpeakerReader
from audiokit.analysis.spectrum import RATE
from audiokit.analysis.tags import tags
from audiokit.analysis.tracks import LevelTrack, LevelTracker, PitchTrack, PyinTracker, YinTracker
from audiokit.audio.buffer import Audio, Samples, downmixed
from audiokit.audio.decode import BLOCK_FRAMES, open_reader
from audiokit.audio.resample import Resampler
from audiokit.dsp.loudness import StepPowers
from audiokit.errors import AudioFileError, MissingDependencyError
from audiokit.progress import Progress

Source = str | os.PathLike[str] | Audio
"""A recording on disk or in memory."""

Listener = Callable[[Samples], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a recording is, before anybody listens."""

    format: str
    """Container, such as "wav"; empty for audio in memory."""
    codec: str
    """Coding inside it, such as "aac"; empty for audio in memory."""
    sample_rate: int
    """In Hz."""
    channels: int
    """How many channels."""
    bit_depth: int | None
    """Bits of a sample; None for lossy codecs."""
    duration_s: float
    """Length as decoded, in seconds."""
    tags: dict[str, str]
    """Title, artist and the like; names in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """All that one pass over a recording found."""

    name: str
    """The recording's path as given; "audio" for audio in memory."""
    file: FileFacts
    """What it is."""
    levels: Levels
    """How loud it is."""
    step_powers: StepPowers
    """K-weighted powers of steps of 0.1 s; see `LoudnessMeter`."""
    features: Features
    """What its spectra tell."""
    bandwidth_hz: float
    """How high its sound reaches, in Hz; see `bandwidth_hz`."""
    track: LevelTrack
    """Level and waveform every 10 ms."""
    pitch: PitchTrack
    """Pitch, step by step."""
    speech: tuple[Region, ...] | None
    """Where the detector hears speech; None without a detector."""
    mos: Mos | None
    """Estimated opinion of listeners; None when not asked for."""
    speakers: tuple[float, ...] | None
    """Part of the speech that each voice speaks, the largest first; None when not asked for, or without a detector."""
    notes: tuple[str, ...]
    """What could not be measured, and why."""


def survey(source: Source, ask: Collection[str], progress: Progress) -> Survey:
    """Listen to a recording once.

    Parameters
    ----------
    source : a file, or audio in memory.
    ask : "pyin" follows the pitch with pYIN, "mos" rates the speech, "speakers" counts the voices; other
        names are none of its business.
    progress : called with the name and the seconds of audio, done and in all.

    Raises
    ------
    AudioFileError : cannot be read; a recording without its end is measured as far as it goes, with a note.
    MissingDependencyError : what was asked for is not installed.
    """
    name = "audio" if isinstance(source, Audio) else os.fspath(source)
    notes: list[str] = []
    with _opened(source) as (facts, blocks, expected_s), closing(_Ears(facts, ask, notes)) as ears:
        try:
            for block in blocks:
                ears.hear(block)
                progress(name, ears.frames / facts.sample_rate, expected_s)
        except AudioFileError as error:
            if error.reason != "truncated" or not ears.frames:
                raise
            notes.append(str(error))
        if not ears.frames:
            raise AudioFileError(f"{name}: no sound in it. Leave it out.", reason="empty")
        return ears.finish(name, notes)


@contextmanager
def _opened(source: Source) -> Iterator[tuple[FileFacts, Iterator[Samples], float]]:
    """Give facts (without the true length), blocks, and the length to expect in seconds."""
    if isinstance(source, Audio):
        starts = range(0, source.frames, BLOCK_FRAMES)
        blocks = (source.samples[start : start + BLOCK_FRAMES] for start in starts)
        yield _facts(source.sample_rate, source.channels), blocks, source.duration_s
        return
    with open_reader(source) as reader:
        facts = replace(
            _facts(reader.sample_rate, reader.channels),
            format=reader.format,
            codec=reader.codec,
            bit_depth=reader.bit_depth,
            tags=tags(source),
        )
        yield facts, reader.blocks(), reader.expected_s or 0.0


def _facts(sample_rate: int, channels: int) -> FileFacts:
    return FileFacts(
        format="", codec="", sample_rate=sample_rate, channels=channels, bit_depth=None, duration_s=0.0, tags={}
    )


class _Ears:
    """All that listens during one pass, each at the rate it wants."""

    def __init__(self, facts: FileFacts, ask: Collection[str], notes: list[str]) -> None:
        self.frames = 0
        self._facts = facts
        self._levels = LevelMeter(facts.sample_rate, facts.channels)
        self._excerpt = Excerpt(facts.sample_rate)
        self._speech = _speech_reader(notes)
        self._mos = MosReader() if "mos" in ask else None
        self._speakers = SpeakerReader() if "speakers" in ask else None
        self._track, self._pitch = LevelTracker(), PyinTracker() if "pyin" in ask else YinTracker()
        self._features = FeatureReader()
        listeners: list[Listener] = [self._track.push, self._pitch.push]
        listeners += [optional.push for optional in (self._speech, self._mos, self._speakers) if optional]
        self._lanes = (
            _Lane(Resampler(facts.sample_rate, SAMPLE_RATE), listeners),
            _Lane(Resampler(facts.sample_rate, RATE), [self._features.push]),
        )

    def hear(self, block: Samples) -> None:
        """Take the next block, shape (frames, channels)."""
        self.frames += len(block)
        self._levels.push(block)
        mono = downmixed(block)
        self._excerpt.push(mono)
        for lane in self._lanes:
            lane.push(lane.resampler.push(mono))

    def finish(self, name: str, notes: list[str]) -> Survey:
        """Hand on what the resamplers still hold; give what all have found."""
        for lane in self._lanes:
            lane.push(lane.resampler.flush())
        speech = None
        if self._speech:
            speech = tuple(speech_regions(self._speech.finish(), self._speech.window_s))
        return Survey(
            name=name,
            file=replace(self._facts, duration_s=self.frames / self._facts.sample_rate),
            levels=self._levels.finish(),
            step_powers=self._levels.step_powers,
            features=self._features.finish(),
            bandwidth_hz=bandwidth_hz(self._excerpt.audio()),
            track=self._track.finish(),
            pitch=self._pitch.finish(),
            speech=speech,
            mos=self._mos.finish(speech or ()) if self._mos else None,
            speakers=self._speakers.finish(speech) if self._speakers and speech is not None else None,
            notes=tuple(notes),
        )

    def close(self) -> None:
        """Let go of the temporary file."""
        self._features.close()


@dataclass(frozen=True, slots=True)
class _Lane:
    """A rate, and who listens at it."""

    resampler: Resampler
    listeners: list[Listener]

    def push(self, samples: Samples) -> None:
        for listener in self.listeners:
            listener(samples)


def _speech_reader(notes: list[str]) -> SpeechReader | None:
    try:
        return SpeechReader()
    except MissingDependencyError as error:
        notes.append(f"speech is not told from other sound: {error}")
        return None

"""Sound that can be gone through from the start as often as it is needed, in memory that does not grow with it.

Steps make streams of streams. A step that must know the whole sound before it can begin, such as a normalization, goes
through the stream before it once: then the recordings are decoded once more, and nothing is kept.
"""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.decode import open_reader
from audiokit.audio.resample import Resampler
from audiokit.dsp.channels import SetChannels
from audiokit.dsp.mix import Join
from audiokit.dsp.stage import Holdback, Stage
from audiokit.progress import SILENT, Progress

BLOCK_FRAMES = 65536
USUAL_BITS, DEEP_BITS = 16, 24


class Stream(ABC):
    """Sound of one rate and one number of channels."""

    sample_rate: int
    """In Hz."""
    channels: int
    """How many channels."""
    bits: int | None = None
    """Width that a file of integers written from it should have; None: the usual one, 16."""

    @abstractmethod
    def blocks(self) -> Iterator[Samples]:
        """Go through it once, from the start."""


class Recording(Stream):
    """A file; decoded anew each time.

    Raises
    ------
    AudioFileError : see `open_reader`.
    """

    def __init__(self, path: str | os.PathLike[str], progress: Progress = SILENT) -> None:
        self._path, self._progress = Path(path), progress
        with open_reader(path) as reader:
            self.sample_rate, self.channels = reader.sample_rate, reader.channels
            self.bits = DEEP_BITS if (reader.bit_depth or 0) > USUAL_BITS else None

    def blocks(self) -> Iterator[Samples]:
        """Decode once, from the start."""
        done_s = 0.0
        with open_reader(self._path) as reader:
            for block in reader.blocks(BLOCK_FRAMES):
                yield block
                done_s += len(block) / reader.sample_rate
                self._progress(self._path.name, done_s, max(done_s, reader.expected_s or 0.0))


class InMemory(Stream):
    """An `Audio`."""

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self.sample_rate, self.channels = audio.sample_rate, audio.channels

    def blocks(self) -> Iterator[Samples]:
        """Cut into blocks, which are views."""
        for start in range(0, self._audio.frames, BLOCK_FRAMES):
            yield self._audio.samples[start : start + BLOCK_FRAMES]


class Staged(Stream):
    """A stream behind a stage.

    Parameters
    ----------
    stream : what comes in.
    make : makes a fresh stage, for each time.
    sample_rate, channels : of what the stage gives, where they change.
    """

    def __init__(
        self,
        stream: Stream,
        make: Callable[[], Stage],
        *,
        sample_rate: int | None = None,
        channels: int | None = None,
    ) -> None:
        self._stream, self._make = stream, make
        self.sample_rate, self.channels = sample_rate or stream.sample_rate, channels or stream.channels
        self.bits = stream.bits
        make()  # whatever the stage refuses, it refuses now

    def blocks(self) -> Iterator[Samples]:
        """Push the stream through a fresh stage."""
        stage = self._make()
        for block in self._stream.blocks():
            if len(ready := stage.push(block)):
                yield ready
        if len(rest := stage.flush()):
            yield rest


class Joined(Stream):
    """Streams one after another, at the highest rate and the largest number of channels among them.

    Raises
    ------
    UsageError : channels that cannot be matched.
    """

    def __init__(self, parts: Sequence[Stream], crossfade_s: float = 0.0) -> None:
        self.sample_rate = max(part.sample_rate for part in parts)
        self.channels = max(part.channels for part in parts)
        self.bits = max(part.bits or 0 for part in parts) or None
        self._parts = [with_channels(with_rate(part, self.sample_rate), self.channels) for part in parts]
        self._crossfade_s = crossfade_s

    def blocks(self) -> Iterator[Samples]:
        """Go through all parts."""
        join = Join(self._crossfade_s, sample_rate=self.sample_rate, channels=self.channels)
        for number, part in enumerate(self._parts):
            if number:
                yield join.next_part()
            for block in part.blocks():
                yield join.push(block)
        yield join.flush()


class Trimmed(Stream):
    """What lies between two places of a stream; what follows the end is not asked for.

    Parameters
    ----------
    stream : what comes in.
    start, end : in frames; None is the end, negative counts from it. A negative start needs such an end.
    """

    def __init__(self, stream: Stream, start: int, end: int | None) -> None:
        self._stream, self._start, self._end = stream, start, end
        self.sample_rate, self.channels, self.bits = stream.sample_rate, stream.channels, stream.bits

    def blocks(self) -> Iterator[Samples]:
        """Go through that part."""
        return self._last_part() if self._start < 0 else self._inner_part()

    def _last_part(self) -> Iterator[Samples]:
        last = Holdback(-self._start, channels=self.channels)
        for block in self._stream.blocks():
            last.push(block)
        yield last.take()[self._start :][: self._end]

    def _inner_part(self) -> Iterator[Samples]:
        position, end = 0, self._end
        from_end = -end if end is not None and end < 0 else 0
        last = Holdback(from_end, channels=self.channels)
        for block in self._stream.blocks():
            stop = None if end is None or from_end else end - position
            piece = block[max(0, self._start - position) : stop]
            position += len(block)
            if len(ready := last.push(piece) if from_end else piece):
                yield ready
            if end is not None and 0 <= end <= position:
                return
        rest = last.take()
        yield rest[: max(0, len(rest) - from_end)]


class Reversed(Stream):
    """A stream backwards, by way of a file of float32 in the folder for temporary files."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.sample_rate, self.channels, self.bits = stream.sample_rate, stream.channels, stream.bits

    def blocks(self) -> Iterator[Samples]:
        """Write all of it down, then read from the end."""
        with tempfile.TemporaryFile(prefix="audiokit-") as file:
            for block in self._stream.blocks():
                file.write(np.ascontiguousarray(block).data)
            frame_bytes = 4 * self.channels
            for end in range(file.tell() // frame_bytes, 0, -BLOCK_FRAMES):
                start = max(0, end - BLOCK_FRAMES)
                file.seek(start * frame_bytes)
                data = file.read((end - start) * frame_bytes)
                yield np.frombuffer(data, np.float32).reshape(-1, self.channels)[::-1].copy()


def with_rate(stream: Stream, sample_rate: int) -> Stream:
    """Resample a stream, if it has another rate."""
    if sample_rate == stream.sample_rate:
        return stream
    channels = stream.channels
    return Staged(stream, lambda: Resampler(stream.sample_rate, sample_rate, channels), sample_rate=sample_rate)


def with_channels(stream: Stream, channels: int) -> Stream:
    """Copy or mix the channels of a stream, if it has another number of them.

    Raises
    ------
    UsageError : several shall become several others.
    """
    if channels == stream.channels:
        return stream
    return Staged(stream, lambda: SetChannels(channels, channels=stream.channels), channels=channels)


def collected(stream: Stream) -> Audio:
    """Take a whole stream into memory."""
    blocks = [np.empty((0, stream.channels), np.float32), *stream.blocks()]
    return Audio(np.concatenate(blocks), stream.sample_rate)

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
from audiokit.dsp.stage import Stage
from audiokit.progress import SILENT, Progress

BLOCK_FRAMES = 65536


class Stream(ABC):
    """Sound of one rate and one number of channels."""

    sample_rate: int
    """In Hz."""
    channels: int
    """How many channels."""
    bit_depth: int | None = None
    """Bits of a sample where it came from; None: lossy or from memory."""

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
            self.sample_rate, self.channels, self.bit_depth = reader.sample_rate, reader.channels, reader.bit_depth

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
        self.bit_depth = stream.bit_depth
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
        self.bit_depth = max((part.bit_depth or 0 for part in parts), default=0) or None
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


class Reversed(Stream):
    """A stream backwards, by way of a file of float32 in the folder for temporary files."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.sample_rate, self.channels, self.bit_depth = stream.sample_rate, stream.channels, stream.bit_depth

    def blocks(self) -> Iterator[Samples]:
        """Write all of it down, then read from the end."""
        with tempfile.TemporaryFile(prefix="audiokit-") as file:
            for block in self._stream.blocks():
                file.write(np.ascontiguousarray(block))
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

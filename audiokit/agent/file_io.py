"""Files in place of a microphone and a speaker."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from types import TracebackType

import numpy as np

from audiokit.agent.ports import AudioOut
from audiokit.agent.track import Sides, Track, UserTrack, Write
from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.audio.encode import open_writer
from audiokit.audio.files import blocks

SAMPLE_RATE = 24_000  # what most voices have


async def file_chunks(path: str | os.PathLike[str]) -> AsyncIterator[AudioChunk]:
    """Give a recording as a microphone would: 20 ms each, when they are over on the event loop's clock.

    Parameters
    ----------
    path : a recording of any kind; several channels are mixed to one.

    Raises
    ------
    AudioFileError : see `audiokit.audio.files.blocks`.
    """
    loop = asyncio.get_running_loop()
    next_s = loop.time()
    for block in blocks(path):
        for chunk in chunks_of(block.mono()):
            next_s += chunk.duration_s
            # Also when it is late: the others are to have their turn.
            await asyncio.sleep(max(0.0, next_s - loop.time()))
            yield chunk


async def overheard(
    chunks: AsyncIterator[AudioChunk], *listeners: Callable[[AudioChunk], None]
) -> AsyncIterator[AudioChunk]:
    """Pass a stream on, and let others hear each piece first."""
    async for chunk in chunks:
        for listener in listeners:
            listener(chunk)
        yield chunk


class SoundFile:
    """An audio file that is whole however the conversation ends.

    Parameters
    ----------
    path : its extension gives the format; see `audiokit.audio.encode.open_writer`.
    sample_rate : in Hz.
    channels : of all pieces.

    Raises
    ------
    AudioFileError : cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], sample_rate: int, channels: int = 1) -> None:
        self._stack, self._channels = ExitStack(), channels
        self._writer = self._stack.enter_context(open_writer(path, sample_rate, channels))

    def write(self, samples: Samples) -> None:
        """Append samples of shape (frames, channels)."""
        if len(samples):
            self._writer.write(samples)

    def close(self) -> None:
        """Give the file its name."""
        if not self._writer.frames:
            self._writer.write(np.zeros((1, self._channels), np.float32))
        self._stack.close()


class Silent:
    """An `AudioOut` on the event loop's clock that hands on what would be heard, by default to nobody.

    Made inside a running event loop.

    Parameters
    ----------
    sample_rate : in Hz.
    write : takes what was heard since the conversation began, in order, shape (frames, 1).
    """

    def __init__(self, sample_rate: int = SAMPLE_RATE, write: Write = lambda samples: None) -> None:
        self.sample_rate = sample_rate
        self._track = Track(sample_rate, write)
        self._clock = asyncio.get_running_loop().time
        self.begin()

    def begin(self, now_s: float = 0.0) -> None:
        """Set the clock before the first sound: the conversation has gone on for `now_s` seconds."""
        self._started_s = self._clock() - now_s

    @property
    def now_s(self) -> float:
        """Seconds since the conversation began."""
        return self._clock() - self._started_s

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        """Queue a piece of the reply."""
        self._track.play(chunk.samples, self.now_s)

    def pause(self) -> None:
        """Be silent and keep the queue."""
        self._track.pause(self.now_s)

    def resume(self) -> None:
        """Go on with the queue."""
        self._track.resume(self.now_s)

    def clear(self, turn_id: int) -> None:
        """Drop what was not heard yet."""
        self._track.clear(self.now_s)


class FileOut(Silent):
    """An `AudioOut` that writes what a listener hears; a context manager, whose end completes the file.

    Parameters
    ----------
    path : its extension gives the format.
    sample_rate : in Hz.
    with_user : write two channels: the user, from `hear`, on the left, the agent on the right.

    Raises
    ------
    AudioFileError : cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, sample_rate: int = SAMPLE_RATE, with_user: bool = False
    ) -> None:
        self._file = SoundFile(path, sample_rate, 2 if with_user else 1)
        sides = Sides(self._file.write)
        self._user = UserTrack(sample_rate, sides.left) if with_user else None
        super().__init__(sample_rate, sides.right if with_user else self._file.write)

    def __enter__(self) -> FileOut:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._track.advance(self.now_s)
        if error is None:
            self._track.finish()
        if self._user:
            self._user.finish(self._track.frames)
            self._track.advance(self._user.frames / self.sample_rate)
        self._file.close()

    def hear(self, chunk: AudioChunk) -> None:
        """Take a piece of the user's voice."""
        if self._user:
            self._user.hear(chunk, self.now_s)


class Outs:
    """Several `AudioOut` as one.

    Parameters
    ----------
    first : tells the rate.
    others : must take the same.
    """

    def __init__(self, first: AudioOut, *others: AudioOut) -> None:
        if any(other.sample_rate != first.sample_rate for other in others):
            raise ValueError(f"rates are {[out.sample_rate for out in (first, *others)]} Hz; expected the same")
        self.sample_rate = first.sample_rate
        self._outs = (first, *others)

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        """Queue a piece of the reply."""
        for out in self._outs:
            out.play(chunk, turn_id)

    def pause(self) -> None:
        """Be silent and keep the queue."""
        for out in self._outs:
            out.pause()

    def resume(self) -> None:
        """Go on with the queue."""
        for out in self._outs:
            out.resume()

    def clear(self, turn_id: int) -> None:
        """Drop what was not heard yet."""
        for out in self._outs:
            out.clear(turn_id)

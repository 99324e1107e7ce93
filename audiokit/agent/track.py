"""Both sides of a conversation as they were heard, each on one clock, silence included."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.audio.resample import Resampler

Write = Callable[[Samples], None]

AWAY_S = 0.5  # a microphone that is later than this was away; less is jitter


class Track:
    """The agent's side: what is heard when sound is queued, paused and dropped: a sound card that only writes.

    Every call tells the time; what lies before it is settled and goes to `write`, so memory holds the queue only.

    Parameters
    ----------
    sample_rate : in Hz.
    write : takes what was heard, in order, shape (frames, 1).
    """

    def __init__(self, sample_rate: int, write: Write) -> None:
        self._sample_rate, self._write = sample_rate, write
        self._queue: deque[Samples] = deque()
        self._is_paused = False
        self.frames = 0
        """How many were heard so far."""

    def play(self, samples: Samples, now_s: float) -> None:
        """Queue sound; it is heard at once when nothing is before it."""
        self.advance(now_s)
        self._queue.append(samples)

    def pause(self, now_s: float) -> None:
        """Be silent and keep the queue."""
        self.advance(now_s)
        self._is_paused = True

    def resume(self, now_s: float) -> None:
        """Go on where `pause` stopped."""
        self.advance(now_s)
        self._is_paused = False

    def clear(self, now_s: float) -> None:
        """Drop what was not heard yet; a pause ends."""
        self.advance(now_s)
        self._queue.clear()
        self._is_paused = False

    def advance(self, now_s: float) -> None:
        """Settle everything before `now_s`, in seconds from the start."""
        missing = round(now_s * self._sample_rate) - self.frames
        while missing > 0 and self._queue and not self._is_paused:
            missing -= self._take(missing)
        if missing > 0:
            self._settle(np.zeros((missing, 1), np.float32))

    def finish(self) -> None:
        """Hear the rest of the queue."""
        while self._queue:
            self._settle(self._queue.popleft())

    def _take(self, most: int) -> int:
        samples = self._queue.popleft()
        if len(samples) > most:
            self._queue.appendleft(samples[most:])
        self._settle(samples[:most])
        return min(len(samples), most)

    def _settle(self, samples: Samples) -> None:
        self.frames += len(samples)
        self._write(samples)


class UserTrack:
    """The user's side: pieces that belong together however late they come, silence where the microphone was away.

    Parameters
    ----------
    sample_rate : of what is written, in Hz.
    write : takes samples of shape (frames, 1).
    """

    def __init__(self, sample_rate: int, write: Write) -> None:
        self._sample_rate, self._write = sample_rate, write
        self._resampler: Resampler | None = None
        self._from_rate = 0
        self.frames = 0
        """How many were written so far."""

    def hear(self, chunk: AudioChunk, now_s: float) -> None:
        """Take the piece that is over at `now_s`, in seconds from the start; its rate may change on the way."""
        if chunk.sample_rate != self._from_rate:
            self._flush()
            self._resampler = Resampler(chunk.sample_rate, self._sample_rate)
            self._from_rate = chunk.sample_rate
        away = round((now_s - chunk.duration_s) * self._sample_rate) - self.frames
        if away > AWAY_S * self._sample_rate:
            self._settle(np.zeros((away, 1), np.float32))
        if self._resampler:
            self._settle(self._resampler.push(chunk.samples))

    def finish(self, frames: int) -> None:
        """Fill up with silence to a length in frames, if it is shorter."""
        self._flush()
        self._settle(np.zeros((max(0, frames - self.frames), 1), np.float32))

    def _flush(self) -> None:
        if self._resampler:
            self._settle(self._resampler.flush())
            self._resampler = None

    def _settle(self, samples: Samples) -> None:
        self.frames += len(samples)
        self._write(samples)


class Sides:
    """Two mono streams that become one with two channels, as far as both have come.

    Parameters
    ----------
    write : takes samples of shape (frames, 2).
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting = [np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32)]

    def left(self, samples: Samples) -> None:
        """Append to the left side."""
        self._push(0, samples)

    def right(self, samples: Samples) -> None:
        """Append to the right side."""
        self._push(1, samples)

    def _push(self, side: int, samples: Samples) -> None:
        self._waiting[side] = np.concatenate([self._waiting[side], samples])
        both = min(map(len, self._waiting))
        if both:
            self._write(np.hstack([waiting[:both] for waiting in self._waiting]))
            self._waiting = [waiting[both:] for waiting in self._waiting]

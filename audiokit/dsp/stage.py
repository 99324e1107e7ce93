"""The shape of every operation that can work on a stream.

A stage takes a recording piece by piece, in pieces of any size, and gives it back changed, in pieces of its own choice.
What all pieces add up to does not depend on how the input was cut. Settings are given to the constructor, with the
`sample_rate` and the `channels` of the sound that will come, as far as the stage needs to know them.

Each operation has both faces: the class (`Compress`) for streams, the function (`compress`) for an `Audio`; the
function runs the class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

import numpy as np

from audiokit.audio.buffer import Audio, Samples

_PIECE_FRAMES = 65536  # stays in the cache: measured 2 x as fast as a whole recording at once


class Stage(Protocol):
    """An operation on a stream of float32 samples of shape (frames, channels)."""

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give what is ready, perhaps nothing yet. The input is never changed."""
        ...

    def flush(self) -> Samples:
        """End the stream; give what was held back. Nothing can be pushed after it."""
        ...


class Memoryless:
    """A stage that holds nothing back.

    Parameters
    ----------
    channels : how many channels it gives.
    """

    def __init__(self, channels: int) -> None:
        self._nothing = nothing(channels)

    def flush(self) -> Samples:
        """Give nothing: everything has been handed out."""
        return self._nothing


class Chain:
    """Several stages, one behind the other, as one stage.

    Raises
    ------
    ValueError : no stage at all.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        if not stages:
            raise ValueError("a chain of no stages; expected at least one")
        self._stages = stages

    def push(self, samples: Samples) -> Samples:
        """Push through all stages."""
        for stage in self._stages:
            samples = stage.push(samples)
        return samples

    def flush(self) -> Samples:
        """End all stages, the first one first."""
        rest = self._stages[0].flush()
        for stage in self._stages[1:]:
            rest = np.concatenate([stage.push(rest), stage.flush()])
        return rest


def nothing(channels: int) -> Samples:
    """Give no frames of so many channels."""
    return np.empty((0, channels), np.float32)


def run(stage: Stage, audio: Audio) -> Audio:
    """Send a whole recording through a fresh stage that keeps the sample rate."""

    def pieces() -> Iterator[Samples]:
        yield from map(stage.push, pieces_of(audio))
        yield stage.flush()

    return collect(pieces(), audio.sample_rate, frames=audio.frames)


def pieces_of(audio: Audio) -> Iterator[Samples]:
    """Cut a recording into pieces that a stage works on best; an empty one is one empty piece."""
    for start in range(0, max(audio.frames, 1), _PIECE_FRAMES):
        yield audio.samples[start : start + _PIECE_FRAMES]


def collect(pieces: Iterator[Samples], sample_rate: int, *, frames: int) -> Audio:
    """Put pieces together, of which there are probably `frames` frames.

    One array, filled as the pieces come, is half the memory that putting them together at the end would touch.
    """
    first = next(pieces)
    whole, filled = np.empty((frames, first.shape[1]), np.float32), 0
    for piece in chain([first], pieces):
        if filled + len(piece) > len(whole):
            room = np.empty((filled + 2 * len(piece), whole.shape[1]), np.float32)
            whole = np.concatenate([whole[:filled], room])
        whole[filled : filled + len(piece)] = piece
        filled += len(piece)
    return Audio(whole[:filled], sample_rate)


class Holdback:
    """Keeps at least the last `frames` frames of a stream; whatever is older goes on."""

    def __init__(self, frames: int, *, channels: int) -> None:
        self._frames = frames
        self._nothing = nothing(channels)
        self._pieces: deque[Samples] = deque()
        self._held = 0

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that are no longer among the last."""
        if not self._frames:
            return samples
        self._pieces.append(samples.copy())
        self._held += len(samples)
        older = []
        while self._pieces and self._held - len(self._pieces[0]) >= self._frames:
            older.append(self._pieces.popleft())
            self._held -= len(older[-1])
        return older[0] if len(older) == 1 else np.concatenate([self._nothing, *older])

    def take(self) -> Samples:
        """Give all that is held, which may be more than `frames`; nothing is left."""
        held = np.concatenate([self._nothing, *self._pieces])
        self._pieces.clear()
        self._held = 0
        return held

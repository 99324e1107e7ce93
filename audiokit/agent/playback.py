"""A player without clock or device: sound goes in as fast as it comes, and out just before it is to be heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import CHUNK_S, AudioChunk

TRUSTED_S = 0.5  # how long a play mark is carried on by the clock: marks come every 100 to 250 ms


class PacedPlayer:
    """The sound of one turn on an absolute clock: what is late once does not make everything after it later.

    Parameters
    ----------
    sample_rate : of what is pushed, in Hz.
    send_ahead_s : how long before its time a piece may go out, in seconds.
    """

    def __init__(self, sample_rate: int, send_ahead_s: float) -> None:
        self.sample_rate = sample_rate
        self._ahead_s = send_ahead_s
        self._longest = max(1, round(CHUNK_S * sample_rate))
        self._waiting: deque[Samples] = deque()
        self._pushed = self._sent = 0
        self._zero_s: float | None = None
        self._paused_s: float | None = None
        self._mark: tuple[float, float] | None = None

    @property
    def pushed_s(self) -> float:
        """How much sound came in, in seconds."""
        return self._pushed / self.sample_rate

    @property
    def sent_s(self) -> float:
        """How much sound went out, in seconds."""
        return self._sent / self.sample_rate

    @property
    def has_begun(self) -> bool:
        """Whether anything went out."""
        return self._zero_s is not None

    def push(self, samples: Samples) -> None:
        """Take the next sound, shape (frames, 1)."""
        if len(samples):
            self._waiting.append(samples)
            self._pushed += len(samples)

    def due(self, now_s: float) -> Iterator[AudioChunk]:
        """Give what is to go out now, in pieces of at most 20 ms.

        Parameters
        ----------
        now_s : the time, in seconds on any clock that goes on.
        """
        if self._paused_s is not None or not self._waiting:
            return
        if self._zero_s is None or self._zero_s + self._sent / self.sample_rate < now_s:
            self._zero_s = now_s - self._sent / self.sample_rate  # it begins, or it had run dry and begins again
        horizon = round((now_s + self._ahead_s - self._zero_s) * self.sample_rate)
        while self._waiting and self._sent < horizon:
            first = self._waiting[0]
            piece = first[: self._longest]
            if len(piece) < len(first):
                self._waiting[0] = first[self._longest :]
            else:
                self._waiting.popleft()
            self._sent += len(piece)
            yield AudioChunk(piece, self.sample_rate)

    def next_s(self) -> float | None:
        """Give when `due` has something again; None: not before something is pushed or resumed."""
        if self._paused_s is not None or not self._waiting or self._zero_s is None:
            return None
        # The horizon is then one sample beyond what was sent.
        return self._zero_s + (self._sent + 1) / self.sample_rate - self._ahead_s

    def pause(self, now_s: float) -> None:
        """Stop the clock of what is heard."""
        if self._paused_s is None:
            self._paused_s = now_s

    def resume(self, now_s: float) -> None:
        """Go on with the first sample that was not heard."""
        if self._paused_s is None:
            return
        pause_s = now_s - self._paused_s
        if self._zero_s is not None:
            self._zero_s += pause_s
        if self._mark:
            self._mark = (self._mark[0], self._mark[1] + pause_s)
        self._paused_s = None

    def mark(self, heard_s: float, now_s: float) -> None:
        """Believe a listener that knows how much was played, in seconds."""
        self._mark = (min(heard_s, self._sent / self.sample_rate), now_s)

    def heard_s(self, now_s: float) -> float:
        """Give how much of the sound was heard, in seconds."""
        if self._zero_s is None:
            return 0.0
        now_s = now_s if self._paused_s is None else self._paused_s
        sent_s = self.sent_s
        by_clock_s = min(sent_s, max(0.0, now_s - self._zero_s))
        if self._mark is None:
            return by_clock_s
        marked_s, at_s = self._mark
        return min(sent_s, marked_s + max(0.0, min(now_s - at_s, TRUSTED_S)))

    def end_s(self) -> float | None:
        """Give when all that was pushed will have been heard, by the clock; None while it pauses."""
        if self._paused_s is not None:
            return None
        return 0.0 if self._zero_s is None else self._zero_s + self.pushed_s

    def clear(self) -> None:
        """Drop what did not go out."""
        self._waiting.clear()

"""Brings a turn's sound to its listener in time: the paced player on the event loop's clock."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from audiokit.agent.playback import PacedPlayer
from audiokit.agent.ports import AudioOut
from audiokit.audio.buffer import Samples

MARKS_LATE_S = 1.0  # a listener whose play marks end too early is believed to have heard all after so long
MARK_S = 0.02  # the precision that is asked of marks


class Speaker:
    """Plays one turn: a timer a piece, no task.

    Parameters
    ----------
    out : the listener.
    turn_id : which turn.
    send_ahead_s : how long before its time a piece may go out, in seconds.
    on_audible : called once, when the first piece goes out.
    """

    def __init__(self, out: AudioOut, turn_id: int, send_ahead_s: float, on_audible: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._out, self._turn_id = out, turn_id
        self._player = PacedPlayer(out.sample_rate, send_ahead_s)
        self._on_audible: Callable[[], None] | None = on_audible
        self._timer: asyncio.TimerHandle | None = None
        self._moments: deque[tuple[float, Callable[[], None]]] = deque()
        self._is_closed = self._has_marks = False
        self._unpaused = asyncio.Event()
        self._unpaused.set()
        self.first_audio_s: float | None = None
        """When the first sample was heard, in seconds on the loop's clock."""

    @property
    def sample_rate(self) -> int:
        """The rate that `push` takes, in Hz."""
        return self._player.sample_rate

    @property
    def pushed_s(self) -> float:
        """How much sound came in, in seconds."""
        return self._player.pushed_s

    def push(self, samples: Samples) -> None:
        """Take the next sound, shape (frames, 1); what is due goes out before this returns."""
        if not self._is_closed:
            self._player.push(samples)
            self._pump()

    def pause(self) -> None:
        """Fall silent at once."""
        if not self._is_closed:
            self._player.pause(self._loop.time())
            self._unpaused.clear()
            self._stop_timer()
            if self._player.has_begun:
                self._out.pause()

    def resume(self) -> None:
        """Go on where it paused."""
        if not self._is_closed:
            self._player.resume(self._loop.time())
            self._unpaused.set()
            if self._player.has_begun:
                self._out.resume()
            self._pump()

    def played(self, played_s: float) -> None:
        """Believe the listener: so much was heard, in seconds."""
        now_s = self._loop.time()
        if not self._has_marks and self.first_audio_s is not None and played_s > 0:
            self.first_audio_s = max(self.first_audio_s, now_s - played_s)
        self._has_marks = True
        self._player.mark(played_s, now_s)

    def heard_s(self) -> float:
        """Give how much was heard, in seconds."""
        return self._player.heard_s(self._loop.time())

    def clear(self) -> None:
        """Drop all that was not heard yet, here and at the listener's; nothing can be played any more."""
        if not self._is_closed:
            self._is_closed = True
            self._stop_timer()
            self._player.clear()
            self._unpaused.set()
            if self._player.has_begun:
                self._out.clear(self._turn_id)

    def when_begun(self, position_s: float, tell: Callable[[], None]) -> None:
        """Call `tell` as soon as sound after a position has gone out; positions in order."""
        self._moments.append((position_s, tell))
        self._tell_moments()

    async def drained(self) -> None:
        """Wait until all that was pushed has been heard."""
        while not self._is_closed:
            end_s = self._player.end_s()
            if end_s is None:
                await self._unpaused.wait()
            elif (now_s := self._loop.time()) < end_s:
                await asyncio.sleep(end_s - now_s)
            elif not self._has_marks or self.heard_s() >= self.pushed_s - MARK_S or now_s >= end_s + MARKS_LATE_S:
                return
            else:
                await asyncio.sleep(MARK_S)

    def _pump(self) -> None:
        now_s = self._loop.time()
        for chunk in self._player.due(now_s):
            self._out.play(chunk, self._turn_id)
        if self._on_audible and self._player.has_begun:
            tell, self._on_audible = self._on_audible, None
            self.first_audio_s = now_s
            tell()
        self._tell_moments()
        self._stop_timer()
        next_s = self._player.next_s()
        if next_s is not None:
            self._timer = self._loop.call_at(next_s, self._pump)

    def _tell_moments(self) -> None:
        while self._moments and self._moments[0][0] < self._player.sent_s:
            self._moments.popleft()[1]()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

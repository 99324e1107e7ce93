"""The user's sound on its way into a conversation: at the pace of the clock, in slices between which others go on."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from contextlib import suppress

from audiokit.audio.chunk import AudioChunk
from audiokit.server.limits import Bucket

SLICE_S = 0.1  # 2 ms of the loop with Silero, measured; 9.5 s at once would hold it for 39
SPEED = 1.25  # times the clock: who was held up for 10 s has caught up after 40
DECODED_PIECES = 100  # 2 s of Opus as browsers send it


class Hearing:
    """Hands sound on, piece by piece, and makes a sender wait that outruns the clock.

    Parameters
    ----------
    ahead_s : how much sound may come ahead of the clock, in seconds.
    hear : takes each slice.
    warn : called when a sender is made to wait; not again before `ahead_s` have gone by without that.
    """

    def __init__(self, ahead_s: float, hear: Callable[[AudioChunk], None], warn: Callable[[], None]) -> None:
        self._ahead_s, self._hear, self._warn = ahead_s, hear, warn
        self._loop = asyncio.get_running_loop()
        self._bucket = Bucket(SPEED, ahead_s / SPEED, self._loop.time())
        self._waited_s = -math.inf
        self._unbroken_s = 0.0
        self._decoded: asyncio.Queue[AudioChunk] = asyncio.Queue()
        self._room = threading.Semaphore(DECODED_PIECES)

    async def take(self, chunk: AudioChunk) -> None:
        """Take a piece of any length, and come back when it was heard."""
        frames = max(1, round(SLICE_S * chunk.sample_rate))
        for start in range(0, len(chunk.samples), frames):
            piece = AudioChunk(chunk.samples[start : start + frames], chunk.sample_rate)
            await self._turn_of(piece.duration_s)
            self._hear(piece)

    def put(self, chunk: AudioChunk) -> bool:
        """Take a piece from a decoder's thread; False while many others are to be heard first."""
        if not self._room.acquire(blocking=False):
            return False
        with suppress(RuntimeError):  # the loop has closed meanwhile
            self._loop.call_soon_threadsafe(self._decoded.put_nowait, chunk)
        return True

    async def run(self) -> None:
        """Hand on what decoders give, for ever."""
        while True:
            chunk = await self._decoded.get()
            self._room.release()
            await self.take(chunk)

    async def _turn_of(self, duration_s: float) -> None:
        """Wait until this much sound may be heard; small pieces that came together count as one."""
        now_s = self._loop.time()
        wait_s = self._bucket.take(duration_s, now_s)
        self._unbroken_s += duration_s
        if wait_s:
            if now_s - self._waited_s > self._ahead_s:
                self._warn()
            self._waited_s = now_s
        if wait_s or self._unbroken_s > SLICE_S:
            self._unbroken_s = 0.0
            await asyncio.sleep(wait_s)

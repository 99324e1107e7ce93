"""A hosted agent speaks as fast as it can make speech; a client gets it as it is to be heard."""

from __future__ import annotations

import asyncio
from collections import deque

from audiokit.agent.ports import AudioOut
from audiokit.audio.chunk import CHUNK_S, AudioChunk
from audiokit.audio.resample import Resampler

SEND_AHEAD_S = 0.2  # enough for a network's jitter, and all that an interruption has to take back
LIMIT_S = 60.0


class Pacer:
    """Plays what was queued, at most `SEND_AHEAD_S` before its time.

    Parameters
    ----------
    audio_out : who gets it, at its own rate.
    """

    def __init__(self, audio_out: AudioOut) -> None:
        self._out = audio_out
        self._queue: deque[tuple[AudioChunk, int]] = deque()
        self._changed, self._taken = asyncio.Event(), asyncio.Event()
        self._resampler: Resampler | None = None
        self._from_rate, self._turn_id = 0, -1
        self._heard_until_s = 0.0
        self.queued_s = 0.0

    async def room(self) -> None:
        """Wait while so much is queued that the vendor should be read no further."""
        while self.queued_s > LIMIT_S:
            self._taken.clear()
            await self._taken.wait()

    def silent_since_s(self, now_s: float) -> float:
        """Tell how long nothing has been heard, in seconds; 0 while something is."""
        return 0.0 if self._queue else max(0.0, now_s - self._heard_until_s)

    def put(self, chunk: AudioChunk, turn_id: int) -> None:
        """Queue a piece, of any length and rate."""
        if self._resampler is None or (self._from_rate, self._turn_id) != (chunk.sample_rate, turn_id):
            self._from_rate, self._turn_id = chunk.sample_rate, turn_id
            self._resampler = Resampler(chunk.sample_rate, self._out.sample_rate, quality="LQ")
        samples = self._resampler.push(chunk.samples)
        frames = round(CHUNK_S * self._out.sample_rate)
        for start in range(0, len(samples), frames):
            piece = AudioChunk(samples[start : start + frames], self._out.sample_rate)
            self._queue.append((piece, turn_id))
            self.queued_s += piece.duration_s
        self._changed.set()

    def clear(self, turn_id: int) -> None:
        """Drop what was not heard yet, here and at the client."""
        self._queue.clear()
        self._resampler, self.queued_s, self._heard_until_s = None, 0.0, 0.0
        self._taken.set()
        self._out.clear(turn_id)

    async def run(self) -> None:
        """Play, for ever."""
        clock = asyncio.get_running_loop().time
        while True:
            while not self._queue:
                self._changed.clear()
                await self._changed.wait()
            chunk, turn_id = self._queue.popleft()
            self.queued_s -= chunk.duration_s
            self._taken.set()
            self._out.play(chunk, turn_id)
            self._heard_until_s = max(self._heard_until_s, clock()) + chunk.duration_s
            await asyncio.sleep(max(0.0, self._heard_until_s - clock() - SEND_AHEAD_S))

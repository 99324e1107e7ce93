"""Who talks with an agent in a test: a user with a microphone, and a listener who remembers what was played."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import pairwise

import numpy as np

from audiokit.agent.session import AgentSession
from audiokit.audio.chunk import CHUNK_S, AudioChunk
from audiokit.testing.spoken import ToneLanguage

HUM = 0.04  # louder than the threshold of silence, below the lowest word


class Listener:
    """An `AudioOut` that plays in real time into memory.

    Parameters
    ----------
    language : what it understands; it wants sound at its rate.
    """

    def __init__(self, language: ToneLanguage) -> None:
        self._language, self.sample_rate = language, language.sample_rate
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[int, AudioChunk]] = deque()
        self._next_s = 0.0
        self._paused_s: float | None = None
        self._heard: list[tuple[int, float, AudioChunk]] = []
        self.calls: list[tuple[float, str]] = []
        """"pause", "resume" and "clear", with their times in seconds on the loop's clock."""
        self.most_ahead_s = 0.0
        """The longest that a piece waited to be heard, in seconds."""

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        """See `AudioOut`."""
        now_s = self._loop.time()
        self._advance()
        if not self._waiting:
            self._next_s = max(self._next_s, now_s)
        self._waiting.append((turn_id, chunk))
        ahead_s = self._next_s - now_s + sum(each.duration_s for _, each in self._waiting)
        self.most_ahead_s = max(self.most_ahead_s, ahead_s - chunk.duration_s)

    def pause(self) -> None:
        """See `AudioOut`."""
        self._advance()
        self._paused_s = self._loop.time()
        self.calls.append((self._loop.time(), "pause"))

    def resume(self) -> None:
        """See `AudioOut`."""
        if self._paused_s is not None:
            self._next_s += self._loop.time() - self._paused_s
        self._paused_s = None
        self.calls.append((self._loop.time(), "resume"))

    def clear(self, turn_id: int) -> None:
        """See `AudioOut`."""
        self._advance()
        self._waiting.clear()
        self._paused_s = None
        self._next_s = self._loop.time()
        self.calls.append((self._loop.time(), "clear"))

    def heard_text(self, turn_id: int) -> str:
        """Give the words of a turn that were really heard."""
        self._advance()
        return " ".join(self._language.understand(chunk for turn, _, chunk in self._heard if turn == turn_id))

    def heard_s(self, turn_id: int) -> float:
        """Give how much of a turn was heard, in seconds."""
        self._advance()
        return sum(chunk.duration_s for turn, _, chunk in self._heard if turn == turn_id)

    def longest_gap_s(self, turn_id: int) -> float:
        """Give the longest silence between two pieces of a turn, in seconds."""
        self._advance()
        pieces = [(start_s, chunk.duration_s) for turn, start_s, chunk in self._heard if turn == turn_id]
        gaps = [after - start - length for (start, length), (after, _) in pairwise(pieces)]
        return max(gaps, default=0.0)

    def _advance(self) -> None:
        now_s = self._loop.time() if self._paused_s is None else self._paused_s
        while self._waiting and self._next_s < now_s - 1e-9:
            turn_id, chunk = self._waiting.popleft()
            self._heard.append((turn_id, self._next_s, chunk))
            self._next_s += chunk.duration_s


class User:
    """Speaks into a session's microphone, 20 ms at a time on an absolute clock, and is silent otherwise.

    Parameters
    ----------
    session : who is spoken to.
    language : which is spoken.
    """

    def __init__(self, session: AgentSession, language: ToneLanguage) -> None:
        self._session, self._language = session, language
        self._sound: deque[AudioChunk] = deque()
        self.is_on = True
        """Whether the microphone sends."""
        self._silent = asyncio.Event()
        self._silent.set()

    def say(self, text: str) -> None:
        """Begin to speak."""
        self._sound.extend(self._language.speak(text))
        self._silent.clear()

    def pause(self, length_s: float) -> None:
        """Add a pause to what is being said, in seconds."""
        self._sound.extend(self._language.silence(length_s))
        self._silent.clear()

    def hum(self, length_s: float) -> None:
        """Make a sound without words, in seconds."""
        hum = AudioChunk(
            np.full((round(CHUNK_S * self._language.sample_rate), 1), HUM, np.float32), self._language.sample_rate
        )
        self._sound.extend([hum] * round(length_s / CHUNK_S))
        self._silent.clear()

    async def said(self) -> None:
        """Wait until all was said."""
        await self._silent.wait()

    async def run(self) -> None:
        """Send sound until cancelled."""
        loop = asyncio.get_running_loop()
        (silence,) = self._language.silence(CHUNK_S)
        next_s = loop.time()
        while True:
            next_s += CHUNK_S
            await asyncio.sleep(next_s - loop.time())  # a chunk is sent when it was spoken
            if self.is_on:
                self._session.push(self._sound.popleft() if self._sound else silence)
            if not self._sound:
                self._silent.set()

"""An agent without a mind: after half a second of sound it says what it heard, in a tone. Time is all it knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np

from audiokit.agent.events import (
    AgentText,
    Event,
    Interrupted,
    ProviderFailed,
    SessionEnded,
    StateChanged,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnMetrics,
    UserText,
)
from audiokit.agent.ports import AudioOut
from audiokit.audio.chunk import AudioChunk

TURN_S = 0.5
REPLY_S = 0.2
CHUNK_S = 0.02
TONE_HZ = 450.0  # whole periods in every 20 ms


class FakeSession:
    """One conversation, with everything it was told in its lists."""

    def __init__(self, agent: FakeAgent, audio_out: AudioOut) -> None:
        self.agent, self.audio_out = agent, audio_out
        self.heard: list[AudioChunk] = []
        self.marks: list[tuple[int, float]] = []
        self.typed: list[str] = []
        self.is_open = self.is_finishing = False
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._since_turn_s = 0.0
        self._turn_id = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if self.agent.refusal:
            raise self.agent.refusal
        self.is_open = True
        self.agent.sessions.append(self)
        self._tell(StateChanged(at_s=0, state="idle"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.is_open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def heard_s(self) -> float:
        return sum(chunk.duration_s for chunk in self.heard)

    def push(self, chunk: AudioChunk) -> None:
        self.heard.append(chunk)
        self._since_turn_s += chunk.duration_s
        if self._since_turn_s >= TURN_S:
            self._since_turn_s = 0.0
            self._reply(f"{self.heard_s:.1f} s of sound")

    def say_text(self, text: str) -> None:
        self.typed.append(text)
        if text == "crash":
            raise RuntimeError("a bug of the agent")
        if text == "fail":
            failure = ProviderFailed(at_s=0, stage="llm", provider="fake", message="the model is down", fallback=None)
            self._tell(failure)
        elif text == "interrupt":
            for task in self._tasks:
                task.cancel()
            self.audio_out.pause()
            self.audio_out.clear(self._turn_id)
            self._tell(Interrupted(at_s=0, turn_id=self._turn_id, heard_text="You"))
        elif text == "flood":
            for _ in range(2000):
                self.audio_out.play(_tone(self.audio_out.sample_rate, CHUNK_S), 1)
        else:
            self._reply(text)

    def played(self, turn_id: int, played_s: float) -> None:
        self.marks.append((turn_id, played_s))

    def finish(self) -> None:
        self.is_finishing = True
        if not self._tasks:
            self._tell(SessionEnded(at_s=0, reason="finished"))

    async def events(self) -> AsyncIterator[Event]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, SessionEnded):
                return

    def _tell(self, event: Event) -> None:
        self._events.put_nowait(event)

    def _reply(self, text: str) -> None:
        self._turn_id += 1
        task = asyncio.create_task(self._speak(self._turn_id, text))
        self._tasks.add(task)
        task.add_done_callback(self._spoken)

    def _spoken(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self.is_finishing and not task.cancelled():
            self._tell(SessionEnded(at_s=0, reason="finished"))

    async def _speak(self, turn_id: int, text: str) -> None:
        self._tell(UserText(at_s=0, turn_id=turn_id, text=text, is_final=True))
        self._tell(StateChanged(at_s=0, turn_id=turn_id, state="speaking"))
        self._tell(ToolStarted(at_s=0, turn_id=turn_id, name="echo", arguments={}))
        self._tell(ToolEnded(at_s=0, turn_id=turn_id, name="echo", result="", error=None))
        self._tell(AgentText(at_s=0, turn_id=turn_id, text="You said: ", is_final=False))
        self._tell(AgentText(at_s=0, turn_id=turn_id, text=text, is_final=False))
        await asyncio.sleep(self.agent.thinking_s)
        for _ in range(round(self.agent.reply_s / CHUNK_S)):
            self.audio_out.play(_tone(self.audio_out.sample_rate, CHUNK_S), turn_id)
            await asyncio.sleep(CHUNK_S / 10)
        self._tell(AgentText(at_s=0, turn_id=turn_id, text=f"You said: {text}", is_final=True))
        metrics = TurnMetrics(
            speech_end_s=1.0,
            endpoint_s=1.2,
            first_audio_s=1.45,
            latency_s=0.45,
            tts_characters=30,
            cached_characters=10,
        )
        self._tell(TurnEnded(at_s=0, turn_id=turn_id, metrics=metrics))


@dataclass(slots=True)
class FakeAgent:
    """Makes sessions and keeps them for the test to look at."""

    reply_s: float = REPLY_S
    thinking_s: float = 0.0
    refusal: Exception | None = None
    sessions: list[FakeSession] = field(default_factory=list)

    def session(self, audio_out: AudioOut) -> FakeSession:
        return FakeSession(self, audio_out)


def _tone(sample_rate: int, duration_s: float) -> AudioChunk:
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    return AudioChunk((0.3 * np.sin(2 * np.pi * TONE_HZ * time_s)).astype(np.float32)[:, np.newaxis], sample_rate)

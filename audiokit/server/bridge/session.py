"""One client's conversation with a hosted agent, over as many lines as it takes."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from audiokit.agent.events import Event, ProviderFailed, SessionEnded
from audiokit.agent.ports import AudioOut
from audiokit.audio.chunk import AudioChunk
from audiokit.audio.resample import Resampler
from audiokit.errors import AudiokitError, ProviderError, ProviderUnavailable
from audiokit.retry import Retry, acall
from audiokit.server.bridge.formats import Format, format_named
from audiokit.server.bridge.line import Hosted, Line
from audiokit.server.bridge.pacer import Pacer
from audiokit.server.bridge.translation import Answer, Effect, Silence, Sound, Translation

TICK_S = 0.1
MAX_WAITING = 1000  # messages; 10 s of 20 ms pieces are 500
RECALLED = 6  # sayings that a new line is told of


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """How patient a bridge is."""

    dial: Retry = field(default_factory=lambda: Retry(attempts=5, budget_s=30.0))
    """How often a line is dialled, each time one is needed."""
    lines: int = 5
    """Most lines in a conversation."""
    buffer_s: float = 10.0
    """How much of the user's speech is kept while there is no line, in seconds."""
    quiet_s: float = 1.0
    """A reply is over when nothing has been heard for so long, in seconds: the vendor does not say when."""
    thinking_s: float = 15.0
    """How long a reply that was begun, or is owed, may have no sound, in seconds."""
    idle_s: float = 120.0
    """A line on which nobody says anything costs money: it is closed after so many seconds."""


class BridgeSession:
    """A `Conversation` whose mind is elsewhere.

    Parameters
    ----------
    hosted : the agent.
    audio_out : where its voice goes.
    settings : how patient to be.
    """

    def __init__(self, hosted: Hosted, audio_out: AudioOut, settings: BridgeSettings) -> None:
        self._hosted, self._settings = hosted, settings
        self._clock = asyncio.get_running_loop().time
        self._pacer, self._translation = Pacer(audio_out), Translation(self._clock)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._waiting: deque[AudioChunk | dict[str, object]] = deque()
        self._waiting_s, self._more = 0.0, asyncio.Event()
        self._active_s = self._clock()
        self._is_finishing = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def push(self, chunk: AudioChunk) -> None:
        """Hear the user; while there is no line, the last seconds are kept."""
        if not self._is_finishing:
            self._send(chunk)

    def say_text(self, text: str) -> None:
        """Pass on what the user typed."""
        self._active_s = self._clock()
        self._send({"type": "user_message", "text": text})

    def played(self, turn_id: int, played_s: float) -> None:
        """Take note of nothing: the vendor does not ask what was heard."""

    def finish(self) -> None:
        """End when the running reply has been heard."""
        self._is_finishing = True

    async def events(self) -> AsyncIterator[Event]:
        """Tell what happens, up to SessionEnded."""
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, SessionEnded):
                return

    def _send(self, item: AudioChunk | dict[str, object]) -> None:
        self._waiting.append(item)
        self._waiting_s += _duration_s(item)
        while self._waiting_s > self._settings.buffer_s or len(self._waiting) > MAX_WAITING:
            self._waiting_s -= _duration_s(self._waiting.popleft())
        self._more.set()

    async def _run(self) -> None:
        reason = "failures"
        try:
            reason = await self._lines()
        except AudiokitError as error:
            self._tell_failure(error, None)
        finally:
            self._events.put_nowait(SessionEnded(at_s=self._clock(), reason=reason))

    async def _lines(self) -> str:
        """Talk over one line after another; give why the conversation is over."""
        pauses_s = self._settings.dial.pauses_s()
        for number in range(self._settings.lines):
            try:
                line = await acall(self._hosted.dial, self._settings.dial)
                return await self._carry(line, is_new=number == 0)
            except ProviderError as error:
                goes_on = error.retryable and number + 1 < self._settings.lines
                self._tell_failure(error, "a new connection" if goes_on else None)
                if not goes_on:
                    break
                await asyncio.sleep(next(pauses_s, self._settings.dial.longest_pause_s))
        return "failures"

    def _tell_failure(self, error: AudiokitError, fallback: str | None) -> None:
        provider = error.provider if isinstance(error, ProviderError) else "elevenlabs"
        event = ProviderFailed(
            at_s=self._clock(), stage="llm", provider=provider, message=str(error), fallback=fallback
        )
        self._events.put_nowait(event)

    async def _carry(self, line: Line, *, is_new: bool) -> str:
        """Talk over one line; give why the conversation is over."""
        self._translation.new_line()
        if not is_new and self._translation.history:
            self._waiting.appendleft({"type": "contextual_update", "text": self._recalled()})
        parts: list[Coroutine[Any, Any, str]] = [self._listen(line), self._speak(line), self._watch(), self._pace()]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(ProviderError):
                await line.close()

    async def _listen(self, line: Line) -> str:
        output = format_named(line.output_format)
        async for message in line.messages():
            for effect in self._translation.read(message):
                self._do(effect, output)
            await self._pacer.room()
        return "finished"

    def _do(self, effect: Effect, output: Format) -> None:
        match effect:
            case Answer(message=message):
                self._send(message)
                return
            case Sound(data=data, turn_id=turn_id):
                self._pacer.put(output.decode(data), turn_id)
            case Silence(turn_id=turn_id):
                self._pacer.clear(turn_id)
            case Event():
                self._events.put_nowait(effect)
        self._active_s = self._clock()

    async def _speak(self, line: Line) -> str:
        wanted = format_named(line.input_format)
        resampler, rate = Resampler(wanted.sample_rate, wanted.sample_rate), wanted.sample_rate
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            item = self._waiting.popleft()
            self._waiting_s -= _duration_s(item)
            if isinstance(item, AudioChunk):
                if item.sample_rate != rate:
                    rate = item.sample_rate
                    resampler = Resampler(rate, wanted.sample_rate, quality="LQ")
                data = wanted.encode(AudioChunk(resampler.push(item.samples), wanted.sample_rate))
                item = {"user_audio_chunk": base64.b64encode(data).decode()}
                if not data:
                    continue
            await line.send(item)

    async def _watch(self) -> str:
        while True:
            await asyncio.sleep(TICK_S)
            now_s = self._clock()
            silent_s = self._pacer.silent_since_s(now_s)
            idle_s = now_s - self._active_s
            has_waited = self._translation.was_heard or idle_s > self._settings.thinking_s
            if min(silent_s, idle_s) > self._settings.quiet_s and (has_waited or not self._translation.is_busy):
                active_s = self._active_s
                for effect in self._translation.heard_to_the_end():
                    self._do(effect, Format(0))
                self._active_s = active_s
            if self._is_finishing and silent_s and not self._translation.is_busy:
                return "finished"
            if idle_s > self._settings.idle_s and silent_s:
                return "idle"

    async def _pace(self) -> str:
        await self._pacer.run()
        raise ProviderUnavailable("the pacer stopped", provider="elevenlabs")

    def _recalled(self) -> str:
        sayings = [f"{speaker}: {text}" for speaker, text in self._translation.history[-RECALLED:]]
        return "The connection was lost and is back. What was said before: " + " / ".join(sayings)


def _duration_s(item: AudioChunk | dict[str, object]) -> float:
    return item.duration_s if isinstance(item, AudioChunk) else 0.0

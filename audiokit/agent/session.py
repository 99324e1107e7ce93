"""One conversation: the only place where the turn machine meets sound, tasks and time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from types import TracebackType
from typing import Any, Self

import numpy as np

from audiokit.agent import moves
from audiokit.agent.conversation import Conversation
from audiokit.agent.events import Event, ProviderFailed, SessionEnded, Stage, StateChanged
from audiokit.agent.ports import AudioOut
from audiokit.agent.recognize import Recognizer
from audiokit.agent.replies import Replies
from audiokit.agent.services import Services
from audiokit.agent.speech_gate import SpeechGate
from audiokit.agent.surroundings import Surroundings
from audiokit.agent.turns import Rules, Turns, step
from audiokit.audio.chunk import CHUNK_S, AudioChunk
from audiokit.audio.resample import Resampler

log = logging.getLogger(__name__)

JUDGED_S = 8.0  # of sound before a pause: what turn models were trained on


class AgentSession:
    """A conversation with one user, from `async with` to its last event.

    All methods belong to the event loop's thread and return at once. Events have one reader.

    Parameters
    ----------
    services : what all sessions of the agent share.
    audio_out : the listener.
    history : an earlier conversation to take up.
    """

    def __init__(self, services: Services, audio_out: AudioOut, history: Conversation | None = None) -> None:
        settings = services.settings
        self._services, self._settings = services, settings
        self.history = history or Conversation()
        self.history.system_prompt = self.history.system_prompt or settings.system_prompt
        self.history.max_tokens = settings.max_history_tokens
        self._loop = asyncio.get_running_loop()
        self._zero_s = self._loop.time()
        self._gate = SpeechGate(services.open_vad(), settings.turn_taking)
        self._rate = self._gate.vad.sample_rate
        self._door, self._door_rate = Resampler(self._rate, self._rate), self._rate
        self._recent: deque[AudioChunk] = deque(maxlen=round(JUDGED_S / CHUNK_S))
        self._recognizer = Recognizer(services.stt, settings.turn_taking, settings.budgets, self._step, self._tell_stt)
        self._replies = Replies(self._around(audio_out), self.history)
        streams = all(each.streaming for each in services.stt.providers)
        self._rules = Rules(
            turn_taking=settings.turn_taking,
            barge_in=settings.barge_in,
            budgets=settings.budgets,
            limits=settings.limits,
            asks_at_pause=streams or settings.turn_taking.early_transcript,
        )
        self._turns = Turns()
        self._inbox: deque[moves.Input] = deque()
        self._is_stepping = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s: float | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._time_up: asyncio.TimerHandle | None = None
        self._final_s: float | None = None
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._events: deque[Event] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._ended = asyncio.Event()

    def _around(self, out: AudioOut) -> Surroundings:
        return Surroundings(
            services=self._services, out=out, emit=self._emit, clock=self.clock_s, step=self._step, start=self._start,
            end=self._end,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._start(self._recognizer.run())
        if self._services.phrases.missing(self._services.phrase_texts()):
            self._start(self._services.warm())
        longest_s = self._settings.limits.max_session_s
        self._time_up = self._loop.call_later(longest_s, self._replies.part, "time_up", "max_session_s")
        self._be_idle()
        if self._settings.greeting:
            self._step(moves.Begin("greeting"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end("closed")
        crash: BaseException | None = None
        try:
            if isinstance(error, asyncio.CancelledError):  # perhaps by the group itself, for a task that crashed
                await self._group.__aexit__(kind, error, trace)
            else:
                await self._group.__aexit__(None, None, None)
        except BaseExceptionGroup as group:
            crash = _only(group)
        if crash:
            raise crash

    @property
    def has_ended(self) -> bool:
        """Whether `SessionEnded` was told."""
        return self._ended.is_set()

    async def ended(self) -> None:
        """Wait for that."""
        await self._ended.wait()

    def clock_s(self) -> float:
        """Give the session's time, in seconds since it was made."""
        return self._loop.time() - self._zero_s

    def push(self, chunk: AudioChunk) -> None:
        """Take the next chunk of the microphone: mono, of any length and rate."""
        if self.has_ended or not len(chunk.samples):
            return
        samples = chunk.samples
        if chunk.sample_rate != self._rate:
            if chunk.sample_rate != self._door_rate:
                self._door = Resampler(chunk.sample_rate, self._rate, quality="MQ")
                self._door_rate = chunk.sample_rate
            samples = self._door.push(samples)
        # What is kept before speech begins is counted in chunks: a long one would be dropped with the first word.
        step = round(CHUNK_S * self._rate)
        for start in range(0, len(samples), step):
            self._hear(AudioChunk(samples[start : start + step], self._rate))

    def _hear(self, chunk: AudioChunk) -> None:
        if not self._settings.barge_in.allowed and self._turns.state == "speaking":
            return
        self._recognizer.hear(chunk)
        if self._services.turn_detector:
            self._recent.append(chunk)
        for event in self._gate.push(chunk.samples):
            self._sensed(event)

    def say_text(self, text: str) -> None:
        """Take what the user typed, as a whole turn; a reply in progress is interrupted."""
        if text.strip() and not self.has_ended:
            self._step(moves.Typed(text.strip()))

    def played(self, turn_id: int, played_s: float) -> None:
        """Take a play mark of a listener that knows how much of a turn's sound was heard, in seconds."""
        self._replies.played(turn_id, played_s)

    def finish(self) -> None:
        """Take no more input; the session ends when the last turn has been spoken."""
        if not self.has_ended:
            self._step(moves.NoMoreInput())

    async def events(self) -> AsyncGenerator[Event]:
        """Give what happens, from the beginning to `SessionEnded`."""
        while True:
            while self._events:
                event = self._events.popleft()
                yield event
                if isinstance(event, SessionEnded):
                    return
            self._reader = self._loop.create_future()
            await self._reader

    def unread(self) -> list[Event]:
        """Take the events that nobody has read yet; after the end, those that the end brought."""
        events = list(self._events)
        self._events.clear()
        return events

    def _sensed(self, event: str) -> None:
        match event:
            case "started":
                self._recognizer.begin()
                self._step(moves.SpeechStarted())
            case "paused":
                self._step(moves.SpeechPaused(self.clock_s() - self._gate.silence_s))
            case "quiet":
                self._step(moves.Quieted())

    def _step(self, happened: moves.Input) -> None:
        """Let the machine decide and do what it says; what happens meanwhile waits its turn."""
        self._inbox.append(happened)
        if self._is_stepping:
            return
        self._is_stepping = True
        try:
            while self._inbox and not self.has_ended:
                self._one_step(self._inbox.popleft())
        finally:
            self._is_stepping = False

    def _one_step(self, happened: moves.Input) -> None:
        now_s = self.clock_s()
        if isinstance(happened, moves.Heard) and happened.is_final:
            self._final_s = now_s
        before = self._turns
        self._turns, actions = step(before, happened, now_s, self._rules)
        for action in actions:
            if not self.has_ended:  # talking over a goodbye ends it in the middle
                self._do(action)
        ends = [action.reason for action in actions if isinstance(action, moves.End)]
        if self._turns.state != before.state and not self.has_ended:
            self._emit(StateChanged(at_s=self.clock_s(), turn_id=self._turns.turn_id, state=self._turns.state))
            self._be_idle()
            if self._turns.state == "idle":
                self._replies.rested()
        if ends:
            self._end(ends[0])
        if self._turns.deadline_s != self._timer_s and not self.has_ended:
            self._set_timer()

    def _do(self, action: moves.Action) -> None:
        match action:
            case Event():
                self._emit(action)
            case moves.AskFinal():
                self._recognizer.ask_final()
            case moves.AskModel():
                self._ask_model()
            case moves.Speculate(text):
                self._replies.speculate(self._turns.turn_id, text)
            case moves.DropSpeculation():
                self._replies.speculation.drop()
            case moves.ForgetSpeech():
                self._recognizer.forget()
            case moves.StartReply(text, is_typed):
                speech_end_s = None if is_typed else self._turns.speech_end_s
                final_s = None if is_typed else self._final_s
                self._replies.answer(self._turns.turn_id, text, speech_end_s, final_s)
            case moves.SayPhrase(kind):
                self._replies.say_phrase(self._turns.turn_id, kind)
            case moves.CancelReply(is_stuck):
                self._replies.cancel(is_stuck=is_stuck)
            case moves.PauseOut():
                self._replies.pause()
            case moves.ResumeOut():
                self._replies.resume()

    def _ask_model(self) -> None:
        detector = self._services.turn_detector
        if detector is None:
            return
        recent, text, end_s = list(self._recent), self._turns.text, self._turns.speech_end_s

        async def judge() -> None:
            heard = AudioChunk(np.concatenate([chunk.samples for chunk in recent]), self._rate)
            try:
                probability = await asyncio.to_thread(detector.finished_probability, heard, text)
            except Exception:  # a model that fails leaves the turn to the silence
                log.exception("the turn model failed")
                return
            if self._turns.speech_end_s == end_s:  # a later pause is judged anew
                self._step(moves.TurnJudged(probability))

        self._start(judge())

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer_s = self._turns.deadline_s
        self._timer = None
        if self._timer_s is not None:
            self._timer = self._loop.call_at(self._zero_s + self._timer_s, self._due)

    def _due(self) -> None:
        self._timer = self._timer_s = None
        self._step(moves.Due())

    def _be_idle(self) -> None:
        """Begin to count the silence of both sides, or stop counting."""
        if self._idle_timer:
            self._idle_timer.cancel()
        self._idle_timer = None
        if self._turns.state == "idle":
            self._idle_timer = self._loop.call_later(self._settings.limits.max_idle_s, self._end, "idle")

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _end(self, reason: str) -> None:
        """End at once: nothing of the session runs after the next iteration of the loop."""
        if self.has_ended:
            return
        self._replies.close()
        self._emit(SessionEnded(at_s=self.clock_s(), turn_id=self._turns.turn_id, reason=reason))
        self._ended.set()
        for timer in (self._timer, self._idle_timer, self._time_up):
            if timer:
                timer.cancel()
        for task in self._tasks:
            task.cancel()

    def _emit(self, event: Event) -> None:
        if self.has_ended:
            return
        self._events.append(event)
        if self._reader and not self._reader.done():
            self._reader.set_result(None)

    def _tell_stt(self, stage: Stage, provider: str, message: str, fallback: str | None) -> None:
        failed = ProviderFailed(
            at_s=self.clock_s(), turn_id=self._turns.turn_id, stage=stage, provider=provider, message=message,
            fallback=fallback,
        )  # fmt: skip
        self._emit(failed)


def _only(error: BaseException) -> BaseException:
    """Give the error of a group of one: a listener that fails is an error of the caller, who knows of no groups."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error

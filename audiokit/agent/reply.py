"""One turn of the agent: the model's words, cut into clauses, spoken while it still writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from audiokit.agent import events
from audiokit.agent.ahead import Ahead
from audiokit.agent.conversation import tokens_of
from audiokit.agent.heard import Clause, ClauseKind
from audiokit.agent.metrics import TurnMeter
from audiokit.agent.moves import ReplyAudible
from audiokit.agent.speaker import Speaker
from audiokit.agent.speculate import Item
from audiokit.agent.surroundings import Surroundings
from audiokit.agent.tools import call_tool
from audiokit.agent.voicing import Voicing
from audiokit.contracts import Message, SpeechChunk, ToolCall, Usage
from audiokit.errors import ProviderError
from audiokit.speech.sentences import ClauseSplitter

INTERRUPTED = "The user interrupted before this was done."


@dataclass(slots=True)
class Round:
    """One answer of the model within a turn; another one follows when it called tools."""

    text: str = ""
    """All that it wrote."""
    calls: list[ToolCall] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    """What each call gave, by its id."""
    read_tokens: int = 0
    """About how much it read; 0 when no model was asked."""
    is_counted: bool = False
    """Whether the model told how many tokens that took."""

    def messages(self, text: str) -> list[Message]:
        """Give it for the model or the history, with what was heard of its text instead of all."""
        said = Message(role="assistant", text=text, tool_calls=tuple(self.calls))
        results = [(call.call_id, self.results.get(call.call_id, INTERRUPTED)) for call in self.calls]
        return [said, *(Message(role="tool", text=result, call_id=call_id) for call_id, result in results)]


class Reply:
    """Makes and plays one reply; cancelled from outside, it leaves at once what its providers are doing.

    Parameters
    ----------
    around : what it needs of its session.
    turn_id : which turn.
    user_text : what is answered; empty when the agent speaks of its own accord.
    meter : where times and counts go.
    begun : the model's answer, if it was asked ahead.
    """

    def __init__(
        self,
        around: Surroundings,
        turn_id: int,
        user_text: str,
        meter: TurnMeter,
        begun: Ahead[Item] | None = None,
    ) -> None:
        self._begun = begun
        self.turn_id, self.user_text, self.meter = turn_id, user_text, meter
        self._around, self._services, self._settings = around, around.services, around.services.settings
        self.speaker = Speaker(around.out, turn_id, self._settings.send_ahead_s, self._audible)
        self._voicing = Voicing(
            lambda text: self._services.speak(text, self._tell),
            self.speaker,
            self._settings.prefetch_clauses,
            meter,
            around.clock,
        )
        self._rounds: list[Round] = []
        self._has_filled = False

    @property
    def has_acted(self) -> bool:
        """Whether a tool was called, which cannot be taken back."""
        return self.meter.tools > 0

    async def answer(self, messages: list[Message]) -> None:
        """Ask the model, speak what it says, and wait until that was heard.

        Parameters
        ----------
        messages : the conversation, the user's latest words last.
        """
        await self._run(lambda: self._think(messages))

    async def say(self, text: str, kind: ClauseKind) -> None:
        """Speak a set text, and wait until it was heard."""
        self._rounds.append(Round(text=text))
        await self._run(lambda: self._recite(text, kind))

    def said(self) -> list[Message]:
        """Give this turn for the history: what the user said, what was done, what was heard."""
        messages = [Message(role="user", text=self.user_text)]
        for index, each in enumerate(self._rounds):
            messages += each.messages(self._voicing.heard_text(index))
        return messages

    def heard_text(self) -> str:
        """Give what was heard of it so far."""
        return self._voicing.heard_text()

    def count_uncounted(self) -> None:
        """Estimate what the models take for answers whose count never came, as for those that were cut short."""
        is_cut_short = self.meter.interrupted_s is not None
        for each in self._rounds:
            if each.read_tokens and not each.is_counted and (each.text or each.calls or is_cut_short):
                wrote = tokens_of([Message(role="assistant", text=each.text, tool_calls=tuple(each.calls))])
                self.meter.estimate(Usage(input_tokens=each.read_tokens, output_tokens=wrote))

    def close(self) -> None:
        """Fall silent and stop the providers at once; whoever cancels the task of a reply calls this too."""
        self.speaker.clear()
        self._voicing.close()
        if self._begun:
            self._begun.close()

    def first_audio_s(self) -> float | None:
        """Give when its first sample was heard, in seconds on the session's clock."""
        by_loop_s = self.speaker.first_audio_s
        if by_loop_s is None:
            return None
        return self._around.clock() - (asyncio.get_running_loop().time() - by_loop_s)

    async def say_phrase(self, kind: str) -> None:
        """Tell the user what does not work, and wait until that was heard."""
        await self._run(lambda: self._apologize(kind))

    async def _run(self, write: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write(write))
                failure = await self._voicing.run()
                if failure:
                    writer.cancel()
                    self.meter.error = self.meter.error or str(failure)
                    await self._apologize("tts_down")
            await self.speaker.drained()
        finally:
            self._voicing.close()

    async def _write(self, write: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await write()
        except ProviderError as error:
            self.meter.error = str(error)
            await self._apologize("llm_cut" if self._voicing.clauses else "llm_down")
        self._voicing.finish()

    async def _recite(self, text: str, kind: ClauseKind) -> None:
        sound = self._services.phrases.sound(text)
        if sound:
            await self._say(text, kind, sound)
            return
        splitter = ClauseSplitter(markdown=False)
        for clause in (*splitter.push(text), *splitter.flush()):
            await self._say(clause, kind)

    async def _think(self, messages: list[Message]) -> None:
        """Let the model write, and call the tools that it asks for, until it asks for none."""
        most = self._settings.limits.max_tool_rounds
        for index in range(most + 1):
            answer = Round(read_tokens=tokens_of(messages))
            self._rounds.append(answer)
            stream = self._services.reply(messages, self._tell, with_tools=index < most)
            async with aclosing(stream):
                await self._speak_while_written(self._begun or stream, answer)
            self._begun = None
            if not answer.calls:
                return
            await self._call_tools(answer)
            messages = [*messages, *answer.messages(answer.text)]

    async def _speak_while_written(self, items: AsyncIterator[Item], answer: Round) -> None:
        splitter = ClauseSplitter()
        try:
            async for item in items:
                if isinstance(item, Usage):
                    self.meter.count(item)
                    answer.is_counted = True
                    continue
                self.meter.first("llm_first_token_s", self._around.clock())
                if isinstance(item, ToolCall):
                    answer.calls.append(item)
                    continue
                answer.text += item
                for clause in splitter.push(item):
                    await self._say(clause, "reply")
                await asyncio.sleep(0)  # a model may write a lot at once: what is said already comes first
        finally:
            if isinstance(items, Ahead):
                items.close()
        for clause in splitter.flush():
            await self._say(clause, "reply")

    async def _say(self, text: str, kind: ClauseKind, sound: list[SpeechChunk] | None = None) -> None:
        if not any(character.isalnum() for character in text):
            return  # no voice can pronounce a lone dash
        if kind == "reply":
            self._emit(events.AgentText, text=text, is_final=False)
        await self._voicing.say(Clause(text=text, kind=kind, round=len(self._rounds) - 1), sound)

    async def _apologize(self, kind: str) -> None:
        """Say a phrase, with the sound that was made of it before, or else with a voice that may still work."""
        text: str = getattr(self._settings.phrases, kind)
        if not text:
            return
        self._emit(events.SpokenFailure, kind=kind, text=text)
        sound = self._services.phrases.sound(text)
        if kind != "tts_down":
            await self._voicing.say(Clause(text=text, kind="aside"), sound)
        elif sound:
            await self._voicing.play(Clause(text=text, kind="aside"), sound)

    async def _call_tools(self, answer: Round) -> None:
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(self._call_tool(call, answer)) for call in answer.calls]
            _, late = await asyncio.wait(calls, timeout=self._settings.budgets.filler_after_s)
            if late and not self._has_filled and self._settings.phrases.filler:
                self._has_filled = True
                text = self._settings.phrases.filler
                await self._voicing.say(Clause(text=text, kind="aside"), self._services.phrases.sound(text))

    async def _call_tool(self, call: ToolCall, answer: Round) -> None:
        self.meter.tools += 1
        self._emit(events.ToolStarted, name=call.name, arguments=call.arguments)
        result, error = await call_tool(self._services.tools, call, self._settings.budgets.tool_s)
        answer.results[call.call_id] = result
        self._emit(events.ToolEnded, name=call.name, result=result, error=error)

    def _emit(self, happened: Callable[..., events.Event], /, **what: Any) -> None:
        self._around.emit(happened(at_s=self._around.clock(), turn_id=self.turn_id, **what))

    def _tell(self, stage: events.Stage, provider: str, message: str, fallback: str | None) -> None:
        self._emit(events.ProviderFailed, stage=stage, provider=provider, message=message, fallback=fallback)

    def _audible(self) -> None:
        self._around.step(ReplyAudible())

"""Services by script: they understand, think and speak as they are told, late, broken or not at all when they are told.

All of them are plain classes that satisfy the contracts; a real provider may stand beside them in a test.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Message, SpeechChunk, Tool, ToolCall, Transcript, Usage, Voice
from audiokit.errors import AuthenticationError, ProviderUnavailable
from audiokit.testing.spoken import ToneLanguage

FaultKind = Literal["refuse", "stall", "break", "end", "hang", "reject", "crash"]
"""Raise something that may pass, say nothing for ever, break off, end without a word, ignore being cancelled, raise
something final, raise what no provider should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one call goes wrong."""

    kind: FaultKind
    after: int = 0
    """So many pieces come before it does."""
    hang_s: float = 30.0
    """How long a hanging one ignores that it is cancelled, in seconds."""


Answer: TypeAlias = str | Sequence[str | ToolCall]
"""What a scripted model says: a text, written word by word, or pieces as they are."""


class Faults:
    """Faults by the order of calls; None is a call that goes well, and so are all after the last."""

    def __init__(self, faults: Iterable[Fault | None] = ()) -> None:
        self._faults = deque(faults)

    def add(self, *faults: Fault | None) -> None:
        """Add more to come."""
        self._faults.extend(faults)

    def next(self) -> Fault | None:
        """Give that of this call."""
        return self._faults.popleft() if self._faults else None


async def strike(fault: Fault | None, name: str, came: int) -> bool:
    """Go wrong if it is time; True: end without another word.

    Parameters
    ----------
    fault : of this call.
    name : of the provider.
    came : how many pieces came already.
    """
    if fault is None or came != fault.after:
        return False
    match fault.kind:
        case "refuse" | "break":
            raise ProviderUnavailable(f"{name} broke off", provider=name, retryable=True)
        case "reject":
            raise AuthenticationError(f"{name} refuses the key", provider=name)
        case "crash":
            raise KeyError("choices")
        case "stall":
            await asyncio.get_running_loop().create_future()
        case "hang":
            await _hang(fault.hang_s)
    return True


async def _hang(length_s: float) -> None:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + length_s
    while (left_s := until_s - loop.time()) > 0:
        try:
            await asyncio.sleep(left_s)
        except asyncio.CancelledError:
            continue  # what badly written clients do


class ScriptedSTT:
    """Understands `ToneLanguage`.

    Parameters
    ----------
    language : what is spoken.
    delay_s : from a request to its final text, in seconds; partial texts come at once.
    streaming : whether it gives partial texts.
    faults : by stream opened; a piece is a chunk of sound.
    detects_turns : it ends turns itself after so much silence, in seconds, and says "eager_end" after half of it.
    name : in messages.
    """

    def __init__(
        self,
        language: ToneLanguage,
        *,
        delay_s: float = 0.0,
        streaming: bool = True,
        faults: Iterable[Fault | None] = (),
        detects_turns: float = 0.0,
        name: str = "scripted-stt",
    ) -> None:
        self.language, self.delay_s, self.streaming, self.name = language, delay_s, streaming, name
        self.faults = Faults(faults)
        self._turn_chunks = round(detects_turns / 0.02)
        self.streams = 0
        """How many were opened."""
        self.open = 0
        """How many are open now."""

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """See `STT`."""
        fault, came = self.faults.next(), 0
        self.streams += 1
        self.open += 1
        try:
            heard: list[str] = []
            silent = 0
            async for chunk in chunks:
                if await strike(fault, self.name, came):
                    return
                came += 1
                heard.append(self.language.word_in(chunk.samples))
                silent = 0 if heard[-1] else silent + 1
                turn = self._turn(silent) if any(heard) else ""
                if self.streaming and (turn == "ended" or not len(chunk.samples)):
                    await asyncio.sleep(self.delay_s)
                    yield self._transcript(heard, is_final=True, turn=turn)
                    heard.clear()
                elif self.streaming and (turn or (silent == 1 and any(heard))):
                    yield self._transcript(heard, is_final=False, turn=turn)
            if not self.streaming:
                await asyncio.sleep(self.delay_s)
                yield self._transcript(heard, is_final=True)
        finally:
            self.open -= 1

    def _turn(self, silent: int) -> Literal["", "eager_end", "ended"]:
        if self._turn_chunks and silent == self._turn_chunks:
            return "ended"
        return "eager_end" if self._turn_chunks and silent == self._turn_chunks // 2 else ""

    def _transcript(
        self, heard: list[str], *, is_final: bool, turn: Literal["", "eager_end", "ended"] = ""
    ) -> Transcript:
        words = self.language.spell(heard)
        return Transcript(text=" ".join(words), confidence=1.0 if words else 0.0, is_final=is_final, turn=turn)


class ScriptedLLM:
    """Answers in the order of its script, then repeats what was said.

    Parameters
    ----------
    answers : one a call.
    first_s, token_s : to the first piece and between pieces, in seconds.
    faults : by call.
    name : in messages.
    """

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[Sequence[Message]], Answer] = (),
        *,
        first_s: float = 0.0,
        token_s: float = 0.0,
        faults: Iterable[Fault | None] = (),
        name: str = "scripted-llm",
    ) -> None:
        self._answer = answers if callable(answers) else _in_order(answers)
        self.first_s, self.token_s, self.name = first_s, token_s, name
        self.faults = Faults(faults)
        self.asked: list[list[Message]] = []
        """What it read, call by call."""
        self.offered: list[tuple[Tool, ...]] = []
        """Which tools it was offered, call by call."""
        self.open = 0
        """How many replies are being written now."""

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[Tool] = ()
    ) -> AsyncIterator[str | ToolCall | Usage]:
        """See `LLM`."""
        fault = self.faults.next()
        self.asked.append(list(messages))
        self.offered.append(tuple(tools))
        self.open += 1
        try:
            if await strike(fault, self.name, 0):
                return
            answer = self._answer(messages)
            pieces = [f"{word} " for word in answer.split()] if isinstance(answer, str) else list(answer)
            for came, piece in enumerate(pieces):
                await asyncio.sleep(self.token_s if came else self.first_s)
                if came and await strike(fault, self.name, came):
                    return
                yield piece
            if fault and fault.after >= len(pieces) and await strike(fault, self.name, fault.after):
                return
            read = sum(len(message.text.split()) for message in messages)
            yield Usage(input_tokens=read, output_tokens=len(pieces), model=self.name)
        finally:
            self.open -= 1


def _in_order(answers: Iterable[Answer]) -> Callable[[Sequence[Message]], Answer]:
    waiting = deque(answers)

    def answer(messages: Sequence[Message]) -> Answer:
        return waiting.popleft() if waiting else f"You said: {messages[-1].text}"

    return answer


class ScriptedTTS:
    """Speaks `ToneLanguage`.

    Parameters
    ----------
    language : what it speaks, and at which rate.
    first_s : to the first sound, in seconds.
    speed : seconds of sound a second; 0 gives all at once.
    tells_words : whether it tells the times of words.
    faults : by call; a piece is 20 ms of sound.
    name : in messages.
    """

    encoding = "pcm_s16le"

    def __init__(
        self,
        language: ToneLanguage,
        *,
        first_s: float = 0.0,
        speed: float = 0.0,
        tells_words: bool = True,
        faults: Iterable[Fault | None] = (),
        name: str = "scripted-tts",
    ) -> None:
        self.language, self.sample_rate, self.name = language, language.sample_rate, name
        self.first_s, self.speed, self.tells_words = first_s, speed, tells_words
        self.faults = Faults(faults)
        self.settings_key = json.dumps(["scripted", language.sample_rate])
        self.texts: list[str] = []
        """What it was given, call by call."""
        self.open = 0
        """How many texts it speaks now."""

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """See `TTS`."""
        fault = self.faults.next()
        self.texts.append(text)
        self.open += 1
        try:
            words = self.language.words(text) if self.tells_words else ()
            await asyncio.sleep(self.first_s)
            for came, chunk in enumerate(self.language.speak(text)):
                if await strike(fault, self.name, came):
                    return
                if self.speed and came:
                    await asyncio.sleep(0.02 / self.speed)
                begun = tuple(word for word in words if round(word.start_s / 0.02) == came)
                yield SpeechChunk(np.asarray(chunk.samples), self.sample_rate, words=begun)
        finally:
            self.open -= 1

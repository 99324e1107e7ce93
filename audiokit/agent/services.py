"""What all sessions of an agent share: its providers with their health, its tools, its phrases."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from audiokit.agent.characters import WholeCharacters
from audiokit.agent.failover import Chain, StreamBudget, Tell, name_of
from audiokit.agent.metrics import Price
from audiokit.agent.phrases import PhraseBook
from audiokit.agent.ports import AgentTool
from audiokit.agent.settings import AgentSettings
from audiokit.agent.speculate import Item
from audiokit.contracts import LLM, STT, TTS, VAD, Message, SpeechChunk, Tool, TurnDetector, Usage, Voice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Services:
    """What a session works with."""

    stt: Chain[STT]
    llm: Chain[LLM]
    tts: Chain[TTS]
    open_vad: Callable[[], VAD]
    """Makes a detector of a session's own."""
    turn_detector: TurnDetector | None
    """Judges pauses, if the settings want it."""
    voice: Voice | None
    """Who speaks."""
    tools: Mapping[str, AgentTool]
    """What the model may call, by name."""
    phrases: PhraseBook
    settings: AgentSettings
    price: Price | None
    """What a turn costs."""

    def reply(self, messages: Sequence[Message], tell: Tell, *, with_tools: bool = True) -> AsyncGenerator[Item]:
        """Ask the model.

        Parameters
        ----------
        messages : the conversation.
        tell : hears of failures.
        with_tools : whether it may call tools.
        """
        budgets = self.settings.budgets
        budget = StreamBudget(
            first_s=budgets.llm_first_s, next_s=budgets.next_s, total_s=budgets.llm_total_s, retry_s=budgets.retry_s
        )
        tools = tuple(each.tool for each in self.tools.values()) if with_tools else ()
        return self.llm.stream(_Asked(messages, tools), budget, tell, _is_answer)

    def speak(self, text: str, tell: Tell) -> AsyncGenerator[SpeechChunk]:
        """Synthesize a text.

        Parameters
        ----------
        text : at least one letter or digit.
        tell : hears of failures.
        """
        budgets = self.settings.budgets
        budget = StreamBudget(
            first_s=budgets.tts_first_s, next_s=budgets.next_s, total_s=budgets.tts_total_s, retry_s=budgets.retry_s
        )
        return self.tts.stream(lambda tts: tts.synthesize(text, self._voice_for(tts)), budget, tell, _is_sound)

    def phrase_texts(self) -> list[str]:
        """Give all that the agent can say of its own accord."""
        phrases = self.settings.phrases
        return [self.settings.greeting, *(getattr(phrases, name) for name in phrases.__dataclass_fields__)]

    async def warm(self) -> None:
        """Synthesize the phrases that have no sound yet."""

        async def whole(text: str) -> list[SpeechChunk]:
            return [chunk async for chunk in self.speak(text, _tell_nobody)]

        await self.phrases.warm(self.phrase_texts(), whole)

    def _voice_for(self, tts: TTS) -> Voice | None:
        """Give the voice to the provider that it was made for; a fallback speaks with a voice of its own."""
        if self.voice and (tts is self.tts.providers[0] or self.voice.provider == name_of(tts)):
            return self.voice
        return None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, to be put to any model."""

    messages: Sequence[Message]
    tools: Sequence[Tool]

    def __call__(self, llm: LLM) -> AsyncIterator[Item]:
        return WholeCharacters(llm.reply(self.messages, self.tools))


def _is_answer(item: Item) -> bool:
    return bool(item.strip()) if isinstance(item, str) else not isinstance(item, Usage)


def _is_sound(chunk: SpeechChunk) -> bool:
    return len(chunk.samples) > 0


def _tell_nobody(stage: str, provider: str, message: str, fallback: str | None) -> None:
    """Leave a failure to the log: no user waits for a phrase that is synthesized ahead."""

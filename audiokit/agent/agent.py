"""`Agent`: services and settings, from which any number of conversations are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from audiokit.agent.conversation import Conversation
from audiokit.agent.events import Event
from audiokit.agent.failover import Chain
from audiokit.agent.metrics import Price
from audiokit.agent.phrases import PhraseBook
from audiokit.agent.ports import AgentTool, AudioOut
from audiokit.agent.services import Services
from audiokit.agent.session import AgentSession
from audiokit.agent.settings import AgentSettings
from audiokit.agent.tools import as_tools
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import LLM, STT, TTS, VAD, TurnDetector, Voice
from audiokit.errors import AudiokitError
from audiokit.registry import provider

P = TypeVar("P")

DEFAULT_SETTINGS = AgentSettings()


class Agent:
    """A voice that listens and answers.

    Parameters
    ----------
    stt, llm, tts : a provider, or several: the first one that works is used.
    vad : makes a detector of speech for each session, such as the class `EnergyVAD`; a detector itself serves one
        session at a time. None: Silero.
    turn_detector : judges pauses, if `settings.turn_taking.detection` is "model".
    voice : who speaks; None: the provider's default.
    tools : annotated Python functions with a docstring, or anything like `ports.AgentTool`.
    settings : everything else.

    Examples
    --------
    >>> async for event in Agent(stt=stt, llm=llm, tts=tts).run(microphone, loudspeaker):  # doctest: +SKIP
    ...     print(event)
    """

    def __init__(
        self,
        *,
        stt: STT | Sequence[STT],
        llm: LLM | Sequence[LLM],
        tts: TTS | Sequence[TTS],
        vad: VAD | Callable[[], VAD] | None = None,
        turn_detector: TurnDetector | None = None,
        voice: Voice | None = None,
        tools: Sequence[Callable[..., Any] | AgentTool] = (),
        settings: AgentSettings = DEFAULT_SETTINGS,
    ) -> None:
        recognizers = _several(stt)
        if not all(recognizer.streaming for recognizer in recognizers):
            settings = _with_time_for_whole_utterances(settings)
        budgets = settings.budgets
        if settings.turn_taking.detection == "model" and turn_detector is None:
            raise ValueError('turn_taking.detection is "model"; expected a turn_detector')
        self._services = Services(
            stt=Chain("stt", recognizers, budgets.breaker_failures, budgets.breaker_rest_s),
            llm=Chain("llm", _several(llm), budgets.breaker_failures, budgets.breaker_rest_s),
            tts=Chain("tts", _several(tts), budgets.breaker_failures, budgets.breaker_rest_s),
            open_vad=_opener(vad),
            turn_detector=turn_detector if settings.turn_taking.detection == "model" else None,
            voice=voice,
            tools=as_tools(tools),
            phrases=PhraseBook(),
            settings=settings,
            price=None,
        )

    @property
    def settings(self) -> AgentSettings:
        """How it behaves."""
        return self._services.settings

    def mistake(self, *, hears: bool = True) -> AudiokitError | None:
        """Give what must be mended before it can hear, think or speak at all; None when no such thing is known.

        Parameters
        ----------
        hears : whether it needs a recognizer: not where the user types.
        """
        services = self._services
        return (hears and services.stt.mistake) or services.llm.mistake or services.tts.mistake

    def priced_by(self, price: Price) -> Agent:
        """Have each turn's metrics tell what it costs; gives the agent itself."""
        self._services = replace(self._services, price=price)
        return self

    def session(self, audio_out: AudioOut, history: Conversation | None = None) -> AgentSession:
        """Make a conversation, to be entered with `async with`.

        Parameters
        ----------
        audio_out : the listener.
        history : an earlier conversation to take up.
        """
        return AgentSession(self._services, audio_out, history)

    async def warm(self) -> None:
        """Synthesize the set phrases now, rather than during the first session."""
        await self._services.warm()

    async def run(
        self, audio_in: AsyncIterator[AudioChunk], audio_out: AudioOut, history: Conversation | None = None
    ) -> AsyncGenerator[Event]:
        """Converse until the input ends, and the last turn was spoken.

        Parameters
        ----------
        audio_in : the microphone: mono chunks in real time.
        audio_out : the listener.
        history : an earlier conversation to take up; it grows meanwhile.

        Raises
        ------
        Exception : what the input or the listener raises; in an ExceptionGroup, if that is more than one error.
        """
        session = self.session(audio_out, history)
        conversing = asyncio.create_task(_converse(session, audio_in))
        try:
            async for event in session.events():
                yield event
            await conversing
        finally:
            conversing.cancel()


async def _converse(session: AgentSession, audio_in: AsyncIterator[AudioChunk]) -> None:
    async with session:
        async for chunk in audio_in:
            session.push(chunk)
            if session.has_ended:
                return
        session.finish()
        await session.ended()


def _with_time_for_whole_utterances(settings: AgentSettings) -> AgentSettings:
    budgets = settings.budgets
    patient = replace(budgets, stt_final_s=max(budgets.stt_final_s, budgets.stt_whole_s))
    return replace(settings, budgets=patient)


def _several(given: P | Sequence[P]) -> Sequence[P]:
    return given if isinstance(given, Sequence) else (given,)


def _opener(vad: VAD | Callable[[], VAD] | None) -> Callable[[], VAD]:
    if vad is None:
        return lambda: provider("vad", "silero")
    if hasattr(vad, "speech_probability") and not isinstance(vad, type):
        detector = cast("VAD", vad)

        def reused() -> VAD:
            detector.reset()
            return detector

        return reused
    return cast("Callable[[], VAD]", vad)

"""Trying every service of an agent once, for real: does it answer, what, and how fast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from audiokit.agent.chosen import ProviderConfig, open_provider, open_speech
from audiokit.agent.config_file import AgentConfig, check_turn_model
from audiokit.agent.http_tools import HttpTool
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.contracts import Message
from audiokit.errors import AudiokitError, ProviderError, ProviderTimeout

T = TypeVar("T")

SPOKEN = "Hello, can you hear me?"
ASKED = "Say hello."
SILENCE = Audio(np.zeros((16_000, 1), np.float32), 16_000)
"""What recognizers hear when nobody can speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of one service."""

    stage: str
    """"tts", "stt", "llm", "vad", "turn" or "tool"."""
    name: str
    """The provider, or the tool."""
    answer: str = ""
    """What it answered, in words."""
    first_s: float | None = None
    """Until the first piece of the answer, in seconds."""
    total_s: float | None = None
    """Until its end, in seconds."""
    error: AudiokitError | None = None
    """Why it does not work; None: it does."""


async def check(config: AgentConfig) -> AsyncIterator[Checked]:
    """Call each provider once, fallbacks too: speech, the recognizers with what was spoken, the models.

    Tools are made ready, not called: they may do things.
    """
    spoken: Audio | None = None
    for each in config.tts:
        outcome, audio = await _check_speech(config, each)
        spoken = spoken or audio
        yield outcome
    for each in config.stt:
        yield await _check_recognizer(config, each, spoken or SILENCE)
    for each in config.llm:
        yield await _check_model(config, each)
    yield await _check_vad(config, spoken)
    if config.turn or config.agent.turn_taking.detection == "model":
        yield await _check_turn_model(config, spoken or SILENCE)
    for tool in config.tools:
        try:
            yield Checked(stage="tool", name=tool.name, answer=f"ready: {HttpTool(tool).tool.description}")
        except AudiokitError as error:
            yield Checked(stage="tool", name=tool.name, error=error)


async def _check_speech(config: AgentConfig, chosen: ProviderConfig) -> tuple[Checked, Audio | None]:
    stopwatch, pieces = _Stopwatch(), []
    try:
        tts = open_speech(chosen, config.agent.language)
        async with asyncio.timeout(config.agent.budgets.tts_total_s):
            async for chunk in stopwatch.over(tts.synthesize(SPOKEN)):
                pieces.append(chunk.samples)
    except (AudiokitError, TimeoutError) as error:
        return stopwatch.failed("tts", chosen.provider, error), None
    if not any(map(len, pieces)):
        nothing = ProviderError(f"{chosen.provider} sent no sound for {SPOKEN!r}", provider=chosen.provider)
        return stopwatch.failed("tts", chosen.provider, nothing), None
    audio = Audio(np.concatenate(pieces), tts.sample_rate)
    return stopwatch.done("tts", chosen.provider, f"{audio.duration_s:.1f} s of speech"), audio


async def _check_recognizer(config: AgentConfig, chosen: ProviderConfig, spoken: Audio) -> Checked:
    stopwatch, text = _Stopwatch(), ""
    try:
        stt = open_provider("stt", chosen, config.agent.language)
        async with asyncio.timeout(config.agent.budgets.stt_final_s + config.agent.turn_taking.max_utterance_s):
            async for transcript in stopwatch.over(stt.transcribe(_stream(spoken))):
                text = transcript.text or text
    except (AudiokitError, TimeoutError) as error:
        return stopwatch.failed("stt", chosen.provider, error)
    return stopwatch.done("stt", chosen.provider, repr(text))


async def _check_model(config: AgentConfig, chosen: ProviderConfig) -> Checked:
    stopwatch, text = _Stopwatch(), ""
    messages = [Message(role="system", text=config.agent.system_prompt), Message(role="user", text=ASKED)]
    try:
        llm = open_provider("llm", chosen)
        async with asyncio.timeout(config.agent.budgets.llm_total_s):
            async for piece in stopwatch.over(llm.reply(messages)):
                text += piece if isinstance(piece, str) else ""
    except (AudiokitError, TimeoutError) as error:
        return stopwatch.failed("llm", chosen.provider, error)
    return stopwatch.done("llm", chosen.provider, repr(text.strip()))


async def _check_vad(config: AgentConfig, spoken: Audio | None) -> Checked:
    stopwatch, name = _Stopwatch(), config.vad.provider
    try:
        vad = open_provider("vad", config.vad)
    except AudiokitError as error:
        return stopwatch.failed("vad", name, error)
    heard = (spoken or SILENCE).mono().resample(vad.sample_rate)
    windows = [
        each for each in chunks_of(heard, vad.window_s) if len(each.samples) == round(vad.window_s * vad.sample_rate)
    ]
    speech = sum(vad.speech_probability(window) >= config.agent.turn_taking.enter for window in windows)
    return stopwatch.done("vad", name, f"speech in {speech} of {len(windows)} windows")


async def _check_turn_model(config: AgentConfig, spoken: Audio) -> Checked:
    stopwatch, name = _Stopwatch(), config.turn.provider if config.turn else "none"
    try:
        check_turn_model(config)
        assert config.turn is not None  # noqa: S101  for mypy: that was checked
        detector = open_provider("turn", config.turn)
        heard = spoken.mono().resample(16_000)
        probability = await asyncio.to_thread(
            detector.finished_probability, AudioChunk(heard.samples, heard.sample_rate), SPOKEN
        )
    except AudiokitError as error:
        return stopwatch.failed("turn", name, error)
    return stopwatch.done("turn", name, f"finished: {probability:.2f}")


class _Stopwatch:
    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._started_s = self._clock()
        self._first_s: float | None = None

    async def over(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        async for item in items:
            if self._first_s is None:
                self._first_s = self._clock() - self._started_s
            yield item

    def done(self, stage: str, name: str, answer: str) -> Checked:
        total_s = self._clock() - self._started_s
        return Checked(stage=stage, name=name, answer=answer, first_s=self._first_s, total_s=total_s)

    def failed(self, stage: str, name: str, error: AudiokitError | TimeoutError) -> Checked:
        total_s = self._clock() - self._started_s
        if not isinstance(error, AudiokitError):
            error = ProviderTimeout(f"{name} did not finish within {total_s:.1f} s", provider=name)
        return Checked(stage=stage, name=name, error=error, first_s=self._first_s, total_s=total_s)


async def _stream(audio: Audio) -> AsyncIterator[AudioChunk]:
    """Send speech as fast as it is taken, and some silence, by which recognizers find its end."""
    mono = audio.mono()
    silence = Audio(np.zeros((mono.sample_rate, 1), np.float32), mono.sample_rate)
    for sound in (mono, silence):
        for chunk in chunks_of(sound):
            yield chunk
            await asyncio.sleep(0)

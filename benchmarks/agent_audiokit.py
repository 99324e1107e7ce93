"""audiokit in the harness, and what only it is asked: `python agent_audiokit.py SCENARIO ...`.

Beside the harness's scenarios: `cached`, `failover`, `teardown`, `leaks`. Each prints a line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import psutil
from agent_harness import (
    FRAME_S,
    OUT_FRAME,
    OUT_RATE,
    QUIET,
    SAID,
    SAMPLE_RATE,
    TONE,
    Ear,
    Microphone,
    Services,
    answered,
    measure,
    quantile,
)

from audiokit.agent.agent import Agent
from audiokit.agent.settings import AgentSettings, BargeIn, TurnTaking
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import LLM, Message, SpeechChunk, Tool, Transcript, Voice

HUNG_S = 20.0  # how long a provider that ignores its cancellation goes on
OUT_CHUNK = AudioChunk.from_pcm16(OUT_FRAME, OUT_RATE).samples


class Recognizer:
    """Understands the same words when it is asked for a final text."""

    streaming = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        async for chunk in chunks:
            if not len(chunk.samples):
                await asyncio.sleep(self._services.stt_s)
                yield Transcript(text=SAID, is_final=True)


class Model:
    """Writes the same answer, a token at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str]:
        await asyncio.sleep(self._services.first_token_s)
        for number, token in enumerate(self._services.tokens()):
            if number and self._services.token_s:
                await asyncio.sleep(self._services.token_s)
            yield token


class Hung:
    """A model that opens, says nothing, and does not care about being cancelled."""

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str]:
        end_s = time.monotonic() + HUNG_S
        while time.monotonic() < end_s:
            try:
                await asyncio.sleep(end_s - time.monotonic())
            except asyncio.CancelledError:
                continue
        yield ""


class Speech:
    """Speaks for as long as every piece of text does."""

    sample_rate, encoding, settings_key = OUT_RATE, "pcm_s16le", "[]"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        await asyncio.sleep(self._services.speech_s)
        for _ in range(round(self._services.clause_audio_s / FRAME_S)):
            yield SpeechChunk(OUT_CHUNK, OUT_RATE)


class Device:
    """An `AudioOut` that plays to the ear."""

    sample_rate = OUT_RATE

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        self._ear.hear()

    def pause(self) -> None:
        self._ear.silence()

    def resume(self) -> None:
        pass

    def clear(self, turn_id: int) -> None:
        pass


def agent(services: Services, *llms: LLM) -> Agent:
    """Make an agent that turns over after the same silence as the peers."""
    silence_s = services.stop_s
    turns = TurnTaking(
        start_s=services.start_s, stop_s=silence_s, silence_s=silence_s, finished_silence_s=silence_s,
        unfinished_silence_s=silence_s,
    )  # fmt: skip
    settings = AgentSettings(turn_taking=turns, barge_in=BargeIn(confirm_s=services.start_s))
    return Agent(
        stt=Recognizer(services), llm=list(llms) or [Model(services)], tts=Speech(services),
        vad=EnergyVAD(), settings=settings,
    )  # fmt: skip


class Audiokit:
    """A subject of the harness."""

    def __init__(self, *llms: LLM) -> None:
        self._llms = llms

    async def open(self, services: Services, ear: Ear) -> None:
        self.session = agent(services, *self._llms).session(Device(ear))
        await self.session.__aenter__()
        self._events = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        async for _ in self.session.events():
            pass

    async def push(self, pcm: bytes) -> None:
        self.session.push(AudioChunk.from_pcm16(pcm, SAMPLE_RATE))

    async def close(self) -> None:
        await self.session.__aexit__(None, None, None)
        await self._events


async def cached(times: int) -> dict[str, object]:
    """Ask for a phrase that is on disk, in a process that has asked before."""
    from audiokit.speech.cache import CacheSettings, SpeechCache
    from audiokit.speech.cached import CachedTTS

    with tempfile.TemporaryDirectory() as folder:
        cache = SpeechCache(CacheSettings(folder=Path(folder)))
        tts = CachedTTS(Speech(Services(speech_s=0.1)), cache, provider="benchmark")
        async for _ in tts.synthesize("One moment, please."):
            pass
        first_s = []
        for _ in range(times):
            began_s = time.perf_counter()
            chunks = tts.synthesize("One moment, please.")
            await anext(chunks)
            first_s.append(time.perf_counter() - began_s)
            await chunks.aclose()
    first_s.sort()
    return {"scenario": "cached", "of": times, "p50_s": quantile(first_s, 0.5), "p95_s": quantile(first_s, 0.95)}


async def failover(turns: int) -> dict[str, object]:
    """The first model hangs silently; how long until the second one is heard. Later turns find the breaker open."""
    services = Services()
    latencies = [each or float("nan") for each in await answered(Audiokit(Hung(), Model(services)), services, turns)]
    return {
        "scenario": "failover", "of": turns, "first_s": latencies[0] - services.least_s,
        "all_s": [each - services.least_s for each in latencies],
    }  # fmt: skip


async def teardown(times: int) -> dict[str, object]:
    """Leave a session whose model hangs and ignores its cancellation."""
    left_s = []
    for _ in range(times):
        subject, ear = Audiokit(Hung()), Ear()
        await subject.open(Services(), ear)
        microphone = Microphone(subject)
        await microphone.send(TONE, 0.6)
        await microphone.send(QUIET, 0.6)
        began_s = time.perf_counter()
        await subject.close()
        left_s.append(time.perf_counter() - began_s)
    return {"scenario": "teardown", "of": times, "median_s": statistics.median(left_s), "max_s": max(left_s)}


async def leaks(sessions: int) -> dict[str, object]:
    """Open and close sessions, each in the middle of a turn; what is left of them."""
    process, sizes = psutil.Process(), []
    for number in range(sessions):
        subject, ear = Audiokit(), Ear()
        await subject.open(Services(), ear)
        for pcm in [TONE] * 20 + [QUIET] * 15:
            await subject.push(pcm)
        await asyncio.sleep(0)
        await subject.close()
        if number == sessions // 10 or number == sessions - 1:  # the first tenth warms allocators and caches up
            gc.collect()
            sizes.append(process.memory_info().rss)
    return {
        "scenario": "leaks", "of": sessions, "tasks_left": len(asyncio.all_tasks()) - 1,
        "growth_bytes": sizes[-1] - sizes[0],
    }  # fmt: skip


OWN = {"cached": cached, "failover": failover, "teardown": teardown, "leaks": leaks}

if __name__ == "__main__":
    if sys.argv[1] in OWN:
        print(json.dumps(asyncio.run(OWN[sys.argv[1]](int(sys.argv[2])))), flush=True)
    elif sys.argv[1] != "import":
        measure(Audiokit)

"""audiokit.agent.session.push: microphones that send long pieces, and some that change their rate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from audiokit.agent.agent import Agent
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript
from audiokit.testing.clock import run
from audiokit.testing.people import Listener
from audiokit.testing.providers import ScriptedLLM, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

RATE = 16_000


class Ears:
    """A recognizer that keeps what it was given."""

    def __init__(self, *, streaming: bool) -> None:
        self.streaming = streaming
        self.heard: list[Samples] = []

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        async for chunk in chunks:
            self.heard.append(chunk.samples)
        yield Transcript(text="hello", confidence=1.0, is_final=True)


def heard_by(ears: Ears, pieces: list[AudioChunk]) -> Samples:
    async def go() -> None:
        language = ToneLanguage(RATE)
        agent = Agent(stt=ears, llm=ScriptedLLM(), tts=ScriptedTTS(language), vad=EnergyVAD)
        async with agent.session(Listener(language)) as session:
            for piece in pieces:
                await asyncio.sleep(piece.duration_s)
                session.push(piece)
            await asyncio.sleep(2.0)

    run(go())
    return np.concatenate(ears.heard)


@pytest.mark.parametrize("piece_s", [0.02, 0.1, 0.25, 0.5, 1.0])
def test_pieces_of_any_length_leave_no_speech_out(piece_s: float) -> None:
    sound = np.zeros((6 * RATE, 1), np.float32)
    sound[int(2.4 * RATE) : int(3.4 * RATE), 0] = 0.3 * np.sign(np.sin(0.2 * np.arange(RATE)))
    size = round(piece_s * RATE)
    pieces = [AudioChunk(sound[start : start + size], RATE) for start in range(0, len(sound), size)]
    heard = heard_by(Ears(streaming=False), pieces)
    assert np.count_nonzero(np.abs(heard) > 0.1) == np.count_nonzero(sound)


def test_a_microphone_that_changes_its_rate_keeps_its_pace() -> None:
    pieces = [AudioChunk(np.zeros((rate // 50, 1), np.float32), rate) for rate in (48_000, 8_000) for _ in range(100)]
    heard = heard_by(Ears(streaming=True), pieces)
    assert len(heard) / RATE == pytest.approx(4.0, abs=0.1)

"""audiokit.agent.voiced and the choice of voices: each provider speaks with its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from audiokit.agent.chosen import ProviderConfig, open_speech
from audiokit.agent.config_file import AgentConfig, build, with_voice
from audiokit.agent.mute import MuteTTS
from audiokit.agent.settings import AgentSettings, TurnTaking
from audiokit.agent.voiced import VoicedTTS
from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ConfigError, UsageError

ANN = Voice(name="Ann", provider="coqui", voice_id="ann-1")


class Remembering:
    """A TTS that remembers who it was asked to be."""

    sample_rate, encoding, settings_key = 8_000, "pcm_s16le", "[]"

    def __init__(self) -> None:
        self.asked: list[Voice | None] = []

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        self.asked.append(voice)
        yield SpeechChunk(np.zeros((80, 1), np.float32), self.sample_rate)


@pytest.fixture
def book() -> VoiceBook:
    book = VoiceBook()
    book.add(VoiceEntry(voice=ANN, origin="instant", created="2026-01-01T00:00:00+00:00"))
    return book


def test_a_voice_is_used_where_none_is_asked_for() -> None:
    tts = Remembering()
    voiced = VoicedTTS(tts, "acme", ANN)
    other = Voice(name="Bob", provider="acme", voice_id="2")

    async def speak() -> None:
        for voice in (None, other):
            assert [chunk async for chunk in voiced.synthesize("Hello.", voice)]

    asyncio.run(speak())
    assert tts.asked == [ANN, other]
    assert (voiced.name, voiced.sample_rate, voiced.settings_key) == ("acme", 8_000, "[]")


def test_the_mute_voice_takes_a_moment_and_makes_no_sound() -> None:
    async def speak() -> SpeechChunk:
        (chunk,) = [chunk async for chunk in MuteTTS().synthesize("A long sentence.")]
        return chunk

    chunk = asyncio.run(speak())
    assert 0 < chunk.duration_s <= 0.02
    assert not chunk.samples.any()


def test_a_voice_of_the_book_brings_its_provider(book: VoiceBook) -> None:
    chosen = with_voice(AgentConfig(), "Ann").tts
    assert [(each.provider, each.voice) for each in chosen] == [("coqui", "Ann"), ("hibari", "")]


def test_a_provider_that_is_configured_keeps_its_settings(book: VoiceBook) -> None:
    coqui = ProviderConfig(provider="coqui", settings={"device": "cpu"})
    config = AgentConfig(tts=(ProviderConfig(provider="hibari"), coqui))
    chosen = with_voice(config, "Ann").tts
    assert [(each.provider, each.voice, dict(each.settings)) for each in chosen] == [
        ("coqui", "Ann", {"device": "cpu"}), ("hibari", "", {})
    ]  # fmt: skip


def test_a_name_may_bring_its_provider_along() -> None:
    chosen = with_voice(AgentConfig(), "piper:emma").tts
    assert [(each.provider, each.voice) for each in chosen] == [("piper", "piper:emma"), ("hibari", "")]


def test_another_name_is_the_providers_own() -> None:
    chosen = with_voice(AgentConfig(), "emma").tts
    assert [(each.provider, each.voice) for each in chosen] == [("hibari", "emma")]


@pytest.mark.model
def test_a_voice_of_another_provider_is_refused(book: VoiceBook) -> None:
    with pytest.raises(UsageError, match="belongs to coqui; hibari cannot speak with it"):
        open_speech(ProviderConfig(provider="hibari", voice="Ann"))


@pytest.mark.model
def test_a_turn_model_must_be_named_to_be_used() -> None:
    config = AgentConfig(agent=AgentSettings(turn_taking=TurnTaking(detection="model")))
    with pytest.raises(ConfigError, match=r"no \[turn\] section"):
        build(config, mute=True)

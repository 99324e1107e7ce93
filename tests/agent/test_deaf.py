"""audiokit.agent.deaf: an agent that is typed to opens no ears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from audiokit.agent.chosen import ProviderConfig
from audiokit.agent.config_file import AgentConfig, build
from audiokit.agent.deaf import DeafSTT
from audiokit.agent.doors import Doors, converse
from audiokit.agent.events import AgentText
from audiokit.agent.settings import AgentSettings, TurnTaking
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript

NOBODY = ProviderConfig(provider="nobody")


def test_it_says_that_it_understood_nothing_whenever_it_is_asked() -> None:
    async def sound() -> AsyncIterator[AudioChunk]:
        for frames in (320, 320, 0, 320):
            yield AudioChunk(np.full((frames, 1), 0.5, np.float32), 16_000)

    async def go() -> list[Transcript]:
        return [each async for each in DeafSTT().transcribe(sound())]

    assert [(each.text, each.is_final) for each in asyncio.run(go())] == [("", True), ("", True)]


def test_who_types_is_answered_whatever_ears_the_file_names() -> None:
    taking = AgentSettings(turn_taking=TurnTaking(detection="model"))
    config = AgentConfig(stt=(NOBODY,), vad=NOBODY, tts=(NOBODY,), agent=taking)

    async def typed() -> AsyncIterator[str]:
        yield "What is 3 times 4?"

    async def go() -> list[str]:
        events = converse(build(config, mute=True, deaf=True), Doors(), typed())
        return [event.text async for event in events if isinstance(event, AgentText) and event.is_final]

    assert asyncio.run(go()) == ["That makes 12."]

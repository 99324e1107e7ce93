"""audiokit.server.bridge.session with an agent made of lists: turns that are owed, late sound, odd failures."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from audiokit.agent.events import Event, ProviderFailed, SessionEnded, StateChanged, TurnEnded
from audiokit.audio.chunk import AudioChunk
from audiokit.errors import ConfigError
from audiokit.portal import run
from audiokit.retry import Retry
from audiokit.server.bridge.session import BridgeSession, BridgeSettings
from tests.server.serving import tone_pcm

SETTINGS = BridgeSettings(dial=Retry(attempts=1), quiet_s=0.05, thinking_s=0.5, lines=1)
ASKED = {"type": "user_transcript", "user_transcription_event": {"user_transcript": "Well?"}}
SAID = {"type": "agent_response", "agent_response_event": {"agent_response": "Yes."}}
SOUND = {
    "type": "audio",
    "audio_event": {"audio_base_64": base64.b64encode(tone_pcm(0.05)).decode(), "event_id": 1},
}


class Script:
    """A hosted agent, and its line: sends messages at their times, then nothing."""

    input_format = output_format = "pcm_16000"

    def __init__(self, *steps: tuple[float, dict[str, Any]]) -> None:
        self._steps = steps

    async def dial(self) -> Script:
        return self

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        for pause_s, message in self._steps:
            await asyncio.sleep(pause_s)
            yield message
        await asyncio.Event().wait()

    async def send(self, message: Mapping[str, object]) -> None:
        pass

    async def close(self) -> None:
        pass


class Nothing:
    sample_rate = 16000

    def play(self, chunk: AudioChunk, turn_id: int) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def clear(self, turn_id: int) -> None: ...


def told(hosted: Any, finish_after_s: float) -> list[Event]:
    async def scene() -> list[Event]:
        found: list[Event] = []
        async with BridgeSession(hosted, Nothing(), SETTINGS) as session, asyncio.timeout(10):
            asyncio.get_running_loop().call_later(finish_after_s, session.finish)
            async for event in session.events():
                found.append(event)
        return found

    return run(scene())


def test_a_reply_that_is_owed_is_waited_for() -> None:
    found = told(Script((0.0, ASKED), (0.3, SAID), (0.0, SOUND)), finish_after_s=0.05)
    assert sum(isinstance(event, TurnEnded) for event in found) == 1
    assert [event.reason for event in found if isinstance(event, SessionEnded)] == ["finished"]


def test_sound_that_comes_long_after_its_text_belongs_to_the_same_turn() -> None:
    found = told(Script((0.0, ASKED), (0.0, SAID), (0.3, SOUND)), finish_after_s=0.4)
    assert sum(isinstance(event, TurnEnded) for event in found) == 1
    assert [event.state for event in found if isinstance(event, StateChanged)] == ["thinking", "speaking", "idle"]


def test_a_reply_that_never_comes_does_not_hold_up_the_end() -> None:
    found = told(Script((0.0, ASKED)), finish_after_s=0.05)
    assert isinstance(found[-1], SessionEnded)


def test_any_error_of_the_house_is_told_and_ends_the_conversation() -> None:
    class Unset:
        async def dial(self) -> None:
            raise ConfigError("no agent is named")

    found = told(Unset(), finish_after_s=9)
    assert [event.message for event in found if isinstance(event, ProviderFailed)] == ["no agent is named"]
    assert isinstance(found[-1], SessionEnded)


@pytest.mark.parametrize("finish_after_s", [0.0, 0.2])
def test_a_quiet_line_ends_when_it_is_asked_to(finish_after_s: float) -> None:
    assert isinstance(told(Script(), finish_after_s)[-1], SessionEnded)

"""audiokit.agent.doors: conversations that end otherwise than with their input; scripted services, no model."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from audiokit.agent import events
from audiokit.agent.agent import Agent
from audiokit.agent.doors import Doors, converse, hold
from audiokit.agent.settings import AgentSettings, Phrases
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.buffer import Audio
from audiokit.contracts import LLM, STT, TTS, Message, SpeechChunk, Tool, Voice
from audiokit.errors import AuthenticationError, ConfigError, UsageError
from audiokit.testing import clock
from audiokit.testing.providers import Fault, ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

STORY = "One two three four five six seven eight nine ten."
SILENT = AgentSettings(phrases=Phrases(**dict.fromkeys(Phrases.__dataclass_fields__, "")))


class Unmade:
    """A voice that is set up wrongly, and says so only when it is to speak."""

    name = "unmade"
    sample_rate = 16_000
    encoding = "pcm_s16le"
    settings_key = ""

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        raise ConfigError("there is no voice 'Nobody'")
        yield


def agent(*voices: TTS, settings: AgentSettings = SILENT, llm: Sequence[LLM] = (), stt: STT | None = None) -> Agent:
    language = ToneLanguage()
    tts, llm = voices or (ScriptedTTS(language),), llm or (ScriptedLLM([STORY]),)
    return Agent(stt=stt or ScriptedSTT(language), llm=llm, tts=tts, vad=EnergyVAD, settings=settings)


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line
    await asyncio.sleep(1000.0)


async def heard(given: Agent, doors: Doors, into: list[events.Event]) -> None:
    async with aclosing(converse(given, doors, typed("my number is 4711"))) as happened:
        async for event in happened:
            into.append(event)


def test_a_turn_that_ctrl_c_cuts_short_is_kept_as_far_as_it_was_heard(tmp_path: Path) -> None:
    doors = Doors(record=tmp_path / "talk", session=tmp_path / "talk.json")

    async def go() -> None:
        talk = asyncio.create_task(heard(agent(), doors, []))
        await asyncio.sleep(1.5)
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)

    clock.run(go())
    (turn,) = json.loads((tmp_path / "talk.json").read_text("utf-8"))["turns"]
    question, answer = (message["text"] for message in turn)
    assert question == "my number is 4711"
    assert STORY.startswith(answer)
    assert 0 < len(answer) < len(STORY)
    assert f"Agent: {answer}\n" in (tmp_path / "talk" / "transcript.txt").read_text("utf-8")
    kinds = [json.loads(line)["type"] for line in (tmp_path / "talk" / "events.jsonl").read_text("utf-8").splitlines()]
    assert kinds[-3:] == ["agent_text", "turn_ended", "session_ended"]


@pytest.mark.parametrize("settings", [SILENT, AgentSettings()], ids=["at the first turn", "at the first phrase"])
def test_an_agent_that_nobody_can_speak_for_ends_with_the_reason(settings: AgentSettings, tmp_path: Path) -> None:
    happened: list[events.Event] = []
    with pytest.raises(ConfigError, match="there is no voice 'Nobody'"):
        clock.run(heard(agent(Unmade(), settings=settings), Doors(record=tmp_path / "talk"), happened))
    turns = sum(isinstance(event, events.TurnEnded) for event in happened)
    assert turns == (settings is SILENT)


class Locked:
    """A model whose key is refused."""

    name = "locked"

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str]:
        raise AuthenticationError("locked: the key was refused. Set LOCKED_API_KEY.", provider="locked", status=401)
        yield


def test_a_refused_key_ends_the_conversation_after_saying_so(tmp_path: Path) -> None:
    happened: list[events.Event] = []
    given = agent(settings=AgentSettings(), llm=[Locked()])
    with pytest.raises(AuthenticationError, match="LOCKED_API_KEY") as refused:
        clock.run(heard(given, Doors(record=tmp_path / "talk"), happened))
    assert refused.value.exit_code == 4
    assert [event.kind for event in happened if isinstance(event, events.SpokenFailure)] == ["llm_down"]
    assert sum(isinstance(event, events.TurnEnded) for event in happened) == 1


def test_a_key_that_is_refused_later_ends_it_too() -> None:
    happened: list[events.Event] = []
    model = ScriptedLLM([STORY], faults=[None, Fault(kind="reject")])

    async def go() -> None:
        doors, lines = Doors(), typed("one", "two", "three")
        async with aclosing(converse(agent(llm=[model]), doors, lines)) as told:
            async for event in told:
                happened.append(event)

    with pytest.raises(AuthenticationError):
        clock.run(go())
    assert sum(isinstance(event, events.TurnEnded) for event in happened) == 2


def test_another_model_answers_for_one_whose_key_is_refused() -> None:
    happened: list[events.Event] = []

    async def go() -> None:
        async def lines() -> AsyncIterator[str]:
            yield "one"
            yield "two"

        async with aclosing(converse(agent(llm=[Locked(), ScriptedLLM([STORY] * 2)]), Doors(), lines())) as told:
            async for event in told:
                happened.append(event)

    clock.run(go())
    assert [event.text for event in happened if isinstance(event, events.AgentText) and event.is_final] == [STORY] * 2


def test_who_types_needs_no_recognizer() -> None:
    happened: list[events.Event] = []
    deaf = ScriptedSTT(ToneLanguage(), faults=[Fault(kind="reject")] * 50)

    async def go() -> None:
        async def lines() -> AsyncIterator[str]:
            yield "one"

        async with aclosing(converse(agent(stt=deaf), Doors(), lines())) as told:
            async for event in told:
                happened.append(event)

    clock.run(go())
    assert [event.text for event in happened if isinstance(event, events.AgentText) and event.is_final] == [STORY]


def test_a_fallback_speaks_for_a_voice_that_is_set_up_wrongly(tmp_path: Path) -> None:
    happened: list[events.Event] = []

    async def go() -> None:
        both = agent(Unmade(), ScriptedTTS(ToneLanguage()))
        talk = asyncio.create_task(heard(both, Doors(record=tmp_path / "talk"), happened))
        await asyncio.sleep(10.0)
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)

    clock.run(go())
    (failed,) = [event for event in happened if isinstance(event, events.ProviderFailed)]
    assert failed.message == "there is no voice 'Nobody'"
    assert [event.text for event in happened if isinstance(event, events.AgentText) and event.is_final] == [STORY]


def test_a_reply_does_not_replace_the_recording_that_it_answers(tmp_path: Path) -> None:
    question = Audio(np.full((4_800, 1), 0.1, np.float32), 24_000)
    question.save(tmp_path / "question.wav")
    before = (tmp_path / "question.wav").read_bytes()
    doors = Doors(input=tmp_path / "question.wav", output=tmp_path / "." / "question.wav")
    with pytest.raises(UsageError, match="is the recording that is answered"):
        hold(agent(), doors, fast=True)
    assert (tmp_path / "question.wav").read_bytes() == before


def test_an_interrupt_ends_a_conversation_beside_a_running_loop() -> None:
    """As in Jupyter: the conversation is held in a thread, and only the main thread hears of the interrupt."""
    happened: list[events.Event] = []

    async def cell() -> None:
        hold(agent(), Doors(), typed(), show=_interrupted_at_first(happened))

    loop = asyncio.new_event_loop()
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(cell())
    loop.close()
    assert happened


def _interrupted_at_first(happened: list[events.Event]) -> Callable[[events.Event], None]:
    def show(event: events.Event) -> None:
        happened.append(event)
        if len(happened) == 1:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    return show

"""audiokit.agent.doors: whole conversations with the real offline models, from files into files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from audiokit.agent import events
from audiokit.agent.agent import Agent
from audiokit.agent.config_file import AgentConfig, build, patient
from audiokit.agent.doors import Doors, converse, hold
from audiokit.agent.fast_clock import SkippingLoop
from audiokit.agent.file_io import FileOut
from audiokit.agent.settings import AgentSettings, Limits
from audiokit.agent.trim import LEAD_S
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.errors import AudioFileError, ConfigError
from audiokit.registry import provider

T = TypeVar("T")

ROOM = Audio(np.zeros((12_000, 1), np.float32), 24_000)


def fast(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(coroutine)


def spoken(text: str) -> Audio:
    """Say it with the offline voice, with half a second of silence around it."""

    async def said() -> Audio:
        pieces = [chunk.samples async for chunk in provider("tts", "hibari").synthesize(text)]
        return Audio(np.concatenate([ROOM.samples, *pieces, ROOM.samples]), 24_000)

    return asyncio.run(said())


def understood(audio: Audio) -> str:
    """Give what the offline recognizer hears, small and without punctuation."""

    async def heard() -> str:
        async def chunks() -> AsyncIterator[AudioChunk]:
            for chunk in chunks_of(audio.mono()):
                yield chunk

        return " ".join([each.text async for each in provider("stt", "whisper").transcribe(chunks())])

    return "".join(letter for letter in asyncio.run(heard()).lower() if letter.isalnum() or letter == " ")


def loud_span(audio: Audio) -> tuple[float, float]:
    """Give the times of the first and the last sample that can be heard, in seconds."""
    loud = np.flatnonzero(np.abs(audio.samples[:, 0]) > 0.01) / audio.sample_rate
    return float(loud[0]), float(loud[-1])


@pytest.fixture(scope="module")
def agent() -> Agent:
    return build(patient(AgentConfig(cache=False)))


@pytest.fixture
def typing_agent() -> Agent:
    return build(patient(AgentConfig()), mute=True)


async def held(agent: Agent, doors: Doors, lines: AsyncIterator[str] | None = None) -> list[events.Event]:
    return [event async for event in converse(agent, doors, lines)]


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


def finals(happened: list[events.Event], kind: type[Any]) -> list[str]:
    return [event.text for event in happened if isinstance(event, kind) and event.is_final and event.text]


@pytest.mark.model
def test_a_question_from_a_file_is_answered_in_a_file(agent: Agent, tmp_path: Path) -> None:
    spoken("What is two plus two?").save(tmp_path / "question.wav")
    doors = Doors(input=tmp_path / "question.wav", output=tmp_path / "reply.wav", record=tmp_path / "talk")
    happened = fast(held(agent, doors))
    (question,) = finals(happened, events.UserText)
    assert "plus" in question
    assert finals(happened, events.AgentText) == ["That makes 4."]
    reply = Audio.read(tmp_path / "reply.wav")
    assert "that makes" in understood(reply)
    (turn,) = [event.metrics for event in happened if isinstance(event, events.TurnEnded)]
    assert turn.speech_end_s is not None
    assert turn.first_audio_s is not None
    _, question_end_s = loud_span(Audio.read(tmp_path / "question.wav"))
    assert turn.speech_end_s == pytest.approx(question_end_s, abs=0.4)
    assert turn.latency_s == pytest.approx(turn.first_audio_s - turn.speech_end_s)
    assert loud_span(reply)[0] == pytest.approx(turn.first_audio_s + LEAD_S, abs=0.1)
    assert "plus" in understood(Audio.read(tmp_path / "talk" / "user.wav"))
    assert "Agent: That makes 4." in (tmp_path / "talk" / "transcript.txt").read_text("utf-8")


@pytest.mark.model
def test_what_is_spoken_over_a_reply_stops_it_and_only_what_was_heard_is_kept(agent: Agent, tmp_path: Path) -> None:
    story, question = spoken("Tell me a story."), spoken("What is two plus two?")  # no pause inside: one turn each

    async def talk() -> tuple[list[events.Event], list[str]]:
        is_heard = asyncio.Event()

        async def microphone() -> AsyncIterator[AudioChunk]:
            loop = asyncio.get_running_loop()
            next_s = loop.time()
            for audio in (story, None, question):
                pieces = chunks_of(audio) if audio else quiet(is_heard)
                for chunk in pieces:
                    next_s += chunk.duration_s
                    await asyncio.sleep(max(0.0, next_s - loop.time()))
                    yield chunk

        happened = []
        with FileOut(tmp_path / "reply.wav") as out:
            async with agent.session(out) as session:
                feeding = asyncio.create_task(feed(session, microphone()))
                async for event in session.events():
                    happened.append(event)
                    if isinstance(event, events.StateChanged) and event.state == "speaking":
                        asyncio.get_running_loop().call_later(4.0, is_heard.set)
                await feeding
                said = [message.text for message in session.history.messages() if message.role == "assistant"]
        return happened, said

    happened, said = fast(talk())
    (interrupted,) = [event for event in happened if isinstance(event, events.Interrupted)]
    told = finals(happened, events.AgentText)
    assert told == said
    assert told[0] == interrupted.heard_text
    assert told[0].startswith("Once upon a time")
    assert "nobody says" not in told[0]  # the story's end
    assert "4" in told[1]
    sound = understood(Audio.read(tmp_path / "reply.wav"))
    heard_words, last = sound.split("that makes")[0].split(), told[0].lower().strip(".,").split()
    assert abs(len(heard_words) - len(last)) <= 3


def quiet(until: asyncio.Event) -> Any:
    while not until.is_set():
        yield AudioChunk(np.zeros((480, 1), np.float32), 24_000)


async def feed(session: Any, chunks: AsyncIterator[AudioChunk]) -> None:
    async for chunk in chunks:
        session.push(chunk)
    session.finish()


@pytest.mark.model
def test_typed_lines_are_answered_one_after_the_other(typing_agent: Agent) -> None:
    happened = fast(
        held(typing_agent, Doors(), typed("What is 3 times 4?", "  ", "My name is Kim.", "What is my name?"))
    )
    assert finals(happened, events.AgentText) == ["That makes 12.", "Nice to meet you, Kim.", "Your name is Kim."]
    assert isinstance(happened[-1], events.SessionEnded)


@pytest.mark.model
def test_what_was_said_before_comes_from_the_disk_and_is_counted_so(tmp_path: Path) -> None:
    cached = build(patient(AgentConfig()))
    happened = fast(
        held(cached, Doors(output=tmp_path / "reply.wav"), typed("What is 3 times 4?", "What is 3 times 4?"))
    )
    first, second = [event.metrics for event in happened if isinstance(event, events.TurnEnded)]
    assert (first.tts_characters, first.cached_characters) == (len("That makes 12."), 0)
    assert second.cached_characters == second.tts_characters == first.tts_characters
    assert first.cost_usd == 0


@pytest.mark.model
def test_a_conversation_is_taken_up_where_it_was_left(typing_agent: Agent, tmp_path: Path) -> None:
    doors = Doors(session=tmp_path / "talk.json")
    fast(held(typing_agent, doors, typed("My name is Kim.")))
    assert "Kim" in json.dumps(json.loads((tmp_path / "talk.json").read_text("utf-8")))
    assert finals(fast(held(typing_agent, doors, typed("What is my name?"))), events.AgentText) == ["Your name is Kim."]


@pytest.mark.model
def test_a_file_that_is_no_conversation_is_refused(typing_agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text('{"hello": 1}')
    with pytest.raises(ConfigError, match=r"talk\.json"):
        fast(held(typing_agent, Doors(session=tmp_path / "talk.json"), typed("Hello.")))


@pytest.mark.model
def test_a_greeting_is_heard_before_the_first_line_is_asked_for(tmp_path: Path) -> None:
    config = patient(AgentConfig(agent=AgentSettings(greeting="Good morning.", limits=Limits(max_turns=5))))
    happened = fast(held(build(config, mute=True), Doors(), typed("What is 1 plus 1?")))
    assert finals(happened, events.AgentText) == ["Good morning.", "That makes 2."]


@pytest.mark.model
def test_where_a_loop_runs_already_a_conversation_is_held_too(typing_agent: Agent) -> None:
    happened: list[events.Event] = []

    async def notebook_cell() -> None:
        hold(typing_agent, Doors(), typed("What is 2 plus 3?"), show=happened.append, fast=True)

    asyncio.run(notebook_cell())
    assert finals(happened, events.AgentText) == ["That makes 5."]


@pytest.mark.model
def test_a_recording_that_is_not_there_is_told_and_nothing_is_left_open(agent: Agent, tmp_path: Path) -> None:
    doors = Doors(input=tmp_path / "nothing.wav", output=tmp_path / "reply.wav")
    with pytest.raises(AudioFileError, match=r"nothing\.wav"):
        fast(held(agent, doors))


@pytest.mark.model
def test_leaving_early_ends_everything_and_keeps_the_sound(agent: Agent, tmp_path: Path) -> None:
    spoken("Tell me a story.").save(tmp_path / "question.wav")

    async def leave() -> None:
        happened = converse(agent, Doors(input=tmp_path / "question.wav", output=tmp_path / "reply.wav"))
        async for event in happened:
            if isinstance(event, events.StateChanged) and event.state == "speaking":
                await asyncio.sleep(1.5)
                break
        await happened.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    fast(leave())
    reply = Audio.read(tmp_path / "reply.wav")
    assert np.abs(reply.samples[-24_000:]).max() > 0.01

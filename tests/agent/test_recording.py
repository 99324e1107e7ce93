"""audiokit.agent.recording: a folder with both voices, the words, the events and the times."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from audiokit.agent.events import AgentText, SessionEnded, SpokenFailure, TurnEnded, TurnMetrics, UserText
from audiokit.agent.recording import FILES, Recording
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.errors import AudioFileError
from audiokit.testing import clock

RATE = 8000


def chunk(level: float, duration_s: float) -> AudioChunk:
    return AudioChunk(np.full((round(duration_s * RATE), 1), level, np.float32), RATE)


async def conversation(folder: Path) -> None:
    with Recording(folder, sample_rate=RATE) as recording:
        await asyncio.sleep(0.5)
        recording.hear(chunk(0.3, 0.5))
        recording.note(UserText(at_s=0.4, turn_id=1, text="Hel", is_final=False))
        recording.note(UserText(at_s=0.5, turn_id=1, text="Hello?", is_final=True))
        recording.play(chunk(0.5, 0.5), 1)
        await asyncio.sleep(0.25)
        recording.clear(1)
        recording.note(AgentText(at_s=0.75, turn_id=1, text="Grüß Gott.", is_final=True))
        recording.note(TurnEnded(at_s=0.8, turn_id=1, metrics=TurnMetrics(latency_s=0.25, input_tokens=7)))
        recording.note(SessionEnded(at_s=0.8, reason="finished"))


def test_both_voices_begin_together_and_are_as_long(tmp_path: Path) -> None:
    clock.run(conversation(tmp_path))
    user, agent = Audio.read(tmp_path / "user.wav"), Audio.read(tmp_path / "agent.wav")
    assert user.frames == agent.frames == pytest.approx(0.75 * RATE, abs=0.05 * RATE)
    assert np.allclose(user.samples[: RATE // 2], 0.3, atol=1e-3)
    assert not agent.samples[: RATE // 2].any()
    assert np.allclose(agent.samples[RATE // 2 + 80 : RATE // 2 + 1900], 0.5, atol=1e-3)


def test_what_happened_and_how_long_it_took_are_json_lines(tmp_path: Path) -> None:
    clock.run(conversation(tmp_path))
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text("utf-8").splitlines()]
    assert [event["type"] for event in events] == [
        "user_text", "user_text", "agent_text", "turn_ended", "session_ended"
    ]  # fmt: skip
    (turn,) = [json.loads(line) for line in (tmp_path / "turns.jsonl").read_text("utf-8").splitlines()]
    assert (turn["turn_id"], turn["latency_s"], turn["input_tokens"]) == (1, 0.25, 7)


def test_the_transcript_has_what_was_said_in_the_end(tmp_path: Path) -> None:
    clock.run(conversation(tmp_path))
    assert (tmp_path / "transcript.txt").read_text("utf-8").splitlines() == [
        "[0:00:00] User: Hello?", "[0:00:01] Agent: Grüß Gott.", "[0:00:01] ended: finished"
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_the_transcript_has_an_apology_after_what_was_heard_of_the_reply(tmp_path: Path) -> None:
    async def talk() -> None:
        with Recording(tmp_path, sample_rate=RATE) as recording:
            recording.note(SpokenFailure(at_s=1.0, turn_id=1, kind="llm_cut", text="Sorry."))
            recording.note(AgentText(at_s=2.0, turn_id=1, text="Well,", is_final=True))
            recording.note(AgentText(at_s=3.0, turn_id=2, text="Yes.", is_final=True))

    clock.run(talk())
    assert (tmp_path / "transcript.txt").read_text("utf-8").splitlines() == [
        "[0:00:02] Agent: Well,", "[0:00:02] Agent: Sorry.", "[0:00:03] Agent: Yes."
    ]  # fmt: skip


def test_a_line_is_on_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    async def talk() -> None:
        with Recording(tmp_path, sample_rate=RATE) as recording:
            recording.note(UserText(at_s=0.5, turn_id=1, text="Hello?", is_final=True))
            assert "Hello?" in (tmp_path / "events.jsonl").read_text("utf-8")
            assert "Hello?" in (tmp_path / "transcript.txt").read_text("utf-8")

    clock.run(talk())


def test_a_folder_with_a_conversation_is_left_alone(tmp_path: Path) -> None:
    clock.run(conversation(tmp_path / "talk"))
    with pytest.raises(AudioFileError, match="holds a conversation"):
        clock.run(conversation(tmp_path / "talk"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(AudioFileError, match="file"):
        clock.run(conversation(tmp_path / "file" / "talk"))

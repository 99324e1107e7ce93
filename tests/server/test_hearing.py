"""Sound that comes faster than it was spoken (audiokit.server.hearing)."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from audiokit.agent.agent import Agent
from audiokit.agent.settings import AgentSettings
from audiokit.audio.chunk import AudioChunk
from audiokit.server import mulaw
from audiokit.server.hearing import DECODED_PIECES, Hearing
from audiokit.testing import clock
from audiokit.testing.providers import ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, serving, tone_pcm, until, wait_until
from tests.server.test_connection import closing, with_limits
from tests.server.test_decoding import chunk_message, pieces, recording
from tests.server.test_lean import HELLO
from tests.server.test_plain import audio_chunk, wav
from tests.server.test_twilio import media
from tests.server.test_twilio import start as call_start

HELD_S = 0.02  # the longest that one client may hold the loop: one piece of everybody else's sound


def chunk(duration_s: float, sample_rate: int = 16000) -> AudioChunk:
    return AudioChunk.from_pcm16(tone_pcm(duration_s, sample_rate), sample_rate)


class Scene:
    """A `Hearing` whose slices and warnings are noted with their time."""

    def __init__(self, ahead_s: float = 10.0) -> None:
        self.now_s = asyncio.get_running_loop().time
        self.heard: list[tuple[float, float]] = []
        self.warned_s: list[float] = []
        self.hearing = Hearing(ahead_s, self._hear, lambda: self.warned_s.append(self.now_s()))

    def _hear(self, piece: AudioChunk) -> None:
        self.heard.append((self.now_s(), piece.duration_s))

    def heard_s(self, until_s: float) -> float:
        return sum(duration_s for at_s, duration_s in self.heard if at_s <= until_s)


def test_sound_at_the_pace_of_the_clock_is_never_held_back() -> None:
    async def go() -> None:
        scene = Scene()
        for number in range(500):
            await scene.hearing.take(chunk(0.02))
            assert scene.heard[-1] == (pytest.approx(0.02 * number), 0.02)
            await asyncio.sleep(0.02)
        assert scene.warned_s == []

    clock.run(go())


def test_what_runs_ahead_of_the_clock_waits_and_its_sender_is_told_once() -> None:
    async def go() -> None:
        scene = Scene(ahead_s=10.0)
        for _ in range(6):
            await scene.hearing.take(chunk(5.0))
        assert scene.heard_s(until_s=0.0) == pytest.approx(10.0, abs=0.2)
        assert scene.heard_s(until_s=8.0) == pytest.approx(20.0, abs=0.2)
        assert len(scene.warned_s) == 1
        await asyncio.sleep(60)
        await scene.hearing.take(chunk(9.0))
        assert len(scene.warned_s) == 1
        await scene.hearing.take(chunk(9.0))
        assert len(scene.warned_s) == 2

    clock.run(go())


def test_a_long_piece_is_heard_whole_and_in_order() -> None:
    async def go() -> None:
        whole, heard = chunk(3.21, 8000), []
        await Hearing(10.0, heard.append, lambda: None).take(whole)
        assert np.array_equal(np.concatenate([piece.samples for piece in heard]), whole.samples)
        assert len(heard) == 33

    clock.run(go())


def test_decoders_find_no_room_while_much_is_to_be_heard_first() -> None:
    async def go() -> int:
        heard: list[AudioChunk] = []
        hearing = Hearing(10.0, heard.append, lambda: None)
        taken = sum([await asyncio.to_thread(hearing.put, chunk(0.02)) for _ in range(DECODED_PIECES + 5)])
        ear = asyncio.create_task(hearing.run())
        await asyncio.to_thread(wait_until, lambda: len(heard) == taken)
        assert await asyncio.to_thread(hearing.put, chunk(0.02))
        ear.cancel()
        return taken

    assert asyncio.run(go()) == DECODED_PIECES


def test_streams_that_are_given_up_leave_no_thread(agent: FakeAgent) -> None:
    with serving(agent, with_limits(ahead_s=0.5)) as served, served.connect() as socket:
        until(socket, "conversation_started")
        for _ in range(30):
            socket.send(chunk_message(recording("webm", duration_s=20)[:60_000], "webm"))
        until(socket, "error")
        decoders = [thread for thread in threading.enumerate() if thread.name == "audiokit-webm"]
        wait_until(lambda: sum(thread.is_alive() for thread in decoders) <= 1)


def test_a_stream_of_pcm_that_outruns_the_clock_is_paced_and_counts_as_a_strike(
    served: Served, agent: FakeAgent
) -> None:
    with served.lean() as socket:
        socket.send(HELLO)
        for _ in range(60):
            socket.send(tone_pcm(0.25))
        assert "10 s ahead of the clock" in until(socket, "error")[-1]["message"]
        assert agent.sessions[0].heard_s < 12
        assert served.service.metrics.malformed.value("v2") == 1
        wait_until(lambda: agent.sessions[0].heard_s == pytest.approx(15))


def test_a_client_that_is_paced_for_longer_than_a_ping_takes_stays(
    agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiokit.server.run.PING_S", 0.2)
    with serving(agent, with_limits(ahead_s=1.0)) as served, served.lean(ping_interval=None) as socket:
        socket.send(HELLO)
        for _ in range(8):
            socket.send(tone_pcm(0.5))
        wait_until(lambda: agent.sessions and agent.sessions[0].heard_s == pytest.approx(4))
        socket.send('{"type": "text", "text": "Still here"}')
        wait_until(lambda: agent.sessions[0].typed == ["Still here"])


def test_a_stream_of_webm_that_outruns_the_clock_is_paced_too(agent: FakeAgent) -> None:
    with serving(agent, with_limits(ahead_s=2.0)) as served, served.connect() as socket:
        for piece in pieces(recording("webm", duration_s=20)):
            socket.send(chunk_message(piece, "webm"))
        assert "2 s ahead of the clock" in until(socket, "error")[-1]["message"]
        assert agent.sessions[0].heard_s < 4


def test_a_telephone_that_outruns_the_clock_is_paced(agent: FakeAgent) -> None:
    with serving(agent, with_limits(ahead_s=2.0)) as served, served.connect("/twilio") as socket:
        socket.send(json.dumps(call_start()))
        for number in range(4):
            socket.send(json.dumps(media(number, bytes(8000))))
        wait_until(lambda: served.service.metrics.malformed.value("twilio") == 1)
        assert agent.sessions[0].heard_s < 3


@pytest.mark.parametrize("seconds", [10.5, 16.2])
def test_a_message_that_holds_more_than_may_be_ahead_is_refused(
    served: Served, agent: FakeAgent, seconds: float
) -> None:
    with served.lean() as socket:
        socket.send(json.dumps({"type": "hello", "sample_rate": 8000}))
        socket.send(tone_pcm(seconds, 8000))
        assert until(socket, "error")[-1]["message"] == f"audio: {seconds} s in one message; expected at most 10 s"
        assert agent.sessions[0].heard == []
        for _ in range(2):
            socket.send(tone_pcm(seconds, 8000))
        assert closing(socket)[0] == 1008


class Probe:
    """Notes the longest that the event loop computed without a pause, in seconds of its thread's processor time:
    what else this machine does is not counted.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._last_s = time.thread_time()
        self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        now_s = time.thread_time()
        self.longest_s = max(self.longest_s, now_s - self._last_s)
        self._last_s = now_s
        self._loop.call_soon(self._tick)


def probe(served: Served) -> Probe:
    made: list[Probe] = []
    served.server.servers[0].get_loop().call_soon_threadsafe(lambda: made.append(Probe()))
    wait_until(lambda: made)
    return made[0]


@dataclass(frozen=True, slots=True)
class Way:
    """How a client begins, sends 9.5 s of sound at once, and ends."""

    path: str
    opening: list[str]
    sound: list[str | bytes]
    goodbye: dict[str, str]
    subprotocols: list[str] | None = None


PCM = tone_pcm(9.5, 8000)
HELLO_8000 = json.dumps({"type": "hello", "sample_rate": 8000})
LEAN = Way("/ws", [HELLO_8000], [PCM], {"type": "end"}, ["audiokit.v2"])
WAYS = {
    "binary": LEAN,
    # Small messages wait in the socket's queue, from which they are taken without a pause.
    "many": replace(LEAN, sound=[PCM[start : start + 320] for start in range(0, len(PCM), 320)]),
    "pcm": Way("/ws", [], [audio_chunk(PCM, "audio/pcm;rate=8000")], {"type": "end_conversation"}),
    "wav": Way(
        "/ws", [], [audio_chunk(wav(np.frombuffer(PCM, "<i2"), 8000), "audio/wav")], {"type": "end_conversation"}
    ),
    "telephone": Way(
        "/twilio", [json.dumps(call_start())], [json.dumps(media(1, mulaw.encode(PCM)))], {"event": "stop"}
    ),
}


def held_s(way: Way) -> float:
    """Let a client send, and tell how long it held the loop of a server that detects speech as usual, with Silero."""
    language = ToneLanguage()
    agent = Agent(stt=ScriptedSTT(language), llm=ScriptedLLM(), tts=ScriptedTTS(language), settings=AgentSettings())
    with serving(agent) as served, served.connect(way.path, subprotocols=way.subprotocols) as socket:
        for message in way.opening:
            socket.send(message)
        wait_until(lambda: [each for each in served.service.hub.list() if each["state"] != "opening"])
        watch = probe(served)
        for sound in way.sound:
            socket.send(sound)
        socket.send(json.dumps(way.goodbye))
        assert closing(socket)[0] == 1000
        return watch.longest_s


@pytest.mark.model
@pytest.mark.parametrize("way", WAYS)
def test_nobody_holds_the_loop_with_much_sound_at_once(way: str) -> None:
    pytest.importorskip("onnxruntime")
    assert held_s(WAYS[way]) < HELD_S


@pytest.mark.model
def test_without_slices_it_would_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    sliced_s = held_s(LEAN)
    monkeypatch.setattr("audiokit.server.hearing.SLICE_S", 10.0)
    assert held_s(LEAN) > 3 * sliced_s

"""`audiokit.v2` (audiokit.server.dialects.lean)."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import pytest

from audiokit.server.dialects.lean import Lean
from audiokit.server.inputs import Goodbye, Played, Refusal, Typed
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, tone_pcm, until, wait_until

HELLO = json.dumps({"type": "hello", "sample_rate": 16000, "output_sample_rate": 24000})


def test_a_conversation(served: Served, agent: FakeAgent) -> None:
    with served.lean() as socket:
        assert socket.subprotocol == "audiokit.v2"
        socket.send(HELLO)
        ready = until(socket, "ready")[-1]
        assert (ready["sample_rate"], ready["output_sample_rate"]) == (16000, 24000)
        for _ in range(25):
            socket.send(tone_pcm(0.02))
        messages = until(socket, "latency")
        socket.send(json.dumps({"type": "played", "turn_id": 1, "played_s": 0.1}))
        socket.send(json.dumps({"type": "end"}))
        assert until(socket, "ended")[-1] == {"type": "ended", "reason": "the client said goodbye"}
    voice = [each["data"] for each in messages if each["type"] == "binary"]
    assert [struct.unpack_from("<I", each)[0] for each in voice] == [1] * 10
    assert {len(each) for each in voice} == {4 + 2 * 480}
    captions = [each for each in messages if each["type"] == "caption"]
    assert captions[0] == {
        "type": "caption",
        "speaker": "user",
        "text": "0.5 s of sound",
        "is_final": True,
        "turn_id": 1,
    }
    assert captions[-1]["text"] == "You said: 0.5 s of sound"
    assert [each["phase"] for each in messages if each["type"] == "tool"] == ["started", "ended"]
    latency = messages[-1]
    assert latency["latency_s"] == 0.45
    assert latency["stages"] == {"endpoint": 0.2, "first_audio": 0.45}
    assert agent.sessions[0].marks == [(1, 0.1)]
    wait_until(lambda: not agent.sessions[0].is_open)


def test_clear_and_pause_reach_the_client(served: Served) -> None:
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "interrupt"}))
        kinds = [each["type"] for each in until(socket, "clear")]
    assert ("pause", "clear") in pairwise(kinds)


def test_a_ping_is_answered(served: Served) -> None:
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "ping", "id": 7}))
        assert until(socket, "pong")[-1] == {"type": "pong", "id": 7}


@pytest.mark.parametrize("first", [b"1234", '{"type": "end"}', '{"type": "hello", "sample_rate": 7}', "nothing"])
def test_nothing_goes_before_hello(first: str | bytes) -> None:
    dialect = Lean()
    with pytest.raises(Refusal):
        list(dialect.read(first))
    assert not dialect.is_ready


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ('{"type": "text", "text": "Hi"}', Typed("Hi")),
        ('{"type": "played", "turn_id": 2, "played_s": 1.5}', Played(2, 1.5)),
        ('{"type": "end"}', Goodbye()),
    ],
)
def test_messages_are_understood(message: str, meant: object) -> None:
    dialect = Lean()
    list(dialect.read(HELLO))
    assert list(dialect.read(message)) == [meant]


@pytest.mark.parametrize(
    "message",
    [
        HELLO,
        b"123",
        b"",
        '{"type": "text", "text": ""}',
        json.dumps({"type": "text", "text": "a" * 5000}),
        '{"type": "played", "turn_id": -1, "played_s": 1}',
        '{"type": "played", "turn_id": 1, "played_s": NaN}',
        '{"type": "ping", "id": "7"}',
    ],
)
def test_what_makes_no_sense_is_refused(message: str | bytes) -> None:
    dialect = Lean()
    list(dialect.read(HELLO))
    with pytest.raises(Refusal):
        list(dialect.read(message))

"""Calls as Twilio's documentation writes them (audiokit.server.dialects.twilio, .dialect, .reading)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from audiokit.config import Key
from audiokit.server.access import Gate
from audiokit.server.dialects.twilio import Twilio
from audiokit.server.inputs import Goodbye, Heard, Played, Refusal
from tests.server.fake_agent import FakeAgent
from tests.server.serving import PATIENCE_S, Served, wait_until

SID = "MZXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
CALL = "CAXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def start(**parameters: str) -> dict[str, Any]:
    return {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "streamSid": SID,
            "callSid": CALL,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        },
        "streamSid": SID,
    }


def media(number: int, payload: bytes) -> dict[str, Any]:
    return {
        "event": "media",
        "sequenceNumber": str(number + 1),
        "media": {
            "track": "inbound",
            "chunk": str(number),
            "timestamp": str(20 * number),
            "payload": base64.b64encode(payload).decode(),
        },
        "streamSid": SID,
    }


STOP = {"event": "stop", "sequenceNumber": "99", "stop": {"accountSid": "AC", "callSid": CALL}, "streamSid": SID}
DTMF = {"event": "dtmf", "streamSid": SID, "sequenceNumber": "5", "dtmf": {"track": "inbound_track", "digit": "1"}}


def mark(name: str) -> dict[str, Any]:
    return {"event": "mark", "sequenceNumber": "4", "streamSid": SID, "mark": {"name": name}}


def in_call(gate: Gate | None = None, **parameters: str) -> Twilio:
    dialect = Twilio(gate or Gate(None))
    for message in (CONNECTED, start(**parameters)):
        assert list(dialect.read(json.dumps(message))) == []
    return dialect


def test_a_call_is_a_conversation(served: Served, agent: FakeAgent) -> None:
    with served.connect("/twilio") as socket:
        for message in (CONNECTED, start(), *(media(number, bytes([0xFF] * 160)) for number in range(1, 26)), DTMF):
            socket.send(json.dumps(message))
        answers = [json.loads(socket.recv(timeout=PATIENCE_S)) for _ in range(20)]
        socket.send(json.dumps(mark("10")))
        wait_until(lambda: agent.sessions[0].marks)
        socket.send(json.dumps(STOP))
        wait_until(lambda: not agent.sessions[0].is_open)
    assert [each["event"] for each in answers] == ["media", "mark"] * 10
    assert {each["streamSid"] for each in answers} == {SID}
    assert {len(base64.b64decode(each["media"]["payload"])) for each in answers[::2]} == {160}
    assert agent.sessions[0].heard_s == pytest.approx(0.5)
    assert agent.sessions[0].marks == [(1, pytest.approx(0.2))]


def test_speech_is_mu_law_at_8_khz() -> None:
    (heard,) = in_call().read(json.dumps(media(1, bytes([0x00] * 160))))
    assert isinstance(heard, Heard)
    assert heard.chunk.sample_rate == 8000
    assert heard.chunk.samples[0, 0] == pytest.approx(-32124 / 32768)


def test_a_mark_tells_how_much_was_heard() -> None:
    dialect = in_call()
    sent = [json.loads(message) for _ in range(3) for message in dialect.audio(bytes(320), turn_id=4)]
    names = [each["mark"]["name"] for each in sent if each["event"] == "mark"]
    assert list(dialect.read(json.dumps(mark(names[1])))) == [Played(4, pytest.approx(0.04))]
    assert list(dialect.read(json.dumps(mark(names[0])))) == []
    assert list(dialect.read(json.dumps(mark(names[2])))) == [Played(4, pytest.approx(0.06))]


def test_marks_that_come_back_after_a_clear_count_for_nothing() -> None:
    dialect = in_call()
    names = [json.loads(message).get("mark", {}).get("name") for message in dialect.audio(bytes(320), turn_id=1)]
    assert [json.loads(message) for message in dialect.cleared(1)] == [{"event": "clear", "streamSid": SID}]
    assert list(dialect.read(json.dumps(mark(names[1])))) == []


def test_the_end_of_a_call_ends_the_conversation() -> None:
    assert list(in_call().read(json.dumps(STOP))) == [Goodbye()]


def test_a_call_shows_the_token_as_a_parameter() -> None:
    gate = Gate(Key("0123456789abcdef"))
    assert in_call(gate, token="0123456789abcdef").is_ready
    with pytest.raises(Refusal, match="token"):
        in_call(gate)
    with pytest.raises(Refusal, match="token"):
        in_call(gate, token="wrong")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{}",
        '{"event": "shout"}',
        '{"event": "start"}',
        '{"event": "start", "start": {"mediaFormat": {"encoding": "audio/mp3"}}}',
        '{"event": "media", "media": {"payload": "!"}}',
        '{"event": "media", "media": {"payload": ""}}',
        '{"event": "media", "media": {"payload": 5}}',
        '{"event": "mark"}',
        "[" * 100_000,
    ],
)
def test_what_makes_no_sense_is_refused(message: str) -> None:
    with pytest.raises(Refusal):
        list(Twilio(Gate(None)).read(message))

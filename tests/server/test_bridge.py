"""A browser's conversation with a hosted agent, against a service that checks every message.

audiokit.server.bridge.partner, .session, .translation, .formats; audiokit.server.bridge.line is what
audiokit.providers.elevenlabs.agents keeps.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import numpy as np
import pytest

from audiokit.audio.chunk import AudioChunk
from audiokit.errors import AuthenticationError, ConfigError, MissingKeyError, ProviderError
from audiokit.portal import run
from audiokit.providers.elevenlabs.agents import HostedAgent
from audiokit.retry import Retry
from audiokit.server.bridge.formats import Format, format_named
from audiokit.server.bridge.partner import Bridge
from audiokit.server.bridge.session import BridgeSession, BridgeSettings
from audiokit.server.bridge.translation import Translation
from tests.server.serving import Served, serving, tone_pcm, until, wait_until
from tests.server.test_connection import closing
from tests.server.test_lean import HELLO
from tests.vendors import faults
from tests.vendors.convai import KEY, SIGN, TALK, Convai
from tests.vendors.host import Host

QUICK = BridgeSettings(dial=Retry(attempts=3, first_pause_s=0.01), quiet_s=0.2, lines=3)


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with Host(Convai()) as host:
        monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
        monkeypatch.setenv("ELEVENLABS_BASE_URL", host.url)
        yield host


@pytest.fixture
def bridged(upstream: Host) -> Iterator[Served]:
    with serving(Bridge(HostedAgent("agent_1"), QUICK)) as served:
        yield served


def text(words: str) -> str:
    return json.dumps({"type": "text", "text": words})


def test_a_voice_is_carried_both_ways(bridged: Served, upstream: Host) -> None:
    with bridged.lean() as socket:
        socket.send(HELLO)
        for _ in range(26):
            socket.send(tone_pcm(0.02))
        messages = until(socket, "latency")
    captions = [(each["speaker"], each["text"], each["is_final"]) for each in messages if each["type"] == "caption"]
    assert captions == [("user", "half a second", True), ("agent", "You spoke.", False), ("agent", "You spoke.", True)]
    voice = b"".join(each["data"][4:] for each in messages if each["type"] == "binary")
    assert len(voice) / 2 / 24000 == pytest.approx(0.4, abs=0.02)
    assert [each["state"] for each in messages if each["type"] == "state"] == ["listening", "thinking", "speaking"]
    pongs = [each for each in upstream.app.messages if each["type"] == "pong"]
    assert pongs == [{"type": "pong", "event_id": 1}]
    assert KEY not in json.dumps([str(each) for each in messages])


@pytest.mark.parametrize(("spoken", "heard"), [("ulaw_8000", "ulaw_8000"), ("pcm_44100", "pcm_24000")])
def test_the_formats_that_the_agent_wants_are_used(bridged: Served, upstream: Host, spoken: str, heard: str) -> None:
    upstream.app.input_format, upstream.app.output_format = heard, spoken
    with bridged.lean() as socket:
        socket.send(HELLO)
        for _ in range(27):
            socket.send(tone_pcm(0.02))
        messages = until(socket, "latency")
    assert upstream.app.heard_s[0] == pytest.approx(0.53, abs=0.03)
    voice = b"".join(each["data"][4:] for each in messages if each["type"] == "binary")
    assert len(voice) / 2 / 24000 == pytest.approx(0.4, abs=0.03)


def test_the_json_protocol_works_over_the_bridge_too(bridged: Served) -> None:
    from tests.server.test_plain import audio_chunk

    with bridged.connect() as socket:
        socket.send(audio_chunk(tone_pcm(0.6)))
        messages = until(socket, "text_response")
        while not (messages[-1]["type"] == "audio_response" and messages[-1]["is_final"]):
            messages += until(socket, "audio_response")
        socket.send(json.dumps({"type": "end_conversation"}))
        until(socket, "conversation_ended")
    assert {each["text"] for each in messages if each["type"] == "audio_response"} == {"half a second"}


def test_an_interruption_takes_back_what_was_not_heard(bridged: Served) -> None:
    with bridged.lean() as socket:
        socket.send(HELLO)
        socket.send(text("interrupt"))
        messages = until(socket, "clear")
        after = until(socket, "latency")
    voice_s = sum(len(each["data"]) - 4 for each in messages + after if each["type"] == "binary") / 48000
    assert voice_s < 2
    assert [each["text"] for each in after if each["type"] == "caption"] == ["A very"]


def test_what_was_said_while_the_line_was_made_is_not_lost(upstream: Host) -> None:
    upstream.faults.add(SIGN.split()[1], faults.slow(0.3))
    with serving(Bridge(HostedAgent("agent_1"), QUICK)) as served, served.lean() as socket:
        socket.send(HELLO)
        for _ in range(26):
            socket.send(tone_pcm(0.02))
        until(socket, "latency")
    assert upstream.app.heard_s == [pytest.approx(0.52)]


def test_a_dropped_line_is_made_anew_and_told_what_was_said(bridged: Served, upstream: Host) -> None:
    with bridged.lean() as socket:
        socket.send(HELLO)
        socket.send(text("Hello"))
        until(socket, "latency")
        socket.send(text("drop"))
        notice = until(socket, "notice")[-1]
        socket.send(text("Still there?"))
        until(socket, "latency")
    assert "elevenlabs" in notice["message"]
    assert len(upstream.asked("/v1/convai/conversation", "WEBSOCKET")) == 2
    (recalled,) = [each["text"] for each in upstream.app.messages if each["type"] == "contextual_update"]
    assert "user: Hello" in recalled
    assert "agent: You wrote Hello." in recalled


def test_a_vendor_that_is_down_for_a_moment_is_asked_again(upstream: Host) -> None:
    upstream.faults.add(SIGN.split()[1], faults.status(503))
    with serving(Bridge(HostedAgent("agent_1"), QUICK)) as served, served.lean() as socket:
        socket.send(HELLO)
        socket.send(text("Hello"))
        until(socket, "latency")


def test_a_vendor_that_stays_down_ends_the_conversation_with_words(upstream: Host) -> None:
    for _ in range(20):
        upstream.faults.add(SIGN.split()[1], faults.status(503))
    with serving(Bridge(HostedAgent("agent_1"), QUICK)) as served, served.lean() as socket:
        socket.send(HELLO)
        assert "elevenlabs" in until(socket, "error")[-1]["message"]
        assert closing(socket) == (1000, "failures")
    assert len(upstream.asked("*")) == QUICK.lines * QUICK.dial.attempts


def test_a_refusal_is_told_in_clear_words(upstream: Host) -> None:
    upstream.app.refuses = {"status": "agent_not_found", "message": "There is no such agent."}
    with serving(Bridge(HostedAgent("agent_1"), QUICK)) as served, served.lean() as socket:
        socket.send(HELLO)
        assert "There is no such agent" in until(socket, "error")[-1]["message"]
        assert closing(socket) == (1000, "failures")


def test_the_end_that_the_agent_wants_is_the_end(bridged: Served) -> None:
    with bridged.lean() as socket:
        socket.send(HELLO)
        socket.send(text("bye"))
        assert until(socket, "ended")[-1]["reason"] == "finished"


def test_a_line_on_which_nobody_speaks_is_closed(upstream: Host) -> None:
    settings = BridgeSettings(quiet_s=0.05, idle_s=0.2)
    with serving(Bridge(HostedAgent("agent_1"), settings)) as served, served.lean() as socket:
        socket.send(HELLO)
        assert until(socket, "ended")[-1]["reason"] == "idle"
    wait_until(lambda: upstream.asked("/v1/convai/conversation", "WEBSOCKET")[0].ended.is_set())


def test_a_tool_that_the_client_does_not_have_is_answered(bridged: Served, upstream: Host) -> None:
    with bridged.lean() as socket:
        socket.send(HELLO)
        socket.send(text("tool"))
        phases = [each["phase"] for each in until(socket, "tool") + until(socket, "tool") if each["type"] == "tool"]
        wait_until(lambda: any(each["type"] == "client_tool_result" for each in upstream.app.messages))
    assert phases == ["started", "failed"]


def test_the_hosted_line_ends_with_the_client(bridged: Served, upstream: Host) -> None:
    with bridged.lean() as socket:
        socket.send(HELLO)
        socket.send(text("Hello"))
        until(socket, "latency")
    wait_until(lambda: upstream.asked("/v1/convai/conversation", "WEBSOCKET")[0].ended.is_set())


def test_a_key_and_an_id_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingKeyError):
        Bridge.from_environment("agent_1")
    with pytest.raises(ConfigError, match="empty"):
        HostedAgent(" ")


def test_a_wrong_key_is_said_and_not_shown(upstream: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", "a-wrong-secret")
    with pytest.raises(AuthenticationError) as refusal:
        run(HostedAgent("agent_1").dial())
    assert "a-wrong-secret" not in str(refusal.value)


@pytest.mark.parametrize("name", ["pcm_16000", "pcm_48000", "ulaw_8000"])
def test_a_format_gives_back_what_it_was_given(name: str) -> None:
    audio_format = format_named(name)
    tone = AudioChunk.from_pcm16(tone_pcm(0.02, audio_format.sample_rate), audio_format.sample_rate)
    back = audio_format.decode(audio_format.encode(tone))
    np.testing.assert_allclose(back.samples, tone.samples, atol=0.01)


@pytest.mark.parametrize("name", ["mp3_44100", "pcm_", "pcm_1", "pcm_x", ""])
def test_a_format_that_nobody_speaks_is_refused(name: str) -> None:
    with pytest.raises(ProviderError, match="expected ulaw_8000"):
        format_named(name)


def test_half_a_sample_is_dropped() -> None:
    assert len(Format(16000).decode(b"123").samples) == 1


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": 5},
        {"type": "audio"},
        {"type": "audio", "audio_event": []},
        {"type": "audio", "audio_event": {"audio_base_64": "!", "event_id": None}},
        {"type": "ping", "ping_event": "x"},
        {"type": "line"},
        {"type": "unheard_of", "unheard_of_event": {}},
    ],
)
def test_a_message_without_sense_is_passed_over(message: dict[str, object]) -> None:
    assert list(Translation(lambda: 0.0).read(message)) == []


def test_speech_that_finds_no_line_is_kept_for_some_seconds_only() -> None:
    class Nowhere:
        async def dial(self) -> None:
            await asyncio.Event().wait()

    async def scene() -> float:
        session = BridgeSession(Nowhere(), None, BridgeSettings(buffer_s=1.0))  # type: ignore[arg-type]
        async with session:
            for _ in range(500):
                session.push(AudioChunk.from_pcm16(tone_pcm(0.02), 16000))
        return session._waiting_s

    assert run(scene()) == pytest.approx(1.0, abs=0.03)


def test_the_service_checks_what_it_sends() -> None:
    from tests.vendors.convai import offences_of

    assert offences_of({"type": "ping", "ping_event": {"event_id": "1"}}, "server")
    assert offences_of({"type": "audio"}, "client")
    assert TALK.startswith("WEBSOCKET")

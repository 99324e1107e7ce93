"""What one client may do, and how its connection ends (audiokit.server.connection, .outbox, .inputs, .partner)."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from audiokit.errors import ProviderUnavailable
from audiokit.server.outbox import Outbox
from audiokit.server.settings import Limits, ServerSettings
from tests.server.fake_agent import FakeAgent
from tests.server.serving import PATIENCE_S, Served, serving, tone_pcm, until, wait_until
from tests.server.test_lean import HELLO


def with_limits(**limits: float) -> ServerSettings:
    return ServerSettings(port=0, limits=Limits(**limits))  # type: ignore[arg-type]


def closing(socket: ClientConnection) -> tuple[int, str]:
    """Read to the end; give code and reason."""
    try:
        while True:
            socket.recv(timeout=PATIENCE_S)
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


def test_three_messages_that_make_no_sense_close_a_connection(served: Served) -> None:
    with served.connect() as socket:
        for _ in range(3):
            socket.send("what?")
        messages = until(socket, "conversation_ended")
        assert closing(socket) == (1008, "3 messages made no sense")
    assert [each["type"] for each in messages].count("error") == 4
    assert served.service.metrics.malformed.value("json") == 3


def test_a_client_may_err_now_and_then(served: Served) -> None:
    with served.connect() as socket:
        socket.send("what?")
        socket.send("what?")
        socket.send(json.dumps({"type": "end_conversation"}))
        assert closing(socket)[0] == 1000


def test_a_client_that_says_nothing_is_sent_away(agent: FakeAgent) -> None:
    with serving(agent, with_limits(idle_s=0.1)) as served, served.connect() as socket:
        assert closing(socket) == (1008, "sent nothing for 0.1 s")


def test_a_client_that_never_says_hello_is_sent_away(agent: FakeAgent) -> None:
    with serving(agent, with_limits(opening_s=0.1)) as served, served.lean() as socket:
        assert closing(socket) == (1008, "said nothing useful within 0.1 s")
    assert agent.sessions == []


def test_a_conversation_has_a_longest_length(agent: FakeAgent) -> None:
    with serving(agent, with_limits(session_s=0.1)) as served, served.connect() as socket:
        assert closing(socket) == (1008, "the longest conversation is 0.1 s")


def test_a_message_that_is_too_long_closes_a_connection(agent: FakeAgent) -> None:
    with serving(agent, with_limits(message_bytes=1000)) as served, served.connect() as socket:
        socket.send("x" * 2000)
        assert closing(socket)[0] == 1009


def test_a_client_that_sends_too_fast_is_slowed_down(agent: FakeAgent) -> None:
    # 20 messages may come at once; the 30 after them at 100 a second.
    with serving(agent, with_limits(messages_per_s=100, burst_s=0.2)) as served, served.lean() as socket:
        socket.send(HELLO)
        for _ in range(49):
            socket.send(tone_pcm(0.02))
        wait_until(lambda: agent.sessions and agent.sessions[0].heard)
        assert len(agent.sessions[0].heard) < 45
        wait_until(lambda: len(agent.sessions[0].heard) == 49)


def test_a_client_that_reads_too_slowly_is_dropped(agent: FakeAgent) -> None:
    with serving(agent, with_limits(backlog_bytes=100_000)) as served, served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "flood"}))
        assert closing(socket) == (1008, "reads too slowly")


def test_what_a_client_was_sent_when_it_left_is_no_error(served: Served, agent: FakeAgent) -> None:
    agent.reply_s = 5
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "talk"}))
        until(socket, "binary")
    wait_until(lambda: served.service.seats.taken == 0)
    assert not agent.sessions[0].is_open
    assert served.service.metrics.ended.value("1006") == 1


def test_the_refusal_of_a_vendor_is_told(agent: FakeAgent) -> None:
    agent.refusal = ProviderUnavailable("the service is down", provider="acme")
    with serving(agent) as served, served.connect() as socket:
        assert until(socket, "error")[-1]["message"] == "the service is down"
        assert closing(socket)[0] == 1011


def test_a_bug_is_logged_and_not_told(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "crash"}))
        assert closing(socket) == (1011, "internal error")
    assert "a bug of the agent" in caplog.text


@pytest.mark.parametrize("log_text", [False, True])
def test_logs_hold_what_was_said_only_when_asked(
    agent: FakeAgent, log_text: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "audiokit.server")
    with serving(agent, ServerSettings(port=0, log_text=log_text)) as served, served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "xyzzy"}))
        until(socket, "latency")
        socket.send(json.dumps({"type": "end"}))
        closing(socket)
    told = " ".join(str(vars(record).get("facts")) for record in caplog.records)
    assert "conv_" in told
    assert ("xyzzy" in told) is log_text


def test_an_outbox_gives_messages_in_order_without_audio_that_was_dropped() -> None:
    async def scene() -> list[str | bytes]:
        outbox = Outbox(100)
        outbox.put(["a"])
        outbox.put([b"1111"], turn_id=1)
        outbox.put([b"2222"], turn_id=2)
        outbox.put(["b"])
        outbox.drop_audio(1)
        assert outbox.size_bytes == 6
        return [await outbox.take() for _ in range(3)]

    assert asyncio.run(scene()) == ["a", b"2222", "b"]


def test_an_outbox_knows_when_it_holds_too_much() -> None:
    outbox = Outbox(10)
    outbox.put([b"12345"])
    assert not outbox.is_overfull
    outbox.put([b"123456"])
    assert outbox.is_overfull
    assert outbox.rest() == [b"12345", b"123456"]
    assert outbox.size_bytes == 0


def test_messages_are_not_held_back_until_the_client_sends_one(served: Served) -> None:
    """With Nagle's algorithm each message but the first would wait for a sign of the client, up to 40 ms."""
    with served.lean() as client:
        client.send(HELLO)
        until(client, "ready")
        accepted = served.server.servers[0].sockets[0]
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connected = [each for each in served.server.server_state.connections if each.conn.state.name == "OPEN"]
        assert len(connected) == 1
        line = connected[0].transport.get_extra_info("socket")
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

"""Mutated messages to every address; `benchmarks/fuzz_serve.py` sends more of them."""

from __future__ import annotations

import logging
import threading

import pytest

from benchmarks.fuzz_serve import fuzz
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, until, wait_until


def test_no_message_crashes_or_hangs_the_server(
    served: Served, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    agent.reply_s = 0.02
    outcome = fuzz(served.port, messages=400)
    assert outcome.crashes == []
    assert outcome.messages >= 400
    wait_until(lambda: served.service.seats.taken == 0)
    wait_until(
        lambda: not [thread for thread in threading.enumerate() if thread.name in ("audiokit-webm", "audiokit-ogg")]
    )
    assert not any(session.is_open for session in agent.sessions)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    with served.connect() as socket:
        until(socket, "conversation_started")

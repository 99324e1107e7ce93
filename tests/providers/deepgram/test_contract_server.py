"""tests.vendors.deepgram: Deepgram's own SDK talks to it as it would to Deepgram."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment

from audiokit.audio.chunk import to_pcm16
from tests.vendors.deepgram import Deepgram
from tests.vendors.host import Host

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets", "ignore::DeprecationWarning:deepgram")

KEY = "dg-test-0123456789abcdef"
NOISE = np.random.default_rng(0).uniform(-0.3, 0.3, (8000, 1)).astype(np.float32)


def told(host: Host, version: str, **query: Any) -> list[Any]:
    environment = DeepgramClientEnvironment(
        base=host.url, production=host.ws_url, agent=host.ws_url, agent_rest=host.url
    )

    async def listen() -> list[Any]:
        messages: list[Any] = []
        client = AsyncDeepgramClient(api_key=KEY, environment=environment)
        async with getattr(client.listen, version).connect(encoding="linear16", sample_rate=16000, **query) as line:
            line.on(EventType.MESSAGE, messages.append)
            listening = asyncio.create_task(line.start_listening())
            await line.send_media(to_pcm16(NOISE))
            await line.send_close_stream()
            await asyncio.wait_for(listening, 5)
        return messages

    return asyncio.run(listen())


@pytest.mark.parametrize(
    ("version", "query", "kinds"),
    [
        (
            "v1",
            {"model": "nova-3", "interim_results": "true"},
            ["ListenV1Results", "ListenV1Results", "ListenV1Metadata"],
        ),
        ("v2", {"model": "flux-general-en"}, ["ListenV2Connected", "ListenV2TurnInfo"]),
    ],
)
def test_the_sdk_understands_it(version: str, query: dict[str, str], kinds: list[str]) -> None:
    with Host(Deepgram(KEY)) as host:
        messages = told(host, version, **query)
    assert [type(message).__name__ for message in messages] == kinds


def test_what_the_contract_does_not_know_is_a_violation() -> None:
    with pytest.raises(AssertionError, match="unknown field 'colour'"), Host(Deepgram(KEY)) as host:
        told(
            host,
            "v1",
            model="nova-3",
            request_options={"additional_query_parameters": {"colour": "red"}},
        )

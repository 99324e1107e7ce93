"""audiokit.providers.openai.speech: the real SDK against a strict server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from audiokit import registry
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import TTS, Voice
from audiokit.errors import ConfigError, ProviderError, ProviderTimeout, ProviderUnavailable
from audiokit.providers.openai.speech import OpenAISpeech
from tests.providers.tts_contract import TTSContract, speech_of
from tests.vendors import faults
from tests.vendors.host import Host
from tests.vendors.openai import SOUND, SPEECH, OpenAI, error_body

KEY = "sk-test-0123456789abcdef"


@pytest.fixture(scope="module")
def vendor() -> OpenAI:
    return OpenAI(KEY)


@pytest.fixture(scope="module")
def running(vendor: OpenAI) -> Iterator[Host]:
    with Host(vendor) as host:
        yield host


@pytest.fixture
def host(running: Host, vendor: OpenAI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{running.url}/v1")
    vendor.speech, vendor.speech_delay_s = SOUND, 0.0
    running.clear()
    yield running
    running.check()


@pytest.fixture
def tts(host: Host) -> OpenAISpeech:
    return OpenAISpeech(first_s=2.0, next_s=1.0)


class TestContract(TTSContract):
    pass


def a_voice(voice_id: str = "marin", **settings: Any) -> Voice:
    return Voice(name="Ann", provider="openai", voice_id=voice_id, settings=settings)


def test_the_sound_is_what_was_sent_to_the_byte(vendor: OpenAI, tts: TTS) -> None:
    chunks = speech_of(tts)
    assert len(chunks) > 2
    assert AudioChunk(np.concatenate([chunk.samples for chunk in chunks]), 24_000).to_pcm16() == vendor.speech


def test_what_is_not_set_is_not_sent(host: Host, tts: TTS) -> None:
    speech_of(tts, " Hello. ")
    expected = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": "Hello.", "response_format": "pcm"}
    assert host.requests[0].body == expected


def test_the_voice_goes_before_the_provider(host: Host) -> None:
    speech_of(OpenAISpeech(instructions="Shout.", speed=2.0), "Hello.", a_voice(instructions="Whisper.", speed=0.5))
    body = host.requests[0].body
    assert (body["voice"], body["instructions"], body["speed"]) == ("marin", "Whisper.", 0.5)


def test_a_voice_of_ones_own_is_named_by_its_id(host: Host, tts: TTS) -> None:
    speech_of(tts, "Hello.", a_voice("voice_1234"))
    assert host.requests[0].body["voice"] == {"id": "voice_1234"}


@pytest.mark.parametrize("settings", [{"stability": 0.5}, {"speed": 9.0}])
def test_a_setting_that_it_does_not_take_is_refused(tts: TTS, settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        speech_of(tts, "Hello.", a_voice(**settings))


def test_the_settings_key_tells_what_changes_the_sound(host: Host) -> None:
    changes: list[dict[str, Any]] = [{}, {"voice": "ash"}, {"speed": 1.1}, {"base_url": "http://127.0.0.1:9/v1"}]
    assert len({OpenAISpeech(**change).settings_key for change in changes}) == 4


def test_a_text_that_is_too_long_is_refused_by_the_vendor(tts: TTS) -> None:
    with pytest.raises(ProviderError, match="400 string_above_max_length"):
        speech_of(tts, "a" * 5000)


@pytest.mark.parametrize(
    ("fault", "kind", "retryable"),
    [
        (faults.status(401, error_body("invalid_api_key", KEY)), ProviderError, False),
        (faults.status(500), ProviderUnavailable, True),
        (faults.cut(), ProviderUnavailable, True),
        (faults.cut(10_000), ProviderUnavailable, False),
        (faults.stall(), ProviderTimeout, True),
        (faults.stall(10_000), ProviderTimeout, False),
        (faults.wrong_type(), ProviderError, False),
        (faults.malformed(), ProviderError, False),
        (faults.wrong_type(b"", "audio/pcm"), ProviderUnavailable, True),
        (faults.wrong_type(b"abc", "audio/pcm"), ProviderUnavailable, False),
    ],
    ids=["401", "500", "cut", "cut late", "stall", "stall late", "html", "json", "empty", "half a sample"],
)
def test_a_misbehaviour_has_its_error(
    host: Host, tts: TTS, fault: faults.Fault, kind: type[ProviderError], retryable: bool
) -> None:
    host.faults.add(SPEECH, fault)
    with pytest.raises(kind) as caught:
        speech_of(tts)
    assert caught.value.retryable == retryable
    assert KEY not in str(caught.value)


def test_the_server_sees_the_end_at_once(vendor: OpenAI, host: Host, tts: OpenAISpeech) -> None:
    vendor.speech, vendor.speech_delay_s = bytes(1_000_000), 0.05

    async def leave() -> None:
        chunks = tts.synthesize("Hello.")
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]
        started_s = time.monotonic()
        assert await asyncio.to_thread(host.requests[0].ended.wait, 5)
        assert time.monotonic() - started_s < 0.6
        await tts.aclose()

    asyncio.run(leave())


def test_the_registry_knows_it(host: Host) -> None:
    assert registry.provider("tts", "openai", voice="ash").sample_rate == 24_000


def test_the_settings_key_holds_no_password(host: Host) -> None:
    keys = {OpenAISpeech(base_url=f"http://{user}127.0.0.1:9/v1").settings_key for user in ("", "ann:secret@")}
    assert len(keys) == 1

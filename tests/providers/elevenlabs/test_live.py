"""audiokit.providers.elevenlabs.live: speech over a WebSocket while its text is still written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from audiokit import portal
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import (
    AuthenticationError,
    ConfigError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
)
from audiokit.providers.elevenlabs.client import CLOSE_S, ElevenLabsClient
from audiokit.providers.elevenlabs.live import LiveSpeech, whole_words
from audiokit.providers.elevenlabs.order import VOICE_ID, Order
from audiokit.providers.elevenlabs.speech import ElevenLabsTTS
from audiokit.providers.elevenlabs.tasks import stopped
from tests.providers.elevenlabs.conftest import everything_logged
from tests.providers.tts_contract import TTSContract, first_of, speech_of
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.elevenlabs_sound import CHARACTER_S, hum
from tests.vendors.host import Host

PATH = f"/v1/text-to-speech/{VOICE_ID}/stream-input"
TOKENS = ("Once up", "on a time", " there was", " a king. He", " had a daughter", ".")
TEXT = "Once upon a time there was a king. He had a daughter."

Speak = Callable[..., list[SpeechChunk]]


async def written(pieces: Sequence[str] = TOKENS, pause_s: float = 0.0) -> AsyncIterator[str]:
    for piece in pieces:
        await asyncio.sleep(pause_s)
        yield piece


@pytest.fixture(autouse=True)
def _voice(service: ElevenLabs) -> None:
    service.voices[VOICE_ID] = service.new_voice("Default", "premade")


@pytest.fixture
def make(host: Host) -> Iterator[Callable[..., LiveSpeech]]:
    made: list[LiveSpeech] = []

    def make(**options: Any) -> LiveSpeech:
        order = Order(settings=options.pop("settings", {}), output_format="pcm_16000")
        made.append(LiveSpeech(order, ElevenLabsClient(), **options))
        return made[-1]

    yield make
    for live in made:
        portal.run(live.aclose())


@pytest.fixture
def speak(make: Callable[..., LiveSpeech]) -> Speak:
    def speak(texts: AsyncIterator[str] | None = None, **options: Any) -> list[SpeechChunk]:
        return list(portal.iterate(make(**options).synthesize_stream(texts or written())))

    return speak


class TestWebSocket(TTSContract):
    @pytest.fixture
    def tts(self, host: Host) -> Iterator[ElevenLabsTTS]:
        tts = ElevenLabsTTS(transport="websocket")
        yield tts
        portal.run(tts.aclose())


def test_a_text_in_pieces_is_spoken_whole(speak: Speak, host: Host) -> None:
    chunks = speak()
    spoken = "".join(message["text"] for message in host.requests[0].messages)
    assert " ".join(spoken.split()) == TEXT
    assert sum(chunk.duration_s for chunk in chunks) == pytest.approx(len(f"{TEXT} ") * CHARACTER_S, abs=0.01)


def test_words_are_timed_from_the_start_of_all_the_speech(speak: Speak) -> None:
    words = [word for chunk in speak() for word in chunk.words]
    assert [word.text for word in words] == TEXT.split()
    starts = [len(" ".join(TEXT.split()[:index])) + bool(index) for index in range(len(words))]
    assert [word.start_s for word in words] == pytest.approx([start * CHARACTER_S for start in starts], abs=0.002)


def test_a_sentence_is_spoken_before_the_next_is_written(make: Callable[..., LiveSpeech]) -> None:
    async def first() -> SpeechChunk:
        hung = asyncio.Event()

        async def stuck() -> AsyncIterator[str]:
            yield "One sentence. "
            await hung.wait()

        chunks = make().synthesize_stream(stuck())
        try:
            return await anext(chunks)
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]

    assert len(portal.run(first()).samples)


def test_settings_are_sent_first_with_the_key_in_the_header_only(speak: Speak, host: Host) -> None:
    speak(settings={"stability": 0.3, "speed": 1.1})
    request = host.requests[0]
    assert request.messages[0]["voice_settings"] == {"stability": 0.3, "speed": 1.1}
    assert request.headers["xi-api-key"] == KEY
    assert KEY not in f"{request.query}{request.messages}"


def test_the_sound_is_the_vendors(speak: Speak) -> None:
    samples = np.concatenate([chunk.samples for chunk in speak(written(["Hello world "]))])
    assert np.abs(samples[:, 0] - hum("Hello world", 16000)).max() < 1e-4


@pytest.mark.parametrize(
    ("fault", "kind", "told", "retryable"),
    [
        (faults.status(401, {"detail": {"status": "invalid_api_key"}}), AuthenticationError, "KEY", False),
        (faults.status(429, {"detail": {"status": "system_busy"}}), ProviderError, "too many", True),
        (faults.status(503), ProviderUnavailable, "503", True),
        (faults.cut(), ProviderUnavailable, "cut", True),
        (faults.cut(3), ProviderUnavailable, "cut", False),
        (faults.close(1011, "oops"), ProviderUnavailable, "1011 oops", True),
        (faults.close(1000, after=2), ProviderUnavailable, "before all had come", False),
        (faults.close(1008, "no"), ProviderError, "no", False),
        (faults.close(1008, "quota_exceeded: empty"), QuotaError, "Add credit", False),
        (faults.malformed(), ProviderError, "not its protocol", False),
        (faults.malformed(text="[1]"), ProviderError, "not its protocol", False),
        (faults.malformed(text='{"audio": "?"}'), ProviderError, "not its protocol", False),
        (faults.malformed(text='{"error": "quota_exceeded", "message": "empty"}'), QuotaError, "Add credit", False),
    ],
)
def test_a_failure_is_told_as_what_it_is(
    speak: Speak, host: Host, fault: faults.Fault, kind: type, told: str, retryable: bool
) -> None:
    host.faults.add(PATH, fault)
    with pytest.raises(kind, match=told) as caught:
        speak()
    assert caught.value.retryable is retryable
    assert KEY not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert host.requests[0].ended.wait(5)


def test_a_wrong_key_is_told(speak: Speak, service: ElevenLabs) -> None:
    service.key = "another"
    with pytest.raises(AuthenticationError, match="ELEVENLABS_API_KEY"):
        speak()


def test_an_unknown_voice_is_told_with_the_remedy(make: Callable[..., LiveSpeech]) -> None:
    voice = Voice(name="n", provider="elevenlabs", voice_id="nobody")
    with pytest.raises(ProviderError, match="List the voices"):
        list(portal.iterate(make().synthesize_stream(written(), voice)))


def test_a_vendor_that_cannot_be_reached_is_told(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailable, match="ELEVENLABS_BASE_URL"):
        speak()


@pytest.mark.parametrize("after", [0, 2])
def test_a_vendor_that_falls_silent_is_left(speak: Speak, host: Host, after: int) -> None:
    host.faults.add(PATH, faults.stall(after))
    with pytest.raises(ProviderTimeout):
        speak(silence_s=0.2)
    assert host.requests[0].ended.wait(5)


def test_a_slow_writer_is_waited_for(speak: Speak) -> None:
    chunks = speak(written(["Slow", "ly it ", "comes. "], pause_s=0.5), silence_s=0.4)
    assert sum(chunk.duration_s for chunk in chunks) == pytest.approx(len("Slowly it comes. ") * CHARACTER_S, abs=0.01)


def test_the_vendors_patience_with_the_text_has_an_end(speak: Speak, service: ElevenLabs) -> None:
    service.second_s = 0.001
    with pytest.raises(ProviderTimeout, match="new text input"):
        speak(written(["Too ", "late. "], pause_s=0.5))


def test_a_text_that_breaks_off_is_told_at_once(speak: Speak, host: Host) -> None:
    async def broken() -> AsyncIterator[str]:
        yield "It begins "
        raise LookupError("the writer failed")

    with pytest.raises(LookupError, match="the writer failed"):
        speak(broken())
    assert host.requests[0].ended.wait(5)


def test_an_interrupted_speaker_need_not_wait_for_the_vendor(make: Callable[..., LiveSpeech], host: Host) -> None:
    host.faults.add(PATH, faults.stall(2))

    async def seconds_to_stop() -> float:
        chunks = make().synthesize_stream(written())
        await anext(chunks)
        began_s = time.monotonic()
        await chunks.aclose()  # type: ignore[attr-defined]
        return time.monotonic() - began_s

    assert portal.run(seconds_to_stop()) < CLOSE_S / 2


def test_a_task_is_stopped_whatever_it_does() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise LookupError("no") from None

    async def stop() -> bool:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await stopped(task)
        await stopped(task)
        return task.done()

    assert portal.run(stop())


def test_closed_early_the_line_is_closed(host: Host) -> None:
    host.faults.add(PATH, faults.stall(2))
    tts = ElevenLabsTTS(transport="websocket")
    portal.run(first_of(tts))
    assert host.requests[0].ended.wait(5)
    portal.run(tts.aclose())


def test_a_line_opened_in_advance_is_used(make: Callable[..., LiveSpeech], host: Host) -> None:
    live = make()
    portal.run(live.prepare())
    assert list(portal.iterate(live.synthesize_stream(written())))
    assert len(host.requests) == 1


def test_a_line_that_died_while_it_waited_is_opened_anew(
    make: Callable[..., LiveSpeech], service: ElevenLabs, host: Host
) -> None:
    service.second_s = 0.0005
    live = make()
    portal.run(live.prepare())
    assert host.requests[0].ended.wait(5)
    service.second_s = 1.0
    assert list(portal.iterate(live.synthesize_stream(written())))
    assert len(host.requests) == 2


def test_the_next_line_is_opened_while_a_text_is_heard(make: Callable[..., LiveSpeech], host: Host) -> None:
    live = make(keep_warm=True)
    for _ in range(2):
        assert list(portal.iterate(live.synthesize_stream(written())))
    portal.run(live.aclose())
    assert len(host.requests) == 3
    assert all(request.ended.wait(5) for request in host.requests)


def test_a_line_that_cannot_be_opened_in_advance_is_told(make: Callable[..., LiveSpeech], host: Host) -> None:
    host.faults.add(PATH, faults.status(503))
    live = make()
    with pytest.raises(ProviderUnavailable):
        portal.run(live.prepare())
    assert list(portal.iterate(live.synthesize_stream(written())))


def test_a_text_of_nothing_is_silent(speak: Speak) -> None:
    assert sum(chunk.duration_s for chunk in speak(written([" ", "\n"]))) == 0


def test_mp3_is_refused(host: Host) -> None:
    with pytest.raises(ConfigError, match="pcm_16000"):
        LiveSpeech(Order(settings={}, output_format="mp3_44100_128"), ElevenLabsClient())


def test_the_whole_contract_is_kept_when_speech_is_asked_for_at_once(host: Host) -> None:
    tts = ElevenLabsTTS(transport="websocket", output_format="pcm_8000")
    assert speech_of(tts, "One. Two.")
    portal.run(tts.aclose())


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        (["Hel", "lo wor", "ld."], ["Hello ", "world. "]),
        (["One. ", "Two. "], ["One. ", "Two. "]),
        (["  ", "a", "\n"], ["a "]),
        ([], []),
        (["no end"], ["no ", "end "]),
    ],
)
def test_words_are_never_cut(pieces: list[str], wanted: list[str]) -> None:
    assert list(portal.iterate(whole_words(written(pieces)))) == wanted


def test_the_log_tells_of_the_line_but_not_of_the_key(speak: Speak) -> None:
    with everything_logged() as lines:
        speak()
    assert any("sec-websocket" in line.lower() for line in lines)
    assert not any(KEY in line for line in lines)

"""audiokit.providers.elevenlabs.recognition, .scribe and .languages: speech to text against the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from audiokit import portal
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.contracts import STT, Transcript
from audiokit.errors import (
    AuthenticationError,
    ConfigError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)
from audiokit.providers.elevenlabs.languages import TWO_LETTERS, two_letters
from audiokit.providers.elevenlabs.recognition import ElevenLabsSTT
from audiokit.providers.elevenlabs.scribe import PATH
from audiokit.registry import provider
from audiokit.retry import ONCE
from tests.providers.elevenlabs.conftest import QUICK
from tests.providers.stt_contract import STTContract, text_of, transcripts_of
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

COMMIT = AudioChunk(np.zeros((0, 1), np.float32), 16000)
BATCH = "/v1/speech-to-text"


@pytest.fixture
def make(host: Host) -> Iterator[Callable[..., ElevenLabsSTT]]:
    made: list[ElevenLabsSTT] = []

    def make(**settings: Any) -> ElevenLabsSTT:
        made.append(ElevenLabsSTT(**settings))
        return made[-1]

    yield make
    for stt in made:
        portal.run(stt.aclose())


@pytest.fixture
def hum(tone: Callable[..., Audio]) -> Audio:
    return tone(duration_s=1.5)


class _Contract(STTContract):
    """The shared fixtures live as long as a class, the service as long as a test."""

    @pytest.fixture
    def transcripts(self, stt: STT, utterance: Audio) -> list[Transcript]:  # type: ignore[override]
        return transcripts_of(stt, utterance)


class TestLive(_Contract):
    @pytest.fixture
    def stt(self, make: Callable[..., ElevenLabsSTT]) -> STT:
        return make()


class TestBatch(_Contract):
    @pytest.fixture
    def stt(self, make: Callable[..., ElevenLabsSTT]) -> STT:
        return make(realtime=False)


def test_the_registry_opens_both_kinds(host: Host) -> None:
    assert provider("stt", "elevenlabs").streaming
    assert not provider("stt", "elevenlabs", realtime=False).streaming


def test_partial_transcripts_grow_before_the_final_one(make: Callable[..., ElevenLabsSTT], hum: Audio) -> None:
    transcripts = transcripts_of(make(), hum)
    assert [(transcript.text, transcript.is_final) for transcript in transcripts] == [
        ("hello", False),
        ("hello world", False),
        ("hello world", True),
    ]
    assert transcripts[-1].language == "en"
    assert transcripts[-1].confidence == pytest.approx(np.exp(-0.1))


def test_a_recording_comes_with_the_probability_of_its_language(make: Callable[..., ElevenLabsSTT], hum: Audio) -> None:
    (recorded,) = transcripts_of(make(realtime=False), hum)
    assert (recorded.language, recorded.language_probability) == ("en", 0.98)
    assert transcripts_of(make(), hum)[-1].language_probability is None


def test_all_the_sound_arrives_at_16_khz(
    make: Callable[..., ElevenLabsSTT], host: Host, tone: Callable[..., Audio]
) -> None:
    transcripts_of(make(language="de"), tone(duration_s=1.0, sample_rate=44100))
    request = host.asked(PATH)[0]
    assert request.query["language_code"] == "de"
    sent = sum(len(message["audio_base_64"]) * 3 // 4 // 2 for message in request.messages)
    assert sent == pytest.approx(16000, abs=100)


def test_a_chunk_without_frames_asks_for_a_final_transcript(make: Callable[..., ElevenLabsSTT], hum: Audio) -> None:
    async def twice() -> AsyncIterator[AudioChunk]:
        for _ in range(2):
            for chunk in chunks_of(hum):
                yield chunk
            yield COMMIT
            await asyncio.sleep(0.05)

    finals = [each for each in portal.iterate(make().transcribe(twice())) if each.is_final]
    assert [final.text for final in finals] == ["hello world", "hello world"]
    assert finals[1].words[0].start_s >= 1.5


def test_asking_with_nothing_heard_gives_nothing(make: Callable[..., ElevenLabsSTT], hum: Audio) -> None:
    async def early() -> AsyncIterator[AudioChunk]:
        yield COMMIT
        for chunk in chunks_of(hum):
            yield chunk
        yield COMMIT
        yield COMMIT

    assert text_of(list(portal.iterate(make().transcribe(early())))) == "hello world"


def test_text_comes_while_the_speaker_still_speaks(make: Callable[..., ElevenLabsSTT], hum: Audio) -> None:
    async def first() -> Transcript:
        for_ever = asyncio.Event()

        async def unending() -> AsyncIterator[AudioChunk]:
            for chunk in chunks_of(hum):
                yield chunk
            await for_ever.wait()

        transcripts = make().transcribe(unending())
        try:
            return await anext(transcripts)
        finally:
            await transcripts.aclose()  # type: ignore[attr-defined]

    assert portal.run(first()).text == "hello"


def test_long_chunks_are_cut(make: Callable[..., ElevenLabsSTT], host: Host, tone: Callable[..., Audio]) -> None:
    transcripts_of(make(), tone(duration_s=3.3), chunk_s=3.3)
    assert len(host.asked(PATH)[0].messages) == 5


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (faults.status(401, {"detail": {"status": "invalid_api_key"}}), AuthenticationError, "KEY"),
        (faults.status(429, {"detail": {"status": "system_busy"}}, retry_after_s=3), RateLimitError, "too many"),
        (faults.cut(1), ProviderUnavailable, "cut"),
        (faults.cut(2), ProviderUnavailable, "cut"),
        (faults.close(1011, "oops", after=1), ProviderUnavailable, "1011 oops"),
        (faults.close(1000, after=1), ProviderUnavailable, "before all had come"),
        (faults.malformed(after=1), ProviderError, "not its protocol"),
        (faults.malformed(1, "[1]"), ProviderError, "not its protocol"),
        (faults.malformed(1, '{"message_type": "partial_transcript"}'), ProviderError, "not its protocol"),
        (faults.malformed(1, '{"message_type": "quota_exceeded", "error": "empty"}'), QuotaError, "Add credit"),
        (faults.malformed(1, '{"message_type": "rate_limited", "error": "slowly"}'), RateLimitError, "slowly"),
        (faults.malformed(1, '{"message_type": "input_error", "error": "odd"}'), ProviderError, "odd"),
    ],
)
def test_a_live_failure_is_told_as_what_it_is(
    make: Callable[..., ElevenLabsSTT], host: Host, hum: Audio, fault: faults.Fault, kind: type, told: str
) -> None:
    host.faults.add(PATH, fault)
    with pytest.raises(kind, match=told) as caught:
        transcripts_of(make(), hum)
    assert KEY not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert host.requests[0].ended.wait(5)


def test_a_wrong_key_is_told(make: Callable[..., ElevenLabsSTT], service: ElevenLabs, hum: Audio) -> None:
    service.key = "another"
    for realtime in (True, False):
        with pytest.raises(AuthenticationError, match="ELEVENLABS_API_KEY"):
            transcripts_of(make(realtime=realtime), hum)


def test_a_transcript_that_never_comes_is_given_up(make: Callable[..., ElevenLabsSTT], host: Host, hum: Audio) -> None:
    host.faults.add(PATH, faults.stall(1))
    with pytest.raises(ProviderTimeout, match="owes a transcript"):
        transcripts_of(make(silence_s=0.2), hum)
    assert host.requests[0].ended.wait(5)


@pytest.mark.parametrize("realtime", [True, False])
def test_a_microphone_that_fails_is_told_at_once(
    make: Callable[..., ElevenLabsSTT], hum: Audio, realtime: bool
) -> None:
    async def failing() -> AsyncIterator[AudioChunk]:
        for chunk in chunks_of(hum):
            yield chunk
        raise LookupError("the microphone is gone")

    with pytest.raises(LookupError, match="the microphone is gone"):
        list(portal.iterate(make(realtime=realtime).transcribe(failing())))


@pytest.mark.parametrize("realtime", [True, False])
def test_chunks_of_different_rates_are_refused(make: Callable[..., ElevenLabsSTT], realtime: bool) -> None:
    async def mixed() -> AsyncIterator[AudioChunk]:
        for rate in (16000, 8000):
            yield AudioChunk(np.zeros((100, 1), np.float32), rate)

    with pytest.raises(ValueError, match="8000 Hz in a stream of 16000"):
        list(portal.iterate(make(realtime=realtime).transcribe(mixed())))


def test_a_whole_recording_is_sent_once(make: Callable[..., ElevenLabsSTT], host: Host, hum: Audio) -> None:
    (transcript,) = transcripts_of(make(realtime=False, language="en"), hum)
    form = host.asked(BATCH)[0].body
    said = {name: values for name, values in form.fields.items() if values != ["null"]}
    assert said == {
        "model_id": ["scribe_v2"],
        "language_code": ["en"],
        "tag_audio_events": ["false"],
        "file_format": ["pcm_s16le_16"],
    }
    assert len(form.files[0].data) == 2 * 16000 * 1.5
    assert [word.text for word in transcript.words] == ["hello", "world"]
    assert (transcript.text, transcript.language) == ("hello world", "en")


def test_a_second_try_sends_the_whole_recording_again(
    make: Callable[..., ElevenLabsSTT], host: Host, hum: Audio
) -> None:
    host.faults.add(BATCH, faults.status(500), faults.cut())
    assert text_of(transcripts_of(make(realtime=False, retry=QUICK), hum)) == "hello world"
    bodies = [request.body for request in host.asked(BATCH)]
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize("fault", [faults.wrong_type(), faults.malformed(), faults.malformed(text="{}")])
def test_an_answer_that_is_no_transcript_is_refused(
    make: Callable[..., ElevenLabsSTT], host: Host, hum: Audio, fault: faults.Fault
) -> None:
    host.faults.add(BATCH, fault)
    with pytest.raises(ProviderError, match="not its protocol"):
        transcripts_of(make(realtime=False, retry=ONCE), hum)


def test_a_breath_is_not_sent(make: Callable[..., ElevenLabsSTT], host: Host, tone: Callable[..., Audio]) -> None:
    assert text_of(transcripts_of(make(realtime=False), tone(duration_s=0.05))) == ""
    assert host.requests == []


def test_a_language_of_three_letters_is_refused(host: Host) -> None:
    with pytest.raises(ConfigError, match="two letters"):
        ElevenLabsSTT(language="eng")


@pytest.mark.parametrize(("code", "short"), [("eng", "en"), ("en", "en"), ("en-US", "en"), ("xxx", ""), (None, "")])
def test_languages_have_two_letters(code: str | None, short: str) -> None:
    assert two_letters(code) == short
    assert {len(each) for each in TWO_LETTERS} == {3}
    assert {len(each) for each in TWO_LETTERS.values()} == {2}

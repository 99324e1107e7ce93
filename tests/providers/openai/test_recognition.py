"""audiokit.providers.openai.recognition: the real SDK against a strict server."""

from __future__ import annotations

import io
import math
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
import soundfile

from audiokit import portal, registry
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import STT, Transcript
from audiokit.errors import ProviderError, ProviderTimeout, ProviderUnavailable, RateLimitError
from audiokit.providers.openai import recognition
from audiokit.providers.openai.recognition import OpenAITranscription
from tests.providers.stt_contract import STTContract, transcripts_of
from tests.vendors import faults
from tests.vendors.host import Host
from tests.vendors.openai import TRANSCRIPTIONS, OpenAI

KEY = "sk-test-0123456789abcdef"
TONE = Audio(np.sin(np.arange(24_000) / 10)[:, np.newaxis].astype(np.float32) / 2, 24_000)
WORDS = [{"word": "Hello", "start": 0.1, "end": 0.4}, {"word": "there", "start": 0.4, "end": 0.9}]


@pytest.fixture(scope="module")
def vendor() -> OpenAI:
    return OpenAI(KEY)


@pytest.fixture(scope="module")
def running(vendor: OpenAI) -> Iterator[Host]:
    with Host(vendor) as host, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{host.url}/v1")
        yield host


@pytest.fixture
def host(running: Host, vendor: OpenAI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{running.url}/v1")
    vendor.transcript = {"text": "Hello there."}
    running.clear()
    yield running
    running.check()


class TestContract(STTContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stt(cls, running: Host) -> STT:
        return OpenAITranscription()


class TestContractWithWords(STTContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stt(cls, running: Host, vendor: OpenAI) -> STT:
        vendor.transcript = {"text": "Hello, there.", "language": "english", "duration": 1.0, "words": WORDS}
        return OpenAITranscription("whisper-1")


def test_a_recording_is_sent_once_and_whole(host: Host) -> None:
    assert transcripts_of(OpenAITranscription(), TONE) == [Transcript(text="Hello there.")]
    (request,) = host.requests
    assert request.body.fields == {"model": ["gpt-transcribe"], "response_format": ["json"]}
    samples, sample_rate = soundfile.read(io.BytesIO(request.body.files[0].data))
    assert (sample_rate, len(samples)) == (16_000, 16_000)


def test_language_and_names_are_told(host: Host) -> None:
    stt = OpenAITranscription(language="en", prompt="Ann, Ben")
    assert transcripts_of(stt, TONE)[0].language == "en"
    fields = host.requests[0].body.fields
    assert (fields["language"], fields["prompt"]) == (["en"], ["Ann, Ben"])


def test_the_confidence_is_that_of_its_tokens(host: Host, vendor: OpenAI) -> None:
    vendor.transcript = {"text": "Hi.", "logprobs": [{"token": "Hi", "logprob": -0.1}, {"token": ".", "logprob": -0.3}]}
    (heard,) = transcripts_of(OpenAITranscription("gpt-4o-mini-transcribe"), TONE)
    assert heard.confidence == pytest.approx(math.exp(-0.2))


def test_whisper_tells_the_times_of_words_as_the_text_writes_them(host: Host, vendor: OpenAI) -> None:
    vendor.transcript = {"text": "Hello, there.", "language": "english", "duration": 1.0, "words": WORDS}
    (heard,) = transcripts_of(OpenAITranscription("whisper-1"), TONE)
    assert [(word.text, word.start_s) for word in heard.words] == [("Hello,", 0.1), ("there.", 0.4)]


def test_words_that_are_not_those_of_the_text_are_left_out(host: Host, vendor: OpenAI) -> None:
    vendor.transcript = {"text": "Hello.", "language": "english", "duration": 1.0, "words": WORDS}
    assert transcripts_of(OpenAITranscription("whisper-1"), TONE)[0].words == ()


def test_a_chunk_without_frames_asks_for_the_text_so_far(host: Host, vendor: OpenAI) -> None:
    vendor.transcript = {"text": "Hello there.", "language": "english", "duration": 1.0, "words": WORDS}

    async def chunks() -> AsyncIterator[AudioChunk]:
        yield AudioChunk(TONE.samples, 24_000)
        yield AudioChunk(TONE.samples[:0], 24_000)
        yield AudioChunk(TONE.samples, 24_000)

    first, second = portal.iterate(OpenAITranscription("whisper-1").transcribe(chunks()))
    assert (first.words[0].start_s, second.words[0].start_s) == pytest.approx((0.1, 1.1))


def test_nothing_is_sent_when_nothing_is_heard(host: Host) -> None:
    assert transcripts_of(OpenAITranscription(), TONE[:0.0]) == [Transcript(text="")]
    assert host.requests == []


def test_more_than_openai_takes_is_not_sent(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "MOST_BYTES", 1000)
    with pytest.raises(ProviderError, match="Split the recording first"):
        transcripts_of(OpenAITranscription(), TONE)
    assert host.requests == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.status(429, {"error": {"message": KEY}}, retry_after_s=3), RateLimitError),
        (faults.status(500), ProviderUnavailable),
        (faults.cut(), ProviderUnavailable),
        (faults.stall(), ProviderTimeout),
        (faults.wrong_type(), ProviderError),
        (faults.malformed(), ProviderError),
        (faults.malformed(text='{"text": null}'), ProviderError),
    ],
    ids=["429", "500", "cut", "stall", "html", "malformed", "null"],
)
def test_a_misbehaviour_has_its_error(host: Host, fault: faults.Fault, kind: type[ProviderError]) -> None:
    host.faults.add(TRANSCRIPTIONS, fault)
    with pytest.raises(ProviderError) as caught:
        transcripts_of(OpenAITranscription(answer_s=1.0), TONE)
    assert (type(caught.value), len(host.requests)) == (kind, 1)
    assert KEY not in str(caught.value)


def test_the_settings_key_tells_what_changes_the_text(host: Host) -> None:
    assert len({OpenAITranscription(language=language).settings_key for language in (None, "en", "de")}) == 3


def test_the_registry_knows_it(host: Host) -> None:
    assert not registry.provider("stt", "openai", language="en").streaming

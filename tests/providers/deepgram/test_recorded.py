"""audiokit.providers.deepgram.recorded and audiokit.providers.gathered: the real SDK against a server that checks."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
import soundfile

from audiokit import portal
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import STT, Transcript, Word
from audiokit.errors import AuthenticationError, ConfigError, ProviderError, ProviderUnavailable, RateLimitError
from audiokit.providers.deepgram.recognition import DeepgramSTT
from audiokit.providers.deepgram.recorded import socket_url
from audiokit.providers.gathered import flac, shifted, stretches
from tests.providers.stt_contract import STTContract, transcripts_of
from tests.vendors import faults
from tests.vendors.deepgram import NOVA, Deepgram
from tests.vendors.host import Host

KEY = "dg-test-0123456789abcdef"
RATE = 16_000


def noise(length_s: float, sample_rate: int = RATE) -> Audio:
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (round(length_s * sample_rate), 1))
    return Audio(samples.astype(np.float32), sample_rate)


@pytest.fixture(scope="module")
def running() -> Iterator[Host]:
    with Host(Deepgram(KEY)) as host, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("DEEPGRAM_API_KEY", KEY)
        monkeypatch.setenv("DEEPGRAM_BASE_URL", host.url)
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("DEEPGRAM_API_KEY", KEY)
    monkeypatch.setenv("DEEPGRAM_BASE_URL", running.url)
    running.clear()
    yield running
    running.check()


class TestRecordings(STTContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stt(cls, running: Host) -> STT:
        return DeepgramSTT(realtime=False)


def test_a_recording_is_sent_once_and_whole(host: Host) -> None:
    audio = noise(1.0, 24_000)
    stt = DeepgramSTT(realtime=False, language="de", keyterms=["Ann"])
    (heard,) = transcripts_of(stt, audio)
    (request,) = host.requests
    assert (heard.text, heard.is_final, stt.streaming) == ("One two", True, False)
    assert request.query == {"model": "nova-3", "language": "de", "smart_format": "true", "keyterm": "Ann"}
    samples, sample_rate = soundfile.read(io.BytesIO(request.raw))
    assert (sample_rate, len(samples)) == (RATE, RATE)


def test_a_chunk_without_frames_asks_for_the_text_so_far(host: Host) -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        yield AudioChunk(noise(1.0).samples, RATE)
        yield AudioChunk(np.zeros((0, 1), np.float32), RATE)
        yield AudioChunk(noise(0.5).samples, RATE)

    heard = list(portal.iterate(DeepgramSTT(realtime=False).transcribe(chunks())))
    assert [each.text for each in heard] == ["One two", "One"]
    assert heard[1].words[0].end_s == pytest.approx(1.5)


def test_nothing_is_sent_when_nothing_is_heard(host: Host) -> None:
    heard = transcripts_of(DeepgramSTT(realtime=False), noise(0.0))
    assert heard == [Transcript(text="", language="en")]
    assert host.requests == []


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        (faults.status(400, {"err_code": "Bad Request", "err_msg": "corrupt"}), ProviderError, 400),
        (faults.status(401, {"err_msg": f"No {KEY}"}), AuthenticationError, 401),
        (faults.status(429, {"err_msg": "slow"}, retry_after_s=3), RateLimitError, 429),
        (faults.status(500, {"err_msg": "oh"}), ProviderUnavailable, 500),
        (faults.cut(), ProviderUnavailable, None),
        (faults.wrong_type(), ProviderError, None),
        (faults.malformed(), ProviderError, None),
        (faults.malformed(text='{"results": {"channels": []}}'), ProviderError, None),
    ],
    ids=["400", "401", "429", "500", "cut", "html", "malformed", "empty"],
)
def test_a_refusal_has_its_error(
    host: Host, fault: faults.Fault, kind: type[ProviderError], status: int | None
) -> None:
    host.faults.add(NOVA, fault)
    with pytest.raises(ProviderError) as caught:
        transcripts_of(DeepgramSTT(realtime=False), noise(0.5))
    assert (type(caught.value), caught.value.status, len(host.requests)) == (kind, status, 1)
    assert KEY not in str(caught.value)


def test_flux_takes_no_recordings(host: Host) -> None:
    with pytest.raises(ConfigError, match="flux-general-en hears live speech only"):
        DeepgramSTT("flux-general-en", realtime=False)


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("https://api.deepgram.com", "wss://api.deepgram.com/x"), ("ws://127.0.0.1:1/dg", "ws://127.0.0.1:1/dg/x")],
)
def test_sockets_live_beside_the_service(base_url: str, expected: str) -> None:
    assert socket_url(base_url, "/x") == expected


def test_stretches_lie_between_empty_chunks() -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        for frames in (10, 5, 0, 0, 7):
            yield AudioChunk(np.ones((frames, 1), np.float32), RATE)

    assert [audio.frames for audio in portal.iterate(stretches(chunks()))] == [15, 0, 7]


def test_a_stream_that_changes_its_rate_is_refused() -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        for sample_rate in (16000, 8000):
            yield AudioChunk(np.zeros((160, 1), np.float32), sample_rate)

    with pytest.raises(ValueError, match="a chunk of 8000 Hz in a stream of 16000 Hz"):
        list(portal.iterate(stretches(chunks())))


def test_flac_loses_less_than_a_step() -> None:
    audio = noise(0.5)
    samples, _ = soundfile.read(io.BytesIO(flac(audio)), dtype="float32", always_2d=True)
    assert np.abs(samples - audio.samples).max() <= 1 / 32768


def test_words_are_shifted() -> None:
    word = Word(text="a", start_s=0.5, end_s=1.0, confidence=1.0)
    assert shifted((word,), 2.0) == (Word(text="a", start_s=2.5, end_s=3.0, confidence=1.0),)

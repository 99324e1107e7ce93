"""audiokit.providers.deepgram.recognition, .live, .errors: over a real WebSocket to a server that checks everything."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise

import numpy as np
import pytest

from audiokit import portal, registry
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import STT, Transcript
from audiokit.errors import (
    AudioFileError,
    AuthenticationError,
    ConfigError,
    MissingKeyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)
from audiokit.providers.deepgram import live
from audiokit.providers.deepgram.recognition import DeepgramSTT
from tests.providers.stt_contract import STTContract, stream, text_of, transcripts_of
from tests.vendors import faults
from tests.vendors.deepgram import FLUX, NOVA, Deepgram
from tests.vendors.host import Host

KEY = "dg-test-0123456789abcdef"
RATE = 16_000
NOTHING = AudioChunk(np.zeros((0, 1), np.float32), RATE)


def sound(*lengths_s: float) -> Audio:
    """Alternate noise and silence, noise first."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (RATE * 60, 1)).astype(np.float32)
    parts = [(1 - number % 2) * noise[: round(length_s * RATE)] for number, length_s in enumerate(lengths_s)]
    return Audio(np.concatenate(parts), RATE)


async def endless() -> AsyncIterator[AudioChunk]:
    """As it comes from a microphone, somewhat faster."""
    while True:
        yield AudioChunk(sound(0.2).samples, RATE)
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def vendor() -> Deepgram:
    return Deepgram(KEY)


@pytest.fixture(scope="module")
def running(vendor: Deepgram) -> Iterator[Host]:
    with Host(vendor) as host, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("DEEPGRAM_API_KEY", KEY)
        monkeypatch.setenv("DEEPGRAM_BASE_URL", host.url)
        yield host


@pytest.fixture
def host(running: Host, vendor: Deepgram, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("DEEPGRAM_API_KEY", KEY)
    monkeypatch.setenv("DEEPGRAM_BASE_URL", running.url)
    vendor.key, vendor.deaf, vendor.lines = KEY, False, []
    running.clear()
    yield running
    running.check()


@pytest.mark.usefixtures("running")
class TestNova(STTContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stt(cls, running: Host) -> STT:
        return DeepgramSTT()


@pytest.mark.usefixtures("running")
class TestFlux(STTContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stt(cls, running: Host) -> STT:
        return DeepgramSTT("flux-general-en", eager_threshold=0.5)


def test_nova_is_asked_for_all_that_is_needed(host: Host) -> None:
    transcripts_of(DeepgramSTT(language="de", endpointing_s=0.2, keyterms=["Ann", "Ben"]), sound(0.1))
    query = host.requests[0].query
    assert (host.requests[0].path, query["model"], query["language"]) == (NOVA, "nova-3", "de")
    assert (query["sample_rate"], query["endpointing"], query["keyterm"]) == ("16000", "200", "Ben")
    assert host.requests[0].headers["authorization"] == f"Token {KEY}"


def test_flux_is_asked_for_all_that_is_needed(host: Host) -> None:
    transcripts_of(DeepgramSTT("flux-general-multi", language="de", eager_threshold=0.5), sound(0.1))
    query = host.requests[0].query
    assert (host.requests[0].path, query["eot_threshold"], query["eager_eot_threshold"]) == (FLUX, "0.7", "0.5")
    assert query["language_hint"] == "de"


def test_sound_goes_out_as_it_came_and_then_the_end(host: Host) -> None:
    audio = sound(0.2, 0.2)
    transcripts_of(DeepgramSTT(), audio)
    *pieces, last = host.requests[0].messages
    assert last == {"type": "CloseStream"}
    assert b"".join(pieces) == AudioChunk(audio.samples, RATE).to_pcm16()


def test_partial_texts_grow_until_the_utterance_ends(host: Host) -> None:
    heard = transcripts_of(DeepgramSTT(), sound(3.0, 0.5, 1.0, 0.1))
    first = [each.text for each in heard if each.text.startswith("One")]
    assert first[:2] == ["One", "One two"]
    assert first[-1] == "One two three four Five six"
    assert all(later.startswith(earlier) for earlier, later in pairwise(first))
    assert [each.text for each in heard if each.is_final] == ["One two three four Five six", "Seven eight"]


def test_words_are_timed_from_the_start_of_the_stream(host: Host) -> None:
    heard = transcripts_of(DeepgramSTT(), sound(1.0, 1.0, 1.0, 0.5))
    words = [word for each in heard if each.is_final for word in each.words]
    assert [word.text for word in words] == ["One", "two", "Three", "four"]
    assert [word.end_s for word in words] == pytest.approx([0.5, 1.0, 2.5, 3.0], abs=0.03)
    assert words[0].confidence == 0.9


def test_flux_tells_of_turns(host: Host) -> None:
    heard = transcripts_of(DeepgramSTT("flux-general-en", eager_threshold=0.5), sound(1.0, 0.3, 0.5, 1.0))
    assert [each.turn for each in heard] == ["started", "", "eager_end", "resumed", "", "eager_end", "ended"]
    assert [each.is_final for each in heard] == [False] * 6 + [True]
    assert heard[-1].text == heard[-2].text == "One two three"


def test_a_turn_that_the_end_of_the_stream_cuts_short_is_final(host: Host) -> None:
    heard = transcripts_of(DeepgramSTT("flux-general-en"), sound(1.0))
    assert (heard[-1].text, heard[-1].turn, heard[-1].is_final) == ("One two", "ended", True)


@pytest.mark.parametrize(("model", "message"), [("nova-3", "Finalize"), ("flux-general-en", "ForceEndTurn")])
def test_a_chunk_without_frames_asks_for_the_text_so_far(host: Host, model: str, message: str) -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        yield AudioChunk(sound(1.0).samples, RATE)
        yield NOTHING
        yield AudioChunk(sound(0.5).samples, RATE)

    heard = list(portal.iterate(DeepgramSTT(model).transcribe(chunks())))
    assert [each.text for each in heard if each.is_final] == ["One two", "Three"]
    assert {"type": message} in host.requests[0].messages


def test_finalize_is_answered_even_when_nothing_was_heard(host: Host) -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        yield NOTHING

    assert list(portal.iterate(DeepgramSTT().transcribe(chunks()))) == [Transcript(text="", language="en")]


def test_a_pause_without_sound_keeps_the_line_open(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.1)

    async def chunks() -> AsyncIterator[AudioChunk]:
        yield AudioChunk(sound(0.5).samples, RATE)
        await asyncio.sleep(0.7)
        yield AudioChunk(sound(0.5).samples, RATE)

    heard = list(portal.iterate(DeepgramSTT(silence_s=0.4).transcribe(chunks())))
    assert text_of(heard) == "One two"
    assert host.requests[0].messages.count({"type": "KeepAlive"}) >= 3


def test_a_stream_without_chunks_opens_no_line(host: Host) -> None:
    assert transcripts_of(DeepgramSTT(), Audio(np.zeros((0, 1), np.float32), RATE)) == [
        Transcript(text="", language="en")
    ]
    assert host.requests == []


def error_of(stt: DeepgramSTT, audio: Audio | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        transcripts_of(stt, audio or sound(2.0))
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value)) + repr(vars(stt))
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, ProviderError, False),
        (401, AuthenticationError, False),
        (402, QuotaError, False),
        (429, RateLimitError, True),
        (500, ProviderUnavailable, True),
    ],
)
def test_a_refused_handshake_has_its_error(host: Host, status: int, kind: type[ProviderError], retryable: bool) -> None:
    body = {"err_code": "NO", "err_msg": f"No, {KEY}.", "request_id": "r1"}
    host.faults.add(NOVA, faults.status(status, body, retry_after_s=7))
    error = error_of(DeepgramSTT())
    assert (type(error), error.status, error.retryable, error.request_id) == (kind, status, retryable, "r1")
    if isinstance(error, RateLimitError):
        assert error.retry_after_s == 7


def test_a_wrong_key_is_told_by_the_server(host: Host, vendor: Deepgram) -> None:
    vendor.key = "another"
    assert isinstance(error_of(DeepgramSTT()), AuthenticationError)


@pytest.mark.parametrize(("after", "retryable"), [(0, True), (3, False)])
def test_a_cut_line_may_be_tried_again_if_nothing_came(host: Host, after: int, retryable: bool) -> None:
    host.faults.add(NOVA, faults.cut(after))
    with pytest.raises(ProviderUnavailable) as caught:
        list(portal.iterate(DeepgramSTT().transcribe(endless())))
    assert (caught.value.status, caught.value.retryable) == (1006, retryable)


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [(1008, ProviderError, False), (1011, ProviderUnavailable, True), (1000, ProviderUnavailable, True)],
)
def test_a_line_that_is_closed_too_early_is_an_error(
    host: Host, code: int, kind: type[ProviderError], retryable: bool
) -> None:
    host.faults.add(NOVA, faults.close(code, "NET-0001"))
    with pytest.raises(ProviderError) as caught:
        list(portal.iterate(DeepgramSTT().transcribe(endless())))
    assert (type(caught.value), caught.value.retryable) == (kind, retryable)


@pytest.mark.parametrize("length_s", [0.5, 30.0])
def test_a_server_that_says_nothing_is_given_up(host: Host, vendor: Deepgram, length_s: float) -> None:
    vendor.deaf = True
    started_s = time.monotonic()
    error = error_of(DeepgramSTT(silence_s=0.5), sound(length_s))
    assert (type(error), error.retryable) == (ProviderTimeout, True)
    assert time.monotonic() - started_s < 3
    assert host.requests[0].ended.wait(5)


def test_a_server_that_falls_silent_is_given_up(host: Host) -> None:
    host.faults.add(NOVA, faults.stall(3))
    error = error_of(DeepgramSTT(silence_s=0.5))
    assert (type(error), error.retryable) == (ProviderTimeout, False)


@pytest.mark.parametrize(
    "line", ['{"broken": ', "[1]", '{"no": "type"}', '{"type": "Results"}', '{"type": "Results", "channel": []}']
)
def test_a_malformed_message_is_an_error(host: Host, vendor: Deepgram, line: str) -> None:
    vendor.lines = [line]
    assert "not its protocol" in str(error_of(DeepgramSTT()))


def test_an_unknown_message_is_passed_over(host: Host, vendor: Deepgram) -> None:
    vendor.lines = ['{"type": "Surprise"}']
    assert text_of(transcripts_of(DeepgramSTT(), sound(0.5))) == "One"


@pytest.mark.parametrize("model", ["nova-3", "flux-general-en"])
def test_an_error_message_is_told(host: Host, vendor: Deepgram, model: str) -> None:
    vendor.lines = ['{"type": "Error", "code": "BAD_AUDIO", "description": "This is no sound."}']
    assert "deepgram stopped: This is no sound. (BAD_AUDIO)" in str(error_of(DeepgramSTT(model)))


def test_nobody_listening_is_told(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    monkeypatch.setenv("DEEPGRAM_BASE_URL", "http://127.0.0.1:9")
    error = error_of(DeepgramSTT())
    assert (type(error), error.retryable) == (ProviderUnavailable, True)


def test_what_the_source_of_the_sound_raises_is_raised(host: Host) -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        yield AudioChunk(sound(0.5).samples, RATE)
        raise AudioFileError("the microphone was taken away")

    with pytest.raises(AudioFileError, match="taken away"):
        list(portal.iterate(DeepgramSTT().transcribe(chunks())))


def test_a_stream_that_changes_its_rate_is_refused(host: Host) -> None:
    async def chunks() -> AsyncIterator[AudioChunk]:
        for sample_rate in (16000, 8000):
            yield AudioChunk(np.zeros((160, 1), np.float32), sample_rate)

    with pytest.raises(ValueError, match="a chunk of 8000 Hz in a stream of 16000 Hz"):
        list(portal.iterate(DeepgramSTT().transcribe(chunks())))


def test_the_server_sees_the_end_at_once_and_no_task_is_left(host: Host) -> None:
    async def leave() -> None:
        texts = DeepgramSTT().transcribe(endless())
        await anext(texts)
        started_s = time.monotonic()
        await texts.aclose()  # type: ignore[attr-defined]
        assert await asyncio.to_thread(host.requests[0].ended.wait, 5)
        assert time.monotonic() - started_s < 1.0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(leave())


def test_streams_at_the_same_time_do_not_mix(host: Host) -> None:
    async def text(stt: DeepgramSTT, length_s: float) -> str:
        return text_of([each async for each in stt.transcribe(stream(sound(length_s)))])

    async def many() -> list[str]:
        stt = DeepgramSTT()
        return await asyncio.gather(*(text(stt, length_s) for length_s in (0.5, 1.0, 1.5)))

    assert portal.run(many()) == ["One", "One two", "One two three"]


@pytest.mark.parametrize(
    "settings", [{"endpointing_s": 0}, {"end_threshold": 0.3}, {"eager_threshold": 1.0}, {"endpointing_s": "soon"}]
)
def test_settings_outside_their_range_are_refused(host: Host, settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=f"deepgram: {next(iter(settings))} is"):
        DeepgramSTT(**settings)  # type: ignore[arg-type]


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPGRAM_API_KEY", raising=False)
    with pytest.raises(MissingKeyError, match="DEEPGRAM_API_KEY"):
        DeepgramSTT()


def test_the_registry_knows_it(host: Host) -> None:
    assert registry.provider("stt", "deepgram", model="flux-general-en").streaming


def test_the_settings_key_tells_what_changes_the_text(host: Host) -> None:
    assert DeepgramSTT().settings_key == DeepgramSTT().settings_key != DeepgramSTT(language="de").settings_key

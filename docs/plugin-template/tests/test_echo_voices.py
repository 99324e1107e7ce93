"""What the plug-in promises: a voice kept, speech at its rate, refusals that say why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from echo_voices import SAMPLE_RATE, EchoClone, EchoTTS

from audiokit import portal, registry
from audiokit.audio.buffer import Audio
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ProviderError
from audiokit.testing.promises import check_clone, check_tts


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Voice:
    """A voice that is two seconds of a tone."""
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "home"))
    time_s = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    sample = tmp_path / "sample.wav"
    Audio((0.5 * np.sin(2 * np.pi * 220 * time_s)).astype(np.float32), SAMPLE_RATE).save(sample)
    return EchoClone().clone([sample], name="Ann", labels={"accent": "none"})


def speech(text: str, voice: Voice | None, tts: EchoTTS | None = None) -> list[SpeechChunk]:
    return list(portal.iterate((tts or EchoTTS()).synthesize(text, voice)))


@pytest.mark.parametrize(("kind", "made"), [("clone", EchoClone), ("tts", EchoTTS)])
def test_audiokit_finds_it(kind: str, made: type) -> None:
    assert isinstance(registry.provider(kind, "echo"), made)


def test_it_keeps_what_every_provider_promises(voice: Voice) -> None:
    assert voice.folder is not None
    check_tts(EchoTTS(), voice)
    check_clone(EchoClone(), [voice.folder / "sample.wav"], "Bob")


def test_a_voice_keeps_its_samples_and_what_was_said_of_it(voice: Voice) -> None:
    assert (voice.provider, voice.name, dict(voice.labels)) == ("echo", "Ann", {"accent": "none"})
    assert voice.folder is not None
    assert [path.name for path in voice.folder.iterdir()] == ["sample.wav"]


def test_speech_is_as_long_as_the_text_asks_for(voice: Voice) -> None:
    chunks = speech("ten chars!", voice)
    assert sum(chunk.duration_s for chunk in chunks) == pytest.approx(1.0)
    assert {chunk.sample_rate for chunk in chunks} == {SAMPLE_RATE}


def test_a_gain_is_heard_and_is_part_of_the_cache_key(voice: Voice) -> None:
    full, half = EchoTTS(), EchoTTS(gain=0.5)
    peaks = [max(np.abs(chunk.samples).max() for chunk in speech("Hello.", voice, tts)) for tts in (full, half)]
    assert peaks == pytest.approx([0.5, 0.25], abs=0.01)
    assert full.settings_key != half.settings_key


@pytest.mark.parametrize(("text", "said"), [("Hello.", "a voice it has cloned"), (" ", "the text is empty")])
def test_what_it_cannot_do_is_refused(text: str, said: str) -> None:
    with pytest.raises(ProviderError, match=said):
        speech(text, None)

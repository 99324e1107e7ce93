"""audiokit.dataset.texts: what is said in a clip, and what its sound says about the text."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript, Word
from audiokit.dataset import texts
from audiokit.dataset.settings import PrepSettings

SETTINGS = PrepSettings(transcribe=True, stt="scripted")


class Scripted:
    """A recognizer that says what it was told to."""

    said: tuple[Transcript, ...] = ()

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        heard = [chunk async for chunk in chunks]
        assert heard
        for transcript in self.said:
            yield transcript


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a scripted recognizer in the registry's place."""

    def script(*transcripts: Transcript) -> None:
        scripted = Scripted()
        scripted.said = transcripts
        monkeypatch.setattr(texts, "recognizer", lambda *names: scripted)

    return script


def clip(path: Path, tone: Callable[..., Audio], *, quiet_edges_s: float = 0.1) -> Path:
    samples = tone(200, 4, 16_000, -12).samples.copy()
    edge = round(quiet_edges_s * 16_000)
    if edge:
        samples[:edge] = samples[-edge:] = 0
    Audio(samples, 16_000).save(path)
    return path


def transcript(text: str, start_s: float = 0.2, end_s: float = 3.7, confidence: float = 0.9) -> Transcript:
    words = (
        Word(text="first", start_s=start_s, end_s=start_s + 0.2, confidence=confidence),
        Word(text="last", start_s=end_s - 0.2, end_s=end_s, confidence=confidence),
    )
    return Transcript(text=text, language="en", confidence=confidence, words=words)


GOOD = "a sentence of about forty letters in all it is"


@pytest.mark.parametrize(("said", "quiet_edges_s", "flag"), [
    (transcript(GOOD), 0.1, None),
    (transcript(GOOD, start_s=0.0), 0.0, "cut word: 'first' at the start"),
    (transcript(GOOD, end_s=3.99), 0.0, "cut word: 'last' at the end"),
    (transcript(GOOD, start_s=0.0, end_s=4.0), 0.1, None),  # the recognizer stretches words; the edges are silent
    (Transcript(text=GOOD, language="en", confidence=0.9), 0.0, None),
])  # fmt: skip
def test_a_word_that_is_cut_off_is_named(
    say: Callable[..., None], tone: Callable[..., Audio], tmp_path: Path, said: Transcript, quiet_edges_s: float,
    flag: str | None,
) -> None:  # fmt: skip
    say(said)
    result = texts.transcribe_clip(clip(tmp_path / "clip.wav", tone, quiet_edges_s=quiet_edges_s), SETTINGS)
    assert [found.startswith(str(flag)) for found in result["flags"]] == ([True] if flag else [])


def test_several_utterances_are_one_text(say: Callable[..., None], tone: Callable[..., Audio], tmp_path: Path) -> None:
    partial = Transcript(text="a sen", is_final=False)
    say(partial, transcript("a sentence of about", confidence=0.8), transcript("forty letters in all", confidence=0.6))
    result = texts.transcribe_clip(clip(tmp_path / "clip.wav", tone), SETTINGS)
    assert result["text"] == "a sentence of about forty letters in all"
    assert result["confidence"] == pytest.approx(0.7)
    assert result["characters_per_s"] == pytest.approx(33 / 4, abs=0.01)
    assert "words" not in result


@pytest.mark.parametrize(
    ("told", "confidence", "probability"),
    [(transcript(GOOD), 0.9, None), (Transcript(text=GOOD, language="en", language_probability=0.61234), None, 0.6123)],
)
def test_what_a_recognizer_does_not_tell_is_none(
    say: Callable[..., None], tone: Callable[..., Audio], tmp_path: Path, told: Transcript, confidence: float | None,
    probability: float | None,
) -> None:  # fmt: skip
    say(told)
    result = texts.transcribe_clip(clip(tmp_path / "clip.wav", tone), SETTINGS)
    assert (result["confidence"], result["language_probability"]) == (confidence, probability)


def test_words_are_kept_where_they_are_wanted(
    say: Callable[..., None], tone: Callable[..., Audio], tmp_path: Path
) -> None:
    say(transcript(GOOD, start_s=0.0, end_s=3.95))
    place = clip(tmp_path / "clip.wav", tone, quiet_edges_s=0.5)
    result = texts.transcribe_clip(place, replace(SETTINGS, align=True))
    first, last = result["words"]
    assert first == {"text": "first", "start_s": 0.0, "end_s": 0.2, "confidence": 0.9}  # in silence: left as it is
    assert (last["text"], last["start_s"], last["end_s"]) == ("last", 3.75, 3.95)
    assert result["flags"] == ["word in silence: 'first' at 0.00 s", "word in silence: 'last' at 3.75 s"]


@pytest.mark.parametrize(("has_both", "more"), [(False, {}), (True, {"realtime": False, "tell_language": True})])
def test_a_recognizer_is_opened_once_with_what_is_set(
    has_both: bool, more: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[dict[str, object]] = []

    def provider(kind: str, name: str, **settings: object) -> ModuleType:
        opened.append({"kind": kind, "name": name, **settings})
        return sys

    monkeypatch.setattr(texts, "provider", provider)
    monkeypatch.setattr(texts, "takes", lambda *setting: has_both)
    texts.recognizer.cache_clear()
    for _ in range(2):
        texts.recognizer("acme", "large", "")
    texts.recognizer.cache_clear()
    assert opened == [{"kind": "stt", "name": "acme", "model": "large", **more}]


def test_silence_at_the_edge_is_not_loud(tone: Callable[..., Audio]) -> None:
    whole = tone(200, 1, 16_000, -12)
    assert texts._is_loud(whole[:0.03], whole)
    assert not texts._is_loud(Audio(np.zeros(480, np.float32), 16_000), whole)

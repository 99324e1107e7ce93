"""How good a voice is: as like its samples as they are to each other, understood, fast."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from audiokit import portal
from audiokit.analysis.wordings import word_errors
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.audio.files import write
from audiokit.cloning.voice_print import VoicePrint
from audiokit.contracts import STT, TTS, SpeakerEncoder, Voice
from audiokit.errors import AudioFileError, ProviderError
from audiokit.progress import SILENT, Progress

SENTENCES = (
    "The kettle sings before the first train leaves the valley.",
    "Seven quick gulls chased a paper boat across the harbour.",
    "Could you tell me which road goes to the old observatory?",
    "She measured twice, cut once, and still the shelf was crooked.",
    "Bright yellow umbrellas filled the square by half past nine.",
    "No, that was never the plan, and you knew it all along!",
    "A gentle voice explained how the clock tower had lost its hands.",
    "We shared bread, cheese and a long story beside the fire.",
)
"""Spoken when nothing else is asked for: English, questions and exclamations among them."""

RATE = 16_000  # of DNSMOS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpokenLine:
    """One sentence, spoken by one voice."""

    text: str
    """What was to be said."""
    audio: Audio
    """How it sounds."""
    took_s: float
    """Time until all of it was there, in seconds."""
    first_audio_s: float
    """Time until its first piece was there, in seconds."""
    similarity: float | None
    """To the samples' voice, -1..1; None without a print of it."""
    heard: str | None
    """What the recognizer understood; None without one."""
    mos: float | None
    """Overall opinion by DNSMOS, 1..5; None when not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """One voice, judged."""

    voice: Voice
    """Who spoke."""
    lines: tuple[SpokenLine, ...]
    """What was said."""
    reference: VoicePrint | None
    """What it is compared with."""

    @property
    def similarity(self) -> float | None:
        """Middle similarity to the samples' voice; compare with `reference.median`."""
        found = [line.similarity for line in self.lines if line.similarity is not None]
        return median(found) if found else None

    @property
    def word_error_rate(self) -> float | None:
        """Words wrong, over all lines, for each word said; None without a recognizer."""
        counts = [word_errors(line.text, line.heard) for line in self.lines if line.heard is not None]
        said = sum(words for _, words in counts)
        return sum(wrong for wrong, _ in counts) / said if said else None

    @property
    def mos(self) -> float | None:
        """Mean opinion by DNSMOS, 1..5."""
        found = [line.mos for line in self.lines if line.mos is not None]
        return float(np.mean(found)) if found else None

    @property
    def speed(self) -> float:
        """Seconds of speech made in a second."""
        return sum(line.audio.duration_s for line in self.lines) / max(1e-9, sum(line.took_s for line in self.lines))

    @property
    def first_audio_s(self) -> float:
        """Middle time until the first piece of a sentence, in seconds."""
        return median(line.first_audio_s for line in self.lines)

    @property
    def characters(self) -> int:
        """How many were spoken, which is what most providers charge for."""
        return sum(len(line.text) for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """Give numbers and texts, without the sound."""
        numbers = ("similarity", "word_error_rate", "mos", "speed", "first_audio_s", "characters")
        facts = ("text", "heard", "similarity", "mos", "took_s", "first_audio_s")
        return {
            "voice": self.voice.name,
            "provider": self.voice.provider,
            **{name: getattr(self, name) for name in numbers},
            "samples_similarity": self.reference.median if self.reference else None,
            "samples_lowest_similarity": self.reference.lowest if self.reference else None,
            "lines": [{name: getattr(line, name) for name in facts} for line in self.lines],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What listens; None leaves its number out."""

    encoder: SpeakerEncoder | None = None
    """Compares voices."""
    stt: STT | None = None
    """Writes down what it understands."""
    rate: Callable[[Audio], float | None] | None = None
    """Gives an opinion, 1..5, such as `rate_speech`."""


def evaluate(
    voice: Voice,
    tts: TTS,
    judges: Judges,
    *,
    reference: VoicePrint | None = None,
    sentences: Sequence[str] = SENTENCES,
    progress: Progress = SILENT,
) -> Judgement:
    """Let a voice speak, and listen.

    Parameters
    ----------
    voice : who speaks.
    tts : what speaks with it.
    judges : who listens.
    reference : the samples' voice, from the encoder among the judges.
    sentences : what is said, at least one.
    progress : called with the voice's name and sentences, done and in all.

    Raises
    ------
    ProviderError : the provider refused or failed, or gave no sound.
    """
    if not sentences:
        raise ValueError("no sentence to speak; expected at least one")
    # Loading a model is no part of speaking; who has nothing to load has no such method.
    getattr(tts, "warm_up", lambda: None)()
    lines = []
    for done, text in enumerate(sentences, 1):
        audio, first_audio_s, took_s = _spoken(tts, text, voice)
        lines.append(
            SpokenLine(
                text=text,
                audio=audio,
                took_s=took_s,
                first_audio_s=first_audio_s,
                similarity=reference.similarity(judges.encoder.embed(audio)) if reference and judges.encoder else None,
                heard=portal.run(_understood(judges.stt, audio)) if judges.stt else None,
                mos=judges.rate(audio) if judges.rate else None,
            )
        )
        progress(voice.name, done, len(sentences))
    return Judgement(voice=voice, lines=tuple(lines), reference=reference)


def keep_spoken(found: Sequence[Judgement], folder: str | os.PathLike[str]) -> None:
    """Write what was spoken: a folder for each voice, a WAV a sentence.

    Raises
    ------
    AudioFileError : it cannot be written.
    """
    taken: set[Path] = set()
    for judgement in found:
        name = "".join(sign if sign.isalnum() or sign in " -_" else "_" for sign in judgement.voice.name)
        places = (Path(folder) / (f"{name} {number}" if number > 1 else name) for number in count(1))
        place = next(place for place in places if place not in taken)  # "a:b" and "a_b" are two voices
        taken.add(place)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AudioFileError(f"{place}: cannot be made: {error.strerror}.", reason="cannot write") from error
        for number, line in enumerate(judgement.lines, 1):
            write(place / f"{number:02}.wav", line.audio)


def rate_speech(audio: Audio) -> float | None:
    """Give DNSMOS' overall opinion, 1..5.

    Raises
    ------
    MissingDependencyError : speechmos is not installed.
    """
    from audiokit.analysis.mos import MosReader

    reader = MosReader()
    reader.push(audio.mono().resample(RATE).samples)
    found = reader.finish(())
    return found.overall if found else None


def _spoken(tts: TTS, text: str, voice: Voice) -> tuple[Audio, float, float]:
    """Give the sound, and the seconds until its first piece and its last."""
    started_s = time.perf_counter()
    pieces, first_s = [], 0.0
    for chunk in portal.iterate(tts.synthesize(text, voice)):
        first_s = first_s or time.perf_counter() - started_s
        pieces.append(chunk.samples)
    took_s = time.perf_counter() - started_s
    if not sum(map(len, pieces)):
        raise ProviderError(f"{voice.provider} gave no sound for {text!r}", provider=voice.provider)
    return Audio(np.concatenate(pieces), tts.sample_rate), first_s, took_s


async def _understood(stt: STT, audio: Audio) -> str:
    async def stream() -> AsyncIterator[AudioChunk]:
        for chunk in chunks_of(audio.mono()):
            yield chunk

    finals = [transcript.text async for transcript in stt.transcribe(stream()) if transcript.is_final]
    return " ".join(text for text in finals if text)

"""What a provider promises, and the values that pass between providers and the rest of the house."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from audiokit.audio.chunk import AudioChunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word with its place in the audio."""

    text: str
    """The word as spoken, without surrounding space."""
    start_s: float
    """Where it starts, in seconds from the start of the audio."""
    end_s: float
    """Where it ends, in seconds."""
    confidence: float
    """How sure the recognizer is, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said."""

    text: str
    """Plain text, no surrounding space; empty when nothing was understood."""
    language: str = ""
    """ISO 639-1 code, empty when unknown."""
    confidence: float = 0.0
    """How sure the recognizer is, 0..1: the mean over words."""
    words: tuple[Word, ...] = field(default=())
    """Words with times, if the recognizer gives them."""
    is_final: bool = True
    """False for a partial result that may still change."""


class STT(Protocol):
    """Speech to text. Any method may raise ProviderError."""

    def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Give partial transcripts as they come and, last, a final one for each utterance."""
        ...


class VAD(Protocol):
    """Voice activity detection: no clock, no file, only chunks in order."""

    sample_rate: int
    """The rate it wants, in Hz."""
    window_s: float
    """The length of chunk it wants, in seconds."""

    def speech_probability(self, chunk: AudioChunk) -> float:
        """Give the probability, 0..1, that this chunk (the next in its stream) holds speech."""
        ...

    def reset(self) -> None:
        """Forget the stream heard so far."""
        ...

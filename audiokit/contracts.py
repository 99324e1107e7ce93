"""What a provider promises, and the values that pass between providers and the rest of the house."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk

Setting: TypeAlias = str | float | bool
"""A value that a vendor's settings take."""

Embedding: TypeAlias = NDArray[np.float32]
"""A voice as numbers, shape (size,), of length 1."""


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
    language_probability: float | None = None
    """How likely it is that this language is spoken, 0..1; None if the recognizer does not say."""
    words: tuple[Word, ...] = field(default=())
    """Words with times, if the recognizer gives them."""
    is_final: bool = True
    """False for a partial result that may still change."""
    turn: Literal["", "started", "eager_end", "resumed", "ended"] = ""
    """What the recognizer itself says of the speaker's turn, if it detects turns (Deepgram Flux); else empty.
    After "eager_end" comes "ended" with the same text, or "resumed"."""


class STT(Protocol):
    """Speech to text. Any method may raise ProviderError."""

    streaming: bool
    """Whether text comes while the audio still goes in; False: one final transcript when the stream ends."""

    def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Give partial transcripts as they come and, last, a final one for each utterance.

        A chunk without frames asks for a final transcript of what was heard so far; the stream goes on after it.
        """
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


class SpeakerEncoder(Protocol):
    """Turns a voice into numbers that can be compared."""

    threshold: float
    """The cosine, -1..1, from which two embeddings are more often of one speaker than of two."""

    def embed(self, audio: Audio) -> Embedding:
        """Give the embedding of one speaker.

        Parameters
        ----------
        audio : any rate, any number of channels; some seconds of speech.
        """
        ...

    def embed_all(self, sounds: Sequence[Audio]) -> list[Embedding]:
        """Give the embedding of each; faster than one by one where the model likes many at once."""
        ...


class TurnDetector(Protocol):
    """Says whether a speaker who has paused has finished."""

    def finished_probability(self, heard: AudioChunk, text: str) -> float:
        """Give the probability, 0..1, that the turn is over.

        Parameters
        ----------
        heard : the last seconds of the speaker, 16 kHz.
        text : what was understood so far; may be empty.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who speaks: all that a provider must know of it."""

    name: str
    """What its owner calls it."""
    provider: str
    """Name of the provider that speaks with it."""
    voice_id: str
    """The provider's own name for it."""
    model: str = ""
    """Model it wants; empty: the provider's default."""
    language: str = ""
    """ISO 639-1 code; empty when it speaks any, or unknown."""
    description: str = ""
    """For people."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Such as accent: american."""
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    """What changes its sound, by the provider's own names: part of the cache's key."""
    folder: Path | None = None
    """Where a voice of this machine keeps its files: reference recordings, conditioning latents."""
    requires_verification: bool = False
    """Whether the vendor wants to see that it may be used before it speaks."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeechChunk(AudioChunk):
    """A piece of synthesized speech."""

    words: tuple[Word, ...] = ()
    """Words that begin in it, timed from the start of the whole text's audio, if the provider tells."""
    encoded: bytes = b""
    """The vendor's own bytes, when they are not PCM: those of all chunks, joined, are the whole stream as it came."""
    from_cache: bool = False
    """Whether it was kept from an earlier time, and costs nothing."""


class TTS(Protocol):
    """Text to speech. Any method may raise ProviderError.

    One may also have `concurrency: int | None`, how many texts it speaks at once; None: it does not know. An answer of
    its vendor may change it. What stands in front of another TTS passes it on. And it may have `voices()`, which gives
    the voices that it brings along, for `audiokit voices list`.
    """

    sample_rate: int
    """Rate of the chunks it gives, in Hz."""
    encoding: str
    """How the vendor sends: "pcm_s16le", or the name of a file format such as "mp3", "ogg"."""

    @property
    def settings_key(self) -> str:
        """Every setting that changes the sound, as JSON; part of the cache's key."""
        ...

    def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a piece at a time as it is made; None is the provider's default voice.

        Closing the iterator early stops the vendor's work.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model asks for a tool to be called, or did so earlier."""

    call_id: str
    """The model's name for this call."""
    name: str
    """The tool's name."""
    arguments: Mapping[str, object]
    """Values by parameter, read from the model's JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What a model may ask for."""

    name: str
    """Letters, digits, underscores."""
    description: str
    """When and what for, written for the model."""
    parameters: Mapping[str, object]
    """JSON Schema of the arguments: an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One entry of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    """Who says it."""
    text: str = ""
    """What is said; of a tool, its result."""
    tool_calls: tuple[ToolCall, ...] = ()
    """Of the assistant: the tools it asked for."""
    call_id: str = ""
    """Of a tool: which call this answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a reply was counted as by its vendor."""

    input_tokens: int = 0
    """Tokens read."""
    output_tokens: int = 0
    """Tokens written."""
    model: str = ""
    """Which model's price holds."""

    def __add__(self, other: Usage) -> Usage:
        """Add what another reply of the same turn was counted as."""
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            model=other.model or self.model,
        )


class LLM(Protocol):
    """Language model. Any method may raise ProviderError."""

    def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncIterator[str | ToolCall | Usage]:
        """Answer: text in pieces as it is written, whole tool calls, and last what it was counted as, if known.

        Closing the iterator early stops the vendor's work.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequirements:
    """What a cloner wants to hear."""

    min_total_s: float
    """Least speech in all, in seconds."""
    ideal_total_s: float
    """Where more stops helping, in seconds."""
    max_total_s: float
    """Most speech in all, in seconds."""
    max_files: int
    """Most files."""
    max_bytes: int
    """Most bytes a file."""
    formats: tuple[str, ...]
    """File extensions it takes, the best first."""
    sample_rate: int = 44_100
    """Rate that loses nothing it could use, in Hz."""


class CloneProvider(Protocol):
    """Makes voices from recordings. Any method may raise ProviderError."""

    requirements: SampleRequirements
    """What samples must be like."""

    def clone(
        self,
        samples: Sequence[Path],
        *,
        name: str,
        description: str = "",
        language: str = "",
        labels: Mapping[str, str] = ...,
    ) -> Voice:
        """Make a voice; blocks until the provider has it.

        Parameters
        ----------
        samples : files that meet `requirements`; consent was asked for by the caller.
        name, description, labels : for people.
        language : ISO 639-1 code; empty when unknown.
        """
        ...

"""Long texts: sentence by sentence, made ahead in parallel, joined without clicks or gaps.

A sentence that was made once comes from the cache: so a text that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.contracts import TTS, SpeechChunk, Voice, Word
from audiokit.dsp.fades import fade_edges
from audiokit.dsp.silence import detect_nonsilent
from audiokit.errors import ConfigError, UsageError
from audiokit.progress import SILENT, Progress
from audiokit.retry import Retry, acall
from audiokit.speech.concurrency import allowed
from audiokit.speech.fallback import FallbackTTS
from audiokit.speech.sentences import paragraphs, sentences
from audiokit.speech.streams import whole

SILENT_DBFS = -50.0  # below the breath and the room of every voice heard so far
ROOM_S = 0.03  # kept around a sentence, for soft consonants
FADE_S = 0.005  # too short to be heard, long enough not to click


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a text is read."""

    sentence_pause_s: float = 0.35
    """Silence between two sentences, in seconds."""
    paragraph_pause_s: float = 0.8
    """Silence between two paragraphs, in seconds."""
    concurrency: int | None = None
    """How many sentences are made at the same time, at most; None: as many as the provider allows, or 2."""

    def __post_init__(self) -> None:
        if min(self.sentence_pause_s, self.paragraph_pause_s) < 0:
            raise ConfigError("sentence_pause_s and paragraph_pause_s must be 0 s or more")
        if self.concurrency is not None and self.concurrency < 1:
            raise ConfigError(f"concurrency is {self.concurrency}; expected 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence, and the silence before it."""

    text: str
    """What is said."""
    pause_s: float
    """In seconds; 0 for the first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spoken:
    """A sentence as it stands in the whole."""

    text: str
    """What is said."""
    audio: Audio
    """The pause before it and its sound, mono."""
    start_s: float
    """Where its sound begins in the whole, in seconds."""
    end_s: float
    """Where it ends, in seconds."""
    words: tuple[Word, ...] = ()
    """With their times in the whole, if the provider tells."""


def script(text: str, pace: Pace) -> list[Line]:
    """Cut a text into sentences with pauses.

    Raises
    ------
    UsageError : nothing in it can be said.
    """
    lines: list[Line] = []
    for paragraph in paragraphs(text):
        pause_s = pace.paragraph_pause_s
        for sentence in sentences(paragraph):
            lines.append(Line(text=sentence, pause_s=pause_s if lines else 0.0))
            pause_s = pace.sentence_pause_s
    if not lines:
        raise UsageError(f"nothing to say in {text[:40]!r}; expected a letter or a figure")
    return lines


async def narrated(
    tts: TTS,
    lines: Iterable[Line],
    voice: Voice | None = None,
    pace: Pace | None = None,
    *,
    start_s: float = 0.0,
    progress: Progress = SILENT,
) -> AsyncIterator[Spoken]:
    """Speak sentences in their order, and make the next ones meanwhile.

    Parameters
    ----------
    tts, voice : who speaks.
    lines : from `script`.
    pace : how many are made at once, at most; `Pace()` by default. Never more than the provider allows.
    start_s : where the first begins in the whole, in seconds.
    progress : called with "speech" and characters, done and in all.

    Raises
    ------
    ProviderError : a sentence failed for good, after retries.
    """
    lines = list(lines)
    done, total = 0, sum(len(line.text) for line in lines)
    waiting: deque[asyncio.Task[list[SpeechChunk]]] = deque()
    coming = iter(lines)
    most = (pace or Pace()).concurrency
    try:
        for line in lines:
            for following in islice(coming, max(0, allowed(tts, most) - len(waiting))):
                waiting.append(asyncio.create_task(_made(tts, following.text, voice)))
            spoken = _placed(line, await waiting[0], start_s)
            waiting.popleft()
            start_s, done = spoken.end_s, done + len(line.text)
            progress("speech", done, total)
            yield spoken
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _made(tts: TTS, text: str, voice: Voice | None) -> list[SpeechChunk]:
    if isinstance(tts, FallbackTTS):
        return await tts.whole(text, voice)
    return await acall(lambda: whole(tts, text, voice), Retry())


def _placed(line: Line, chunks: list[SpeechChunk], end_of_last_s: float) -> Spoken:
    """Put a sentence behind the last one: its own silence at both ends gives way to the pause."""
    rate = chunks[0].sample_rate
    sound = Audio(np.concatenate([chunk.samples for chunk in chunks]), rate)
    spans = detect_nonsilent(sound, threshold_dbfs=SILENT_DBFS, min_silence_s=2 * ROOM_S)
    first_s = max(0.0, spans[0][0] - ROOM_S) if spans else 0.0
    last_s = min(sound.duration_s, spans[-1][1] + ROOM_S) if spans else sound.duration_s
    sound = fade_edges(sound[first_s:last_s], FADE_S, FADE_S)
    pause = Audio(np.zeros((round(line.pause_s * rate), 1), np.float32), rate)
    start_s = end_of_last_s + pause.duration_s
    shift_s = start_s - first_s
    return Spoken(
        text=line.text,
        audio=pause + sound,
        start_s=start_s,
        end_s=start_s + sound.duration_s,
        words=tuple(
            replace(word, start_s=word.start_s + shift_s, end_s=word.end_s + shift_s)
            for chunk in chunks
            for word in chunk.words
        ),
    )

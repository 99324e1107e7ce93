"""`TrimmedTTS`: speech without the silence that models put before and behind it, which a listener waits through.

Hibari, for one, is silent for 0.28 s before its first sound and for 0.4 s behind its last: half of what a conversation
may take, and a hole between two clauses of one sentence.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import cast

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.contracts import TTS, SpeechChunk, Voice, Word
from audiokit.speech.concurrency import concurrency_of

AUDIBLE = 1e-3  # -60 dBFS: below the breath of every voice, above the noise of the quantizer
LEAD_S = 0.02  # so that no consonant begins with a click
CLAUSE_TAIL_S, SENTENCE_TAIL_S = 0.1, 0.3  # what speakers pause at a comma, and between sentences
SENTENCE_ENDS = (".", "?", "!", "…", ":", "。", "？", "！")


class SilenceTrim:
    """A stream of speech whose silent ends are cut; no sound is held back.

    Parameters
    ----------
    sample_rate : in Hz.
    tail_s : longest silence at the end, in seconds.
    """

    def __init__(self, sample_rate: int, tail_s: float) -> None:
        self._lead, self._tail = round(LEAD_S * sample_rate), round(tail_s * sample_rate)
        self._waiting = np.zeros((0, 1), np.float32)
        self._has_begun = False
        self.cut = 0
        """How many frames are gone from the beginning."""

    def push(self, samples: Samples) -> Samples:
        """Take the next piece, shape (frames, 1); give all of it up to its last sound, silence when more follows."""
        waiting = np.concatenate([self._waiting, samples])
        loud = np.flatnonzero(np.abs(waiting[:, 0]) > AUDIBLE)
        if not self._has_begun:
            begin = max(0, (int(loud[0]) if len(loud) else len(waiting)) - self._lead)
            self.cut += begin
            waiting, loud = waiting[begin:], loud - begin
            self._has_begun = len(loud) > 0
        end = int(loud[-1]) + 1 if len(loud) else 0
        self._waiting = waiting[end:]
        return waiting[:end]

    def flush(self) -> Samples:
        """End the stream; give the pause behind it."""
        return self._waiting[: self._tail]


class TrimmedTTS:
    """A `TTS` that begins with its first sound and ends with a pause that fits the text.

    Parameters
    ----------
    tts : who speaks.
    """

    def __init__(self, tts: TTS) -> None:
        self._tts = tts
        self.sample_rate, self.encoding, self.settings_key = tts.sample_rate, tts.encoding, tts.settings_key

    @property
    def concurrency(self) -> int | None:
        """How many texts it speaks at once: as the TTS behind."""
        return concurrency_of(self._tts)

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a piece at a time as it is made; the times of words fit what is left."""
        tail_s = SENTENCE_TAIL_S if text.rstrip(" \"'»”’)").endswith(SENTENCE_ENDS) else CLAUSE_TAIL_S
        trim = SilenceTrim(self.sample_rate, tail_s)
        words: tuple[Word, ...] = ()
        stream = cast("AsyncGenerator[SpeechChunk]", self._tts.synthesize(text, voice))
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                words += chunk.words
                samples = trim.push(chunk.samples)
                if len(samples):
                    yield replace(chunk, samples=samples, words=self._shifted(words, trim), encoded=b"")
                    words = ()
        if len(rest := trim.flush()):
            yield SpeechChunk(rest, self.sample_rate, self._shifted(words, trim))

    def _shifted(self, words: tuple[Word, ...], trim: SilenceTrim) -> tuple[Word, ...]:
        cut_s = trim.cut / self.sample_rate
        return tuple(
            replace(word, start_s=max(0.0, word.start_s - cut_s), end_s=max(0.0, word.end_s - cut_s)) for word in words
        )

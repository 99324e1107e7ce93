"""A language of plain tones, in which simulated users, recognizers and voices understand each other word by word.

Every word has its own level of sound. So a test reads from the samples themselves which words a recognizer was given
or a listener has heard: a lost chunk is a lost word.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import CHUNK_S, AudioChunk
from audiokit.contracts import Word

LOWEST = 2048  # of 32768: well above what counts as silence
STEP = 4  # survives 16 bit
WORD_S = 0.3
"""How long a word takes unless told otherwise, in seconds."""


class ToneLanguage:
    """Words as levels; made by use, at most 7,000 of them.

    Parameters
    ----------
    sample_rate : of its sound, in Hz.
    word_s : how long a word takes, in seconds: whole chunks of 20 ms.
    """

    def __init__(self, sample_rate: int = 16_000, word_s: float = WORD_S) -> None:
        self.sample_rate, self.word_s = sample_rate, word_s
        self._silent = np.zeros((round(CHUNK_S * sample_rate), 1), np.float32)
        self._sounds: dict[str, Samples] = {}
        self._words: dict[int, str] = {}

    def speak(self, text: str) -> list[AudioChunk]:
        """Say a text in chunks of 20 ms; the last tenth of each word is silent, so that equal words stay apart."""
        return [
            AudioChunk(self._chunk(word, index / count), self.sample_rate)
            for word in text.split()
            for count in [self._chunks_a_word]
            for index in range(count)
        ]

    def silence(self, length_s: float) -> list[AudioChunk]:
        """Say nothing for a while, in chunks of 20 ms."""
        return [AudioChunk(self._silent, self.sample_rate)] * round(length_s / CHUNK_S)

    def words(self, text: str) -> tuple[Word, ...]:
        """Give the words of what `speak` says, with their times."""
        return tuple(
            Word(text=word, start_s=index * self.word_s, end_s=(index + 1) * self.word_s, confidence=1.0)
            for index, word in enumerate(text.split())
        )

    def understand(self, chunks: Iterable[AudioChunk]) -> list[str]:
        """Give the words that are in a sound at least by half."""
        return self.spell(self.word_in(chunk.samples) for chunk in chunks)

    def spell(self, words: Iterable[str]) -> list[str]:
        """Give the words that are there at least by half.

        Parameters
        ----------
        words : that of each chunk of 20 ms, empty for silence.
        """
        heard: list[str] = []
        count, was_word = 0, ""
        for word in words:
            count = count + 1 if word == was_word else 1
            if word and count == self._chunks_a_word // 2:
                heard.append(word)
            was_word = word
        return heard

    def word_in(self, samples: Samples) -> str:
        """Give the word that a chunk is part of; empty for silence."""
        level = round(float(samples[0, 0]) * 32768) if len(samples) else 0
        return self._words.get(round((level - LOWEST) / STEP), "") if level >= LOWEST - STEP else ""

    @property
    def _chunks_a_word(self) -> int:
        return max(2, round(self.word_s / CHUNK_S))

    def _chunk(self, word: str, place: float) -> Samples:
        if place >= 1 - 1.5 / self._chunks_a_word:
            return self._silent
        if word not in self._sounds:
            number = len(self._sounds)
            self._words[number] = word
            self._sounds[word] = np.full_like(self._silent, (LOWEST + STEP * number) / 32768)
        return self._sounds[word]

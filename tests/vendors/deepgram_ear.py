"""A recognizer that understands nothing: every half second of sound is the next number word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

WINDOW_S = 0.02
WORD_WINDOWS = 25
PIECE_WORDS = 4
LOUD = 300
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Ear:
    """Hears 16-bit sound in pieces of any length, and tells "word", "pause" and "sound" as they happen.

    Parameters
    ----------
    sample_rate : in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._window_bytes = 2 * round(WINDOW_S * sample_rate)
        self._left = b""
        self._loud = self._count = 0
        self.now_s = 0.0
        self.quiet_s = 0.0
        self.words: list[dict[str, Any]] = []
        """Since they were last taken."""

    def hear(self, data: bytes) -> Iterator[str]:
        data = self._left + data
        whole = len(data) - len(data) % self._window_bytes
        self._left = data[whole:]
        for start in range(0, whole, self._window_bytes):
            window = np.frombuffer(data[start : start + self._window_bytes], "<i2")
            self.now_s = round(self.now_s + WINDOW_S, 2)
            if np.abs(window.astype(int)).max() < LOUD:
                self.quiet_s = round(self.quiet_s + WINDOW_S, 2)
                yield "pause"
                continue
            self.quiet_s, self._loud = 0.0, self._loud + 1
            yield "sound"
            if self._loud % WORD_WINDOWS == 0:
                self._add_word()
                yield "word"

    def take(self) -> list[dict[str, Any]]:
        words, self.words = self.words, []
        return words

    def _add_word(self) -> None:
        word = NUMBERS[self._count % len(NUMBERS)]
        self._count += 1
        start_s = round(self.now_s - WORD_WINDOWS * WINDOW_S, 2)
        if self.words:
            start_s = max(start_s, self.words[-1]["end"])
        punctuated = word.title() if not self.words else word
        self.words.append(
            {"word": word, "punctuated_word": punctuated, "start": start_s, "end": self.now_s, "confidence": 0.9}
        )


def text_of(words: list[dict[str, Any]]) -> str:
    return " ".join(word["punctuated_word"] for word in words)

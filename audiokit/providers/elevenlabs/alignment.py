"""From the times of characters, which the vendor gives, to those of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audiokit.contracts import Word


class WordTimes:
    """Joins characters to words, over as many pieces as they come in.

    A word is given once it has ended, so one that a piece cuts comes with the next piece.
    """

    def __init__(self) -> None:
        self._text = ""
        self._start_s = self._end_s = 0.0

    def push(self, characters: Sequence[str], starts_s: Sequence[float], ends_s: Sequence[float]) -> Iterator[Word]:
        """Take the next characters, each with its times in seconds from the start of all; give the words that end."""
        for character, start_s, end_s in zip(characters, starts_s, ends_s, strict=True):
            if character.isspace() or not character:
                yield from self.flush()
                continue
            if not self._text:
                self._start_s = max(start_s, self._end_s)  # words do not overlap, whatever the rounding
            self._text += character
            self._end_s = max(end_s, self._start_s)

    def flush(self) -> Iterator[Word]:
        """Give the word that has not ended yet, if there is one."""
        if self._text:
            yield Word(text=self._text, start_s=self._start_s, end_s=self._end_s, confidence=1.0)
        self._text = ""

"""Subtitles of spoken text, in the SubRip format (.srt)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audiokit.contracts import Word
from audiokit.speech.narrate import Spoken

LINE_CHARACTERS = 42  # the usual limit of broadcasters; two lines a cue
CUE_S = 7.0  # nor longer than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle."""

    start_s: float
    """When it appears, in seconds."""
    end_s: float
    """When it goes, in seconds."""
    text: str
    """One line of text."""


def cues(spoken: Iterable[Spoken]) -> list[Cue]:
    """Make subtitles: by words where their times are known, else a sentence each."""
    return [cue for sentence in spoken for cue in _of_sentence(sentence)]


def to_srt(shown: Iterable[Cue]) -> str:
    """Write subtitles as SubRip."""
    blocks = [
        f"{number}\n{_clock(cue.start_s)} --> {_clock(cue.end_s)}\n{_two_lines(cue.text)}\n"
        for number, cue in enumerate(shown, start=1)
    ]
    return "\n".join(blocks)


def _of_sentence(sentence: Spoken) -> Iterator[Cue]:
    if not sentence.words:
        yield Cue(start_s=sentence.start_s, end_s=sentence.end_s, text=sentence.text)
        return
    shown: list[Word] = []
    for word in sentence.words:
        text = " ".join(word.text for word in [*shown, word])
        if shown and (len(text) > 2 * LINE_CHARACTERS or word.end_s - shown[0].start_s > CUE_S):
            yield _cue(shown)
            shown = []
        shown.append(word)
    yield _cue(shown)


def _cue(words: list[Word]) -> Cue:
    return Cue(start_s=words[0].start_s, end_s=words[-1].end_s, text=" ".join(word.text for word in words))


def _two_lines(text: str) -> str:
    """Break a long text at the space nearest to its middle."""
    if len(text) <= LINE_CHARACTERS or " " not in text:
        return text
    spaces = [place for place, char in enumerate(text) if char == " "]
    middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _clock(time_s: float) -> str:
    seconds, milliseconds = divmod(round(time_s * 1000), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{milliseconds:03}"

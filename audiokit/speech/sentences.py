"""Where a text may be cut to be spoken: paragraphs and sentences of a whole one, clauses of one that is still written.

A rule that needs to see more waits for it (`Lookahead`), so the pieces never depend on how a text arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audiokit.speech.abbreviations import BEFORE_A_NAME, BEFORE_A_NUMBER, MAY_END, STARTERS
from audiokit.speech.lookahead import Lookahead, Undecided
from audiokit.speech.markdown import MarkdownReader

WIDE_STOPS = "。！？｡．।॥؟۔"
STOPS = f".!?…{WIDE_STOPS}"
WIDE_PAUSES = "，、；：､،"
PAUSES = f",;:—–{WIDE_PAUSES}"
CLOSERS = "\"'’”»)]}」』）】›*_"
OPENERS = "\"'‘“«([{「『（【‹*_-–—"
INVERTED = "¿¡"

_MARK = re.compile(f"[{re.escape(STOPS + PAUSES)}\n]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\n(?=[^\S\n]*(?:[-*+•]|\d{1,3}[.)])[^\S\n])")
_JOINT = re.compile(r"\s(?=(?:and|but|or|because|which|who|when|while|so|y|pero|porque|und|aber|oder|et|mais)\s)")
_SPACE = re.compile(r"\s")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_LIST_NUMBER = re.compile(r"(?:\d{1,3}|[^\W\d_])")
LONGEST_BRACKET = 200  # one that is open for longer was none


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a piece may be."""

    pause: int
    """A comma, semicolon, colon or dash ends a piece that has so many characters."""
    longest: int
    """No piece has more characters, unless one word has."""


WHOLE = Limits(pause=400, longest=500)  # of sentences that are read from a file: only monsters are cut
RAMP = (Limits(2, 60), Limits(25, 120), Limits(60, 200), Limits(120, 300))
"""Of clauses: the first is short, so that a voice is heard soon, and each of the next may be longer: it is made while
the one before is spoken. 15 characters take a second to speak, and 0.1 s to write at 20 ms a token.
"""


def paragraphs(text: str) -> list[str]:
    """Cut a text at blank lines and before the items of lists; single line breaks become spaces."""
    return [line for part in _BLANK_LINE.split(text.replace("\r\n", "\n")) if (line := _one_line(part))]


def sentences(text: str) -> list[str]:
    """Cut a text into sentences, none over 500 characters.

    Abbreviations, initials, numbers, times, addresses, brackets and quotation marks are not taken for ends.
    """
    return [piece for part in paragraphs(text) for piece in _pieces(part)]


class ClauseSplitter:
    """Cuts a text that is still being written into pieces to speak: the first clause at once, then by sentence.

    Parameters
    ----------
    markdown : read headings, lists, links and the like as a person would; code is left out.
    """

    def __init__(self, *, markdown: bool = True) -> None:
        self._markdown = markdown
        self._reader = MarkdownReader()
        self._text = ""
        self._given = 0

    def push(self, text: str) -> list[str]:
        """Take what comes next, in any portions; give the pieces that are whole now, perhaps none."""
        self._text += self._reader.push(text) if self._markdown else text
        return list(self._ready(ended=False))

    def flush(self) -> list[str]:
        """End the text: give what is left. The next `push` begins another one."""
        self._text += self._reader.flush() if self._markdown else ""
        pieces = list(self._ready(ended=True))
        self._text, self._given = "", 0
        return pieces

    def _ready(self, *, ended: bool) -> Iterator[str]:
        while self._text:
            limits = RAMP[min(self._given, len(RAMP) - 1)]
            try:
                end = _end_of_piece(Lookahead(self._text, ended), 0, limits, lines=True)
            except Undecided:
                return
            piece, self._text = _one_line(self._text[:end]), self._text[end:]
            if is_speakable(piece):
                self._given += 1
                yield piece


def clauses_of(texts: Iterable[str]) -> list[str]:
    """Cut whole texts as a `ClauseSplitter` cuts each of them; Markdown is left as it is."""
    splitter = ClauseSplitter(markdown=False)
    return [clause for text in texts for clause in (*splitter.push(text), *splitter.flush())]


def is_speakable(text: str) -> bool:
    """Tell whether there is anything to say: a letter or a figure."""
    return any(char.isalnum() for char in text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _pieces(text: str) -> Iterator[str]:
    heard, start = Lookahead(text, ended=True), 0
    while start < len(text):
        end = _end_of_piece(heard, start, WHOLE, lines=False)
        if is_speakable(piece := text[start:end].strip()):
            yield piece
        start = end


def _end_of_piece(heard: Lookahead, start: int, limits: Limits, *, lines: bool) -> int:
    """Give the place behind the piece that begins at `start`.

    Parameters
    ----------
    heard : the text.
    start : where the piece begins.
    limits : how long it may be.
    lines : whether a line break ends a piece.

    Raises
    ------
    Undecided : it may go on in what has not come yet.
    """
    begin = heard.spaces(start)
    latest, last_pause = begin + limits.longest, 0
    for mark in _MARK.finditer(heard.text, begin, latest):
        at = mark.start()
        if mark[0] == "\n":
            if lines:
                return mark.end()
        elif mark[0] in STOPS:
            if end := _end_of_sentence(heard, begin, at):
                return end
        elif end := _end_of_clause(heard, at):
            if _letters(heard.text[begin:at]) >= limits.pause:
                return end
            last_pause = end
    if len(heard.text) <= latest:
        heard.char(len(heard.text))
        return len(heard.text)
    return last_pause or _last_gap(heard, begin, latest)


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text)) if len(text) < 10 else len(text)


def _last_gap(heard: Lookahead, begin: int, latest: int) -> int:
    """Give the best place for a cut where no mark is: before a joining word, else between words."""
    for pattern in (_JOINT, _SPACE):
        places = [found.end() for found in pattern.finditer(heard.text, begin + (latest - begin) // 2, latest)]
        if places:
            return places[-1]
    at = latest
    while (char := heard.char(at)) and not char.isspace() and not (_is_wide(char) and _is_wide(heard.text[at - 1])):
        at += 1
    return at


def _end_of_clause(heard: Lookahead, at: int) -> int:
    """Give the place behind a clause that the mark at `at` may end; 0 if it does not."""
    end = heard.run(at + 1, CLOSERS)
    if heard.text[at] in WIDE_PAUSES:
        return end
    follow = heard.char(end)
    return end if not follow or follow.isspace() else 0


def _end_of_sentence(heard: Lookahead, begin: int, at: int) -> int:
    """Give the place behind a sentence that the mark at `at` may end, with closing quotes and brackets; 0 if not."""
    stops_end = heard.run(at, STOPS)
    end = heard.run(stops_end, CLOSERS)
    stops, closed = heard.text[at:stops_end], end > stops_end
    if _is_bracketed(heard.text, begin, end):
        return 0
    if any(stop in WIDE_STOPS for stop in stops):
        return end
    follow = heard.char(end)
    if follow and not follow.isspace():
        return end if _is_wide(follow) and stops[-1] in "!?" else 0
    beyond = heard.run(heard.spaces(end), OPENERS)
    first = heard.char(beyond)
    if not first or first in INVERTED or "\n\n" in heard.text[end:beyond]:
        return end
    if first.islower():
        goes_on = closed or not set(stops) & set("!?")
    else:
        goes_on = stops == "." and _is_abbreviated(heard, begin, at, beyond)
    return 0 if goes_on else end


def _is_abbreviated(heard: Lookahead, begin: int, at: int, beyond: int) -> bool:
    """Tell whether the full stop at `at` belongs to the word before it; `beyond` is where the next word begins."""
    before = heard.text[begin:at]
    word = before.split()[-1].lstrip(OPENERS) if before.strip() else ""
    plain = word.casefold()
    if _LIST_NUMBER.fullmatch(word) and before.rpartition("\n")[2].strip(f" \t{OPENERS}") == word:
        return True
    if plain in BEFORE_A_NAME:
        return True
    if plain in BEFORE_A_NUMBER:
        return heard.char(beyond).isdigit()
    if plain in MAY_END or _INITIALS.fullmatch(word):
        return heard.word(beyond).casefold() not in STARTERS
    return False


def _is_bracketed(text: str, begin: int, end: int) -> bool:
    """Tell whether a bracket is open; one in a word, as in a smiley, is none."""
    opened = text.rfind("(", max(begin, end - LONGEST_BRACKET), end)
    is_bracket = opened == begin or (opened > 0 and text[opened - 1].isspace())
    return is_bracket and opened > text.rfind(")", begin, end)


def _is_wide(char: str) -> bool:
    """Tell whether a character belongs to a script that puts no spaces between words."""
    return "⺀" <= char <= "鿿" or "豈" <= char <= "﫿" or "𠀀" <= char <= "𯿿" or "฀" <= char <= "๿"

"""Where the chapters of a book begin."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|first|second|third|last|"
    "uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|primer[oa]|segund[oa]|tercer[oa]|"
    "eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|"
    "une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|premier|première"
)
_NUMBER = rf"(?:\d+|[ivxlc]+|(?:{_NUMBER_WORDS})(?:-\w+)?)"
_MARK = re.compile(
    r"^(?:\#{1,2}[ \t]+(?P<heading>\S.*?)[ \t#]*"
    r"|(?P<named>(?:chapter|part|book|capítulo|parte|kapitel|teil|chapitre|partie)[ \t]+"
    # "Part two of me wanted to run." is a sentence: it ends like one
    rf"{_NUMBER}(?:\.|[ \t]*[.:–—-]+[ \t].{{0,59}}\S|(?!\w).{{0,59}}[^\s.,;])?)"
    r"|(?P<alone>prologue|epilogue|preface|introduction|prólogo|epílogo|prolog|epilog|vorwort))[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A part of a book."""

    title: str
    """As it stands above; empty for what comes before the first title."""
    text: str
    """Its text, with the title as the first paragraph."""


def chapters(text: str) -> list[Chapter]:
    """Cut a text at its titles: Markdown's `#` and `##`, or lines such as "Chapter 1" and "Prologue".

    A title stands alone: the line before it is blank, or there is none.
    """
    text = text.replace("\r\n", "\n")
    marks = [mark for mark in _MARK.finditer(text) if mark["heading"] or _stands_alone(text, mark.start())]
    edges = [mark.start() for mark in marks] + [len(text)]
    found = [Chapter(title="", text=text[: edges[0]].strip())]
    for mark, end in zip(marks, edges[1:], strict=True):
        title = mark["heading"] or mark["named"] or mark["alone"]
        found.append(Chapter(title=title, text=f"{title}\n\n{text[mark.end() : end].strip()}".strip()))
    return [chapter for chapter in found if chapter.text]


def _stands_alone(text: str, start: int) -> bool:
    before = text[:start]
    return not before.strip() or re.search(r"\n[ \t]*\n$", before) is not None

"""A text in pieces that a model can hold."""

from __future__ import annotations

import re

_ENDS = (r"(?<=[.!?…])\s+|(?<=[。！？])", r"(?<=[,;:–—])\s+|(?<=[、，；：])", r"\s+")  # best places to cut first


def pieces(text: str, limit: int) -> list[str]:
    """Cut a text at the ends of sentences, else of clauses, else of words, into as few pieces as fit.

    Parameters
    ----------
    text : any length.
    limit : most characters a piece.
    """
    return _cut(text.strip(), limit, _ENDS)


def _cut(text: str, limit: int, ends: tuple[str, ...]) -> list[str]:
    if len(text) <= limit:
        return [text] if text else []
    if not ends:  # one word, or a script without spaces
        return [text[start : start + limit] for start in range(0, len(text), limit)]
    cut: list[str] = []
    for part in re.split(ends[0], text):
        for piece in _cut(part, limit, ends[1:]):
            if cut and len(cut[-1]) + 1 + len(piece) <= limit:
                cut[-1] += f" {piece}"
            else:
                cut.append(piece)
    return cut

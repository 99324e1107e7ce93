"""The word error rate: how much of what was said is understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SPELLED_OUT = {"mr": "mister", "mrs": "missus", "dr": "doctor", "st": "saint"}


def words_of(text: str) -> list[str]:
    """Give the words as they are compared: small letters, no accents, no punctuation, short titles spelled out."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [SPELLED_OUT.get(word, word) for word in re.findall(r"\w+(?:'\w+)*", letters)]


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Give the least number of words to replace, insert and delete, and how many words were said.

    Parameters
    ----------
    said : the truth.
    heard : what was understood.
    """
    expected, found = words_of(said), words_of(heard)
    return _distance(expected, found), len(expected)


def _distance(expected: Sequence[str], found: Sequence[str]) -> int:
    costs = list(range(len(found) + 1))
    for row, word in enumerate(expected, start=1):
        diagonal, costs[0] = costs[0], row
        for column, other in enumerate(found, start=1):
            replaced = diagonal + (word != other)
            diagonal = costs[column]
            costs[column] = min(replaced, costs[column] + 1, costs[column - 1] + 1)
    return costs[-1]

"""The word error rate, by which transcripts are judged."""

from __future__ import annotations

import re

SPELLED_OUT = {"mr": "mister", "mrs": "missus", "dr": "doctor"}


def words_of(text: str) -> list[str]:
    """Give the words in small letters, without punctuation, short titles spelled out."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return [SPELLED_OUT.get(word, word) for word in words]


def word_error_rate(truth: str, heard: str) -> float:
    """Give the least number of words to replace, insert and delete, per word of the truth."""
    expected, found = words_of(truth), words_of(heard)
    costs = list(range(len(found) + 1))
    for row, word in enumerate(expected, start=1):
        diagonal, costs[0] = costs[0], row
        for column, other in enumerate(found, start=1):
            replaced = diagonal + (word != other)
            diagonal = costs[column]
            costs[column] = min(replaced, costs[column] + 1, costs[column - 1] + 1)
    return costs[-1] / len(expected)

"""Who is alike: what embeddings of voices tell about each other, whichever network made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiokit.analysis.ge2e import Ge2eEncoder, unit
from audiokit.analysis.spectrum import Vector

SAME_SPEAKER = Ge2eEncoder.threshold
"""Similarity from which two recordings are of one speaker: of pairs of 3 s, read by 68, 3 % are told wrongly."""
# Means of groups of pieces of 3 s. Of 68 speakers with 8 s each 3 % are taken for two, and of their 2,278 pairs 15 %
# for one (benchmarks/speakers.py); 0.70 gives 1 and 20 %, 0.74 gives 4 and 12 %.
ANOTHER_VOICE = 0.72

Labels = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How alike recordings of one voice are to each other."""

    median: float
    """Middle similarity of a recording to the mean of all others, -1..1."""
    lowest: float
    """Of the one that is least like the others, -1..1."""


def similarity(first: Vector, second: Vector) -> float:
    """Give the cosine between two embeddings, -1..1."""
    return float(unit(first) @ unit(second))


def centre(embeddings: Sequence[Vector] | Vector, weights: Sequence[float] | None = None) -> Vector:
    """Give the embedding of a voice from those of its recordings.

    Parameters
    ----------
    embeddings : shape (recordings, size), at least one.
    weights : of each, such as its length; by default all count the same.
    """
    return unit(np.average(np.asarray(embeddings), axis=0, weights=weights).astype(np.float32))


def spread(embeddings: Sequence[Vector] | Vector) -> Spread | None:
    """Say how far recordings of one voice lie apart; None for fewer than two.

    Parameters
    ----------
    embeddings : shape (recordings, size).
    """
    rows = unit(np.asarray(embeddings, np.float32))
    if len(rows) < 2:
        return None
    found = np.sum(unit(rows.sum(axis=0) - rows) * rows, axis=1)
    return Spread(median=float(np.median(found)), lowest=float(found.min()))


def cluster(embeddings: Sequence[Vector] | Vector, threshold: float = SAME_SPEAKER) -> Labels:
    """Put recordings of the same voice together: average linkage on the cosine.

    Parameters
    ----------
    embeddings : shape (recordings, size), up to a few thousand.
    threshold : groups whose mean similarity reaches it become one.

    Returns
    -------
    One number a recording; 0 is the largest group, then by size.
    """
    rows = unit(np.asarray(embeddings, np.float32))
    groups = [[at] for at in range(len(rows))]
    alike = (rows @ rows.T).astype(np.float64)
    np.fill_diagonal(alike, -np.inf)
    while len(groups) > 1 and alike.max() >= threshold:
        first, second = sorted(np.unravel_index(int(alike.argmax()), alike.shape))
        sizes = len(groups[first]), len(groups[second])
        merged = (alike[first] * sizes[0] + alike[second] * sizes[1]) / sum(sizes)
        alike[first] = alike[:, first] = merged
        alike[first, first] = -np.inf
        alike = np.delete(np.delete(alike, second, axis=0), second, axis=1)
        groups[first] += groups.pop(second)
    return _numbered(groups, len(rows))


def voices(embeddings: Sequence[Vector] | Vector, threshold: float = SAME_SPEAKER) -> Labels:
    """Put recordings of the same voice together, and then groups whose means are no two voices.

    One person who whispers and shouts makes two groups; their means are still more alike than those of two people.

    Parameters
    ----------
    embeddings, threshold : as for `cluster`.

    Returns
    -------
    One number a recording; 0 is the largest group, then by size.
    """
    rows = unit(np.asarray(embeddings, np.float32))
    labels = cluster(rows, threshold)
    groups: list[list[int]] = []
    for label in range(int(labels.max(initial=-1)) + 1):
        group = np.flatnonzero(labels == label).tolist()
        near = next((one for one in groups if similarity(rows[one].sum(0), rows[group].sum(0)) >= ANOTHER_VOICE), None)
        if near is None:
            groups.append(group)
        else:
            near += group
    return _numbered(groups, len(rows))


def _numbered(groups: Sequence[list[int]], count: int) -> Labels:
    labels = np.zeros(count, np.intp)
    for label, group in enumerate(sorted(groups, key=len, reverse=True)):
        labels[group] = label
    return labels

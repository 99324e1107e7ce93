"""How well segments fit the truth; the same rules for every tool.

A segment [start, end) *touches* a sentence when they share more than 20 ms (`TOLERANCE_S`). A boundary is the start or
the end of a segment; two segments that meet have one boundary there.

head cut        sentences whose first touching segment starts more than 20 ms after the sentence does
tail cut        sentences whose last touching segment ends more than 20 ms before the sentence does
split inside    sentences touched by two segments or more
                (all three in per cent of the sentences that are touched at all)
inside a word   boundaries more than 20 ms from both ends of a word that they fall into, in per cent of all boundaries
music kept      music covered by segments, in per cent of its time
under 3 s       segments shorter than 3 s, in per cent of all segments
recall          part of the sentences' time that segments cover
precision       part of the segments' time that lies in turns: sentences with the pauses of up to 0.5 s between them
pure            the same, pauses not counted as speech
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Spans = NDArray[np.float64]
"""Shape (spans, 2): start and end in seconds, ordered by start."""

TOLERANCE_S = 0.02
SHORT_S = 3.0
PAUSE_S = 0.5  # longer than any pause inside a turn of the corpus, shorter than any between turns


def spans(pairs: Sequence[Sequence[float]]) -> Spans:
    """Order pairs of start and end."""
    return np.array(sorted((start, end) for start, end in pairs), float).reshape(-1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a corpus holds."""

    duration_s: float
    """Length of the recording in seconds."""
    sentences: Spans
    """Where sentences lie."""
    words: Spans
    """Where words lie."""
    music: Spans
    """Where music lies."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Truth:
        """Read what `corpus.py` wrote."""
        kinds = {kind: [r for r in data["regions"] if r["kind"] == kind] for kind in ("speech", "music")}
        places = {kind: spans([(r["start_s"], r["end_s"]) for r in found]) for kind, found in kinds.items()}
        words = spans([word for region in kinds["speech"] for word in region["words"]])
        return cls(duration_s=data["duration_s"], sentences=places["speech"], words=words, music=places["music"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where boundaries fall. Names and rules as above; all but the counts in per cent."""

    segments: int
    """How many segments there are."""
    head_cut: float
    tail_cut: float
    split_inside: float
    inside_word: float
    words_hit: int
    """How many boundaries lie inside a word."""
    music_kept: float
    under_3_s: float


def edges(segments: Spans, truth: Truth) -> Edges:
    """Judge the boundaries of `segments`."""
    starts = np.maximum(segments[:, :1], truth.sentences[:, 0])
    ends = np.minimum(segments[:, 1:], truth.sentences[:, 1])
    touching = ends - starts > TOLERANCE_S  # (segments, sentences)
    touched = touching.any(axis=0)
    first_start = np.where(touching, segments[:, :1], np.inf).min(axis=0, initial=np.inf)
    last_end = np.where(touching, segments[:, 1:], -np.inf).max(axis=0, initial=-np.inf)
    cuts = np.unique(segments.round(4))
    hits = inside(cuts, truth.words)
    return Edges(
        segments=len(segments),
        head_cut=per_cent((first_start > truth.sentences[:, 0] + TOLERANCE_S)[touched]),
        tail_cut=per_cent((last_end < truth.sentences[:, 1] - TOLERANCE_S)[touched]),
        split_inside=per_cent((touching.sum(axis=0) > 1)[touched]),
        inside_word=per_cent(hits),
        words_hit=int(hits.sum()),
        music_kept=100 * shared_s(segments, truth.music) / max(total_s(truth.music), 1e-9),
        under_3_s=per_cent(segments[:, 1] - segments[:, 0] < SHORT_S),
    )


def recall(segments: Spans, truth: Truth) -> float:
    """Give the part of the sentences that is covered, 0..1."""
    return shared_s(segments, truth.sentences) / total_s(truth.sentences)


def precision(segments: Spans, truth: Truth, pause_s: float = PAUSE_S) -> float:
    """Give the part of the segments that is speech, 0..1; pauses of up to `pause_s` are."""
    return shared_s(segments, joined(truth.sentences, pause_s)) / max(total_s(segments), 1e-9)


def inside(cuts: NDArray[np.float64], words: Spans) -> NDArray[np.bool_]:
    """Tell which `cuts` lie inside one of the ordered, disjoint `words`."""
    at = np.searchsorted(words[:, 0], cuts, side="right") - 1
    word = words[at.clip(0)]
    return (at >= 0) & (cuts > word[:, 0] + TOLERANCE_S) & (cuts < word[:, 1] - TOLERANCE_S)


def joined(regions: Spans, gap_s: float = 0.0) -> Spans:
    """Join ordered regions that overlap or lie at most `gap_s` apart."""
    if len(regions) == 0:
        return regions
    ends = np.maximum.accumulate(regions[:, 1])
    breaks = np.flatnonzero(regions[1:, 0] - ends[:-1] > gap_s)
    return np.column_stack([regions[np.append(0, breaks + 1), 0], ends[np.append(breaks, len(regions) - 1)]])


def total_s(regions: Spans) -> float:
    """Give the time that `regions` cover."""
    return float(np.diff(joined(regions)).sum())


def shared_s(first: Spans, second: Spans) -> float:
    """Give the time that both cover."""
    first, second = joined(first), joined(second)
    if len(first) == 0 or len(second) == 0:
        return 0.0
    # Time covered by `first` up to each of its edges; straight lines between.
    covered = np.concatenate([[0.0], np.cumsum(np.diff(first.ravel()) * (np.arange(2 * len(first) - 1) % 2 == 0))])
    return float(np.diff(np.interp(second, first.ravel(), covered)).sum())


def per_cent(flags: NDArray[np.bool_]) -> float:
    """Give the share of True."""
    return 100 * float(flags.mean()) if flags.size else 0.0

"""The best minutes: by quality, with a spread over the recordings."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audiokit.dataset.clip import Clip


def select(clips: Sequence[Clip], target_minutes: float | None) -> list[Clip]:
    """Refuse kept clips beyond `target_minutes`, in place and order.

    Clips are taken one by one, each time the best of all recordings, where a recording's next clip counts less the
    more of the wanted minutes it already gave: at most half, if it gave them all.

    Parameters
    ----------
    clips : all clips of a dataset.
    target_minutes : how much to keep; None keeps everything.
    """
    if target_minutes is None:
        return list(clips)
    wanted_s = 60 * target_minutes
    taken = _taken(clips, wanted_s)
    reason = f"not needed: {target_minutes:g} minutes of better clips are kept"
    refused: dict[str, Any] = {"kept": False, "path": None, "sha256": None, "refused_because": (reason,)}
    return [clip if clip.id in taken or not clip.kept else replace(clip, **refused) for clip in clips]


def _taken(clips: Sequence[Clip], wanted_s: float) -> set[str]:
    by_source: dict[str, list[Clip]] = defaultdict(list)
    for clip in sorted((clip for clip in clips if clip.kept), key=lambda clip: (clip.quality, clip.id)):
        by_source[clip.source_sha256].append(clip)
    given_s = dict.fromkeys(by_source, 0.0)
    heap = [(-stack[-1].quality, source) for source, stack in by_source.items()]
    heapq.heapify(heap)
    taken: set[str] = set()
    while heap and sum(given_s.values()) < wanted_s:
        _, source = heapq.heappop(heap)
        clip = by_source[source].pop()
        taken.add(clip.id)
        given_s[source] += clip.duration_s
        if by_source[source]:
            share = min(given_s[source] / wanted_s, 1.0)
            heapq.heappush(heap, (-by_source[source][-1].quality * (1 - share / 2), source))
    return taken

"""Training, validation and test: no recording in two of them, so that nothing leaks."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import TypeAlias

from audiokit.dataset.clip import Clip
from audiokit.errors import DatasetError

logger = logging.getLogger(__name__)

PARTS = ("train", "validation", "test")
DRAWS = 200  # of 20 recordings of random length, the best of 200 is within 1 % of 0.95/0.05
TOLERANCE = 0.1

Parts: TypeAlias = Mapping[str, tuple[Clip, ...]]


def split(clips: Sequence[Clip], shares: Sequence[float], *, seed: int = 0) -> Parts:
    """Deal clips out, whole recordings at a time, as close to the shares as they allow.

    With fewer recordings than parts, each recording is cut in time instead: training first, then validation, then
    test, so that no part holds what lies between two clips of another. Recordings of the same content count as one.

    Parameters
    ----------
    clips : in any order.
    shares : of train, validation and test, in seconds of clips; as many as are wanted, in any unit.
    seed : another one deals otherwise.

    Returns
    -------
    Clips by part, each in the order given.

    Raises
    ------
    DatasetError : fewer clips than parts.
    """
    if not 1 <= len(shares) <= len(PARTS) or min(shares) <= 0:
        raise ValueError(f"shares are {tuple(shares)}; expected one to three positive numbers")
    if len(clips) < len(shares):
        raise DatasetError(f"{len(clips)} clips for {len(shares)} parts; expected one each. Add recordings.")
    shares = [share / sum(shares) for share in shares]
    recordings: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        recordings[clip.source_sha256].append(clip)
    enough = len(recordings) >= len(shares)
    dealt = _by_recording(recordings, shares, seed) if enough else _by_time(clips, shares)
    parts = {name: tuple(clip for clip in clips if dealt[clip.id] == name) for name in PARTS[: len(shares)]}
    _tell(parts, shares, by_time=not enough)
    return MappingProxyType(parts)


def _by_recording(recordings: Mapping[str, Sequence[Clip]], shares: Sequence[float], seed: int) -> dict[str, str]:
    """Give each clip's part: of many seeded deals the one that comes closest to the shares."""
    lengths_s = {key: sum(clip.duration_s for clip in clips) for key, clips in recordings.items()}
    chance = random.Random(seed)  # noqa: S311  a seeded split, no secret
    deals = [_deal(lengths_s, shares, chance) for _ in range(DRAWS)]

    def distance(deal: Mapping[str, int]) -> float:
        held_s = [0.0] * len(shares)
        for key, part in deal.items():
            held_s[part] += lengths_s[key]
        return sum(abs(part_s / sum(held_s) - share) for part_s, share in zip(held_s, shares, strict=True))

    best = min(deals, key=distance)
    return {clip.id: PARTS[best[key]] for key, clips in recordings.items() for clip in clips}


def _deal(lengths_s: Mapping[str, float], shares: Sequence[float], chance: random.Random) -> dict[str, int]:
    """Give each recording in a random order to the part that lacks most, and to empty ones in time."""
    order = sorted(lengths_s)
    chance.shuffle(order)
    missing_s = [share * sum(lengths_s.values()) for share in shares]
    empty = set(range(len(shares)))
    deal = {}
    for left, key in zip(range(len(order), 0, -1), order, strict=True):
        part = max(empty if left <= len(empty) else range(len(shares)), key=missing_s.__getitem__)
        deal[key] = part
        missing_s[part] -= lengths_s[key]
        empty.discard(part)
    return deal


def _by_time(clips: Sequence[Clip], shares: Sequence[float]) -> dict[str, str]:
    """Cut the clips, in the order of their recordings and times, into stretches; each part gets one clip at least."""
    ordered = sorted(clips, key=lambda clip: (clip.source_sha256, clip.start_s))
    ends_s = list(accumulate(clip.duration_s for clip in ordered))
    borders: list[int] = []
    for part, share in enumerate(accumulate(shares[:-1]), start=1):
        border = sum(end_s <= share * ends_s[-1] for end_s in ends_s)
        lowest = borders[-1] + 1 if borders else 1
        borders.append(min(max(border, lowest), len(ordered) - len(shares) + part))
    return {clip.id: PARTS[sum(border <= index for border in borders)] for index, clip in enumerate(ordered)}


def _tell(parts: Parts, shares: Sequence[float], *, by_time: bool) -> None:
    """Warn where the parts are not what was asked for."""
    lengths_s = {name: sum(clip.duration_s for clip in clips) for name, clips in parts.items()}
    total_s = sum(lengths_s.values())
    if by_time:
        logger.warning("fewer recordings than parts: each part is a stretch of time of its own instead")
    off = [abs(length_s / total_s - share) for length_s, share in zip(lengths_s.values(), shares, strict=True)]
    if max(off) > TOLERANCE:
        told = ", ".join(f"{name} {length_s / total_s:.0%}" for name, length_s in lengths_s.items())
        whole = "whole clips" if by_time else "whole recordings"
        logger.warning("%s cannot be dealt closer to the shares than: %s", whole, told)

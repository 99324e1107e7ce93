"""Clips whose very sound is in another clip too: jingles, re-runs, the same episode uploaded twice."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from audiokit.analysis.fingerprint import Print, Twins, find_twins, fingerprint
from audiokit.audio.buffer import Audio
from audiokit.dataset.clip import Clip, refused
from audiokit.dataset.clip_pass import Checked, ClipPass, Work
from audiokit.dataset.engine import Engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.settings import PrepSettings
from audiokit.progress import Progress

WORK = Work(task="print", kind="print", version="haitsma-1", doing="looking for duplicates", is_cheap=True)
# Of 73 people none shares more than 0.6 with another; with white noise at -20 dB the least that stays is 0.75.
ALIKE = 0.7
COVERED = 0.8  # part of a clip that must be in the other one: cut at other pauses, much of it may be new


class Duplicates:
    """The clips of one run that hold the same sound, unless its settings keep them."""

    def __init__(
        self, layout: Layout, settings: PrepSettings, pool: Engine, journal: Journal, checked: Checked
    ) -> None:
        self.used: set[tuple[str, str]] = set()
        self._settings = settings
        self._prints = ClipPass(WORK, layout.root, pool, journal, checked)
        self._reasons: dict[tuple[str, ...], dict[str, str]] = {}

    def lacking(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the kept clips that have no fingerprint."""
        return self._prints.lacking(clips) if self._settings.duplicates == "refuse" else []

    def hear(self, clips: Sequence[Clip], progress: Progress) -> bool:
        """Take the fingerprint of each kept clip that has none; tell whether there was one."""
        if self._settings.duplicates == "keep":
            return False
        if self._prints.run(clips, progress):
            return True
        self.used = self._prints.entries(clips)
        return False

    def judged(self, clips: Sequence[Clip]) -> list[Clip]:
        """Refuse what is in another clip too; one whose fingerprint is not known yet stays as it is."""
        if self._settings.duplicates == "keep":
            return list(clips)
        reasons = self._found([clip for clip in clips if clip.kept and self._prints.known(clip)])
        reasons = reasons | {id: f"not heard: {why}" for id, why in self._prints.failed.items()}
        return [refused(clip, reasons[clip.id]) if clip.kept and clip.id in reasons else clip for clip in clips]

    def _found(self, clips: list[Clip]) -> dict[str, str]:
        """Compare clips with each other, once in a run."""
        names = tuple(clip.id for clip in clips)
        if names not in self._reasons:
            prints = [read_print(self._prints.known(clip) or {}) for clip in clips]
            self._reasons[names] = duplicates(clips, prints)
        return self._reasons[names]


def take_print(audio: Audio) -> dict[str, str]:
    """Take the fingerprint of a clip, small enough for a line of the journal; give what `read_print` reads."""
    return {"print": base64.b64encode(fingerprint(audio).astype("<u4").tobytes()).decode()}


def read_print(found: Mapping[str, Any]) -> Print:
    """Read what `take_print` gave."""
    return np.frombuffer(base64.b64decode(found["print"]), "<u4").astype(np.uint32)


def duplicates(clips: Sequence[Clip], prints: Sequence[Print]) -> dict[str, str]:
    """Say why clips are not needed, by their ids.

    Of two clips with the same sound the one of lower quality goes, or the one that is a part of the other.

    Parameters
    ----------
    clips : kept so far, in the order of the dataset: of equal ones the first stays.
    prints : of each its fingerprint.
    """
    order = sorted(range(len(clips)), key=lambda at: (-clips[at].quality, at))
    left, chosen = order, _Chosen()
    while found := _once([prints[at] for at in left], chosen, left):  # each meets some neighbours only, not all
        left = [at for at in left if at not in found]
    return {
        clips[worse].id: f"duplicate: of {clips[chosen.stays(worse)].id}, {alike:.2f} alike"
        for worse, alike in chosen.alike.items()
    }


def _once(prints: Sequence[Print], chosen: _Chosen, places: Sequence[int]) -> set[int]:
    """Choose between the clips that are left, the best first; give those that go."""
    before = set(chosen.better)
    for better, worse, alike in sorted(_choices(find_twins(prints, least_alike=ALIKE), prints)):
        chosen.add(places[better], places[worse], alike)
    return set(chosen.better) - before


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which clips stay for which."""

    better: dict[int, int] = field(default_factory=dict)
    alike: dict[int, float] = field(default_factory=dict)

    def stays(self, at: int) -> int:
        """Follow a clip to the one that stays for it."""
        while at in self.better:
            at = self.better[at]
        return at

    def add(self, better: int, worse: int, alike: float) -> None:
        """Note that `worse` goes, unless it goes already, or what stays for `better` is itself."""
        if worse not in self.better and self.stays(better) != worse:
            self.better[worse], self.alike[worse] = better, alike


def _choices(found: Iterable[Twins], prints: Sequence[Print]) -> list[tuple[int, int, float]]:
    """Give for each pair who stays, who goes, and how alike they are; of two equal ones the first stays."""
    choices = []
    for twins in found:
        better, worse = twins.first, twins.second
        if twins.steps < COVERED * len(prints[worse]):
            better, worse = worse, better
        if twins.steps >= COVERED * len(prints[worse]):
            choices.append((better, worse, twins.alike))
    return choices

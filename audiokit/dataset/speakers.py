"""Who speaks in which clip: voices told apart inside and across recordings, and clips with two of them found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audiokit.analysis.ge2e import unit
from audiokit.analysis.speaker import Labels, cluster
from audiokit.analysis.spectrum import Vector
from audiokit.dataset.clip import Clip, refused
from audiokit.dataset.settings import PrepSettings

TOGETHER = 500  # clips of a recording that are compared each with each: what that costs grows with the third power
EACH_SIDE = 2  # windows of 1.6 s, half of each new, on either side of a change of voice
# Clips of one person in one recording are 0.81 and more alike in 95 % of pairs, those of two 0.74 and less. That is
# stricter than between recordings of anywhere (`ANOTHER_VOICE`): rooms and microphones make voices less alike.
ONE_VOICE = 0.77
ONE_SPEAKER = 0.8  # the same for means of groups, which vary less: those of two people reach 0.81 in 5 % of pairs
REFERENCE = 0.7  # how much like a voice of the dataset a reference from elsewhere must be
# Of 68 people alone 2 % are refused by it; of 4 s of each of two it finds 90 %, whoever they are.
STEADY = 0.74
# Of one voice alone 2 % of clips reach it. It finds all of 4 s with 2 s of another voice, 92 % with 1.3 s, and 70 % of
# two voices at once that are equally loud.
SHARE = 0.4
# Of 68 people alone no clip of 272 is over it, 11 % in rooms that echo strongly. It finds 88 % of two voices at once
# that are equally loud, 70 % at 6 dB apart (`benchmarks/overlap_weights.py`).
AT_ONCE = 0.23
LEAST = 0.05  # part of all that is said below which a voice may be a mixture itself, and refuses no other

Lengths = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speakers:
    """The voices of a dataset, the one that speaks most first."""

    centres: Vector
    """The embedding of each, shape (voices, 256)."""
    seconds: tuple[float, ...]
    """How long each speaks in clips of its own."""
    of_clip: tuple[int, ...]
    """Whose clip it is, for each clip."""
    alike: Vector
    """Similarity of each clip to each voice, shape (clips, voices), -1..1."""
    two_voices: tuple[str, ...]
    """For each clip why two voices are heard in it; empty for one."""


def tell_apart(
    prints: Sequence[Vector], recordings: Sequence[str], lengths_s: Sequence[float], *, at_once: Sequence[float] = ()
) -> Speakers:
    """Find the voices in the clips of a dataset.

    Voices are looked for in each recording, where they sound most alike, and then joined across recordings; clips in
    which the voice changes, or two speak at once, have no say in it.

    Parameters
    ----------
    prints : of each clip the embeddings of its windows, shape (windows, 256); at least one clip.
    recordings : of each clip where it was cut from; the clips of one stand together.
    lengths_s : of each clip, in seconds.
    at_once : of each clip how surely two speak at once in it, 0..1; without it they are taken for one.
    """
    means = unit(np.stack([windows.sum(axis=0) for windows in prints]))
    lengths: Lengths = np.array(lengths_s, np.float64)
    mixed = at_once or (0.0,) * len(prints)
    steady = np.flatnonzero([
        steadiness(windows) >= STEADY and sure <= AT_ONCE for windows, sure in zip(prints, mixed, strict=True)
    ])  # fmt: skip
    if not len(steady):
        steady = np.arange(len(prints))
    labels = _by_seconds(_voices_across(means[steady], [recordings[int(at)] for at in steady]), lengths[steady])
    seconds = np.bincount(labels, lengths[steady])
    said = means[steady] * lengths[steady, np.newaxis].astype(np.float32)
    sums = np.stack([said[labels == voice].sum(axis=0) for voice in range(len(seconds))])
    centres = unit(sums)
    alike = means @ centres.T
    of_clip = alike.argmax(axis=1)
    of_clip[steady] = labels
    rest = sums[labels] - said  # a clip is like itself, so it has no say in what it is compared with
    several = np.bincount(labels)[labels] > 1
    alike[steady[several], labels[several]] = np.sum(unit(rest[several]) * means[steady[several]], axis=1)
    strong = np.flatnonzero(seconds >= LEAST * seconds.sum())
    two_voices = (
        _two_voices(prints[at], mixed[at], centres[own], centres[strong[strong != own]])
        for at, own in enumerate(of_clip)
    )
    return Speakers(
        centres=centres, seconds=tuple(seconds.tolist()), of_clip=tuple(of_clip.tolist()), alike=alike,
        two_voices=tuple(two_voices),
    )  # fmt: skip


def steadiness(windows: Vector) -> float:
    """Say how alike what comes before and after is, at the moment of a clip where it is least so, -1..1."""
    sums = np.cumsum(windows, axis=0)
    before = sums[EACH_SIDE - 1 : len(windows) - EACH_SIDE]
    if not len(before):
        return 1.0
    return float(np.sum(unit(before) * unit(sums[-1] - before), axis=1).min())


def _voices_across(means: Vector, recordings: Sequence[str]) -> Labels:
    """Label clips by voice: first within each recording, then groups of all recordings by their means."""
    groups: list[list[int]] = []
    for places in _blocks(recordings):
        labels = cluster(means[places], ONE_VOICE)
        groups += [[places[at] for at in np.flatnonzero(labels == label)] for label in range(labels.max() + 1)]
    joined = cluster(np.stack([means[group].sum(axis=0) for group in groups]), ONE_SPEAKER)
    found = np.zeros(len(means), np.intp)
    for group, label in zip(groups, joined, strict=True):
        found[group] = label
    return found


def _by_seconds(labels: Labels, lengths_s: Lengths) -> Labels:
    """Number voices anew: 0 speaks most."""
    order = np.argsort(-np.bincount(labels, lengths_s), kind="stable")
    return np.argsort(order, kind="stable")[labels]


def _blocks(recordings: Sequence[str]) -> list[list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for at, recording in enumerate(recordings):
        places[recording].append(at)
    return [clips[start : start + TOGETHER] for clips in places.values() for start in range(0, len(clips), TOGETHER)]


def _two_voices(windows: Vector, at_once: float, own: Vector, others: Vector) -> str:
    """Say why a clip holds two voices: it changes in the middle, has two pitches, or some of it is another's."""
    change = steadiness(windows)
    if change < STEADY:
        return f"two voices: {change:.2f} alike < {STEADY:g}"
    if at_once > AT_ONCE:
        return f"two voices: both at once, {at_once:.2f} > {AT_ONCE:g}"
    part = max((share(windows, own, other) for other in others), default=0.0)
    return f"two voices: {part:.2f} of another > {SHARE:g}" if part > SHARE else ""


def share(windows: Vector, own: Vector, other: Vector) -> float:
    """Say how much of another voice is in a clip where it is most, 0..1.

    Two windows together, 2.4 s, are taken for a sum of both voices, no part of it negative.
    """
    pairs = unit(windows[1:] + windows[:-1]) if len(windows) > 1 else windows
    mine, theirs, alike = pairs @ own, pairs @ other, float(own @ other)
    mine, theirs = np.maximum(mine - alike * theirs, 1e-9), np.maximum(theirs - alike * mine, 0)
    return float((theirs / (mine + theirs)).max())


def of_speakers(
    clips: Sequence[Clip], prints: Sequence[Vector], settings: PrepSettings, reference: Vector | None,
    *, at_once: Sequence[float] = (),
) -> list[Clip]:  # fmt: skip
    """Label clips with who speaks, and refuse clips of two voices and of others than `settings.speaker`.

    Parameters
    ----------
    clips : kept so far; the clips of a recording stand together.
    prints : of each the embeddings of its windows.
    settings : speaker and min_similarity.
    reference : embedding of the voice that is wanted, if that is a file's.
    at_once : see `tell_apart`.
    """
    if not clips:
        return []
    recordings, lengths_s = [clip.source_sha256 for clip in clips], [clip.duration_s for clip in clips]
    found = tell_apart(prints, recordings, lengths_s, at_once=at_once)
    wanted = _Wanted.among(found, settings, reference)
    return [_labelled(clip, at, found, wanted) for at, clip in enumerate(clips)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The voice whose clips are kept."""

    voice: int | None
    """Its number; None keeps all."""
    least: float
    """Similarity that its clips must have."""
    nobody: str = ""
    """Why none of the voices is the one of the reference."""

    @classmethod
    def among(cls, found: Speakers, settings: PrepSettings, reference: Vector | None) -> _Wanted:
        least = settings.min_similarity
        if reference is None:
            return cls(voice=0 if settings.speaker == "auto" else None, least=least)
        likeness = found.centres @ unit(reference)
        nearest = int(likeness.argmax())
        needed = min(least, REFERENCE)
        nobody = "" if likeness[nearest] >= needed else f"speaker: {likeness[nearest]:.2f} < {needed:g}, the nearest"
        return cls(voice=nearest, least=least, nobody=nobody)

    def refusal(self, own: int, alike: Vector) -> str:
        """Say why a clip of voice `own` is not of the wanted one, in a rule's words; empty if it is."""
        if self.voice is None or self.nobody:
            return self.nobody
        if alike[self.voice] < self.least:
            return f"speaker: {alike[self.voice]:.2f} < {self.least:g}"
        if own != self.voice:
            return f"another voice: {alike[own]:.2f} like {label(own)} > {alike[self.voice]:.2f}"
        return ""


def _labelled(clip: Clip, at: int, found: Speakers, wanted: _Wanted) -> Clip:
    own = found.of_clip[at]
    if found.two_voices[at]:
        return refused(clip, found.two_voices[at])
    reason = wanted.refusal(own, found.alike[at])
    clip = replace(clip, speaker=label(own))
    return refused(clip, reason) if reason else clip


def label(voice: int) -> str:
    """Name a voice by its place: "speaker-1" is the one who speaks most."""
    return f"speaker-{voice + 1}"

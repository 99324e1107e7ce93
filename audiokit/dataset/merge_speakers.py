"""Who is who when datasets come together: "speaker-1" of one need not be "speaker-1" of another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from audiokit.analysis.ge2e import unit
from audiokit.analysis.spectrum import Vector
from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.speakers import ONE_SPEAKER, label
from audiokit.dataset.voiceprint import VERSION, windows

NAMED = re.compile(r"\bspeaker-\d+\b")


@dataclass(slots=True, eq=False)
class _Person:
    """A voice of the merged dataset."""

    labels: dict[int, str]
    """What each dataset calls it, by the dataset's place."""
    said: Vector | None
    """Sum of the embeddings of what is said; None without voiceprints."""
    seconds: float
    """How long it speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The speakers of all datasets together."""

    names: tuple[Mapping[str, str], ...]
    """For each dataset, the new label by the old one."""
    notes: tuple[str, ...] = field(default=())
    """Which voices of different datasets were taken for one, and which could not be compared."""


def together(parts: Sequence[Sequence[Clip]], journals: Sequence[Journal], names: Sequence[str]) -> Labels:
    """Label the speakers of several datasets anew; "speaker-1" is the one who speaks most in all of them.

    A voice of one dataset is that of another if their voiceprints are as alike as `prep` asks of groups of clips;
    without voiceprints it stays apart. Two voices that one dataset tells apart never become one.

    Parameters
    ----------
    parts : the clips of each dataset.
    journals : of each, where its voiceprints are.
    names : of each, for the notes.
    """
    people: list[_Person] = []
    notes: list[str] = []
    for at, (clips, journal) in enumerate(zip(parts, journals, strict=True)):
        for who, person in _people(clips, journal, at):
            known, likeness = _nearest(people, person, at)
            if known is None:
                people.append(person)
                continue
            other, before = next(iter(known.labels.items()))
            notes.append(f"{who} of {names[at]} is {before} of {names[other]} ({likeness:.2f} alike)")
            known.labels[at] = who
            known.said = known.said + person.said if known.said is not None and person.said is not None else None
            known.seconds += person.seconds
    notes += _not_compared(people, names)
    people.sort(key=lambda person: -person.seconds)
    found: list[dict[str, str]] = [{} for _ in parts]
    for number, person in enumerate(people):
        for at, old in person.labels.items():
            found[at][old] = label(number)
    return Labels(names=tuple(found), notes=tuple(notes))


def relabelled(clip: Clip, names: Mapping[str, str]) -> Clip:
    """Call the speaker of a clip by the new label, in what it was refused for as well."""
    reasons = tuple(NAMED.sub(lambda found: names.get(found[0], found[0]), reason) for reason in clip.refused_because)
    return replace(clip, speaker=names.get(clip.speaker, ""), refused_because=reasons)


def _people(clips: Sequence[Clip], journal: Journal, at: int) -> list[tuple[str, _Person]]:
    """List the labelled voices of one dataset, by label."""
    of_label: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.speaker:
            of_label[clip.speaker].append(clip)
    return [
        (who, _Person({at: who}, _said(theirs, journal), sum(clip.duration_s for clip in theirs)))
        for who, theirs in sorted(of_label.items())
    ]


def _said(clips: Sequence[Clip], journal: Journal) -> Vector | None:
    """Add up the voiceprints of a speaker's clips, long ones more; None if there is none."""
    found = [(journal.get("voice", f"{clip.sha256}:{VERSION}"), clip.duration_s) for clip in clips if clip.kept]
    sums = [unit(windows(entry).sum(axis=0)) * np.float32(length_s) for entry, length_s in found if entry]
    return np.sum(sums, axis=0) if sums else None


def _nearest(people: Sequence[_Person], person: _Person, at: int) -> tuple[_Person | None, float]:
    """Find who it is among the voices of other datasets; None for somebody new."""
    best, highest = None, ONE_SPEAKER
    for known in people:
        if at not in known.labels and known.said is not None and person.said is not None:
            likeness = float(unit(known.said) @ unit(person.said))
            if likeness >= highest:
                best, highest = known, likeness
    return best, highest


def _not_compared(people: Sequence[_Person], names: Sequence[str]) -> list[str]:
    silent = sorted({at for person in people if person.said is None for at in person.labels})
    if not silent or len({at for person in people for at in person.labels}) < 2:
        return []
    return [f"speakers of {', '.join(names[at] for at in silent)} without a voiceprint are taken for others"]

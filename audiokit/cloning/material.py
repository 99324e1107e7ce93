"""What a voice could be made of: clean pieces of speech, and what was refused before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A piece of clean speech that could be sent."""

    path: Path
    """Its file, all of which is meant."""
    recording: str
    """What it was cut from, as the user knows it."""
    start_s: float
    """Where it begins there, in seconds."""
    duration_s: float
    """Length in seconds."""
    quality: float
    """To rank by, 0..1."""
    snr_db: float
    """Speech over noise, in dB."""

    @property
    def name(self) -> str:
        """For people: the recording and the time."""
        return place(self.recording, self.start_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What one rule has refused before."""

    rule: str
    """Its name, such as "noise"."""
    duration_s: float
    """How much speech, in seconds."""
    example: str
    """Where, and with which number, such as "talk.wav at 0:04.2: SNR 9.1 dB < 15 dB"."""

    def __str__(self) -> str:
        return f"{self.duration_s:.0f} s for {self.rule} ({self.example})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All there is to choose from, and what was refused before."""

    candidates: tuple[Candidate, ...]
    """By recording and time."""
    refusals: tuple[Refusal, ...] = ()
    """What was refused, by rule, most of it first."""
    where: str = ""
    """What the user gave, for messages."""


def place(recording: str, start_s: float) -> str:
    """Say where something is: the recording and the time."""
    return f"{recording} at {int(start_s // 60)}:{start_s % 60:04.1f}"


class JudgedClip(Protocol):
    """A clip of a dataset, as far as it matters here."""

    @property
    def source(self) -> str:
        """The recording it was cut from."""
        ...

    @property
    def start_s(self) -> float:
        """Where it begins there, in seconds."""
        ...

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        ...

    @property
    def quality(self) -> float:
        """To rank by, 0..1."""
        ...

    @property
    def snr_db(self) -> float:
        """Speech over noise, in dB."""
        ...

    @property
    def kept(self) -> bool:
        """Whether it has a file."""
        ...

    @property
    def refused_because(self) -> tuple[str, ...]:
        """Rules it broke, such as "noise: SNR 9.1 dB < 15 dB"."""
        ...


Clip = TypeVar("Clip", bound=JudgedClip)


def from_clips(clips: Iterable[Clip], path_of: Callable[[Clip], Path], where: str) -> Material:
    """Turn a dataset's clips into material.

    Parameters
    ----------
    clips : all clips of the dataset, refused ones too.
    path_of : gives a kept clip's file.
    where : what the user gave, for messages.
    """
    candidates: list[Candidate] = []
    refused_s, examples = defaultdict[str, float](float), dict[str, str]()
    for clip in clips:
        for reason in clip.refused_because:
            rule, _, number = reason.partition(": ")
            refused_s[rule] += clip.duration_s
            examples.setdefault(rule, f"{place(clip.source, clip.start_s)}: {number}")
        if clip.kept:
            candidates.append(_candidate(clip, path_of(clip)))
    refusals = (
        Refusal(rule=rule, duration_s=duration_s, example=examples[rule]) for rule, duration_s in refused_s.items()
    )
    ordered = sorted(refusals, key=lambda refusal: -refusal.duration_s)
    return Material(candidates=tuple(candidates), refusals=tuple(ordered), where=where)


def _candidate(clip: JudgedClip, path: Path) -> Candidate:
    return Candidate(
        path=path,
        recording=clip.source,
        start_s=clip.start_s,
        duration_s=clip.duration_s,
        quality=clip.quality,
        snr_db=clip.snr_db,
    )

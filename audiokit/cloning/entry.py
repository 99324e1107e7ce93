"""`VoiceEntry`: what is remembered of a voice: where it lives, what it was made of, and who agreed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from audiokit.cloning.voice_print import VoicePrint
from audiokit.contracts import Voice

Origin = Literal["instant", "professional", "local", "designed", "imported"]
"""How a voice came to be."""
State = Literal["ready", "training", "waiting"]
"""Whether it speaks; "waiting" is for its owner to do something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRecord:
    """One recording a voice was made of."""

    name: str
    """The file's name, without folders."""
    sha256: str
    """Hash of the file that was sent."""
    duration_s: float
    """Length in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That the speaker agreed, as it was put on record."""

    statement: str
    """What was declared, word by word; of a recording, what it is said to hold."""
    given: str
    """When, as ISO 8601 in UTC."""
    voice: str
    """Name of the voice it is for."""
    samples_sha256: str
    """Hash over the hashes of the samples it is for."""
    recording: str = ""
    """A spoken statement, relative to the home folder; empty: a written one."""
    recording_sha256: str = ""
    """Hash of that recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceEntry:
    """One voice of the book."""

    voice: Voice
    """What a provider must know to speak with it."""
    origin: Origin
    """How it came to be."""
    created: str
    """When, as ISO 8601 in UTC."""
    state: State = "ready"
    """Whether it speaks."""
    samples: tuple[SampleRecord, ...] = ()
    """What it was made of; empty for a designed voice."""
    consent: Consent | None = None
    """Who agreed; None for a voice that is nobody's."""
    sound: VoicePrint | None = None
    """What its samples sound like; None when there were none, or nobody listened."""

    def to_json(self, home: Path) -> dict[str, Any]:
        """Give plain values, folders relative to `home`."""
        return {
            "voice": voice_to_json(self.voice, home),
            "origin": self.origin,
            "created": self.created,
            "state": self.state,
            "samples": [asdict(sample) for sample in self.samples],
            "consent": asdict(self.consent) if self.consent else None,
            "sound": asdict(self.sound) if self.sound else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], home: Path) -> VoiceEntry:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError : unknown or missing names, or words that mean nothing here.
        """
        _check_names(cls, data)
        for name, allowed in (("origin", Origin), ("state", State)):
            if data[name] not in get_args(allowed):
                raise ValueError(f"{name} is {data[name]!r}; expected one of {', '.join(get_args(allowed))}")
        for sample in data["samples"]:
            _check_names(SampleRecord, sample)
        for name, kind in (("consent", Consent), ("sound", VoicePrint)):
            if data[name]:
                _check_names(kind, data[name])
        return cls(
            voice=voice_from_json(data["voice"], home),
            origin=data["origin"],
            created=data["created"],
            state=data["state"],
            samples=tuple(SampleRecord(**sample) for sample in data["samples"]),
            consent=Consent(**data["consent"]) if data["consent"] else None,
            sound=VoicePrint.from_json(data["sound"]) if data["sound"] else None,
        )


def voice_to_json(voice: Voice, home: Path) -> dict[str, Any]:
    """Give a voice as plain values, its folder relative to `home` if it lies there."""
    values = {field.name: getattr(voice, field.name) for field in fields(voice)}
    values |= {name: dict(values[name]) for name in ("labels", "settings")}
    if voice.folder is not None:
        inside = voice.folder.is_relative_to(home)
        values["folder"] = (voice.folder.relative_to(home) if inside else voice.folder).as_posix()
    return values


def voice_from_json(data: Mapping[str, Any], home: Path) -> Voice:
    """Read what `voice_to_json` wrote."""
    _check_names(Voice, data)
    folder = None if data["folder"] is None else home / data["folder"]
    return Voice(**{**data, "folder": folder})


def now() -> str:
    """Give the time as ISO 8601 in UTC, to the second."""
    return datetime.now(tz=UTC).isoformat(timespec="seconds")


def samples_sha256(samples: Sequence[SampleRecord]) -> str:
    """Give one hash for a set of samples, whatever their order and names."""
    return hashlib.sha256("\n".join(sorted(sample.sha256 for sample in samples)).encode()).hexdigest()


def _check_names(kind: type[Any], data: Mapping[str, Any]) -> None:
    names = {field.name for field in fields(kind)}
    if set(data) != names:
        raise ValueError(f"{kind.__name__} with other fields than expected: {', '.join(sorted(names ^ set(data)))}")

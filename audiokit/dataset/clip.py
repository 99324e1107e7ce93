"""`Clip`: one line of the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from audiokit.errors import DatasetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A piece of a recording, kept or refused, with every number it was judged by."""

    id: str
    """Unique in the dataset: the recording's id and the start in milliseconds."""
    path: str | None
    """File of the clip, relative to the dataset; None when refused."""
    sha256: str | None
    """Hash of the clip's file; None when refused."""
    source: str
    """The recording it was cut from, as it was named to `prep`."""
    source_sha256: str
    """Hash of the recording's file."""
    start_s: float
    """Where it starts in the recording, in seconds."""
    end_s: float
    """Where it ends in the recording, in seconds."""
    duration_s: float
    """Length in seconds, counted in samples."""
    sample_rate: int
    """In Hz."""
    start_cut: str
    """What it begins with: a "pause", the edge of the "recording", or "forced" where speech had no pause."""
    end_cut: str
    """What it ends with; see `start_cut`."""
    gain_db: float
    """Gain from the recording to the clip, in dB, without the limiter's share."""
    limited: bool
    """Whether the limiter had to hold its peaks."""
    lufs: float
    """Integrated loudness of the clip, in LUFS."""
    peak_dbtp: float
    """True peak of the clip, in dBTP."""
    snr_db: float
    """Speech over the noise floor around it, in dB."""
    noise_dbfs: float
    """The noise floor in the recording, in dBFS."""
    clipped: float
    """Part of the recording's samples here that are clipped, 0..1."""
    bandwidth_hz: float
    """How high its sound reaches, in Hz."""
    speech: float
    """Part of it in which the detector hears speech, 0..1."""
    pitch_hz: float | None
    """Median pitch, in Hz; None where nothing is voiced."""
    pitch_low_hz: float | None
    """10th percentile of the pitch, in Hz."""
    pitch_high_hz: float | None
    """90th percentile of the pitch, in Hz."""
    voiced: float
    """Part of its louder windows that is voiced, 0..1."""
    quality: float
    """One number to rank clips by, 0..1; see `judge.quality`."""
    kept: bool
    """Whether it belongs to the dataset."""
    refused_because: tuple[str, ...] = ()
    """Every rule it broke, with the number; empty when kept."""
    text: str = ""
    """What is said; empty without a transcript."""
    language: str = ""
    """ISO 639-1 code; empty without a transcript."""
    confidence: float | None = None
    """The recognizer's mean word confidence, 0..1."""
    characters_per_s: float | None = None
    """Letters and digits of the text a second of clip."""
    flags: tuple[str, ...] = ()
    """What a person should look at in the text."""
    speaker: str = ""
    """Who speaks: "speaker-1" is the one who speaks most in the dataset; empty unless speakers were asked for."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Clip:
        """Read what `to_json` wrote.

        Raises
        ------
        DatasetError : unknown or missing names.
        """
        names = {field.name for field in fields(cls)}
        if {"speaker", *data} != names:
            odd = ", ".join(sorted(names ^ {"speaker", *data}))
            raise DatasetError(f"a manifest line with other fields than this version writes: {odd}. Run prep again.")
        lists = {name: tuple(data[name]) for name in ("refused_because", "flags")}
        return cls(**{**data, **lists})

    def to_json(self) -> dict[str, Any]:
        """Give every field by name; `speaker` only where there is one."""
        row = asdict(self)
        return row if self.speaker else {name: value for name, value in row.items() if name != "speaker"}

"""`Clip`: one line of the manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from audiokit.contracts import Word
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
    language_probability: float | None = None
    """How likely it is that the language is spoken, 0..1; None where the recognizer does not say."""
    compression: float | None = None
    """How many times shorter the text gets by zlib; loops are far above 2."""
    unique_words: float | None = None
    """Part of the words that are different ones, 0..1."""
    second_text: str | None = None
    """What a second recognizer wrote; None without one."""
    mismatch: float | None = None
    """Part of the letters in which the two texts differ, 0..1; None without a second text."""
    mos: float | None = None
    """How listeners would rate it, 1..5: the whole impression by DNSMOS; None unless asked for."""
    mos_background: float | None = None
    """The same for the absence of noise and music behind the voice, 1..5."""
    snr_before_db: float | None = None
    """`snr_db` before noise was taken out; None where none was."""
    noise_before_dbfs: float | None = None
    """`noise_dbfs` before noise was taken out; None where none was."""
    reverb_s: float | None = None
    """Reverberation time that is heard in it, in seconds; None unless asked for."""
    music: float | None = None
    """How much of it has tones under it that hold still, 0..1; None unless asked for."""
    laughter: float | None = None
    """Probability that somebody laughs in it, 0..1; None unless asked for."""
    words: tuple[Word, ...] = ()
    """What the recognizer heard, word by word, in seconds from the clip's start; empty unless asked for."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Clip:
        """Read what `to_json` wrote.

        Raises
        ------
        DatasetError : unknown or missing names, or a file that is not one of the dataset's clips.
        """
        names = {field.name for field in fields(cls)}
        if {*_WHERE_KNOWN, *data} != names:
            odd = ", ".join(sorted(names ^ {*_WHERE_KNOWN, *data}))
            raise DatasetError(f"a manifest line with other fields than this version writes: {odd}. Run prep again.")
        if not _SAFE_ID.fullmatch(data["id"]) or not (data["path"] is None or _SAFE_PATH.fullmatch(data["path"])):
            raise DatasetError(f"clip {data['id']!r} with the file {data['path']!r}; expected clips/NAME.wav or .flac")
        lists = {name: tuple(data[name]) for name in ("refused_because", "flags")}
        words = tuple(Word(**word) for word in data.get("words", ()))
        return cls(**{**data, **lists, "words": words})

    def to_json(self) -> dict[str, Any]:
        """Give every field by name; those that only some runs find out only where they are known."""
        return {name: value for name, value in asdict(self).items() if _WHERE_KNOWN.get(name, _ALWAYS) != value}


_SAFE_ID = re.compile(r"[A-Za-z0-9_-]+")
"""A manifest may come from anybody: an id becomes a file's name in exports, and must not lead out of the folder."""
_SAFE_PATH = re.compile(r"clips/[A-Za-z0-9_-]+\.(wav|flac)")
_ALWAYS = object()
_NAMES = [field.name for field in fields(Clip)]
_WHERE_KNOWN = {field.name: field.default for field in fields(Clip)[_NAMES.index("speaker") :]}
"""The fields from `speaker` on are left out of the manifest where they hold nothing."""


def refused(clip: Clip, *reasons: str) -> Clip:
    """Take a kept clip out of the dataset."""
    return replace(clip, kept=False, path=None, sha256=None, refused_because=reasons)

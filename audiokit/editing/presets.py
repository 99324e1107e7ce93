"""Ready-made edits: names for steps that a user could as well write out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiokit.audio.formats import Encoding
from audiokit.editing.options import FLAG

if TYPE_CHECKING:
    from audiokit.editing.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named edit."""

    purpose: str
    """What it is for."""
    words: tuple[tuple[str, str], ...]
    """The steps: names and values of their options."""
    mp3: Encoding = field(default_factory=Encoding)
    """How an mp3 is written, unless a bit rate is asked for."""

    @property
    def steps(self) -> list[Step]:
        """The steps, ready for `edit`."""
        from audiokit.editing.parse import parse_step

        return [parse_step(name, value) for name, value in self.words]

    def __str__(self) -> str:
        return " ".join(f"--{name} {value}".rstrip() for name, value in self.words)


PRESETS = {
    "podcast": Preset(
        purpose="speech of even loudness at what podcast hosts ask for: -16 LUFS, -1 dBTP",
        words=(
            ("highpass", "80"),
            ("compress", "threshold=-24,ratio=2.5,attack=0.01,release=0.15,knee=6"),
            ("normalize", "-16LUFS"),
            ("limit", "-1dBTP"),
        ),
    ),
    "audiobook-acx": Preset(
        purpose="ACX: -23 to -18 dB RMS, peaks below -3 dB, noise floor below -60 dB, 44.1 kHz, mp3 of constant 192k",
        words=(
            ("mono", FLAG),
            ("sample-rate", "44100"),
            ("highpass", "80"),
            ("normalize", "-20RMS"),
            ("gate", "threshold=-45,hold=0.2,release=0.1,range=25"),
            ("compress", "threshold=-18,ratio=2,attack=0.01,release=0.15,knee=6"),
            ("normalize", "-20RMS"),
            ("limit", "-3.5dBTP"),
        ),
        mp3=Encoding(bitrate_bps=192_000),
    ),
    "voice-clone": Preset(
        purpose="samples for a voice clone: -20 dB RMS, -3 dBTP, one channel, no dead air at the ends",
        words=(
            ("mono", FLAG),
            ("highpass", "60"),
            ("strip-silence", "threshold=-45,min=0.5,keep=0.2"),
            ("normalize", "-20RMS"),
            ("limit", "-3dBTP"),
        ),
    ),
}

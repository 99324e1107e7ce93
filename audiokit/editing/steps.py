"""All steps of an edit, in one place: `edit(source, [steps.Trim(10, 90), steps.Gain(-5)])`."""

from __future__ import annotations

from audiokit.editing.level import (
    Compress,
    Fade,
    FadeIn,
    FadeOut,
    Gain,
    Gate,
    Limit,
    NormalizeLoudness,
    NormalizePeak,
    NormalizeRms,
)
from audiokit.editing.shape import (
    Channels,
    Invert,
    Mono,
    Pan,
    Pitch,
    Rate,
    Reverse,
    Speed,
    StripSilence,
    Trim,
    Width,
)
from audiokit.editing.step import Step
from audiokit.editing.tone import Bandpass, Dehum, Denoise, Highpass, Lowpass

__all__ = [
    "Bandpass",
    "Channels",
    "Compress",
    "Dehum",
    "Denoise",
    "Fade",
    "FadeIn",
    "FadeOut",
    "Gain",
    "Gate",
    "Highpass",
    "Invert",
    "Limit",
    "Lowpass",
    "Mono",
    "NormalizeLoudness",
    "NormalizePeak",
    "NormalizeRms",
    "Pan",
    "Pitch",
    "Rate",
    "Reverse",
    "Speed",
    "Step",
    "StripSilence",
    "Trim",
    "Width",
]

"""The voice in a clip as numbers, small enough for a line of the journal."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audiokit.analysis.ge2e import WIDTH, Ge2eEncoder, unit
from audiokit.analysis.spectrum import Vector
from audiokit.analysis.two_pitches import overlap
from audiokit.audio.buffer import Audio

VERSION = "ge2e-2"  # part of the journal's key: another encoder or another packing is another voiceprint


def take_voiceprint(path: Path) -> dict[str, str | float]:
    """Embed every 1.6 s of a clip, and listen for two voices at once; give what `windows` and `at_once` read.

    An embedding keeps its direction in bytes: their cosine to the numbers they stand for is above 0.9999.
    """
    clip = Audio.read(path).mono()
    found = Ge2eEncoder().embed_windows(clip)[1]
    steps = np.rint(255 * found / found.max(axis=1, keepdims=True, initial=1e-9)).astype(np.uint8)
    return {"windows": base64.b64encode(steps.tobytes()).decode(), "at_once": round(overlap(clip), 3)}


def windows(voiceprint: Mapping[str, Any]) -> Vector:
    """Read what `take_voiceprint` gave: shape (windows, 256), each of length 1, in order of time."""
    steps = np.frombuffer(base64.b64decode(voiceprint["windows"]), np.uint8)
    return unit(steps.reshape(-1, WIDTH).astype(np.float32))


def at_once(voiceprint: Mapping[str, Any]) -> float:
    """Say how surely two voices speak at once in the clip, 0..1: see `two_pitches.overlap`."""
    return float(voiceprint["at_once"])

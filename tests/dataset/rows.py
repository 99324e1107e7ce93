"""Made-up rows of a dataset."""

from __future__ import annotations

from typing import Any

from audiokit.dataset.clip import Clip
from audiokit.dataset.manifest import Source


def a_clip(**changes: Any) -> Clip:
    """A good clip of 5 s, kept, but for the `changes`."""
    values: dict[str, Any] = {
        "id": "talk-00000000-00001000", "path": "clips/talk-00000000-00001000.wav", "sha256": "c1",
        "source": "talk.wav", "source_sha256": "s1", "start_s": 1.0, "end_s": 6.0, "duration_s": 5.0,
        "sample_rate": 24_000, "start_cut": "pause", "end_cut": "pause", "gain_db": 3.5, "limited": False,
        "lufs": -20.0, "peak_dbtp": -4.0, "snr_db": 40.0, "noise_dbfs": -60.0, "clipped": 0.0, "bandwidth_hz": 10_000,
        "speech": 0.9, "pitch_hz": 120.0, "pitch_low_hz": 90.0, "pitch_high_hz": 160.0, "voiced": 0.6, "quality": 0.9,
        "kept": True,
    }  # fmt: skip
    return Clip(**{**values, **changes})


def refused_clip(*reasons: str, **changes: Any) -> Clip:
    """A clip that broke rules."""
    return a_clip(kept=False, path=None, sha256=None, refused_because=reasons, **changes)


def a_source(**changes: Any) -> Source:
    """A prepared recording of 60 s, but for the `changes`."""
    values: dict[str, Any] = {
        "name": "talk.wav", "id": "talk-00000000", "sha256": "s1", "duration_s": 60.0, "sample_rate": 44_100,
        "channels": 2, "speech_s": 40.0, "lufs": -18.0, "kept": 1, "kept_s": 5.0, "refused": 0,
    }  # fmt: skip
    return Source(**{**values, **changes})

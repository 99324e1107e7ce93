"""Constant gain, and the normalization of levels by it."""

from __future__ import annotations

import math

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.levels import gain_from_db, peak_dbfs, rms_dbfs
from audiokit.dsp.loudness import loudness_lufs
from audiokit.dsp.stage import Memoryless, run


class Gain(Memoryless):
    """Changes the level of a stream; see `amplify`."""

    def __init__(self, gain_db: float, *, channels: int) -> None:
        super().__init__(channels)
        self._gain = np.float32(gain_from_db(gain_db))

    def push(self, samples: Samples) -> Samples:
        """Scale the next samples."""
        return samples * self._gain


def amplify(audio: Audio, gain_db: float) -> Audio:
    """Change the level by `gain_db`; -inf silences. Nothing is clipped: peaks may exceed 1.0, follow with `limit`."""
    return run(Gain(gain_db, channels=audio.channels), audio)


def normalize_peak(audio: Audio, target_dbfs: float = -0.1) -> Audio:
    """Scale `audio` so that its highest sample has a level; silence is returned unchanged.

    Parameters
    ----------
    audio : any rate, any channels; all get the same gain.
    target_dbfs : level of the highest sample; -0.1 is pydub's head room.
    """
    return _raised(audio, target_dbfs - peak_dbfs(audio))


def normalize_rms(audio: Audio, target_dbfs: float = -20.0) -> Audio:
    """Scale `audio` to a level of its root mean square over all channels; silence is returned unchanged.

    Peaks may exceed 1.0, follow with `limit`.

    Parameters
    ----------
    audio : any rate, any channels; all get the same gain.
    target_dbfs : 0 is a square wave of full scale. Audiobooks want -23 to -18.
    """
    return _raised(audio, target_dbfs - rms_dbfs(audio))


def normalize_loudness(audio: Audio, target_lufs: float = -16.0) -> Audio:
    """Scale `audio` to an integrated loudness; silence (-inf LUFS) is returned unchanged.

    One constant gain; peaks may exceed 1.0, follow with `limit`.

    Parameters
    ----------
    audio : (frames, channels), at least 0.4 s long.
    target_lufs : integrated loudness in LUFS; -16 is usual for podcasts.

    Raises
    ------
    AudioFileError : shorter than one gating block of 0.4 s.

    Source
    ------
    ITU-R BS.1770-5; see `audiokit.dsp.loudness.loudness_lufs`.
    """
    return _raised(audio, target_lufs - loudness_lufs(audio))


def _raised(audio: Audio, gain_db: float) -> Audio:
    return amplify(audio, gain_db) if math.isfinite(gain_db) else audio

"""Levels of a recording of any length, at its own rate: loudness, peaks, RMS, offset, clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audiokit.analysis.clipping import clipped_frames
from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.levels import db_from_gain, sample_peak
from audiokit.dsp.loudness import (
    LoudnessMeter,
    StepPowers,
    integrated_loudness,
    loudness_range,
    momentary_loudness,
    short_term_loudness,
)
from audiokit.dsp.true_peak import REACH_FRAMES, oversampled_peaks

EXCERPT_BLOCKS = 32  # of 65,536 frames: 48 s at 44.1 kHz, 8 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """How loud a recording is, over all channels."""

    integrated_lufs: float | None
    """Gated loudness, in LUFS; -inf for silence, None below 0.4 s."""
    momentary_max_lufs: float | None
    """Loudest 0.4 s, in LUFS; None below 0.4 s."""
    short_term_max_lufs: float | None
    """Loudest 3 s, in LUFS; None below 3 s."""
    loudness_range_lu: float | None
    """Spread of the short-term loudness, in LU; None below 3 s."""
    peak_dbfs: float
    """Largest sample, in dBFS."""
    true_peak_dbtp: float
    """Largest value between samples, in dBTP."""
    rms_dbfs: float
    """Root mean square, pauses included, in dBFS: a full-scale sine reads -3.01."""
    crest_factor_db: float | None
    """Largest sample over RMS, in dB: 3.01 for a sine; None for digital silence."""
    dc_offset: float
    """Mean of the channel where it is farthest from 0, in parts of full scale."""
    clipped_samples: int
    """Samples at full scale or on a flat top, over all channels."""
    clipped_fraction: float
    """The same as a part of all samples, 0..1."""


class LevelMeter:
    """Measures a stream, (frames, channels) at its own rate, block by block."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._true_peak = TruePeakMeter(channels)
        self._frames, self._clipped, self._peak = 0, 0, 0.0
        self._sums, self._squares = np.zeros(channels), np.zeros(channels)

    def push(self, block: Samples) -> None:
        """Take the next block; long blocks find more of the flat tops (see `clipped_frames`)."""
        self._frames += len(block)
        self._loudness.push(block)
        self._true_peak.push(block)
        self._peak = max(self._peak, sample_peak(block))
        self._clipped += len(clipped_frames(block)) if len(block) else 0
        self._sums += np.ones(len(block), np.float32) @ block
        self._squares += np.einsum("fc,fc->c", block, block)

    @property
    def step_powers(self) -> StepPowers:
        """The K-weighted powers of steps of 0.1 s; see `LoudnessMeter`."""
        return self._loudness.step_powers

    def finish(self) -> Levels:
        """Give what was measured."""
        powers, samples = self.step_powers, max(1, self._frames * len(self._sums))
        momentary, short_term = momentary_loudness(powers), short_term_loudness(powers)
        rms = math.sqrt(self._squares.sum() / samples)
        offsets = self._sums / max(1, self._frames)
        return Levels(
            integrated_lufs=integrated_loudness(powers) if len(momentary) else None,
            momentary_max_lufs=float(momentary.max()) if len(momentary) else None,
            short_term_max_lufs=float(short_term.max()) if len(short_term) else None,
            loudness_range_lu=loudness_range(powers) if len(short_term) else None,
            peak_dbfs=db_from_gain(self._peak),
            true_peak_dbtp=db_from_gain(self._true_peak.finish()),
            rms_dbfs=db_from_gain(rms),
            crest_factor_db=db_from_gain(self._peak / rms) if rms else None,
            dc_offset=float(offsets[np.argmax(np.abs(offsets))]),
            clipped_samples=self._clipped,
            clipped_fraction=self._clipped / samples,
        )


class TruePeakMeter:
    """Follows the true peak of a stream: the same as that of the whole, whatever the pieces pushed."""

    def __init__(self, channels: int) -> None:
        self._peak = 0.0
        self._waiting = np.zeros((REACH_FRAMES, channels), np.float32)

    def push(self, samples: Samples) -> None:
        """Take the next samples, (frames, channels), any number of them."""
        self._waiting = np.concatenate([self._waiting, samples])
        if len(self._waiting) > 2 * REACH_FRAMES:
            self._look(self._waiting)
            self._waiting = self._waiting[-2 * REACH_FRAMES :].copy()

    def finish(self) -> float:
        """Give the largest magnitude on and between samples."""
        self._look(np.concatenate([self._waiting, np.zeros((REACH_FRAMES, self._waiting.shape[1]), np.float32)]))
        return self._peak

    def _look(self, samples: Samples) -> None:
        # The cut ends ring as no sound does: only points with all their neighbours count.
        self._peak = max(self._peak, sample_peak(samples))
        inner = oversampled_peaks(samples, floor=self._peak)[REACH_FRAMES - 1 : -REACH_FRAMES]
        self._peak = max(self._peak, float(inner.max(initial=0.0)))


class Excerpt:
    """A sample of a long recording that fits into memory: all of a short one, then every 2nd, 4th, 8th ... block."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._kept: list[Samples] = []
        self._seen, self._stride = 0, 1

    def push(self, block: Samples) -> None:
        """Take the next block, shape (frames, 1)."""
        if self._seen % self._stride == 0:
            self._kept.append(block)
        self._seen += 1
        if len(self._kept) > EXCERPT_BLOCKS:
            self._kept = self._kept[::2]
            self._stride *= 2

    def audio(self) -> Audio:
        """Give the blocks kept, joined."""
        return Audio(np.concatenate(self._kept), self._sample_rate)

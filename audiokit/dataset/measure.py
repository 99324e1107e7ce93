"""The numbers of one clip, before any gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from audiokit.analysis.bandwidth import bandwidth_hz
from audiokit.analysis.pitch import pitch
from audiokit.analysis.segments import Mask
from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Audio
from audiokit.dataset.listen import Heard
from audiokit.dataset.segment import Segment
from audiokit.dataset.stretches import WINDOW_S, noise_db
from audiokit.dsp.loudness import LoudnessMeter, StepPowers
from audiokit.dsp.true_peak import true_peak_dbtp

NEAR = 50  # windows outside a clip in which its noise is looked for first, unless only the clip was denoised
ENOUGH_WINDOWS = 10  # and farther away if fewer windows than this are free of speech
HIGHEST_SNR_DB = 100.0  # digital silence around speech would give infinity, which JSON cannot carry


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """A segment with its numbers."""

    segment: Segment
    """Where it lies."""
    step_powers: StepPowers
    """K-weighted powers of steps of 100 ms, before any gain."""
    peak_dbtp: float
    """True peak before any gain, in dBTP."""
    numbers: dict[str, Any]
    """Fields of a `Clip` by name: those that no gain changes."""


def measure(heard: Heard, segment: Segment, audio: Audio, spoken: Mask, *, noisy_db: Vector | None = None) -> Measured:
    """Take every number of one clip.

    Parameters
    ----------
    heard : the recording it lies in.
    segment : where it lies.
    audio : its sound, mono, before any gain.
    spoken : for each window of 10 ms of the recording, whether somebody speaks.
    noisy_db : levels of the recording before noise was taken out of its clips, which `heard` has after it.
    """
    windows = slice(round(segment.start_s / WINDOW_S), round(segment.end_s / WINDOW_S))
    meter = LoudnessMeter(audio.sample_rate, 1)
    meter.push(audio.samples)
    snr_db, noise = _snr_and_noise(heard.levels_db, windows, spoken, NEAR if noisy_db is None else 0)
    before = None if noisy_db is None else _snr_and_noise(noisy_db, windows, spoken, NEAR)
    voice = pitch(audio)
    source_samples = audio.duration_s * heard.source_rate * heard.source_channels
    return Measured(
        segment=segment,
        step_powers=meter.step_powers,
        peak_dbtp=true_peak_dbtp(audio),
        numbers={
            "duration_s": audio.duration_s,
            "start_cut": segment.start_cut,
            "end_cut": segment.end_cut,
            "snr_db": snr_db,
            "noise_dbfs": noise,
            **({} if before is None else dict(zip(("snr_before_db", "noise_before_dbfs"), before, strict=True))),
            "clipped": round(float(heard.clipped[windows].sum()) / source_samples, 6),
            "bandwidth_hz": round(bandwidth_hz(audio)),
            "speech": round(_speech_part(heard, segment), 4),
            "pitch_hz": _rounded(voice.median_hz),
            "pitch_low_hz": _rounded(voice.low_hz),
            "pitch_high_hz": _rounded(voice.high_hz),
            "voiced": round(voice.voiced_fraction, 4),
        },
    )


def _snr_and_noise(levels_db: Vector, windows: slice, spoken: Mask, reach: int) -> tuple[float, float]:
    """Say how far the speech in the windows, without its noise, is above the noise around it, in dB; and the noise."""
    near = slice(max(0, windows.start - reach), windows.stop + reach)
    quiet = levels_db[near][~spoken[near]]
    if len(quiet) >= ENOUGH_WINDOWS:
        noise = float(np.median(quiet))
    else:
        noise = noise_db(levels_db, spoken, windows.start, windows.stop)
    said = levels_db[windows][spoken[windows]]
    power = float(np.mean(10 ** (said / 10))) if len(said) else 0.0
    clean = max(power - 10 ** (noise / 10), 1e-12)
    return round(min(10 * float(np.log10(clean)) - noise, HIGHEST_SNR_DB), 2), round(noise, 2)


def _speech_part(heard: Heard, segment: Segment) -> float:
    start = int(segment.start_s / heard.speech.window_s)
    end = max(start + 1, round(segment.end_s / heard.speech.window_s))
    windows = heard.speech.probabilities[start:end]
    return float(np.mean(windows >= 0.5)) if len(windows) else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)

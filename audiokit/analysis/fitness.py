"""Fit for cloning: a recording's numbers against what voice services ask of samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from audiokit.analysis.report import Report

Purpose = Literal["instant", "professional"]
"""An instant clone from a minute or two, or a professional one from half an hour and more."""

# ElevenLabs' advice for samples, checked in November 2026: RMS, true peak, length. More than 3 minutes can make an
# instant clone worse.
RMS_DBFS = (-23.0, -18.0)
PEAK_DBTP = -3.0
SPEECH_S = {"instant": (60.0, 180.0), "professional": (1800.0, None)}
SNR_DB = 32.0  # "no noise", as Hi-Fi TTS (Bakhturina et al. 2021) puts it in numbers
MUSIC_FRACTION = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing asked of a sample."""

    name: str
    """What is looked at."""
    passed: bool | None
    """Whether it is as it should be; None when it cannot be judged."""
    found: str
    """What is there."""
    expected: str
    """What should be."""
    advice: str
    """What to do; empty when passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """Whether a recording is fit for cloning; how many people speak is judged when it was asked for."""

    purpose: Purpose
    """The kind of clone."""
    checks: tuple[Check, ...]
    """Level, true peak, noise, music, length, and speakers if they were counted."""

    @property
    def is_fit(self) -> bool:
        """No check failed or had to be left out."""
        return all(check.passed for check in self.checks)

    @property
    def verdict(self) -> str:
        """One line: "2 of 5 checks fail"."""
        failed = sum(check.passed is False for check in self.checks)
        unknown = sum(check.passed is None for check in self.checks)
        said = f"{failed} of {len(self.checks)} checks {'fails' if failed == 1 else 'fail'}"
        if not failed:
            said = f"all {len(self.checks)} checks pass" if not unknown else "no check fails"
        return f"{said}, {unknown} cannot be judged" if unknown else said

    def to_json(self) -> dict[str, Any]:
        """Give everything as plain values."""
        from dataclasses import asdict

        return {"is_fit": self.is_fit, "verdict": self.verdict, **asdict(self)}


def fit_for_cloning(report: Report, purpose: Purpose = "instant") -> Fitness:
    """Judge a recording as a sample for a voice clone.

    Parameters
    ----------
    report : of one recording.
    purpose : "instant" wants 1 to 3 minutes of speech, "professional" 30 minutes or more.
    """
    if purpose not in SPEECH_S:
        raise ValueError(f"purpose is {purpose!r}; expected one of {', '.join(SPEECH_S)}")
    checks = (_level(report), _peak(report), _noise(report), _music(report), _length(report, purpose))
    counted = () if report.speakers is None else (_speakers(report.speakers),)
    return Fitness(purpose=purpose, checks=checks + counted)


def _level(report: Report) -> Check:
    rms_dbfs, (low, high) = report.levels.rms_dbfs, RMS_DBFS
    gain_db = (low + high) / 2 - rms_dbfs
    advice = f"Change the level by {gain_db:+.1f} dB" + (" and limit the peaks." if gain_db > 0 else ".")
    if not report.levels.peak_dbfs > -100:
        advice = "It is silent: check the recording."
    return _check("level", low <= rms_dbfs <= high, f"RMS {rms_dbfs:.1f} dBFS", f"{low:g} to {high:g} dBFS", advice)


def _peak(report: Report) -> Check:
    peak_dbtp = report.levels.true_peak_dbtp
    advice = f"Lower the level or limit to {PEAK_DBTP:g} dBTP."
    return _check("true peak", peak_dbtp <= PEAK_DBTP, f"{peak_dbtp:.1f} dBTP", f"at most {PEAK_DBTP:g} dBTP", advice)


def _noise(report: Report) -> Check:
    snr_db = report.activity.snr_db
    advice = "Record in a quieter room or closer to the microphone, or denoise."
    if snr_db is None:
        return _check("noise", None, "no speech to compare it with", f"SNR of {SNR_DB:g} dB or more", "Add speech.")
    return _check("noise", snr_db >= SNR_DB, f"SNR {snr_db:.1f} dB", f"{SNR_DB:g} dB or more", advice)


def _music(report: Report) -> Check:
    fraction = report.activity.music_fraction
    if fraction is None:
        return _check("music", None, "no speech detector", "no music", "Install audiokit[offline].")
    return _check("music", fraction <= MUSIC_FRACTION, f"{fraction:.0%} music", "no music", "Cut the music out.")


def _length(report: Report, purpose: Purpose) -> Check:
    low_s, high_s = SPEECH_S[purpose]
    expected = f"{_minutes(low_s)} or more" if high_s is None else f"{low_s:.0f} to {high_s:.0f} s"
    fraction = report.activity.speech_fraction
    if fraction is None:
        return _check("length", None, "no speech detector", expected, "Install audiokit[offline].")
    speech_s = fraction * report.file.duration_s
    fits = low_s <= speech_s and (high_s is None or speech_s <= high_s)
    advice = f"Add {_minutes(low_s - speech_s)} of speech." if speech_s < low_s else "Keep the best 1 to 2 minutes."
    return _check("length", fits, f"{_minutes(speech_s)} of speech", expected, advice)


def _speakers(parts: Sequence[float]) -> Check:
    found = f"{len(parts)} voices: {', '.join(f'{part:.0%}' for part in parts)}" if len(parts) > 1 else "one voice"
    advice = "Leave the others out, or choose: audiokit clone --speaker 1."
    if not parts:
        return _check("speakers", None, "nobody speaks", "one voice", "Add speech.")
    return _check("speakers", len(parts) == 1, found, "one voice", advice)


def _minutes(duration_s: float) -> str:
    return f"{duration_s / 60:.0f} min" if duration_s >= 600 else f"{duration_s:.0f} s"


def _check(name: str, passed: bool | None, found: str, expected: str, advice: str) -> Check:
    return Check(name=name, passed=passed, found=found, expected=expected, advice="" if passed else advice)

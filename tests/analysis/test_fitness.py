"""audiokit.analysis.fitness: a plain verdict, with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audiokit.analysis.fitness import fit_for_cloning
from audiokit.analysis.report import Report, analyze
from audiokit.audio.buffer import Audio


@pytest.fixture(scope="module")
def good() -> Report:
    """A report as a good sample would have it."""
    noise = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    return changed(
        analyze(Audio(0.05 * noise, 16_000)),
        levels={"rms_dbfs": -20.0, "peak_dbfs": -4.2, "true_peak_dbtp": -4.0},
        activity={"snr_db": 45.0, "music_fraction": 0.0, "speech_fraction": 0.8},
        file={"duration_s": 120.0},
    )


def changed(report: Report, **groups: dict[str, Any]) -> Report:
    return replace(report, **{group: replace(getattr(report, group), **values) for group, values in groups.items()})


def test_a_good_sample_passes_all(good: Report) -> None:
    fitness = fit_for_cloning(good)
    assert fitness.is_fit
    assert fitness.verdict == "all 5 checks pass"
    assert [check.advice for check in fitness.checks] == [""] * 5


@pytest.mark.parametrize(("group", "value", "name", "advice"), [
    ("levels", {"rms_dbfs": -30.0}, "level", "Change the level by +9.5 dB and limit the peaks."),
    ("levels", {"rms_dbfs": -15.0}, "level", "Change the level by -5.5 dB."),
    ("levels", {"true_peak_dbtp": -2.9}, "true peak", "Lower the level or limit to -3 dBTP."),
    ("activity", {"snr_db": 31.9}, "noise", "Record in a quieter room or closer to the microphone, or denoise."),
    ("activity", {"music_fraction": 0.02}, "music", "Cut the music out."),
    ("file", {"duration_s": 50.0}, "length", "Add 20 s of speech."),
    ("file", {"duration_s": 300.0}, "length", "Keep the best 1 to 2 minutes."),
])  # fmt: skip
def test_what_fails_is_named_with_what_to_do(
    good: Report, group: str, value: dict[str, float], name: str, advice: str
) -> None:
    fitness = fit_for_cloning(changed(good, **{group: value}))
    assert not fitness.is_fit
    assert fitness.verdict == "1 of 5 checks fails"
    (failed,) = (check for check in fitness.checks if not check.passed)
    assert (failed.name, failed.advice) == (name, advice)


def test_two_that_fail_are_counted(good: Report) -> None:
    bad = changed(good, levels={"rms_dbfs": -30.0, "true_peak_dbtp": 0.0})
    assert fit_for_cloning(bad).verdict == "2 of 5 checks fail"


def test_a_professional_clone_wants_half_an_hour(good: Report) -> None:
    checks = fit_for_cloning(good, "professional").checks
    assert (checks[-1].passed, checks[-1].advice) == (False, "Add 28 min of speech.")
    assert fit_for_cloning(changed(good, file={"duration_s": 2400.0}), "professional").is_fit


def test_what_cannot_be_judged_is_not_called_good(good: Report) -> None:
    blind = changed(good, activity={"speech_fraction": None, "music_fraction": None})
    fitness = fit_for_cloning(blind)
    assert not fitness.is_fit
    assert fitness.verdict == "no check fails, 2 cannot be judged"


def test_silence_is_not_told_to_get_louder() -> None:
    report = analyze(Audio(np.zeros(16_000, np.float32), 16_000))
    assert report.fit_for_cloning().checks[0].advice == "It is silent: check the recording."


def test_an_unknown_purpose_is_refused(good: Report) -> None:
    with pytest.raises(ValueError, match="instant, professional"):
        good.fit_for_cloning("perfect")  # type: ignore[arg-type]

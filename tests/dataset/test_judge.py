"""audiokit.dataset.judge."""

from __future__ import annotations

from typing import Any

import pytest

from audiokit.dataset.judge import quality, reason_name, refusals
from audiokit.dataset.settings import PrepSettings

SETTINGS = PrepSettings()


def measured(**changes: Any) -> dict[str, Any]:
    """Numbers that lie exactly on every default limit."""
    numbers: dict[str, Any] = {
        "duration_s": 3.0, "snr_db": 15.0, "bandwidth_hz": 4_000, "clipped": 0.001, "speech": 0.5, "start_cut": "pause",
        "end_cut": "pause", "sample_rate": 24_000,
    }  # fmt: skip
    return numbers | changes


@pytest.mark.parametrize("changes", [{}, {"duration_s": 12.0}, {"snr_db": 100.0, "speech": 1.0, "clipped": 0.0}])
def test_a_clip_on_its_limits_is_kept(changes: dict[str, Any]) -> None:
    assert refusals(measured(**changes), SETTINGS) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"duration_s": 2.99}, "too short: 2.99 s < 3 s"),
        ({"duration_s": 12.001}, "too long: 12.001 s > 12 s"),
        ({"snr_db": 14.9}, "noise: SNR 14.9 dB < 15 dB"),
        ({"bandwidth_hz": 3_400}, "bandwidth: 3400 Hz < 4000 Hz"),
        ({"clipped": 0.0123}, "clipping: 1.23% > 0.10%"),
        ({"speech": 0.31}, "little speech: 31% < 50%"),
        ({"bandwidth_hz": 3_400, "sample_rate": 8_000}, "bandwidth: 3400 Hz < 3600 Hz"),
        ({"start_cut": "forced"}, "forced cut: no pause at the start"),
        ({"end_cut": "forced"}, "forced cut: no pause at the end"),
        ({"end_cut": "recording"}, "forced cut: no pause at the end"),
    ],
)
def test_a_clip_beyond_a_limit_is_refused_with_both_numbers(changes: dict[str, Any], reason: str) -> None:
    assert refusals(measured(**changes), SETTINGS) == (reason,)


def test_every_broken_rule_is_told() -> None:
    worst = measured(duration_s=0.5, snr_db=-3.0, bandwidth_hz=0, clipped=1.0, speech=0.0, end_cut="forced")
    assert [reason_name(reason) for reason in refusals(worst, SETTINGS)] == [
        "too short", "noise", "bandwidth", "clipping", "little speech", "forced cut",
    ]  # fmt: skip


def test_forced_cuts_are_kept_on_demand() -> None:
    assert refusals(measured(start_cut="forced"), PrepSettings(keep_forced_cuts=True)) == ()


@pytest.mark.parametrize(("max_s", "sample_rate"), [(7.77, 22_050), (5.0, 11_025), (12.0, 44_100)])
@pytest.mark.parametrize("frames_off", [-1, 1])
def test_one_frame_of_rounding_breaks_no_rule_of_length(max_s: float, sample_rate: int, frames_off: int) -> None:
    clip = measured(duration_s=(round(max_s * sample_rate) + frames_off) / sample_rate)
    assert refusals(clip, PrepSettings(max_s=max_s)) == ()
    assert refusals(clip, PrepSettings(min_s=max_s, max_s=60)) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"snr_db": 45.0, "bandwidth_hz": 10_000, "speech": 1.0, "clipped": 0.0}, 1.0),
        ({"snr_db": 90.0, "bandwidth_hz": 24_000, "speech": 1.0, "clipped": 0.0}, 1.0),
        ({"snr_db": -20.0, "bandwidth_hz": 0, "speech": 0.0, "clipped": 0.5}, 0.0),
        ({"snr_db": 22.5, "bandwidth_hz": 5_000, "speech": 0.5, "clipped": 0.005}, 0.5),
    ],
)
def test_quality_is_a_weighted_mean(changes: dict[str, Any], expected: float) -> None:
    assert quality(measured(**changes)) == expected


@pytest.mark.parametrize(
    ("better", "worse"),
    [({"snr_db": 31}, {"snr_db": 30}), ({"bandwidth_hz": 7_000}, {"bandwidth_hz": 6_900}),
     ({"speech": 0.9}, {"speech": 0.8}), ({"clipped": 0.0}, {"clipped": 0.001})],
)  # fmt: skip
def test_quality_falls_with_every_fault(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert quality(measured(**better)) > quality(measured(**worse))

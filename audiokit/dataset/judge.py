"""Which clips are good: every rule with its number, from measurements alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audiokit.dataset.settings import PrepSettings

Measures = Mapping[str, Any]
"""The measured fields of a `Clip`, by name."""


def refusals(clip: Measures, settings: PrepSettings) -> tuple[str, ...]:
    """List the rules that a clip breaks, each with what was found and what is asked for.

    Parameters
    ----------
    clip : duration_s, sample_rate, snr_db, bandwidth_hz, clipped, speech, start_cut, end_cut.
    settings : the thresholds.
    """
    duration_s = round(clip["duration_s"], 3)  # clips are cut at whole milliseconds, which 22,050 Hz has no samples for
    lowest_hz = min(settings.min_bandwidth_hz, 0.45 * clip["sample_rate"])  # no clip reaches up to half its rate
    rules = (
        (duration_s < settings.min_s, f"too short: {duration_s:g} s < {settings.min_s:g} s"),
        (duration_s > settings.max_s, f"too long: {duration_s:g} s > {settings.max_s:g} s"),
        (clip["snr_db"] < settings.min_snr_db, f"noise: SNR {clip['snr_db']:.1f} dB < {settings.min_snr_db:g} dB"),
        (
            clip["bandwidth_hz"] < lowest_hz,
            f"bandwidth: {clip['bandwidth_hz']:.0f} Hz < {lowest_hz:g} Hz",
        ),
        (clip["clipped"] > settings.max_clipped, f"clipping: {clip['clipped']:.2%} > {settings.max_clipped:.2%}"),
        (clip["speech"] < settings.min_speech, f"little speech: {clip['speech']:.0%} < {settings.min_speech:.0%}"),
        (
            {clip["start_cut"], clip["end_cut"]} != {"pause"} and not settings.keep_forced_cuts,
            f"forced cut: no pause at the {'end' if clip['start_cut'] == 'pause' else 'start'}",
        ),
    )
    return tuple(reason for broken, reason in rules if broken)


def quality(clip: Measures) -> float:
    """Rank a clip, 0..1: noise counts half, then bandwidth, part of speech, and clipping.

    SNR counts up to 45 dB and bandwidth up to 10 kHz, beyond which neither is heard.
    """
    snr = min(max(clip["snr_db"], 0.0) / 45, 1.0)
    bandwidth = min(clip["bandwidth_hz"] / 10_000, 1.0)
    clean = max(0.0, 1 - 100 * clip["clipped"])
    return float(round(0.5 * snr + 0.2 * bandwidth + 0.15 * clip["speech"] + 0.15 * clean, 4))


def reason_name(reason: str) -> str:
    """Give the rule's name, to count by: the words before the colon."""
    return reason.partition(":")[0]

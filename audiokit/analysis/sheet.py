"""A report as people read it: a sheet of one recording, a row of a table of many."""

from __future__ import annotations

from typing import Any

from audiokit.analysis.report import Report
from audiokit.progress import clock_face

HEADINGS = (
    "file", "length", "rate", "ch", "LUFS", "LRA", "dBTP", "RMS", "SNR", "noise", "speech", "music", "band", "pitch",
    "for cloning",
)  # fmt: skip


def row(report: Report) -> tuple[str, ...]:
    """Give the columns of HEADINGS; "-" for what could not be measured."""
    file, levels, activity = report.file, report.levels, report.activity
    return (
        report.name,
        clock_face(file.duration_s),
        str(file.sample_rate),
        str(file.channels),
        number(levels.integrated_lufs),
        number(levels.loudness_range_lu),
        number(levels.true_peak_dbtp),
        number(levels.rms_dbfs),
        number(activity.snr_db),
        number(activity.noise_floor_dbfs),
        percent(activity.speech_fraction),
        percent(activity.music_fraction),
        number(activity.bandwidth_hz, 0),
        number(report.pitch.median_hz, 0),
        report.fit_for_cloning().verdict,
    )


def sheet(report: Report) -> list[str]:
    """Write everything about one recording, a line each; lists of times only by their number."""
    lines = [report.name]
    lines += [f"  {name:<13}{text}" for name, text in _facts(report) if text]
    fitness = report.fit_for_cloning()
    lines.append(f"  {'for cloning':<13}{fitness.verdict} ({fitness.purpose})")
    for check in fitness.checks:
        mark = {True: "ok", False: "fails", None: "?"}[check.passed]
        lines.append(f"    {mark:<7}{check.name:<11}{check.found}, expected {check.expected}. {check.advice}".rstrip())
    return lines + [f"  note: {note}" for note in report.notes]


def columns(report: Report) -> dict[str, Any]:
    """Give every single number by name, such as "levels.rms_dbfs", for a table; MFCC are numbered from 0."""
    plain = report.to_json()
    flat: dict[str, Any] = {"name": plain["name"]}
    for group in ("file", "levels", "activity", "pitch", "timbre"):
        for name, value in plain[group].items():
            if isinstance(value, list):
                flat.update({f"{group}.{name}_{at}": part for at, part in enumerate(value)})
            elif not isinstance(value, dict):
                flat[f"{group}.{name}"] = value
    flat["tempo_bpm"] = plain["tempo_bpm"]
    flat["speakers"] = None if plain["speakers"] is None else len(plain["speakers"])
    for name in ("overall", "signal", "background"):
        flat[f"mos.{name}"] = plain["mos"][name] if plain["mos"] else None
    return {**flat, "fit_for_cloning": plain["fit_for_cloning"]["verdict"], "notes": " ".join(plain["notes"])}


def number(value: float | None, digits: int = 1) -> str:
    """Write a number, or "-" for None."""
    return "-" if value is None else f"{value:.{digits}f}"


def percent(fraction: float | None) -> str:
    """Write a fraction in percent, or "-" for None."""
    return "-" if fraction is None else f"{fraction:.0%}"


def _facts(report: Report) -> list[tuple[str, str]]:
    file, levels, activity, pitch = report.file, report.levels, report.activity, report.pitch
    timbre, mos = report.timbre, report.mos
    kind = "/".join(dict.fromkeys(filter(None, (file.format, file.codec)))) or "in memory"
    channels = {1: "mono", 2: "stereo"}.get(file.channels, f"{file.channels} channels")
    depth = f", {file.bit_depth} bits" if file.bit_depth else ""
    low_hz, median_hz, high_hz = (number(value, 0) for value in (pitch.low_hz, pitch.median_hz, pitch.high_hz))
    return [
        ("file", f"{clock_face(file.duration_s)}, {kind}, {file.sample_rate} Hz, {channels}{depth}"),
        ("tags", "; ".join(f"{name}: {value}" for name, value in file.tags.items())),
        (
            "loudness",
            f"{number(levels.integrated_lufs)} LUFS, range {number(levels.loudness_range_lu)} LU, loudest moment "
            f"{number(levels.momentary_max_lufs)} and 3 s {number(levels.short_term_max_lufs)} LUFS",
        ),
        ("peak", f"{levels.peak_dbfs:.1f} dBFS, true peak {levels.true_peak_dbtp:.1f} dBTP"),
        ("level", f"RMS {levels.rms_dbfs:.1f} dBFS, crest factor {number(levels.crest_factor_db)} dB"),
        ("clipping", f"{levels.clipped_samples} samples ({levels.clipped_fraction:.3%}), DC {levels.dc_offset:+.5f}"),
        (
            "activity",
            f"speech {percent(activity.speech_fraction)}, music {percent(activity.music_fraction)}, noise "
            f"{percent(activity.noise_fraction)}, silence {percent(activity.silence_fraction)}",
        ),
        ("noise", f"floor {activity.noise_floor_dbfs:.1f} dBFS, SNR {number(activity.snr_db)} dB"),
        ("bandwidth", f"{activity.bandwidth_hz:.0f} Hz"),
        ("pitch", f"{median_hz} Hz ({low_hz} to {high_hz}), {percent(pitch.voiced_fraction)} voiced, {pitch.method}"),
        (
            "timbre",
            f"centroid {timbre.centroid_hz:.0f} Hz, roll-off {timbre.rolloff_hz:.0f} Hz, zero crossings "
            f"{timbre.zero_crossing_rate:.3f}; MFCC in --json",
        ),
        ("segments", _segments(report)),
        ("tempo", f"{report.tempo_bpm:.1f} beats a minute" if report.tempo_bpm else ""),
        ("beats", "" if report.beats_s is None else str(len(report.beats_s))),
        ("onsets", "" if report.onsets_s is None else str(len(report.onsets_s))),
        ("speakers", "" if report.speakers is None else ", ".join(f"{part:.0%}" for part in report.speakers) or "none"),
        ("MOS", f"{mos.overall:.2f}, signal {mos.signal:.2f}, background {mos.background:.2f}" if mos else ""),
    ]


def _segments(report: Report) -> str:
    kinds = [part.kind for part in report.segments]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(sorted(kinds)))

"""One picture of a recording: waveform with its segments, log-mel spectrogram, pitch, loudness."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiokit.analysis.segments import Kind, region_mask
from audiokit.analysis.spectrum import HOP_S, MELS, RATE, mel_frequencies_hz
from audiokit.analysis.tracks import LEVEL_S
from audiokit.dsp.loudness import GATING_BLOCK_S, SHORT_TERM_S, STEP_S, momentary_loudness, short_term_loudness
from audiokit.errors import AudioFileError, MissingDependencyError

if TYPE_CHECKING:
    from audiokit.analysis.report import Report
    from audiokit.analysis.survey import Survey

SIZE_INCHES = (12.0, 10.0)
DOTS_PER_INCH = 110
COLUMNS = 1600  # more do not fit on the paper
QUIETEST_LUFS = -60.0
TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
MOST_TICKS = 12
MEL_TICKS_HZ = (250, 500, 1000, 2000, 4000, 8000)
COLORS: dict[Kind, str] = {"speech": "#2a9d5c", "music": "#8e5bd0", "noise": "#d08a2a", "sound": "#4a7fb5"}


def draw(heard: Survey, report: Report, path: str | os.PathLike[str]) -> None:
    """Draw one recording into a PNG.

    Parameters
    ----------
    heard : the tracks.
    report : the numbers.
    path : the picture's place; its folder must exist.

    Raises
    ------
    MissingDependencyError : matplotlib is not installed.
    AudioFileError : the picture cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", extra="plot") from error
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    # File names may hold dollar signs, which would be taken for formulas.
    figure.suptitle(Path(heard.name).name, fontsize=13, parse_math=False)
    panels = figure.subplots(4, 1, sharex=True, height_ratios=(3, 4, 3, 3))
    for draw_panel, axes in zip((_waveform, _spectrogram, _pitch, _loudness), panels, strict=True):
        draw_panel(axes, heard, report)
    panels[-1].set_xlim(0, heard.file.duration_s)
    panels[-1].set_xlabel("time" if heard.file.duration_s > 90 else "time in s")
    panels[-1].set_xticks(np.arange(0, heard.file.duration_s, _tick_s(heard.file.duration_s)))
    panels[-1].xaxis.set_major_formatter(_clock(heard.file.duration_s))
    try:
        figure.savefig(path, format="png", dpi=DOTS_PER_INCH)
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror or error}. Check the folder, its permissions and room."
        raise AudioFileError(message, reason="cannot write") from error


def _waveform(axes: Any, heard: Survey, report: Report) -> None:
    step = max(1, len(heard.track.lows) // COLUMNS)
    starts = np.arange(0, len(heard.track.lows), step)
    lows, highs = np.minimum.reduceat(heard.track.lows, starts), np.maximum.reduceat(heard.track.highs, starts)
    axes.fill_between(starts * LEVEL_S, lows, highs, step="post", color="#303a46", linewidth=0.4, edgecolor="#303a46")
    for kind, color in COLORS.items():
        spans = [(part.start_s, part.duration_s) for part in report.segments if part.kind == kind]
        if spans:
            limit = max(0.1, 1.1 * float(np.abs([lows.min(), highs.max()]).max()))
            axes.broken_barh(spans, (-limit, 2 * limit), facecolor=color, alpha=0.22, label=kind, linewidth=0)
            axes.set_ylim(-limit, limit)
    if axes.get_legend_handles_labels()[0]:
        _legend(axes)
    axes.set_ylabel("waveform")


def _spectrogram(axes: Any, heard: Survey, report: Report) -> None:
    picture = heard.features.picture_db
    seconds = len(heard.features.onset_strength) * HOP_S
    image = axes.imshow(
        picture, origin="lower", aspect="auto", cmap="magma", extent=(0, seconds, 0, MELS), interpolation="nearest"
    )
    ticks_hz = [tick_hz for tick_hz in MEL_TICKS_HZ if tick_hz < RATE / 2]
    axes.set_yticks(np.interp(ticks_hz, mel_frequencies_hz(), np.arange(MELS) + 0.5), [f"{hz:,}" for hz in ticks_hz])
    axes.set_ylabel("frequency in Hz (mel)")
    axes.figure.colorbar(image, ax=axes, label="dB", pad=0.01)


def _pitch(axes: Any, heard: Survey, report: Report) -> None:
    pitches_hz = heard.pitch.pitch_hz
    times_s = (np.arange(len(pitches_hz)) + 0.5) * heard.pitch.step_s
    spoken = [part for part in report.segments if part.kind in ("speech", "sound")]
    inside = region_mask(spoken, round(heard.file.duration_s / LEVEL_S) + 1)
    shown = inside[np.minimum((times_s / LEVEL_S).astype(int), len(inside) - 1)] if spoken else slice(None)
    axes.plot(times_s[shown], pitches_hz[shown], ".", color="#2a6fb5", markersize=4 if len(times_s) < 1000 else 1.5)
    if report.pitch.median_hz:
        median_hz = report.pitch.median_hz
        axes.axhline(median_hz, color="#c0392b", linewidth=1, label=f"median {median_hz:.0f} Hz")
        _legend(axes)
    axes.set_ylim(50, 500)
    axes.set_yscale("log")
    axes.set_yticks([60, 100, 200, 300, 500], ["60", "100", "200", "300", "500"])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.set_ylabel("pitch in Hz")


def _loudness(axes: Any, heard: Survey, report: Report) -> None:
    for loudness, window_s, color, label in (
        (momentary_loudness(heard.step_powers), GATING_BLOCK_S, "#b8c4cf", "momentary, 0.4 s"),
        (short_term_loudness(heard.step_powers), SHORT_TERM_S, "#2a6fb5", "short-term, 3 s"),
    ):
        times_s = np.arange(len(loudness)) * STEP_S + window_s / 2
        step = max(1, len(loudness) // COLUMNS)
        axes.plot(
            times_s[::step], np.maximum(loudness, 2 * QUIETEST_LUFS)[::step], color=color, linewidth=1, label=label
        )
    integrated_lufs = report.levels.integrated_lufs
    if integrated_lufs is not None and integrated_lufs > QUIETEST_LUFS:
        label = f"integrated {integrated_lufs:.1f} LUFS"
        axes.axhline(integrated_lufs, color="#c0392b", linewidth=1, label=label)
    axes.set_ylim(QUIETEST_LUFS, 0)
    axes.grid(alpha=0.3)
    axes.set_ylabel("loudness in LUFS")
    _legend(axes)


def _legend(axes: Any) -> None:
    axes.legend(loc="upper right", fontsize=8, ncols=3, framealpha=0.85)


def _tick_s(duration_s: float) -> float:
    """Choose the round distance of marks on the time axis, in seconds."""
    return next((tick_s for tick_s in TICKS_S if duration_s / tick_s <= MOST_TICKS), 3600.0)


def _clock(duration_s: float) -> Callable[[float, int], str]:
    """Give the writer of the time axis: seconds, m:ss, or h:mm:ss for long recordings."""

    def write(time_s: float, place: int) -> str:
        if duration_s <= 90:
            return f"{time_s:g}"
        minutes, seconds = divmod(round(time_s), 60)
        return f"{minutes}:{seconds:02}" if duration_s < 3600 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"

    return write

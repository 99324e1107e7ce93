"""What a notebook shows of an `Audio`: a waveform and a player, in plain HTML without scripts or downloads."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
import soundfile

from audiokit.audio.buffer import Audio, Samples

MOST_WAV_BYTES = 20_000_000  # a notebook keeps every output; 20 MB are 10 minutes of 16 kHz mono
PREVIEW_S, PREVIEW_RATE = 600.0, 24_000  # about 15 MB of FLAC
LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000  # what every browser plays
COLUMNS, LANE_HEIGHT = 800, 60

PAGE = """\
<figure style="margin: 0; max-width: 50em; font: 0.8em sans-serif">
{waveform}
<figcaption style="opacity: 0.75; margin: 0.3em 0">{caption}</figcaption>
{player}
</figure>"""

WAVEFORM = """\
<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="waveform" \
style="display: block; width: 100%; height: {height}px">
<g stroke="#3b82c4" fill="#3b82c4" stroke-width="1">
{lanes}
</g>
</svg>
<div style="display: flex; justify-content: space-between; opacity: 0.75">{ticks}</div>"""


def to_html(audio: Audio) -> str:
    """Draw and play `audio` in HTML that stands alone.

    The waveform spans the whole, each channel of a stereo sound in its own lane, scaled to the peak that the caption
    names. The player has the whole as 16-bit WAV up to 20 MB; of more, the first 10 minutes, mono at 24 kHz.

    Parameters
    ----------
    audio : any rate, any length; more than two channels are mixed to one.
    """
    shown = audio if audio.channels <= 2 else audio.mono()
    if not audio.frames:
        return PAGE.format(waveform="", caption=_caption(audio), player="")
    source, note = _playable(shown)
    player = f'<audio controls preload="metadata" style="width: 100%" src="{source}"></audio>{note}'
    return PAGE.format(waveform=_waveform(shown), caption=_caption(audio), player=player)


def _caption(audio: Audio) -> str:
    peak = float(np.abs(audio.samples).max(initial=0.0))
    level = f"peak {20 * math.log10(peak):z.1f} dBFS" if peak else "silence"
    sound = repr(audio).removeprefix("Audio(").removesuffix(")")
    return f"{sound}, {level}" if audio.frames else sound


def _playable(audio: Audio) -> tuple[str, str]:
    """Give a data URI, and a note if it is not the whole."""
    rate = max(LOWEST_RATE, min(audio.sample_rate, HIGHEST_RATE))
    if audio.duration_s * rate * audio.channels * 2 <= MOST_WAV_BYTES:
        return _data_uri(audio.resample(rate), "wav"), ""
    preview = audio[:PREVIEW_S].mono().resample(min(rate, PREVIEW_RATE))
    note = f"preview: mono, {preview.sample_rate} Hz"
    if audio.duration_s > PREVIEW_S:
        note += f", the first {_clock(PREVIEW_S)} of {_clock(audio.duration_s)}"
    return _data_uri(preview, "flac"), f'\n<div style="opacity: 0.75">{note}</div>'


def _data_uri(audio: Audio, container: str) -> str:
    file = io.BytesIO()
    soundfile.write(file, audio.samples, audio.sample_rate, format=container.upper(), subtype="PCM_16")
    return f"data:audio/{container};base64,{base64.b64encode(file.getbuffer()).decode('ascii')}"


def _waveform(audio: Audio) -> str:
    lowest, highest = _envelope(audio.samples)
    peak = max(float(highest.max()), -float(lowest.min())) or 1.0
    lanes = [_lane(lowest[:, lane] / peak, highest[:, lane] / peak, lane) for lane in range(audio.channels)]
    ticks = "".join(f"<span>{_clock(audio.duration_s * part / 4)}</span>" for part in range(5))
    height = LANE_HEIGHT * audio.channels
    return WAVEFORM.format(width=COLUMNS, height=height, lanes="\n".join(lanes), ticks=ticks)


def _envelope(samples: Samples) -> tuple[Samples, Samples]:
    """Find the lowest and the highest sample of each column and channel; short sounds have a column a frame."""
    starts = np.linspace(0, len(samples), min(COLUMNS, len(samples)), endpoint=False).astype(np.intp)
    return np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)


def _lane(lowest: Samples, highest: Samples, lane: int) -> str:
    middle, scale = LANE_HEIGHT * (lane + 0.5), LANE_HEIGHT / 2 - 2
    across = np.linspace(0, COLUMNS, len(lowest))
    top, bottom = middle - scale * highest, middle - scale * lowest
    upper = [f"{x:.1f},{y:.1f}" for x, y in zip(across, top, strict=True)]
    lower = [f"{x:.1f},{y:.1f}" for x, y in zip(across[::-1], bottom[::-1], strict=True)]
    return f'<polygon vector-effect="non-scaling-stroke" points="{" ".join(upper + lower)}"/>'


def _clock(time_s: float) -> str:
    if time_s < 60:
        return f"{time_s:.3g} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

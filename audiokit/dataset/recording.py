"""One recording: listened to, cut, measured, judged, levelled, written."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import soundfile

from audiokit.analysis.activity import speech_regions
from audiokit.analysis.segments import Mask
from audiokit.audio.buffer import Audio
from audiokit.dataset.judge import quality, refusals
from audiokit.dataset.listen import Advance, Heard, Speech, from_steps, in_steps, listen
from audiokit.dataset.measure import Measured, measure
from audiokit.dataset.segment import Lengths, segment
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.stretches import WINDOW_S, Stretch, find_stretches
from audiokit.dsp.denoise import denoise
from audiokit.dsp.dynamics import limit
from audiokit.dsp.fades import fade_edges
from audiokit.dsp.levels import gain_from_db
from audiokit.dsp.loudness import integrated_loudness, loudness_lufs

FADE_S = 0.01  # inside the room, so that it never touches speech
FORCED_FADE_S = 0.003  # no room there: just enough against a click
QUIETEST = -120.0  # stands for minus infinity, which JSON cannot carry


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker needs to prepare one recording."""

    name: str
    """How the recording is called in messages."""
    path: Path
    """The recording."""
    sha256: str
    """Hash of its file."""
    id: str
    """Its name among the clips."""
    clips: Path
    """Folder for the clips."""
    work: Path
    """Folder for what is not finished; on the same disk as `clips`."""
    heard: Path
    """File that keeps what the detector heard, for a run with other settings."""
    settings: PrepSettings
    """How to prepare it."""


def prepare_recording(job: Job, advance: Advance) -> dict[str, Any]:
    """Make the clips of one recording; give its row and theirs, ready for JSON.

    Clips that pass the judges are written whole or not at all.
    """
    spool = job.work / f"{job.id}.spool"
    try:
        speech = _load_speech(job.heard)
        heard = listen(job.path, spool, job.settings, speech, advance)
        if speech is None:
            _keep_speech(heard.speech, job.heard)
        stretches = find_stretches(heard.levels_db, speech_regions(heard.speech.probabilities, heard.speech.window_s))
        measured = _measured(heard, stretches, job.settings, advance)
        return {"source": _row(heard, stretches, measured), "clips": _clips(job, heard, measured, advance)}
    finally:
        with suppress(FileNotFoundError):
            spool.unlink()


def _measured(heard: Heard, stretches: Sequence[Stretch], settings: PrepSettings, advance: Advance) -> list[Measured]:
    lengths = Lengths(
        min_s=settings.min_s, max_s=settings.max_s, max_pause_s=settings.max_pause_s, room_s=settings.room_s
    )
    spoken: Mask = np.zeros(len(heard.levels_db), bool)
    for stretch in stretches:
        spoken[stretch.start : stretch.end] = True
    segments = segment(stretches, heard.levels_db, lengths)
    noisy_db = heard.levels_db.copy() if settings.denoise else None
    if settings.denoise:
        for part in segments:
            heard.overwrite(part.start_s, denoise(_sound(heard, part.start_s, part.end_s)).samples)
            advance(heard.duration_s)  # a sign of life, here and below
    measured = []
    for part in segments:
        sound = _sound(heard, part.start_s, part.end_s)
        measured.append(measure(heard, part, sound, spoken, noisy_db=noisy_db))
        advance(heard.duration_s)
    return measured


def _sound(heard: Heard, start_s: float, end_s: float) -> Audio:
    return Audio(heard.read(start_s, end_s), heard.sample_rate)


def _row(heard: Heard, stretches: Sequence[Stretch], measured: Sequence[Measured]) -> dict[str, Any]:
    return {
        "duration_s": round(heard.duration_s, 6),
        "sample_rate": heard.source_rate,
        "channels": heard.source_channels,
        "speech_s": round(sum(stretch.end - stretch.start for stretch in stretches) * WINDOW_S, 2),
        "lufs": _tidy(_loudness(measured)) if measured else None,
        "warning": heard.truncated,
    }


def _loudness(measured: Sequence[Measured]) -> float:
    """Loudness of all the speech of a recording, gated over its clips together."""
    return integrated_loudness(np.concatenate([clip.step_powers for clip in measured])) if measured else -np.inf


def _clips(job: Job, heard: Heard, measured: Sequence[Measured], advance: Advance) -> list[dict[str, Any]]:
    recording_lufs = _loudness(measured)
    clips = []
    for clip in measured:
        clips.append(_clip(job, heard, clip, recording_lufs))
        advance(heard.duration_s)
    return clips


def _clip(job: Job, heard: Heard, clip: Measured, recording_lufs: float) -> dict[str, Any]:
    settings = job.settings
    own_lufs = integrated_loudness(clip.step_powers)
    reference = recording_lufs if settings.loudness_per == "recording" else own_lufs
    gain_db = 0.0
    if settings.loudness_lufs is not None and np.isfinite(reference):
        gain_db = round(settings.loudness_lufs - reference, 3)
    numbers = {
        **clip.numbers,
        "id": f"{job.id}-{round(clip.segment.start_s * 1000):08d}",
        "start_s": clip.segment.start_s,
        "end_s": clip.segment.end_s,
        "sample_rate": heard.sample_rate,
        "gain_db": gain_db,
        "limited": clip.peak_dbtp + gain_db > settings.peak_dbtp,
        "lufs": _tidy(own_lufs + gain_db),
        "peak_dbtp": _tidy(clip.peak_dbtp + gain_db),
        "quality": quality(clip.numbers),
        "file": None,
    }
    if refusals(numbers, settings):
        return numbers
    return {**numbers, **_write_clip(job, heard, numbers)}


def _write_clip(job: Job, heard: Heard, numbers: dict[str, Any]) -> dict[str, Any]:
    """Level, limit, fade and write one clip; give what that settles about it."""
    settings = job.settings
    audio = _sound(heard, numbers["start_s"], numbers["end_s"])
    audio = Audio(audio.samples * np.float32(gain_from_db(numbers["gain_db"])), audio.sample_rate)
    settled: dict[str, Any] = {}
    if numbers["limited"]:
        audio = limit(audio, settings.peak_dbtp)
        settled = {"peak_dbtp": settings.peak_dbtp, "lufs": _tidy(loudness_lufs(audio))}
    fades = (FORCED_FADE_S if numbers[cut] == "forced" else FADE_S for cut in ("start_cut", "end_cut"))
    path, data = job.work / f"{numbers['id']}.{settings.format}", _encoded(fade_edges(audio, *fades), settings.format)
    path.write_bytes(data)
    os.replace(path, job.clips / path.name)
    settled["file"] = {"name": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
    return settled


def _encoded(audio: Audio, file_format: str) -> bytes:
    """Encode a clip in memory, where it is hashed too."""
    file = io.BytesIO()
    soundfile.write(file, audio.samples, audio.sample_rate, format=file_format, subtype="PCM_16")
    return file.getvalue()


def _load_speech(path: Path) -> Speech | None:
    """Read what an earlier run heard; anything odd means listening again."""
    try:
        with np.load(path) as kept:
            steps, window_s = kept["steps"], float(kept["window_s"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return Speech(probabilities=from_steps(steps), window_s=window_s)


def _keep_speech(speech: Speech, path: Path) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, steps=in_steps(speech.probabilities), window_s=np.float64(speech.window_s))
    os.replace(part, path)


def _tidy(value: float) -> float:
    return round(max(value, QUIETEST), 2)

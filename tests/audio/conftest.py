"""Recordings of every kind, made by soundfile and PyAV themselves, so that audiokit is judged by others' work."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from av.stream import Disposition

from audiokit.audio.buffer import Audio, Samples

RATE = 48000
DURATION_S = 2.0
LEFT_HZ, RIGHT_HZ = 440.0, 1000.0
HANG_S = 60
LAYOUTS = {1: "mono", 2: "stereo"}

Mux = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """End the run, with a traceback, when a decoder does not come back: no signal would reach it."""
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def stereo() -> Audio:
    """Two seconds: a lower tone on the left, a higher one on the right, both at -12 dBFS."""
    time_s = np.arange(round(DURATION_S * RATE)) / RATE
    tones = [0.25 * np.sin(2 * np.pi * tone_hz * time_s) for tone_hz in (LEFT_HZ, RIGHT_HZ)]
    return Audio(np.stack(tones, axis=1).astype(np.float32), RATE)


@pytest.fixture(scope="session")
def noise() -> Samples:
    """Ten seconds of mono noise: no coder makes it small."""
    return (0.1 * np.random.default_rng(1).standard_normal((10 * RATE, 1))).astype(np.float32)


@pytest.fixture(scope="session")
def mux() -> Mux:
    """A maker of files that only FFmpeg writes: `mux(path, container, codec, audio, cover=True, ...)`."""
    return _mux


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory, stereo: Audio) -> dict[str, Path]:
    """The stereo tones in every container, by name; all whole and good."""
    folder = tmp_path_factory.mktemp("recordings")
    made = {name: folder / name for name in SNDFILE_MADE}
    for name, (container, subtype) in SNDFILE_MADE.items():
        soundfile.write(made[name], stereo.samples, RATE, format=container, subtype=subtype)
    for name, (container, codec, options) in FFMPEG_MADE.items():
        made[name] = _mux(folder / name, container, codec, stereo, **options)
    return made


SNDFILE_MADE = {
    "tones.wav": ("WAV", "PCM_16"),
    "extensible.wav": ("WAVEX", "PCM_24"),
    "float.wav": ("WAV", "FLOAT"),
    "long.rf64": ("RF64", "PCM_16"),
    "long.w64": ("W64", "PCM_16"),
    "tones.aiff": ("AIFF", "PCM_16"),
    "tones.caf": ("CAF", "PCM_16"),
    "tones.au": ("AU", "PCM_16"),
    "tones.flac": ("FLAC", "PCM_16"),
    "deep.flac": ("FLAC", "PCM_24"),
    "tones.ogg": ("OGG", "VORBIS"),
    "tones.opus": ("OGG", "OPUS"),
    "tones.mp3": ("MP3", "MPEG_LAYER_III"),
}

FFMPEG_MADE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "tones.m4a": ("ipod", "aac", {}),
    "book.m4b": ("mp4", "aac", {"cover": True, "chapters": True}),
    "fast.m4a": ("ipod", "aac", {"options": {"movflags": "faststart"}}),
    "fragments.mp4": ("mp4", "aac", {"options": {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"}}),
    "lossless.m4a": ("ipod", "alac", {}),
    "tones.webm": ("webm", "libopus", {}),
    "live.webm": ("webm", "libopus", {"options": {"live": "1"}}),
    "film.mp4": ("mp4", "aac", {"video": True}),
    "film.mkv": ("matroska", "aac", {"video": True}),
    "film.mov": ("mov", "pcm_s16le", {"video": True}),
    "film.avi": ("avi", "mp2", {"video": True}),
    "tones.aac": ("adts", "aac", {}),
    "tones.wma": ("asf", "wmav2", {}),
}


def _mux(
    path: Path,
    container: str,
    codec: str | None,
    audio: Audio,
    *,
    cover: bool = False,
    chapters: bool = False,
    video: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    with av.open(path, "w", format=container, options=options or {}) as file:
        sound: Any = file.add_stream(codec, rate=audio.sample_rate, layout=LAYOUTS[audio.channels]) if codec else None
        if codec in ("aac", "wmav2", "libopus"):
            sound.bit_rate = 128_000
        if chapters:
            file.set_chapters([_chapter(1, 0, 1000), _chapter(2, 1000, 2000)])
        if cover:
            _draw(file, "png", "rgb24", pictures=1, disposition=Disposition.attached_pic)
        if video:
            _draw(file, "mpeg4", "yuv420p", pictures=25)
        if sound:
            frame = av.AudioFrame.from_ndarray(audio.samples.reshape(1, -1), "flt", LAYOUTS[audio.channels])
            frame.sample_rate, frame.pts, frame.time_base = audio.sample_rate, 0, Fraction(1, audio.sample_rate)
            file.mux([*sound.encode(frame), *sound.encode(None)])
    return path


def _chapter(number: int, start_ms: int, end_ms: int) -> Any:
    title = {"title": f"Chapter {number}"}
    return {"id": number, "start": start_ms, "end": end_ms, "time_base": Fraction(1, 1000), "metadata": title}


def _draw(file: Any, codec: str, pixels: str, *, pictures: int, disposition: Disposition | None = None) -> None:
    stream = file.add_stream(codec, rate=25, width=64, height=64, pix_fmt=pixels)
    if disposition:
        stream.disposition = disposition
    for number in range(pictures):
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number, np.uint8), format="rgb24")
        picture.pts = number
        file.mux(stream.encode(picture))
    file.mux(stream.encode(None))

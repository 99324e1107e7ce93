"""What the voices of the service sound like: a tone, 40 ms a character."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from audiokit.audio.buffer import Samples

CHARACTER_S = 0.04


def hum(text: str, sample_rate: int, pitch_hz: float = 220.0) -> Samples:
    """Give float32 of shape (frames,), peak 0.5."""
    time_s = np.arange(round(len(text) * CHARACTER_S * sample_rate)) / sample_rate
    return (0.5 * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


def encoded(samples: Samples, output_format: str) -> bytes:
    kind, rate = output_format.split("_")[:2]
    if kind == "pcm":
        return (samples * 32767).astype("<i2").tobytes()
    return mp3(samples, int(rate))


def mp3(samples: Samples, sample_rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format="MP3")
    return file.getvalue()


def rate_of(output_format: str) -> int:
    return int(output_format.split("_")[1])

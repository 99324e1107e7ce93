"""`audiokit.audio.mpeg`: frames and the header that counts them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.audio.mpeg import MpegStart, mpeg_start

JUNK = np.random.default_rng(8).bytes(40_000)
MONO_32K_16K = b"\xff\xf3\x48\xc4" + bytes(140)  # MPEG-2 layer III, 32 kbit/s, 16 kHz: 144 bytes a frame


@pytest.mark.parametrize(
    ("sample_rate", "channels"), [(8000, 1), (16000, 1), (22050, 2), (32000, 2), (44100, 1), (48000, 2)]
)
@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
def test_the_promise_is_the_length_that_was_encoded(tmp_path: Path, sample_rate: int, channels: int, mode: str) -> None:
    path = tmp_path / "noise.mp3"
    noise = 0.1 * np.random.default_rng(2).standard_normal((sample_rate + 17, channels))
    soundfile.write(path, noise, sample_rate, bitrate_mode=mode)
    start = mpeg_start(io.BytesIO(JUNK + path.read_bytes()))
    assert start is not None
    assert (start.sample_rate, start.promised_frames) == (sample_rate, sample_rate + 17)


@pytest.mark.parametrize(
    ("data", "is_mpeg"),
    [
        (MONO_32K_16K * 3, True),
        (MONO_32K_16K * 2, True),  # the whole file
        (JUNK + MONO_32K_16K * 3 + JUNK, True),
        (b"\xff" + MONO_32K_16K * 3, True),
        (JUNK + MONO_32K_16K * 2 + JUNK, False),
        (MONO_32K_16K + JUNK, False),
        (JUNK, False),
        (b"\xff" * 10_000, False),
        (b"", False),
    ],
)
def test_only_a_chain_of_frames_is_mpeg_audio(data: bytes, is_mpeg: bool) -> None:
    expected = (
        MpegStart(sample_rate=16000, frame_samples=576, promised_frames=None, promised_bytes=None) if is_mpeg else None
    )
    assert mpeg_start(io.BytesIO(data)) == expected


def test_a_fraunhofer_header_counts_frames_too() -> None:
    header = bytearray(MONO_32K_16K)
    header[36:54] = b"VBRI\0\1\0\0\0\0\0\0\0\0\0\0\0\x64"
    start = mpeg_start(io.BytesIO(bytes(header) + MONO_32K_16K * 2))
    assert start is not None
    assert start.promised_frames == 100 * 576

from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of, to_pcm16


def test_every_16_bit_value_comes_back_as_it_went() -> None:
    data = np.arange(-32768, 32768, dtype="<i2").tobytes()
    assert AudioChunk.from_pcm16(data, 16000).to_pcm16() == data


@pytest.mark.parametrize(
    ("value", "integer"), [(0.0, 0), (1.0, 32767), (7.5, 32767), (-1.0, -32768), (-7.5, -32768), (0.5, 16384)]
)
def test_values_beyond_full_scale_are_clipped(value: float, integer: int) -> None:
    assert to_pcm16(np.full((1, 1), value, np.float32)) == np.array([integer], "<i2").tobytes()


def test_pcm_is_little_endian() -> None:
    assert AudioChunk.from_pcm16(b"\x00\x40", 8000).samples[0, 0] == 0.5


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="even number"):
        AudioChunk.from_pcm16(b"abc", 16000)


def test_a_chunk_is_mono_and_knows_its_length() -> None:
    chunk = AudioChunk.from_pcm16(bytes(640), 16000)
    assert chunk.samples.shape == (320, 1)
    assert chunk.duration_s == 0.02


def test_chunks_joined_are_the_audio() -> None:
    audio = Audio(np.linspace(-1, 1, 1000), 16000)
    chunks = list(chunks_of(audio))
    assert [len(chunk.samples) for chunk in chunks] == [320, 320, 320, 40]
    assert np.array_equal(np.concatenate([chunk.samples for chunk in chunks]), audio.samples)


def test_a_stream_is_mono() -> None:
    with pytest.raises(ValueError, match="mono"):
        next(chunks_of(Audio(np.zeros((10, 2)), 16000)))


def test_nothing_has_no_chunks() -> None:
    assert list(chunks_of(Audio(np.zeros((0, 1)), 16000))) == []

"""`audiokit.audio.ffmpeg`: what only compressed streams do, which may change, break and carry pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.audio.decode import open_reader
from audiokit.audio.ffmpeg import FfmpegSource
from audiokit.audio.source import DecodingError

RATE = 48000


# FFmpeg keeps the power of a mono sound: each of two channels is 3 dB lower.
@pytest.mark.parametrize(("sample_rate", "channels", "peak"), [(24000, 2, 0.25), (48000, 1, 0.177), (22050, 1, 0.177)])
def test_a_stream_that_changes_is_converted_to_its_beginning(
    recordings: dict[str, Path], tmp_path: Path, sample_rate: int, channels: int, peak: float
) -> None:
    other = tmp_path / "other.mp3"
    tone = 0.25 * np.sin(2 * np.pi * 440 * np.arange(2 * sample_rate) / sample_rate)
    soundfile.write(other, np.repeat(tone[:, np.newaxis], channels, axis=1), sample_rate)
    tones = recordings["tones.mp3"].read_bytes()
    path = tmp_path / "joined.mp3"
    path.write_bytes(tones + other.read_bytes() + tones)
    with open_reader(path) as reader:
        samples = np.concatenate(list(reader.blocks(5000)))
        assert (reader.sample_rate, samples.shape[1]) == (RATE, 2)
    assert len(samples) / RATE == pytest.approx(6.0, abs=0.3)
    second_part = samples[round(2.5 * RATE) : round(3.5 * RATE), 0]
    peaks = np.abs(np.fft.rfft(second_part * np.hanning(len(second_part))))
    assert int(np.argmax(peaks)) == 440
    assert np.abs(second_part).max() == pytest.approx(peak, rel=0.1)


def test_a_file_without_a_name_is_read_by_its_content(recordings: dict[str, Path]) -> None:
    source = FfmpegSource(io.BytesIO(recordings["tones.m4a"].read_bytes()))
    assert (source.codec, source.sample_rate, source.channels) == ("aac", RATE, 2)
    assert source.expected_s == pytest.approx(2.0, abs=0.05)


def test_what_is_no_recording_is_left_to_others() -> None:
    with pytest.raises(DecodingError) as refused:
        FfmpegSource(io.BytesIO(bytes(5000)))
    assert refused.value.reason == ""


def test_a_place_that_cannot_be_prints_nothing(recordings: dict[str, Path], capfd: pytest.CaptureFixture[str]) -> None:
    class Unseekable(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            if offset > 1000:
                raise OSError(22, "Invalid argument")
            return super().seek(offset, whence)

    with pytest.raises(DecodingError):
        FfmpegSource(Unseekable(recordings["tones.m4a"].read_bytes()))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["book.m4b", "film.mp4", "film.mkv"])
def test_pictures_are_left_out(recordings: dict[str, Path], name: str) -> None:
    source = FfmpegSource(io.BytesIO(recordings[name].read_bytes()))
    assert sum(map(len, source.blocks(4096))) == pytest.approx(2 * RATE, abs=1024)


def test_tags_in_no_known_alphabet_do_no_harm(recordings: dict[str, Path]) -> None:
    title = b"TIT2\0\0\0\x05\0\0\x03\xff\xfe\xe9\xe8"
    tagged = b"ID3\x03\0\0\0\0\0" + bytes([len(title)]) + title + recordings["tones.mp3"].read_bytes()
    assert FfmpegSource(io.BytesIO(tagged)).format == "mp3"

"""audiokit.audio.encode and its parts: audiokit.audio.formats, audiokit.audio.encoders, audiokit.audio.tags."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.encode import open_pipe_writer, open_writer
from audiokit.audio.encoders import as_integers
from audiokit.audio.files import info, read, write
from audiokit.audio.formats import FORMATS, Encoding, fitting_rate
from audiokit.dsp.quantize import quantize
from audiokit.errors import AudioFileError

TAGS = {"title": "Grüße", "artist": "Ann"}

COVERED = [name for name, row in FORMATS.items() if row.cover]


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cover") / "face.png"
    with av.open(path, "w", format="image2", options={"update": "1"}) as file:
        stream: Any = file.add_stream("png", rate=1, width=8, height=6, pix_fmt="rgb24")
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((6, 8, 3), 90, np.uint8), format="rgb24")))
        file.mux(stream.encode(None))
    return path


def told_tags(path: Path) -> dict[str, str]:
    with av.open(path) as file:
        return {key.lower(): text for key, text in [*file.metadata.items(), *file.streams.audio[0].metadata.items()]}


@pytest.mark.parametrize("extension", FORMATS)
def test_pieces_give_the_same_file_as_the_whole(tmp_path: Path, stereo: Audio, extension: str) -> None:
    whole, pieces = tmp_path / f"whole.{extension}", tmp_path / f"pieces.{extension}"
    write(whole, stereo)
    with open_writer(pieces, stereo.sample_rate, 2, frames=stereo.frames) as writer:
        for start in range(0, stereo.frames, 10_007):
            writer.write(stereo.samples[start : start + 10_007])
    assert np.abs(read(pieces).samples[: stereo.frames] - read(whole).samples[: stereo.frames]).max() < 0.02


@pytest.mark.parametrize("extension", FORMATS)
def test_tags_come_back(tmp_path: Path, stereo: Audio, extension: str) -> None:
    path = tmp_path / f"tones.{extension}"
    write(path, stereo, tags=TAGS)
    assert told_tags(path).items() >= TAGS.items()
    assert stereo.frames <= read(path).frames <= stereo.frames + 2048


@pytest.mark.parametrize("extension", COVERED)
def test_a_cover_comes_back(tmp_path: Path, stereo: Audio, picture: Path, extension: str) -> None:
    path = tmp_path / f"tones.{extension}"
    write(path, stereo, cover=picture, tags=TAGS)
    with av.open(path) as file:
        (cover,) = file.streams.video
        assert (cover.codec_context.width, cover.codec_context.height) == (8, 6)
        assert next(file.demux(cover)).size == picture.stat().st_size
    assert told_tags(path)["title"] == "Grüße"
    assert info(path).format == info(write_plain(tmp_path, stereo, extension)).format


def write_plain(folder: Path, audio: Audio, extension: str) -> Path:
    write(folder / f"plain.{extension}", audio)
    return folder / f"plain.{extension}"


@pytest.mark.parametrize("extension", ["flac", "aiff", "ogg", "wav"])
def test_tags_change_no_sample(tmp_path: Path, stereo: Audio, extension: str) -> None:
    write(tmp_path / f"tagged.{extension}", stereo, tags=TAGS)
    plain = read(write_plain(tmp_path, stereo, extension))
    assert np.array_equal(read(tmp_path / f"tagged.{extension}").samples, plain.samples)


@pytest.mark.parametrize(("extension", "kbps"), [("mp3", 64), ("mp3", 192), ("m4a", 64), ("opus", 32), ("webm", 96)])
def test_a_bit_rate_is_kept(tmp_path: Path, extension: str, kbps: int) -> None:
    noise = Audio(0.1 * np.random.default_rng(3).standard_normal((5 * 48000, 1)), 48000)
    write(tmp_path / f"noise.{extension}", noise, bitrate_bps=1000 * kbps)
    assert (tmp_path / f"noise.{extension}").stat().st_size * 8 / 5000 == pytest.approx(kbps, rel=0.1)


def test_an_mp3_has_one_constant_bit_rate(tmp_path: Path, stereo: Audio) -> None:
    write(tmp_path / "tones.mp3", stereo, bitrate_bps=192_000)
    with av.open(tmp_path / "tones.mp3") as file:
        sizes = {packet.size for packet in file.demux() if packet.size}
    assert sizes == {576}  # 144 * 192,000 / 48,000 bytes a frame


@pytest.mark.parametrize(("name", "encoding", "told"), [
    ("a.ogg", Encoding(bitrate_bps=96_000), "ogg has no bit rate of 96k. Leave it out."),
    ("a.mp3", Encoding(bitrate_bps=100_000), "mp3 has no bit rate of 100k. Use one of 8k, 16k"),
    ("a.mp3", Encoding(bitrate_bps=8_000), "mp3 has no bit rate of 8k at 48000 Hz. Use one of 32k"),
    ("a.m4a", Encoding(bitrate_bps=1_000_000), "m4a has no bit rate of 1000k. Use 6k to 512k."),
    ("a.wav", Encoding(tags={"mood": "blue"}), "wav has no tag 'mood'. Use title, artist"),
    ("a.wav", Encoding(cover=Path("face.png")), "wav holds no cover. Use one of flac"),
    ("a.mp3", Encoding(cover=Path("nowhere.png")), "nowhere.png: cover cannot be read"),
    ("a.mp3", Encoding(cover=Path(__file__)), "no JPEG or PNG"),
])  # fmt: skip
def test_an_encoding_that_a_format_does_not_know_is_refused(
    tmp_path: Path, stereo: Audio, name: str, encoding: Encoding, told: str
) -> None:
    with (
        pytest.raises(AudioFileError) as refused,
        open_writer(tmp_path / name, stereo.sample_rate, stereo.channels, encoding) as writer,
    ):
        writer.write(stereo.samples)
    assert told in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "sample_rate", "fitting"), [
    ("a.wav", 44100, 44100), ("a.opus", 44100, 48000), ("a.opus", 11025, 12000), ("a.mp3", 96000, 48000),
    ("a.m4a", 96000, 96000),
])  # fmt: skip
def test_the_fitting_rate_is_the_next_one_up(name: str, sample_rate: int, fitting: int) -> None:
    assert fitting_rate(Path(name), sample_rate) == fitting


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_integers_are_those_of_quantize(bits: int) -> None:
    audio = Audio(np.random.default_rng(5).uniform(-1.1, 1.1, (1000, 2)), 8000)
    wanted = quantize(audio, bits).samples.astype(np.float64) * 2**31
    assert np.array_equal(as_integers(audio.samples, bits), wanted)


def test_full_scale_fits_into_32_bits() -> None:
    assert as_integers(np.array([[1.0], [-1.0]], np.float32), 32)[:, 0].tolist() == [2**31 - 1, -(2**31)]


def write_and_raise(path: Path, audio: Audio, error: type[BaseException]) -> None:
    with open_writer(path, audio.sample_rate, audio.channels) as writer:
        writer.write(audio.samples)
        raise error


@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "m4a", "ogg"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_middle_leaves_nothing(
    tmp_path: Path, stereo: Audio, extension: str, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        write_and_raise(tmp_path / f"a.{extension}", stereo, error)
    assert list(tmp_path.iterdir()) == []


def test_an_error_keeps_the_file_that_was_there(tmp_path: Path, stereo: Audio) -> None:
    (tmp_path / "a.wav").write_text("old")
    with pytest.raises(RuntimeError):
        write_and_raise(tmp_path / "a.wav", stereo, RuntimeError)
    assert (tmp_path / "a.wav").read_text() == "old"


def test_another_shape_of_samples_is_refused(tmp_path: Path, stereo: Audio) -> None:
    with pytest.raises(AudioFileError), open_writer(tmp_path / "a.flac", 48000, 1) as writer:
        writer.write(stereo.samples)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files here")
@pytest.mark.parametrize("extension", ["flac", "ogg", "mp3"])
def test_a_disk_that_fills_while_tags_are_added_leaves_nothing(tmp_path: Path, picture: Path, extension: str) -> None:
    script = """
import resource, sys
import numpy as np
from audiokit.audio.buffer import Audio
from audiokit.audio.files import write
from audiokit.errors import AudioFileError
noise = Audio(np.random.default_rng(0).standard_normal((48000, 1)) / 10, 48000)
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
try:
    write(sys.argv[1], noise, tags={"title": "a" * 9000})
except AudioFileError as error:
    print(error.reason)
"""
    words = [sys.executable, "-c", script, tmp_path / f"a.{extension}"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (ran.stdout.strip(), ran.stderr) == ("cannot write", "")
    assert list(tmp_path.iterdir()) == []


class Pipe(io.RawIOBase):
    """What can be written to and nothing else."""

    def __init__(self) -> None:
        self.bytes = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.bytes += bytes(data)
        return len(data)


def test_a_pipe_gets_a_wav_of_unknown_length(tmp_path: Path, stereo: Audio) -> None:
    pipe: Any = Pipe()
    with open_pipe_writer(pipe, stereo.sample_rate, 2) as writer:
        writer.write(stereo.samples)
    assert pipe.bytes[:8] == b"RIFF\xff\xff\xff\xff"
    (tmp_path / "piped.wav").write_bytes(pipe.bytes)
    assert np.abs(read(tmp_path / "piped.wav").samples - stereo.samples).max() <= 2**-16


def test_a_pipe_that_nobody_reads_is_an_error_of_the_system(stereo: Audio) -> None:
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    with (
        os.fdopen(writing_end, "wb", buffering=0) as pipe,
        pytest.raises(BrokenPipeError),
        open_pipe_writer(pipe, stereo.sample_rate, 2) as writer,  # type: ignore[arg-type]
    ):
        writer.write(stereo.samples)


@pytest.mark.parametrize(("frames", "header"), [(None, b"JUNK"), (100, b"fmt ")])
def test_only_a_wav_of_unknown_length_keeps_room_for_large_sizes(
    tmp_path: Path, frames: int | None, header: bytes
) -> None:
    with open_writer(tmp_path / "a.wav", 8000, 1, frames=frames) as writer:
        writer.write(np.zeros((100, 1), np.float32))
    assert (tmp_path / "a.wav").read_bytes()[12:16] == header
    assert soundfile.info(tmp_path / "a.wav").frames == 100


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path, stereo: Audio) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.m4a", stereo)
    assert (tmp_path / "a.m4a").read_bytes() == (tmp_path / "b.m4a").read_bytes()


def test_writing_needs_no_more_memory_for_more_sound(tmp_path: Path) -> None:
    import tracemalloc

    def peak_bytes(blocks: int) -> int:
        block: Samples = np.zeros((65536, 2), np.float32)
        tracemalloc.start()
        with open_writer(tmp_path / "a.wav", 48000, 2) as writer:
            for _ in range(blocks):
                writer.write(block)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(1)
    assert peak_bytes(100) < peak_bytes(4) + 2_000_000

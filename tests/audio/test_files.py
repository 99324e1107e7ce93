from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.encode import Writer
from audiokit.audio.files import FileInfo, blocks, info, read, write
from audiokit.errors import AudioFileError

LOSSLESS = ["wav", "flac", "aiff", "aif"]
LOSSY = ["ogg", "opus", "mp3", "m4a", "aac", "webm"]


@pytest.mark.parametrize("extension", LOSSLESS)
def test_lossless_formats_keep_every_sample(tmp_path: Path, stereo: Audio, extension: str) -> None:
    path = tmp_path / f"tones.{extension}"
    write(path, stereo)
    again = read(path)
    assert again.sample_rate == stereo.sample_rate
    assert np.abs(again.samples - stereo.samples).max() <= 2**-16


@pytest.mark.parametrize("extension", LOSSLESS)
def test_what_was_read_is_written_without_change(tmp_path: Path, extension: str) -> None:
    every = Audio.from_integers(np.arange(-32768, 32768, dtype=np.int16), 16000)
    write(tmp_path / f"every.{extension}", every)
    assert np.array_equal(read(tmp_path / f"every.{extension}").samples, every.samples)


@pytest.mark.parametrize("extension", LOSSY)
def test_lossy_formats_keep_tones_and_length(tmp_path: Path, stereo: Audio, extension: str) -> None:
    path = tmp_path / f"tones.{extension}"
    write(path, stereo)
    again = read(path)
    assert again.sample_rate == stereo.sample_rate
    assert stereo.frames <= again.frames <= stereo.frames + 2048
    inner = again.samples[20000:70000]
    assert np.sqrt(np.mean(inner**2, axis=0)) == pytest.approx(0.25 / 2**0.5, rel=0.05)


@pytest.mark.parametrize(
    ("subtype", "step"), [("PCM_U8", 2**-7), ("PCM_24", 2**-23), ("PCM_32", 2**-24), ("FLOAT", 0), ("DOUBLE", 0)]
)
def test_a_subtype_gives_the_depth(tmp_path: Path, stereo: Audio, subtype: str, step: float) -> None:
    write(tmp_path / "deep.wav", stereo, subtype=subtype)
    assert soundfile.info(tmp_path / "deep.wav").subtype == subtype
    assert np.abs(read(tmp_path / "deep.wav").samples - stereo.samples).max() <= step


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_values_beyond_full_scale_are_limited(tmp_path: Path, subtype: str) -> None:
    write(tmp_path / "loud.wav", Audio([2.0, -2.0, 0.5], 8000), subtype=subtype)
    assert read(tmp_path / "loud.wav").samples[:, 0] == pytest.approx([1.0, -1.0, 0.5], abs=2**-15)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_any_number_of_channels(tmp_path: Path, channels: int) -> None:
    audio = Audio(0.1 * np.random.default_rng(0).standard_normal((4800, channels)), 48000)
    for extension in ("wav", "flac", "m4a"):
        write(tmp_path / f"many.{extension}", audio)
        assert read(tmp_path / f"many.{extension}").channels == channels


@pytest.mark.parametrize(
    ("name", "audio", "subtype", "told"),
    [
        ("a.xyz", Audio([0.1], 8000), None, "'.xyz' is no format"),
        ("plain", Audio([0.1], 8000), None, "no extension"),
        ("a.wav", Audio(np.zeros((0, 1)), 8000), None, "at least one frame"),
        ("a.wav", Audio([0.1], 8000), "VORBIS", "Use one of"),
        ("a.flac", Audio([0.1], 8000), "FLOAT", "Use one of"),
        ("a.m4a", Audio([0.1], 8000), "PCM_16", "takes no subtype"),
        ("a.mp3", Audio([0.1], 96000), None, "cannot hold"),
        ("a.mp3", Audio(np.zeros((9, 3)), 48000), None, "cannot hold"),
        ("a.opus", Audio([0.1], 44100), None, "cannot hold"),
        ("a.webm", Audio([0.1], 44100), None, "cannot hold"),
        ("a.m4a", Audio([0.1], 192000), None, "cannot hold"),
        ("a.m4a", Audio(np.zeros((9, 9)), 48000), None, "cannot hold"),
        ("a.flac", Audio(np.zeros((9, 9)), 48000), None, "cannot hold"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, audio: Audio, subtype: str | None, told: str
) -> None:
    with pytest.raises(AudioFileError, match=told) as refused:
        write(tmp_path / name, audio, subtype=subtype)
    assert refused.value.reason == "cannot write"
    assert str(refused.value).startswith(f"{name}: ")
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_wav_beyond_four_gigabytes_becomes_rf64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiokit.audio.encode.WAV_LIMIT_BYTES", 1000)
    write(tmp_path / "long.wav", Audio(np.zeros(501), 8000))
    assert info(tmp_path / "long.wav").format == "rf64"
    write(tmp_path / "short.wav", Audio(np.zeros(500), 8000))
    assert info(tmp_path / "short.wav").format == "wav"


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path, stereo: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("audiokit.audio.files.os.replace", lambda part, path: seen.append((part, path)))
    write(tmp_path / "tones.wav", stereo)
    assert seen == [(tmp_path / "tones.wav.part", tmp_path / "tones.wav")]
    assert soundfile.info(tmp_path / "tones.wav.part").frames == stereo.frames
    assert not (tmp_path / "tones.wav").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, stereo: Audio, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    path = tmp_path / "tones.wav"
    write(path, stereo)
    before = path.read_bytes()

    def interrupted(self: Writer, samples: Samples) -> None:
        whole(self, samples)
        raise error

    whole = Writer.write
    monkeypatch.setattr(Writer, "write", interrupted)
    with pytest.raises(error):
        write(path, stereo)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path: Path, stereo: Audio) -> None:
    with pytest.raises(AudioFileError, match="No such file or directory") as refused:
        write(tmp_path / "nowhere" / "a.wav", stereo)
    assert refused.value.reason == "cannot write"


def test_a_folder_of_that_name_is_left_alone(tmp_path: Path, stereo: Audio) -> None:
    (tmp_path / "a.wav").mkdir()
    with pytest.raises(AudioFileError, match="directory"):
        write(tmp_path / "a.wav", stereo)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files here")
@pytest.mark.parametrize("extension", ["wav", "flac", "aiff", "ogg", "opus", "mp3", "m4a", "aac", "webm"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, extension: str) -> None:
    script = f"""
import resource, sys
import numpy as np
from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.files import write
from audiokit.errors import AudioFileError
noise = Audio(np.random.default_rng(0).standard_normal((480000, 1)) / 10, 48000)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    write(sys.argv[1] + "/noise.{extension}", noise)
except AudioFileError as error:
    print(error.reason, error.__cause__.errno, sep=",")
"""
    ran = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == f"cannot write,{errno.EFBIG}"
    assert ran.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_no_room_is_told_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "a.wav.part").symlink_to("/dev/full")
    with pytest.raises(AudioFileError, match="No space left") as full:
        write(tmp_path / "a.wav", Audio(np.zeros(100_000), 8000))
    assert isinstance(full.value.__cause__, OSError)
    assert full.value.__cause__.errno == errno.ENOSPC


def test_reading_half_a_recording_is_refused(recordings: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "half.wav").write_bytes(recordings["tones.wav"].read_bytes()[:90_000])
    with pytest.raises(AudioFileError) as refused:
        read(tmp_path / "half.wav")
    assert refused.value.reason == "truncated"


def test_info_tells_what_the_header_says(recordings: dict[str, Path]) -> None:
    assert info(recordings["deep.flac"]) == FileInfo(
        format="flac", codec="flac", sample_rate=48000, channels=2, duration_s=2.0, bit_depth=24
    )


def test_info_does_not_decode(recordings: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    path.write_bytes(recordings["tones.wav"].read_bytes().replace(b"\0\xdc\x05\0", b"\0\0\0\x40", 1))
    os.truncate(path, 44 + 0x40000000)  # a hole: no disk is used
    assert info(path).duration_s == pytest.approx(0x40000000 / 192000)


def test_blocks_are_counted_in_seconds(recordings: dict[str, Path]) -> None:
    pieces = list(blocks(recordings["tones.flac"], 0.75))
    assert [piece.duration_s for piece in pieces] == [0.75, 0.75, 0.5]
    assert {piece.sample_rate for piece in pieces} == {48000}


@pytest.mark.parametrize("block_s", [0, -1, float("nan")])
def test_a_block_has_a_length(recordings: dict[str, Path], block_s: float) -> None:
    with pytest.raises(ValueError, match="more than 0 s"):
        next(blocks(recordings["tones.wav"], block_s))

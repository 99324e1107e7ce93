from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.decode import open_reader
from audiokit.errors import AudioFileError

RATE = 48000
FRAMES = 2 * RATE


def decoded(path: Path) -> Samples:
    with open_reader(path) as reader:
        return np.concatenate(list(reader.blocks()))


def tone_dbfs(samples: Samples, channel: int, tone_hz: float, sample_rate: int = RATE) -> float:
    """Measure the peak level of one tone in the middle second."""
    middle = samples[len(samples) // 2 - sample_rate // 2 :][:sample_rate, channel]
    time_s = np.arange(len(middle)) / sample_rate
    return float(20 * np.log10(2 * abs(np.mean(middle * np.exp(-2j * np.pi * tone_hz * time_s))) + 1e-12))


@pytest.mark.parametrize(
    ("name", "container", "codec", "bit_depth", "longer_by"),
    [
        ("tones.wav", "wav", "pcm_16", 16, 0),
        ("extensible.wav", "wav", "pcm_24", 24, 0),
        ("float.wav", "wav", "float", 32, 0),
        ("long.rf64", "rf64", "pcm_16", 16, 0),
        ("long.w64", "w64", "pcm_16", 16, 0),
        ("tones.aiff", "aiff", "pcm_16", 16, 0),
        ("tones.caf", "caf", "pcm_16", 16, 0),
        ("tones.au", "au", "pcm_16", 16, 0),
        ("tones.flac", "flac", "flac", 16, 0),
        ("deep.flac", "flac", "flac", 24, 0),
        ("tones.ogg", "ogg", "vorbis", None, 0),
        ("tones.opus", "ogg", "opus", None, 0),
        ("tones.mp3", "mp3", "mp3", None, 0),
        ("tones.m4a", "m4a", "aac", None, 1024),
        ("book.m4b", "m4a", "aac", None, 1024),
        ("fast.m4a", "m4a", "aac", None, 1024),
        ("fragments.mp4", "m4a", "aac", None, 2048),
        ("lossless.m4a", "m4a", "alac", 24, 0),
        ("tones.webm", "webm", "opus", None, 0),
        ("live.webm", "webm", "opus", None, 960),
        ("film.mp4", "mp4", "aac", None, 1024),
        ("film.mkv", "mkv", "aac", None, 1024),
        ("film.mov", "mov", "pcm_s16le", 16, 0),
        ("film.avi", "avi", "mp2", None, 1152),
        ("tones.aac", "aac", "aac", None, 2048),
        ("tones.wma", "asf", "wmav2", None, 2048),
    ],
)
def test_every_kind_of_recording_is_decoded_whole(
    recordings: dict[str, Path], name: str, container: str, codec: str, bit_depth: int | None, longer_by: int
) -> None:
    with open_reader(recordings[name]) as reader:
        samples = np.concatenate(list(reader.blocks(1000)))
        told = (reader.format, reader.codec, reader.bit_depth, reader.sample_rate, reader.channels)
    assert told == (container, codec, bit_depth, RATE, 2)
    # Lossy coders fill their last packet; WMA's loses what it looks ahead.
    assert FRAMES - (4096 if codec == "wmav2" else 0) <= len(samples) <= FRAMES + longer_by
    assert tone_dbfs(samples, 0, 440) == pytest.approx(-12.04, abs=0.5)
    assert tone_dbfs(samples, 1, 1000) == pytest.approx(-12.04, abs=0.5)
    assert tone_dbfs(samples, 0, 1000) < -40


@pytest.mark.parametrize("name", ["tones.wav", "tones.flac", "tones.mp3", "tones.m4a", "tones.ogg", "tones.webm"])
def test_all_blocks_but_the_last_have_the_length_asked_for(recordings: dict[str, Path], name: str) -> None:
    with open_reader(recordings[name]) as reader:
        lengths = [len(block) for block in reader.blocks(7000)]
    assert set(lengths[:-1]) == {7000}
    assert 0 < lengths[-1] <= 7000


@pytest.mark.parametrize("name", ["tones.wav", "tones.flac", "film.mov"])
def test_lossless_samples_are_exact_in_any_block_length(recordings: dict[str, Path], stereo: Audio, name: str) -> None:
    with open_reader(recordings[name]) as reader:
        samples = np.concatenate(list(reader.blocks(1234)))
    integers = np.rint(samples * 32768)
    assert np.array_equal(integers, samples * 32768)
    assert np.abs(integers - stereo.samples * 32768).max() <= 1


@pytest.mark.parametrize("name", ["tones.mp3", "tones.m4a", "tones.opus", "tones.webm", "tones.ogg", "film.mp4"])
def test_the_delay_of_an_encoder_is_left_out(recordings: dict[str, Path], stereo: Audio, name: str) -> None:
    samples = decoded(recordings[name])
    span = slice(RATE // 2, RATE // 2 + 4800)
    by_shift = [np.dot(np.roll(samples[:, 1], shift)[span], stereo.samples[span, 1]) for shift in range(-20, 21)]
    assert abs(int(np.argmax(by_shift)) - 20) <= 1


@pytest.mark.parametrize("name", ["tones.wav", "tones.mp3", "tones.m4a", "film.mkv", "tones.flac"])
def test_the_name_of_a_file_does_not_matter(recordings: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / "näme with spaces: und ünïcode.raw"
    path.write_bytes(recordings[name].read_bytes())
    assert len(decoded(path)) >= FRAMES


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_wav_of_every_depth(tmp_path: Path, stereo: Audio, subtype: str) -> None:
    path = tmp_path / "depth.wav"
    soundfile.write(path, stereo.samples, RATE, subtype=subtype)
    step = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23}.get(subtype, 2**-24)
    assert np.abs(decoded(path) - stereo.samples).max() <= step


@pytest.mark.parametrize("extension", ["wav", "flac", "aiff"])
@pytest.mark.parametrize(("sample_rate", "channels"), [(8000, 1), (11025, 3), (22050, 4), (96000, 6), (192000, 8)])
def test_rates_and_channels(tmp_path: Path, extension: str, sample_rate: int, channels: int) -> None:
    wanted = np.random.default_rng(channels).integers(-9000, 9000, (sample_rate // 4, channels)) / 32768
    path = tmp_path / f"many.{extension}"
    soundfile.write(path, wanted, sample_rate, subtype="PCM_16")
    with open_reader(path) as reader:
        assert (reader.sample_rate, reader.channels) == (sample_rate, channels)
        assert np.array_equal(np.concatenate(list(reader.blocks())), wanted.astype(np.float32))


@pytest.mark.parametrize(("container", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS")])
@pytest.mark.parametrize("channels", [1, 3, 7, 8, 9, 12])
def test_compressed_recordings_of_many_channels(tmp_path: Path, container: str, subtype: str, channels: int) -> None:
    tones_hz = 40 + 5 * np.arange(channels)  # low enough for an LFE channel
    time_s = np.arange(2 * RATE) / RATE
    soundfile.write(path := tmp_path / "many", 0.1 * np.sin(2 * np.pi * np.outer(time_s, tones_hz)), RATE,
                    format=container, subtype=subtype)  # fmt: skip
    samples = decoded(path)
    assert samples.shape == (2 * RATE, channels)
    assert np.sqrt(np.mean(samples[RATE // 2 : -RATE // 2] ** 2, axis=0)) == pytest.approx(0.0707, rel=0.2)


Change = Callable[[bytes], bytes]


def wav_sizes(riff: int, data: int) -> Change:
    return lambda wav: wav[:4] + struct.pack("<I", riff) + wav[8:40] + struct.pack("<I", data) + wav[44:]


ID3 = b"ID3\x03\0\0\0\0\x10\0" + bytes(2048)
JUNK = np.random.default_rng(4).bytes(5000)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tones.wav", wav_sizes(0, 0)),
        ("tones.wav", wav_sizes(36, 0)),
        ("tones.wav", wav_sizes(0xFFFFFFFF, 0xFFFFFFFF)),
        ("tones.wav", wav_sizes(0x7FFFF024, 0x7FFFF000)),
        ("tones.wav", wav_sizes(36 + 4 * FRAMES + 44, 4 * FRAMES + 44)),
        ("tones.wav", lambda wav: wav + b"LIST\x04\0\0\0INFO"),
        ("tones.wav", lambda wav: wav + bytes(1000)),
        ("tones.mp3", lambda mp3: ID3 + mp3),
        ("tones.mp3", lambda mp3: ID3 + ID3 + mp3),
        ("tones.mp3", lambda mp3: mp3 + b"TAG" + bytes(125)),
        ("tones.mp3", lambda mp3: ID3 + JUNK + mp3),
        ("tones.flac", lambda flac: ID3 + flac),
        ("fast.m4a", lambda m4a: m4a + bytes(100)),
        ("tones.ogg", lambda ogg: ogg + b"TAG" + bytes(125)),
        ("tones.ogg", lambda ogg: ogg + ogg),
    ],
)
def test_an_odd_file_that_is_whole_raises_no_false_alarm(
    recordings: dict[str, Path], tmp_path: Path, name: str, change: Change
) -> None:
    path = tmp_path / name
    path.write_bytes(change(recordings[name].read_bytes()))
    assert len(decoded(path)) >= FRAMES


def test_a_claim_in_the_header_is_only_an_expectation(recordings: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "joined.ogg"
    path.write_bytes(recordings["tones.ogg"].read_bytes() * 2)
    with open_reader(path) as reader:
        assert reader.expected_s == pytest.approx(2.0, abs=0.1)
        assert sum(map(len, reader.blocks())) >= 2 * FRAMES


def test_a_wav_written_to_a_pipe_expects_no_length(recordings: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    path.write_bytes(wav_sizes(0, 0)(recordings["tones.wav"].read_bytes()))
    with open_reader(path) as reader:
        assert reader.expected_s is None


@pytest.mark.parametrize("container", ["RF64", "W64"])
def test_more_than_four_gigabytes(tmp_path: Path, container: str) -> None:
    path = tmp_path / "long"
    soundfile.write(path, np.zeros((1000, 2), np.float32), RATE, format=container, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    size = 5 * 2**30
    if container == "RF64":
        struct.pack_into("<Q", data, data.index(b"ds64") + 16, size)
    else:
        struct.pack_into("<Q", data, data.index(b"data\xf3\xac\xd3\x11") + 16, size + 24)
    path.write_bytes(data)
    os.truncate(path, len(data) - 4000 + size)  # a hole: no disk is used
    with open_reader(path) as reader:
        assert reader.expected_s == pytest.approx(size / 4 / RATE)
        assert len(next(reader.blocks())) == 65536


def test_a_wav_whose_size_wrapped_around_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "wrapped.wav"
    soundfile.write(path, np.zeros((100, 2), np.float32), RATE, subtype="PCM_16")
    os.truncate(path, 44 + 400 + 2**32)
    with open_reader(path) as reader:
        assert len(next(reader.blocks())) == 65536


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_memory_does_not_grow_with_the_length(recordings: dict[str, Path], tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"long.{kind}"
    if kind == "wav":
        path.write_bytes(wav_sizes(0xFFFFFFFF, 0xFFFFFFFF)(recordings["tones.wav"].read_bytes()))
        os.truncate(path, 600 * 4 * RATE)
    else:
        mp3 = recordings["tones.mp3"].read_bytes()
        path.write_bytes(mp3 * 100)
    script = """
import sys
from audiokit.audio.decode import open_reader
def peak():  # ru_maxrss would begin with what the parent held when it forked
    return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
with open_reader(sys.argv[1]) as reader:
    for number, block in enumerate(reader.blocks()):
        if number == 20: early = peak()
print(number, peak() - early)
"""
    ran = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    blocks, grown_mb = map(int, ran.stdout.split())
    assert blocks > 100
    assert grown_mb < 16  # all of it decoded would be 70 MB and more


def test_a_block_holds_at_least_one_frame(recordings: dict[str, Path]) -> None:
    with open_reader(recordings["tones.wav"]) as reader, pytest.raises(ValueError, match="at least 1"):
        next(reader.blocks(0))


def test_a_closed_reader_leaves_no_file_open(recordings: dict[str, Path]) -> None:
    with open_reader(recordings["tones.mp3"]) as reader:
        next(reader.blocks())
        file = reader._file
    assert file.closed


def test_a_refused_file_is_closed(recordings: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "locked.m4a"
    path.write_bytes(recordings["tones.m4a"].read_bytes().replace(b"mp4a", b"drms"))
    with pytest.raises(AudioFileError, match="copy protection"):  # an open file would warn, and warnings are errors
        open_reader(path)

"""`audiokit.audio.decode` on what is no good recording: a reason each, no hang, nothing on standard error."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.audio.decode import open_reader
from audiokit.errors import AudioFileError

NOISE = np.random.default_rng(3).bytes(100_000)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + NOISE[:2000]
Made = dict[str, Path]
Recipe = Callable[[Made], bytes]


def plain(data: bytes) -> Recipe:
    return lambda made: data


def cut(name: str, share: float) -> Recipe:
    def recipe(made: Made) -> bytes:
        data = made[name].read_bytes()
        return data[: int(share * len(data))]

    return recipe


def first(name: str, count: int) -> Recipe:
    return lambda made: made[name].read_bytes()[:count]


def patched(name: str, old: bytes, new: bytes) -> Recipe:
    return lambda made: made[name].read_bytes().replace(old, new)


def wav_field(at: int, layout: str, value: int) -> Recipe:
    def recipe(made: Made) -> bytes:
        data = bytearray(made["tones.wav"].read_bytes())
        struct.pack_into(layout, data, at, value)
        return bytes(data)

    return recipe


def float_wav(value: float) -> Recipe:
    def recipe(made: Made) -> bytes:
        data = bytearray(made["float.wav"].read_bytes())
        struct.pack_into("<f", data, len(data) - 4000, value)
        return bytes(data)

    return recipe


def no_frames(container: str, subtype: str) -> Recipe:
    def recipe(made: Made) -> bytes:
        path = made["tones.wav"].with_name("no frames")
        soundfile.write(path, np.zeros((0, 2), np.float32), 48000, format=container, subtype=subtype)
        return path.read_bytes()

    return recipe


def decoded_frames(path: Path) -> tuple[int, AudioFileError | None]:
    """Count what comes before the end or the complaint."""
    frames = 0
    with open_reader(path) as reader:
        try:
            for block in reader.blocks(1000):
                frames += len(block)
        except AudioFileError as error:
            return frames, error
    return frames, None


CASES: list[tuple[str, Recipe, str]] = [
    ("nothing.wav", plain(b""), "empty"),
    ("no frames.wav", no_frames("WAV", "PCM_16"), "empty"),
    ("no frames.aiff", no_frames("AIFF", "PCM_16"), "empty"),
    ("no frames.flac", no_frames("FLAC", "PCM_16"), "empty"),
    ("no frames.ogg", no_frames("OGG", "VORBIS"), "empty"),
    ("text.mp3", plain(b"Show notes, saved under the wrong name.\n"), "not audio"),
    ("text with a mark.wav", plain("\ufeffGrüße".encode()), "not audio"),
    ("page.mp3", plain(b"<!DOCTYPE html><title>404</title>"), "not audio"),
    ("list.mp3", plain(b"#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n"), "not audio"),
    ("list.wav", plain(b"ffconcat version 1.0\nfile tones.wav\n"), "not audio"),
    ("picture.wav", plain(PNG), "not audio"),
    ("photo.m4a", plain(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + NOISE), "not audio"),
    ("photo.mp3", plain(b"\0\0\0\x18ftypheic" + NOISE), "not audio"),
    ("paper.ogg", plain(b"%PDF-1.7\n" + NOISE), "not audio"),
    ("archive.flac", plain(b"PK\x03\x04" + NOISE), "not audio"),
    ("picture.webm", plain(b"RIFF\0\1\0\0WEBPVP8 " + NOISE), "not audio"),
    ("score.mid", plain(b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk" + NOISE), "not audio"),
    ("noise.mp3", plain(NOISE), "not audio"),
    ("noise.wav", plain(NOISE[50_000:]), "not audio"),
    ("zeros.mp3", plain(bytes(100_000)), "not audio"),
    ("ones.mp3", plain(b"\xff" * 100_000), "not audio"),
    ("one byte.wav", plain(b"R"), "not audio"),
    ("half.wav", cut("tones.wav", 0.5), "truncated"),
    ("almost.wav", cut("tones.wav", 0.99), "truncated"),
    ("head.wav", first("tones.wav", 44), "truncated"),
    ("half a head.wav", first("tones.wav", 30), "truncated"),
    ("half.rf64", cut("long.rf64", 0.5), "truncated"),
    ("half.w64", cut("long.w64", 0.5), "truncated"),
    ("half.aiff", cut("tones.aiff", 0.5), "truncated"),
    ("head.aiff", first("tones.aiff", 40), "truncated"),
    ("half.flac", cut("tones.flac", 0.5), "truncated"),
    ("almost.flac", cut("tones.flac", 0.99), "truncated"),
    ("half a head.flac", first("tones.flac", 20), "unreadable"),
    ("tenth.mp3", cut("tones.mp3", 0.1), "truncated"),
    ("half.mp3", cut("tones.mp3", 0.5), "truncated"),
    ("most.mp3", cut("tones.mp3", 0.9), "truncated"),
    ("head.mp3", first("tones.mp3", 300), "truncated"),
    ("only a tag.mp3", plain(b"ID3\x03\0\0\0\0\x10\0" + bytes(2048)), "unreadable"),
    ("half.ogg", cut("tones.ogg", 0.5), "truncated"),
    ("almost.ogg", cut("tones.ogg", 0.99), "truncated"),
    ("head.ogg", first("tones.ogg", 100), "truncated"),
    ("half.opus", cut("tones.opus", 0.5), "truncated"),
    ("index missing.m4a", cut("tones.m4a", 0.5), "truncated"),
    ("half an index.m4a", cut("tones.m4a", 0.99), "truncated"),
    ("half.m4a", cut("fast.m4a", 0.5), "truncated"),
    ("almost.m4a", cut("fast.m4a", 0.98), "truncated"),
    ("head.m4a", first("tones.m4a", 32), "truncated"),
    ("half a film.mp4", cut("film.mp4", 0.5), "truncated"),
    ("half a book.m4b", cut("book.m4b", 0.5), "truncated"),
    ("half.webm", cut("tones.webm", 0.5), "truncated"),
    ("almost.webm", cut("tones.webm", 0.98), "truncated"),
    ("half.mkv", cut("film.mkv", 0.5), "truncated"),
    ("half.wma", cut("tones.wma", 0.5), "truncated"),
    ("no rate.wav", wav_field(24, "<I", 0), "unreadable"),
    ("low rate.wav", wav_field(24, "<I", 1), "unreadable"),
    ("high rate.wav", wav_field(24, "<I", 4_000_000_000), "unreadable"),
    ("no channel.wav", wav_field(22, "<H", 0), "unreadable"),
    ("too many channels.wav", wav_field(22, "<H", 65535), "unreadable"),
    ("many channels.wav", wav_field(22, "<H", 1000), "unreadable"),
    ("no bits.wav", wav_field(34, "<H", 0), "unreadable"),
    ("unheard of.wav", wav_field(20, "<H", 0xABCD), "unreadable"),
    ("unpronounceable.wav", wav_field(20, "<H", 0xECEC), "unreadable"),
    ("not a number.wav", float_wav(float("nan")), "unreadable"),
    ("infinite.wav", float_wav(float("-inf")), "unreadable"),
    ("garbage.wav", plain(b"RIFF" + struct.pack("<I", 50_004) + b"WAVE" + NOISE[:50_000]), "unreadable"),
    ("garbage.flac", plain(b"fLaC" + NOISE), "unreadable"),
    ("garbage.m4a", plain(b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42\0\0\0\x10moov" + bytes(8) + NOISE), "unreadable"),
    ("bought.m4p", patched("tones.m4a", b"mp4a", b"drms"), "protected"),
    ("bought.aax", patched("tones.m4a", b"mp4a", b"aavd"), "protected"),
    ("encrypted.mp4", patched("film.mp4", b"mp4a", b"enca"), "protected"),
    ("silent film.mp4", lambda made: made["silent film.mp4"].read_bytes(), "no audio stream"),
]


@pytest.fixture(scope="session")
def made(recordings: Made, mux: Callable[..., Path], stereo: object) -> Made:
    path = recordings["film.mp4"].with_name("silent film.mp4")
    return recordings | {path.name: mux(path, "mp4", None, stereo, video=True)}


@pytest.mark.parametrize(("name", "recipe", "reason"), CASES, ids=[name for name, _, _ in CASES])
def test_a_bad_file_is_refused_with_its_reason(
    made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, recipe: Recipe, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(recipe(made))
    with pytest.raises(AudioFileError) as refused, open_reader(path) as reader:
        for _ in reader.blocks():
            pass
    assert refused.value.reason == reason
    assert str(refused.value).startswith(f"{name}: ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "share", "least_s", "most_s"),
    [
        ("tones.wav", 0.5, 0.99, 1.0),
        ("tones.flac", 0.5, 0.8, 1.1),
        ("tones.mp3", 0.5, 0.85, 1.1),
        ("tones.ogg", 0.8, 0.5, 1.8),
        ("fast.m4a", 0.7, 0.5, 1.6),
        ("film.mkv", 0.7, 0.5, 1.9),
    ],
)
def test_a_truncated_file_gives_all_it_has_before_it_complains(
    recordings: Made, tmp_path: Path, name: str, share: float, least_s: float, most_s: float
) -> None:
    path = tmp_path / name
    path.write_bytes(cut(name, share)(recordings))
    frames, complaint = decoded_frames(path)
    assert "could be decoded" in str(complaint)
    assert complaint is not None
    assert complaint.reason == "truncated"
    assert least_s <= frames / 48000 <= most_s


@pytest.mark.parametrize("name", ["tones.mp3", "tones.flac", "fast.m4a", "tones.aac"])
def test_damage_costs_only_what_is_damaged(
    recordings: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    data = bytearray(recordings[name].read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = NOISE[:300]
    path = tmp_path / name
    path.write_bytes(data)
    frames, complaint = decoded_frames(path)
    assert frames > 0.6 * 96000
    assert complaint is None or complaint.reason == "truncated"
    assert capfd.readouterr().err == ""


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="no such file") as missing:
        open_reader(tmp_path / "nowhere.wav")
    assert missing.value.reason == "missing"


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="a folder") as refused:
        open_reader(tmp_path)
    assert refused.value.reason == "unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioFileError, match="a pipe"):
        open_reader(tmp_path / "pipe.wav")


def test_a_file_without_permission_is_unreadable(
    recordings: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(recordings["tones.wav"].read_bytes())
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("audiokit.audio.decode.io.FileIO", refuse)
    with pytest.raises(AudioFileError, match="Permission denied") as refused:
        open_reader(path)
    assert refused.value.reason == "unreadable"


def test_a_path_with_a_zero_byte_is_unreadable() -> None:
    with pytest.raises(AudioFileError, match="null"):
        open_reader("a\0b.wav")

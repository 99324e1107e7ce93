"""Boxes of MP4 files, and files so large that FFmpeg is spared its second index."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio import ffmpeg
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.audio.mp4 import boxes, has_plain_edits


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def edit_list(entries: int) -> bytes:
    return box(b"edts", box(b"elst", struct.pack(">II", 0, entries) + bytes(12 * entries)))


def movie(*tracks: bytes) -> io.BytesIO:
    return io.BytesIO(box(b"ftyp", b"M4A ") + box(b"moov", b"".join(box(b"trak", track) for track in tracks)))


def test_boxes_are_found_behind_long_ones() -> None:
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"sound"
    found = list(boxes(io.BytesIO(long + box(b"moov", b"1234"))))
    assert [(one.kind, one.start, one.content, one.end) for one in found] == [
        (b"mdat", 0, 16, 21),
        (b"moov", 21, 29, 33),
    ]


@pytest.mark.parametrize("broken", [b"", b"\0\0\0", struct.pack(">I4s", 3, b"free"), struct.pack(">I4s", 0, b"mdat")])
def test_lengths_that_lead_nowhere_end_the_walk(broken: bytes) -> None:
    assert len(list(boxes(io.BytesIO(broken)))) <= 1


@pytest.mark.parametrize(
    ("tracks", "plain"),
    [
        ([b""], True),
        ([edit_list(1)], True),
        ([edit_list(1), edit_list(2)], False),
        ([edit_list(2)], False),
        ([], False),
    ],
)
def test_one_edit_a_track_is_plain(tracks: list[bytes], plain: bool) -> None:
    assert has_plain_edits(movie(*tracks)) is plain


@pytest.mark.parametrize("media_time", [0, 1024, 2112])
def test_a_large_file_sounds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, media_time: int) -> None:
    path = tmp_path / "a.m4a"
    write(path, Audio(np.random.default_rng(0).normal(0, 0.1, (150_077, 1)).astype(np.float32), 44_100))
    data = bytearray(path.read_bytes())
    place = data.index(b"elst") + 4
    assert struct.unpack_from(">III", data, place)[1] == 1
    struct.pack_into(">i", data, place + 12, media_time)
    path.write_bytes(data)
    usual = read(path).samples
    monkeypatch.setattr(ffmpeg, "LARGE_BYTES", 0)
    large = read(path).samples
    shared = min(len(usual), len(large))
    assert np.array_equal(usual[:shared], large[:shared])
    assert abs(len(usual) - len(large)) <= 1024  # the encoder's padding at the end may stay

"""`audiokit.audio.header_length`: headers built by hand, so that files of many gigabytes cost nothing."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from audiokit.audio.header_length import has_unusable_size, missing_end


def wav(data_size: int, held: int, riff_size: int | None = None, kind: bytes = b"RIFF", before: bytes = b"") -> bytes:
    order = ">" if kind == b"RIFX" else "<"
    form = b"fmt " + struct.pack(f"{order}IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    size = 36 + len(before) + data_size if riff_size is None else riff_size
    whole = kind + struct.pack(f"{order}I", size & 0xFFFFFFFF) + b"WAVE" + before + form
    return whole + b"data" + struct.pack(f"{order}I", data_size) + bytes(held)


def box(kind: bytes, held: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(held) if size is None else size, kind) + held


def aiff(data_size: int, held: int) -> bytes:
    return b"FORM" + struct.pack(">I", data_size + 12) + b"AIFFSSND" + struct.pack(">I", data_size) + bytes(held)


def matroska(size: bytes, held: int) -> bytes:
    return b"\x1a\x45\xdf\xa3\x84\x42\x82\x81w" + b"\x18\x53\x80\x67" + size + bytes(held)


DS64 = b"ds64" + struct.pack("<IQQQI", 28, 0, 5000, 0, 0)
FTYP = box(b"ftyp", b"M4A \0\0\0\0")
MOOV = box(b"moov", bytes(100))
ODD_CHUNK = b"LIST\3\0\0\0abc\0"


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (wav(5000, 5000), True),
        (wav(5000, 4000), False),
        (wav(5000, 5000, before=ODD_CHUNK), True),
        (wav(5000, 4000, before=ODD_CHUNK), False),
        (wav(5000, 4000, kind=b"RIFX"), False),
        (wav(5000, 5000, kind=b"RIFX"), True),
        (wav(5000, 4900), True),  # some writers count the headers in
        (wav(0, 5000), True),
        (wav(0xFFFFFFFF, 5000), True),
        (wav(0x7FFFF000, 5000), True),
        (wav(0xFFFFFFFF, 5000, kind=b"RF64", before=DS64), True),
        (wav(0xFFFFFFFF, 4000, kind=b"RF64", before=DS64), False),
        (wav(5000, 5000)[:30], False),
        (aiff(5000, 5000), True),
        (aiff(5000, 4000), False),
        (aiff(5000, 5000)[:14], False),
        (FTYP + MOOV + box(b"mdat", bytes(5000)), True),
        (FTYP + box(b"mdat", bytes(5000)) + MOOV, True),
        (FTYP + MOOV + box(b"mdat", bytes(4000), 5008), False),
        (FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 5016) + bytes(5000), True),
        (FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 5016) + bytes(4000), False),
        (FTYP + MOOV + struct.pack(">I4s", 0, b"mdat") + bytes(4000), True),  # 0: to the end, whatever that is
        (FTYP + MOOV + b"\xff\xff\xff\xffjunk" + bytes(50), True),
        (FTYP + box(b"mdat", bytes(5000)), False),
        (FTYP + struct.pack(">I4sQ", 1, b"free", 2**64 - 1), False),
        (matroska(b"\x53\x88", 5000), True),
        (matroska(b"\x53\x88", 4000), False),
        (matroska(b"\x01" + b"\xff" * 7, 4000), True),
        (b"no container at all", True),
        (b"", True),
    ],
)
def test_a_missing_end_is_seen_in_the_structure(data: bytes, is_whole: bool) -> None:
    assert (missing_end(io.BytesIO(data)) == "") == is_whole


def test_every_good_recording_keeps_its_promise(recordings: dict[str, Path]) -> None:
    complaints = {}
    for name, path in recordings.items():
        with path.open("rb") as file:
            complaints[name] = missing_end(file)
    assert set(complaints.values()) == {""}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (wav(5000, 5000), False),
        (wav(0, 5000), True),
        (wav(0, 5000, riff_size=0), True),
        (wav(0, 0), False),
        (wav(0, 12, riff_size=36 + 12), False),  # closed: nothing in it but a chunk behind
        (wav(0xFFFFFFFF, 5000), False),  # libsndfile knows that one
        (b"RIFF\0\0\0\0AVI " + bytes(100), False),
        (FTYP, False),
    ],
)
def test_a_size_that_a_pipe_never_filled_in_is_not_used(data: bytes, expected: bool) -> None:
    assert has_unusable_size(io.BytesIO(data)) == expected


def test_a_million_tiny_boxes_do_not_take_for_ever() -> None:
    assert "moov" in missing_end(io.BytesIO(FTYP + box(b"free", b"") * 1_200_000))


@pytest.mark.parametrize(
    "kind", [b"RIFF", b"RIFX", b"RF64", b"FORM", b"riff\x2e\x91\xcf\x11", b"\x1a\x45\xdf\xa3", b"OggS"]
)
@pytest.mark.parametrize("rest", [b"", b"\1", b"\0\0\0\0WAVEds64"])
def test_a_header_that_ends_at_once_promises_nothing_that_crashes(kind: bytes, rest: bytes) -> None:
    assert isinstance(missing_end(io.BytesIO(kind + rest)), str)

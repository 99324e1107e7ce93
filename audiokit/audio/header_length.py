"""What a recording's own headers promise about its length, read without a decoder.

A copy that stopped half way leaves a header that tells of more than the file holds. Each container says so in its own
way; live streams and pipes say nothing, and nothing is then held against them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from audiokit.audio.mp4 import boxes
from audiokit.audio.ogg import is_ended
from audiokit.audio.places import read_at, size_of

ALLOWED_BYTES = 256  # some writers count headers or padding into the size of the data
MAX_PARTS = 10**6  # more chunks or boxes than a week of fragmented video has; a hostile file could have more


def missing_end(file: BinaryIO) -> str:
    """Say what a file lacks at its end by its own account; empty when nothing is known to be missing.

    Parameters
    ----------
    file : the recording, opened in binary; its position is lost.
    """
    head = read_at(file, 0, 16)
    if head[:4] == b"OggS":
        return "" if is_ended(file) else "the page that ends the stream is missing"
    if head[4:8] in MP4_FIRST and not any(box.kind == b"moov" for box in boxes(file)):
        return "its index (moov) is missing"
    promised, size = _promised_bytes(file, head), size_of(file)
    if promised is None or promised <= size + ALLOWED_BYTES:
        return ""
    return f"its header promises {promised:,} bytes, {size:,} are there"


def has_unusable_size(file: BinaryIO) -> bool:
    """Tell whether a WAV's data size must be ignored: never filled in by a pipe, or wrapped around at 4 GiB."""
    head, size = read_at(file, 0, 12), size_of(file)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return False
    for chunk in _riff_chunks(file, head):
        if chunk.kind == b"data":
            beyond = size - chunk.end
            was_closed = struct.unpack("<I", head[4:8])[0] + 8 == size
            is_unfilled = chunk.end - chunk.start <= RIFF_HEADER and beyond > 0 and not was_closed
            return is_unfilled or beyond >= 2**32 - 2**20  # a wrapped size, and up to 1 MiB of chunks behind the data
    return False


class _Part(NamedTuple):
    """A chunk or a box: its kind and its span in the file, header included."""

    kind: bytes
    start: int
    end: int


RIFF_HEADER = 8
UNKNOWN_SIZES = range(0x7FFFF000, 0x80000001)  # what sox and arecord write into a pipe; ffmpeg writes 2**32 - 1
MP4_FIRST = (b"ftyp", b"moov", b"mdat", b"wide", b"styp")
MP4_WITH_SOUND = (b"moov", b"mdat", b"moof")
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
W64_RIFF, W64_HEADER = b"riff\x2e\x91\xcf\x11", 24
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def _promised_bytes(file: BinaryIO, head: bytes) -> int | None:
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return _riff_promise(file, head)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        sound = (chunk.end for chunk in _walk(file, 12, RIFF_HEADER, _parse_riff(">")) if chunk.kind == b"SSND")
        return next(sound, 8 + struct.unpack(">I", head[4:8])[0])
    if head[:8] == W64_RIFF:
        return next((chunk.end for chunk in _walk(file, 40, W64_HEADER, _parse_w64) if chunk.kind == b"data"), None)
    if head[4:8] in MP4_FIRST:
        return max((box.end for box in boxes(file) if box.kind in MP4_WITH_SOUND), default=None)
    if head[:4] == EBML:
        return _matroska_promise(file)
    if head == ASF_HEADER:
        return _asf_promise(file)
    return None


def _riff_promise(file: BinaryIO, head: bytes) -> int | None:
    if len(head) < 12:
        return None
    order = ">" if head[:4] == b"RIFX" else "<"
    whole = 8 + struct.unpack(f"{order}I", head[4:8])[0]
    if head[8:12] != b"WAVE":
        return None
    long_data = None
    for chunk in _riff_chunks(file, head):
        size = chunk.end - chunk.start - RIFF_HEADER
        if chunk.kind == b"ds64":
            (long_data,) = struct.unpack("<Q", read_at(file, chunk.start + 16, 8).ljust(8, b"\0"))
        if chunk.kind == b"data":
            is_known = size not in UNKNOWN_SIZES and size < 2**32 - 2**12
            return chunk.start + RIFF_HEADER + long_data if long_data else chunk.end if is_known else None
    return whole if whole < 2**31 - 2**12 else None


def _riff_chunks(file: BinaryIO, head: bytes) -> Iterator[_Part]:
    return _walk(file, 12, RIFF_HEADER, _parse_riff(">" if head[:4] == b"RIFX" else "<"))


def _matroska_promise(file: BinaryIO) -> int | None:
    at = 4
    length, width = _ebml_size(read_at(file, at, 8))
    at += width + (length or 0)
    if read_at(file, at, 4) != SEGMENT:
        return None
    length, width = _ebml_size(read_at(file, at + 4, 8))
    return None if length is None else at + 4 + width + length


def _ebml_size(data: bytes) -> tuple[int | None, int]:
    """Read a size of 1 to 8 bytes, and how many those were; all ones stand for an unknown size."""
    if not data or not data[0]:
        return None, 1
    width = 9 - data[0].bit_length()
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), width


def _asf_promise(file: BinaryIO) -> int | None:
    header = read_at(file, 0, 8192)
    at = header.find(ASF_FILE_PROPERTIES)
    if at < 0 or len(header) < at + 92:
        return None
    (size,) = struct.unpack_from("<Q", header, at + 40)
    is_broadcast = header[at + 88] & 1
    return None if is_broadcast else int(size)


Parser = Callable[[bytes], tuple[bytes, int]]
"""Reads the kind and the whole length, header included, from a header."""


def _walk(file: BinaryIO, at: int, header_bytes: int, parse: Parser) -> Iterator[_Part]:
    return islice(_parts(file, at, header_bytes, parse), MAX_PARTS)


def _parts(file: BinaryIO, at: int, header_bytes: int, parse: Parser) -> Iterator[_Part]:
    while len(header := read_at(file, at, header_bytes)) >= 8:
        kind, length = parse(header.ljust(header_bytes, b"\0"))
        yield _Part(kind, at, at + length)
        if length < 8:
            return
        at += length + (length & 1 if header_bytes == RIFF_HEADER else 0)  # RIFF and AIFF start chunks at even places


def _parse_riff(order: str) -> Parser:
    def parse(header: bytes) -> tuple[bytes, int]:
        return header[:4], RIFF_HEADER + int(struct.unpack_from(f"{order}I", header, 4)[0])

    return parse


def _parse_w64(header: bytes) -> tuple[bytes, int]:
    length = int(struct.unpack_from("<Q", header, 16)[0])
    return header[:4], length + -length % 8

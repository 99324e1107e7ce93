"""Boxes of MP4 files (m4a, m4b, mov): where they lie, and what their edit lists ask for (ISO 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from audiokit.audio.places import read_at

MAX_BOXES = 10**6  # more than a week of fragmented video has; a hostile file could have more


class Box(NamedTuple):
    """A box: its kind and its span in the file, header included."""

    kind: bytes
    start: int
    content: int
    end: int


def boxes(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Give the boxes of a file or of a box's content, in order, as far as their lengths can be followed.

    Parameters
    ----------
    file : opened in binary; its position is lost.
    start, end : where to look, in bytes; to the end of the file by default.
    """
    at = start
    for _ in range(MAX_BOXES):
        header = read_at(file, at, 16) if end is None or at < end else b""
        if len(header) < 8:
            return
        length, kind = struct.unpack_from(">I4s", header)
        is_long = length == 1
        if is_long:
            length = struct.unpack_from(">Q", header.ljust(16, b"\0"), 8)[0]
        yield Box(kind, at, at + (16 if is_long else 8), at + length)
        if length < 8:
            return
        at += length


def has_plain_edits(file: BinaryIO) -> bool:
    """Tell whether each track plays in one piece from somewhere near its start, as all audiobooks and podcasts do.

    Parameters
    ----------
    file : an MP4, opened in binary; its position is lost.
    """
    tracks = [track for moov in _inside(file, None, b"moov") for track in _inside(file, moov, b"trak")]
    lists = [
        entry for track in tracks for edits in _inside(file, track, b"edts") for entry in _inside(file, edits, b"elst")
    ]
    return bool(tracks) and all(read_at(file, one.content + 4, 4) == b"\0\0\0\1" for one in lists)


def _inside(file: BinaryIO, box: Box | None, kind: bytes) -> list[Box]:
    found = boxes(file, box.content, box.end) if box else boxes(file)
    return [one for one in found if one.kind == kind]

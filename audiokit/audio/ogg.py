"""Ogg pages: whether a stream has its end, and whether it is the only one in a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from audiokit.audio.places import read_at, size_of

HEADER = 27  # and then up to 255 lengths of segments, RFC 3533
LARGEST_PAGE = HEADER + 255 + 255 * 255
BEGINS, ENDS = 2, 4
MAX_PAGES = 10**6  # a day of Vorbis; a hostile file could have more


def is_ended(file: BinaryIO) -> bool:
    """Tell whether the last page is whole and marked as the end of its stream."""
    tail = read_at(file, max(0, size_of(file) - 2 * LARGEST_PAGE), 2 * LARGEST_PAGE)
    page = tail[max(0, tail.rfind(b"OggS\0")) :]
    return 0 < _length(page) <= len(page) and bool(page[5] & ENDS)


def holds_one_stream(file: BinaryIO) -> bool:
    """Tell whether a file holds one stream and no other, beside or behind it."""
    return sum(bool(page[5] & BEGINS) for page in islice(_pages(file), MAX_PAGES)) == 1


def _pages(file: BinaryIO) -> Iterator[bytes]:
    at = 0
    while length := _length(page := read_at(file, at, HEADER + 255)):
        yield page
        at += length


def _length(page: bytes) -> int:
    """Compute the bytes of a page from its beginning; 0 when it is none."""
    if page[:5] != b"OggS\0" or len(page) < HEADER:
        return 0
    segments = page[HEADER : HEADER + page[HEADER - 1]]
    return HEADER + page[HEADER - 1] + sum(segments)

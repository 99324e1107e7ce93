"""Reading bytes from a place in a file, as all who look at headers do."""

from __future__ import annotations

from typing import BinaryIO

LARGEST_FILE = 2**62  # a header may point anywhere; beyond 2**63 even asking fails


def size_of(file: BinaryIO) -> int:
    """Measure an open file, in bytes; its position is lost."""
    return file.seek(0, 2)


def read_at(file: BinaryIO, at: int, count: int) -> bytes:
    """Read `count` bytes, or what there is, from a place in a file."""
    if at > LARGEST_FILE:
        return b""
    file.seek(at)
    return file.read(count)

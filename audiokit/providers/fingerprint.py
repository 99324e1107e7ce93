"""Telling the files of models apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PARTS, PART_BYTES = 16, 65_536


@cache
def fingerprint(*paths: Path) -> str:
    """Give what changes with a model, in milliseconds.

    Parameters
    ----------
    paths : its files; each is read once a process.
    """
    digest = hashlib.sha256()
    for path in paths:
        for part in sampled(path):
            digest.update(part)
    return digest.hexdigest()[:16]


def sampled(path: Path) -> Iterator[bytes]:
    """Give a file's length and parts spread over the whole: a model of 2 GB in a millisecond."""
    size = path.stat().st_size
    yield str(size).encode()
    with path.open("rb") as file:
        for part in range(PARTS):
            file.seek(part * size // PARTS)
            yield file.read(PART_BYTES)

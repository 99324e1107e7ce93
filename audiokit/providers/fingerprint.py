"""Telling the files of models apart."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

PARTS, PART_BYTES = 16, 65_536


@cache
def fingerprint(*paths: Path) -> str:
    """Give what changes with a model: its length, and parts spread over the whole, in milliseconds.

    Parameters
    ----------
    paths : its files; each is read once a process.
    """
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            for part in range(PARTS):
                file.seek(part * size // PARTS)
                digest.update(file.read(PART_BYTES))
    return digest.hexdigest()[:16]

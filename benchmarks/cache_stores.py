"""Ways to keep bytes by key on a disk, for many processes at once, each with a record of the last use."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from audiokit.speech.store import FolderStore


class Store(Protocol):
    def read(self, key: str) -> bytes | None: ...

    def write(self, key: str, data: bytes) -> None: ...


class IndexedFiles:
    """A file for each entry, and an SQLite table of sizes and last uses."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._files, self._index = FolderStore(folder), _opened(folder / "index.sqlite3")
        self._index.execute("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, size INTEGER, used REAL)")

    def read(self, key: str) -> bytes | None:
        data = self._files.read(key)
        if data is not None:
            self._index.execute("UPDATE entries SET used = ? WHERE key = ?", (time.time(), key))
        return data

    def write(self, key: str, data: bytes) -> None:
        self._files.write(key, data)
        self._index.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (key, len(data), time.time()))


class Blobs:
    """Everything in one SQLite file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._base = _opened(folder / "blobs.sqlite3")
        self._base.execute("CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, data BLOB, used REAL)")

    def read(self, key: str) -> bytes | None:
        row = self._base.execute("SELECT data FROM blobs WHERE key = ?", (key,)).fetchone()
        if row:
            self._base.execute("UPDATE blobs SET used = ? WHERE key = ?", (time.time(), key))
        return row[0] if row else None

    def write(self, key: str, data: bytes) -> None:
        self._base.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)", (key, data, time.time()))


class DiskCache:
    """The package diskcache: SQLite, with files for what is over 32 KB.

    Parameters
    ----------
    policy : "least-recently-used" notes each use, as the others do; "least-recently-stored", its default, does not.
    """

    def __init__(self, folder: Path, policy: str) -> None:
        import diskcache

        self._cache = diskcache.Cache(str(folder), size_limit=2**40, eviction_policy=policy, timeout=60)

    def read(self, key: str) -> bytes | None:
        found: bytes | None = self._cache.get(key)
        return found

    def write(self, key: str, data: bytes) -> None:
        self._cache.set(key, data)


STORES: dict[str, Callable[[Path], Store]] = {
    "files (audiokit)": FolderStore,
    "files + SQLite": IndexedFiles,
    "SQLite blobs": Blobs,
    "diskcache (LRU)": lambda folder: DiskCache(folder, "least-recently-used"),
    "diskcache (default)": lambda folder: DiskCache(folder, "least-recently-stored"),
}


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=60, isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = OFF")  # what a kill leaves is whole either way, as with the files
    return base

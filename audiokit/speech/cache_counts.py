"""How often the cache was asked and how many characters it saved, over all processes: one row a service in SQLite.

Counts are gathered in memory and written every few seconds and at the end of the process: a hit costs no disk, a kill
costs a few counts. Nobody's speech depends on them, so what cannot be written is dropped.
"""

from __future__ import annotations

import atexit
import logging
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WRITE_EVERY_S = 5.0
BUSY_S = 1.0  # how long to wait for another process that writes

SCHEMA = """
CREATE TABLE IF NOT EXISTS used (
    provider TEXT, model TEXT, hits INTEGER, hit_characters INTEGER, misses INTEGER, missed_characters INTEGER,
    PRIMARY KEY (provider, model)) WITHOUT ROWID
"""
ADD = """
INSERT INTO used VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    hits = hits + excluded.hits, hit_characters = hit_characters + excluded.hit_characters,
    misses = misses + excluded.misses, missed_characters = missed_characters + excluded.missed_characters
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one service was asked."""

    provider: str
    """Its name."""
    model: str
    """Its model; empty: the default one."""
    hits: int = 0
    """Requests answered from the cache."""
    hit_characters: int = 0
    """Characters that cost nothing."""
    misses: int = 0
    """Requests that went to the provider."""
    missed_characters: int = 0
    """Characters that were paid."""


@cache
def counts_at(path: Path) -> Counts:
    """Give the counts of a file: the same ones to all caches of this process."""
    return Counts(path)


class Counts:
    """Counts in a file.

    Parameters
    ----------
    path : the SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._new: Counter[tuple[str, str, bool, str]] = Counter()
        self._next_write_s = 0.0
        atexit.register(self.write)

    def add(self, provider: str, model: str, characters: int, *, hit: bool) -> bool:
        """Count one request, in memory; tells whether it is time to `write`."""
        with self._lock:
            self._new[provider, model, hit, "requests"] += 1
            self._new[provider, model, hit, "characters"] += characters
            return time.monotonic() >= self._next_write_s

    def write(self) -> None:
        """Bring what was counted since the last time into the file; also what another thread is just bringing."""
        with self._writing:
            with self._lock:
                self._next_write_s = time.monotonic() + WRITE_EVERY_S
                new, self._new = self._new, Counter()
            if new:
                self._bring(new)

    def _bring(self, new: Counter[tuple[str, str, bool, str]]) -> None:
        services = sorted({(provider, model) for provider, model, _, _ in new})
        kinds = [(hit, unit) for hit in (True, False) for unit in ("requests", "characters")]
        rows: list[tuple[str | int, ...]] = [
            (*service, *(new[*service, hit, unit] for hit, unit in kinds)) for service in services
        ]
        try:
            self._write(rows)
        except (OSError, sqlite3.Error) as error:
            log.debug("the cache's counts cannot be written to %s: %s", self._path, error)

    def read(self) -> list[Used]:
        """Give the counts of all processes, one for each service; none if the file cannot be read."""
        self.write()
        if not self._path.exists():
            return []
        try:
            with closing(self._open()) as database:
                rows = database.execute("SELECT * FROM used").fetchall()
        except sqlite3.Error:
            return []
        names = ("provider", "model", "hits", "hit_characters", "misses", "missed_characters")
        return [Used(**dict(zip(names, row, strict=True))) for row in rows]

    def clear(self) -> None:
        """Begin at nought."""
        with self._lock:
            self._new = Counter()
        self._path.unlink(missing_ok=True)

    def _write(self, rows: list[tuple[str | int, ...]]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._add(rows)
        except sqlite3.OperationalError:  # full, locked, read-only: later, perhaps
            raise
        except sqlite3.DatabaseError:  # no database: somebody's file, or what a dying disk left
            self._path.unlink()
            self._add(rows)

    def _add(self, rows: list[tuple[str | int, ...]]) -> None:
        with closing(self._open()) as database, database:
            database.execute(SCHEMA)
            database.executemany(ADD, rows)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=BUSY_S)

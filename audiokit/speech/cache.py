"""`SpeechCache`: speech that was paid for once, on this machine, and perhaps on others behind it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiokit import config
from audiokit.errors import ConfigError
from audiokit.speech.cache_counts import Used, counts_at
from audiokit.speech.cache_key import SpeechRequest
from audiokit.speech.entry import SpeechEntry, UnreadableEntry, check_sound, packed, unpacked
from audiokit.speech.shared_store import SharedStore
from audiokit.speech.single_flight import Flight
from audiokit.speech.store import FolderStore, Stored

MAX_BYTES = 2 * 2**30  # about 11 hours of 24 kHz speech
MAX_AGE_S = 365 * 86400.0
PRUNE_EVERY_S = 3600.0
PRUNE_SHARE = 50  # and after a fiftieth of the room was written: so far a process may go over the bounds

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """Where speech is kept, and how much. `[cache]` in config.toml sets the same names."""

    folder: Path | None = None
    """Any folder; None: `speech` in the home folder."""
    max_bytes: int | None = MAX_BYTES
    """Room; what was used longest ago goes first. None: any."""
    max_age_s: float | None = MAX_AGE_S
    """What was not used for so long goes, in seconds. None: never."""
    shared: str = ""
    """Address for fsspec of a store that several machines share; empty: none."""

    def __post_init__(self) -> None:
        if self.max_bytes is not None and self.max_bytes < 0:
            raise ConfigError(f"max_bytes is {self.max_bytes}; expected 0 or more")
        if self.max_age_s is not None and not self.max_age_s > 0:
            raise ConfigError(f"max_age_s is {self.max_age_s}; expected more than 0 s")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """What a cache holds and what it was good for."""

    folder: Path
    """Where it is."""
    entries: int
    """How many pieces of speech."""
    size_bytes: int
    """How large they are together."""
    used: tuple[Used, ...]
    """Hits and misses by service, since the cache was made or cleared."""


class SpeechCache:
    """Speech by request: on disk, for any number of threads and processes.

    A cache never stands in the way of speech: whatever is wrong with its folder, it warns once and finds nothing.

    Parameters
    ----------
    settings : where and how much; by default those of config.toml.

    Raises
    ------
    ConfigError : settings in config.toml that do not exist or cannot be meant.
    CacheError : a shared store that cannot be opened.
    """

    def __init__(self, settings: CacheSettings | None = None) -> None:
        self.settings = settings or configured()
        self.folder = self.settings.folder or config.home() / "speech"
        self._store = FolderStore(self.folder)
        self._shared = SharedStore(self.settings.shared) if self.settings.shared else None
        self._counts = counts_at(self.folder / "counts.sqlite3")
        self._written_bytes = 0
        self._has_warned = False

    def get(self, request: SpeechRequest) -> SpeechEntry | None:
        """Look for speech, here and in the shared store; None if there is none that can be used. Reads the disk.

        What only one of them has comes to the other.
        """
        key = request.key
        data = self._read(key)
        entry = self._opened(data, key)
        if entry is None and data is not None:
            self._store.remove(key)  # damaged, or no entry of ours under an entry's name
        if self._shared and entry and data:
            self._shared.offer(key, data)
        elif self._shared:
            shared = self._shared.read(key)
            entry = self._opened(shared, key, is_foreign=True)
            if entry and shared:
                self._write(key, shared)
        return entry

    def put(self, entry: SpeechEntry) -> None:
        """Keep whole speech, here and in the shared store. Writes the disk."""
        data = packed(entry)
        self._write(entry.request.key, data)
        if self._shared:
            self._shared.write(entry.request.key, data)
        self._prune_when_due()

    def count(self, request: SpeechRequest, *, hit: bool) -> bool:
        """Count a request that was answered from here, or by the provider; tells whether to `write_counts`."""
        return self._counts.add(request.provider, request.model, len(request.text), hit=hit)

    def settle(self) -> None:
        """Wait until the shared store has all that was put, and the disk the counts; the end of a process does, too."""
        self._counts.write()
        if self._shared:
            self._shared.settle()

    def write_counts(self) -> None:
        """Bring the counts to the disk; what is not brought by the end of the process is then."""
        self._counts.write()

    def flight(self, request: SpeechRequest) -> Flight:
        """Give what only one at a time may hold: who pays for this request."""
        return Flight(self._store.path(request.key, ".lock"))

    def entries(self) -> Iterator[tuple[Stored, SpeechEntry]]:
        """Give all that can be read, the last used first."""
        for stored in sorted(self._store.entries(), key=lambda stored: -stored.used_s):
            try:
                data = self._store.path(stored.key).read_bytes()
            except OSError:
                continue
            if entry := self._opened(data, stored.key):
                yield stored, entry

    def stats(self) -> CacheStats:
        """Count what is there, and what was asked."""
        sizes = [stored.size_bytes for stored in self._store.entries()]
        used = tuple(self._counts.read())
        return CacheStats(folder=self.folder, entries=len(sizes), size_bytes=sum(sizes), used=used)

    def prune(self, *, max_bytes: int | None = None, max_age_s: float | None = None) -> list[Stored]:
        """Remove what is too old or too much; see `FolderStore.prune`.

        Parameters
        ----------
        max_bytes, max_age_s : other bounds than those of the settings, in bytes and seconds.
        """
        return self._store.prune(
            self.settings.max_bytes if max_bytes is None else max_bytes,
            self.settings.max_age_s if max_age_s is None else max_age_s,
        )

    def clear(self) -> int:
        """Remove all entries here, not in the shared store, and the counts; give how many entries those were."""
        removed = sum(self._store.remove(stored.key) for stored in self._store.entries())
        self._counts.clear()
        return removed

    def warn(self, error: Exception) -> None:
        """Tell once that the folder cannot be used as it should."""
        if not self._has_warned:
            self._has_warned = True
            reason = getattr(error, "strerror", None) or error
            log.warning("the speech cache %s cannot be used: %s. Going on without it.", self.folder, reason)

    def _opened(self, data: bytes | None, key: str, *, is_foreign: bool = False) -> SpeechEntry | None:
        if data is None:
            return None
        try:
            entry = unpacked(data, key)
            if is_foreign:
                check_sound(entry)
            return entry
        except UnreadableEntry as error:
            log.info("the speech cache's entry %s is left out: %s", key, error)
            return None

    def _read(self, key: str) -> bytes | None:
        try:
            return self._store.read(key)
        except OSError as error:
            self.warn(error)
            return None

    def _write(self, key: str, data: bytes) -> None:
        try:
            self._store.write(key, data)
        except OSError as error:
            self.warn(error)
        else:
            self._written_bytes += len(data)

    def _prune_when_due(self) -> None:
        """Keep to the bounds: now and then, for it means to look at all files."""
        stamp = self.folder / "pruned"
        try:
            is_due = not stamp.exists() or time.time() - stamp.stat().st_mtime > PRUNE_EVERY_S
            has_much = self._written_bytes * PRUNE_SHARE > (self.settings.max_bytes or float("inf"))
            if is_due or has_much or self.settings.max_bytes == 0:
                stamp.touch()
                os.utime(stamp)
                self._written_bytes = 0
                self.prune()
        except OSError as error:
            self.warn(error)


def configured() -> CacheSettings:
    """Give the settings of config.toml's `[cache]`: folder, max_bytes, max_age_s, shared.

    Raises
    ------
    ConfigError : a name or a value that cannot be meant.
    """
    table = config.settings_file().get("cache", {})
    kinds: dict[str, type | tuple[type, ...]] = {
        "folder": str,
        "max_bytes": int,
        "max_age_s": (int, float),
        "shared": str,
    }
    for name, value in table.items() if isinstance(table, dict) else [("cache", table)]:
        if name not in kinds or not isinstance(value, kinds[name]):
            raise ConfigError(f"config.toml, [cache]: {name} = {value!r} is not known; expected {', '.join(kinds)}")
    folder = Path(table["folder"]).expanduser() if "folder" in table else None
    return CacheSettings(**{**table, "folder": folder})

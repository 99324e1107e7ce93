"""The journal: what is done, one line each, so that a run can stop anywhere and go on.

A line is written, flushed and synced before its work counts as done, unless the work was a matter of milliseconds. A
crash can leave half a line at the end, which the next one overwrites; a damaged line elsewhere costs no more than the
work it stood for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

from audiokit.disk import replace_text


class Journal:
    """An append-only file of (kind, key) -> value; the last line of a key wins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[tuple[str, str], dict[str, Any]] = {}
        self._size_bytes = self._load()

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Give the value, or None if that work is not done."""
        return self._entries.get((kind, key))

    def keys(self, kind: str) -> list[str]:
        """List the keys of one kind."""
        return [key for known, key in self._entries if known == kind]

    def __getitem__(self, entry: tuple[str, str]) -> dict[str, Any]:
        return self._entries[entry]

    def add(self, kind: str, key: str, value: dict[str, Any], *, sync: bool = True) -> None:
        """Write one line; `sync` waits until it is on the disk, for work that is not to be done twice."""
        self._entries[(kind, key)] = value
        line = _line(kind, key, value).encode()
        with self._path.open("ab") as file:
            file.truncate(self._size_bytes)
            file.write(line)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        self._size_bytes += len(line)

    def compact(self, keep: set[tuple[str, str]]) -> None:
        """Keep only these entries, sorted, so that equal work leaves equal journals."""
        self._entries = {entry: self._entries[entry] for entry in sorted(keep & set(self._entries))}
        text = "".join(_line(*entry, value) for entry, value in self._entries.items())
        replace_text(self._path, text)
        self._size_bytes = len(text.encode())

    def adopt(self, others: Iterable[Journal], leaving_out: Container[str]) -> None:
        """Write down what other journals hold too, but for some kinds; what is known here stays."""
        for other in others:
            for entry, value in other._entries.items():
                if entry[0] not in leaving_out:
                    self._entries.setdefault(entry, value)
        self.compact(set(self._entries))

    def _load(self) -> int:
        """Read all whole lines; give where the last one ends, in bytes."""
        if not self._path.exists():
            return 0
        end = size_bytes = 0
        for line in self._path.read_bytes().splitlines(keepends=True):
            end += len(line)
            if entry := _entry(line):
                kind, key, value = entry
                self._entries[(kind, key)] = value
                size_bytes = end
        return size_bytes


def _entry(line: bytes) -> tuple[str, str, dict[str, Any]] | None:
    """Read what `_line` wrote; None for half a line and for anything else."""
    try:
        kind, key, value = json.loads(line)
    except (ValueError, TypeError):
        return None
    whole = line.endswith(b"\n") and isinstance(kind, str) and isinstance(key, str) and isinstance(value, dict)
    return (kind, key, value) if whole else None


def _line(kind: str, key: str, value: Any) -> str:
    return json.dumps([kind, key, value], ensure_ascii=False) + "\n"

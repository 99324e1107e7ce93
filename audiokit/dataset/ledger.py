"""Which files were stored, and as what: a change is seen by size and time, without reading."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Ledger:
    """Names of files with their size and time then; kept in a file, a line for each `note`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, list[int]] = {}
        for line in path.read_bytes().splitlines() if path.exists() else ():
            if row := json_object(line):
                self._rows.update(row)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def is_new(self, folder: Path, name: str) -> bool:
        """Tell whether a file of the folder is not noted as it is now."""
        return self._rows.get(name) != _stamp(folder / name)

    def note(self, folder: Path, names: Iterable[str]) -> None:
        """Note files as they are now."""
        rows = {name: _stamp(folder / name) for name in names}
        self._rows.update(rows)
        with self._path.open("ab") as file:  # a line that a crash takes costs one more copy
            file.write(b"\n" + json.dumps(rows).encode() + b"\n")

    def forget(self, names: Iterable[str]) -> None:
        """Count files as new until they are noted again."""
        for name in names:
            self._rows.pop(name, None)

    def clear(self) -> None:
        """Forget all, for good."""
        self._rows.clear()
        self._path.unlink(missing_ok=True)


def json_object(data: bytes | None) -> dict[str, Any]:
    """Read a JSON object; empty for anything else."""
    try:
        row = json.loads(data or b"")
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]

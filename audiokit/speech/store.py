"""A folder of entries, one file each, whose name is its key and whose date is its last use.

The folder is the index: nothing beside the files can disagree with them, be torn by a kill, or be locked by another
process. What is not named like an entry is left alone.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ENDING = ".speech"
FORGOTTEN_S = 3600.0  # a scratch file this old belongs to nobody: no sentence takes an hour

_FOLDER = re.compile(r"[0-9a-f]{2}")
_ENTRY = re.compile(r"[0-9a-f]{64}\.speech")
_SCRATCH = re.compile(r"[0-9a-f]{64}(\.[0-9a-f]+\.part|\.lock)")


class Stored(NamedTuple):
    """One file of the folder."""

    key: str
    """The entry's key."""
    size_bytes: int
    """Size of the file."""
    used_s: float
    """When it was last used, in seconds since 1970."""


class FolderStore:
    """Bytes by key in a folder that any number of processes share.

    Parameters
    ----------
    folder : made when the first entry is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str, ending: str = ENDING) -> Path:
        """Give the place of an entry: 256 folders, so that none has too many files."""
        return self.folder / key[:2] / f"{key}{ending}"

    def read(self, key: str) -> bytes | None:
        """Give an entry and mark it as used; None if there is none.

        Raises
        ------
        OSError : it is there but cannot be read.
        """
        path = self.path(key)
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        with suppress(OSError):  # a folder that is only for reading forgets what was used
            os.utime(path)
        return data

    def write(self, key: str, data: bytes) -> None:
        """Keep an entry: all of it or nothing, whoever else writes the same.

        Raises
        ------
        OSError : no room, or no permission.
        """
        path = self.path(key)
        part = self.path(key, f".{os.urandom(8).hex()}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def remove(self, key: str) -> bool:
        """Forget an entry; tells whether it is gone, by whomever."""
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def entries(self) -> Iterator[Stored]:
        """Give all entries, in no order."""
        for file in self._files(_ENTRY):
            with suppress(OSError):  # another process may have removed it
                status = file.stat()
                yield Stored(file.name.removesuffix(ENDING), status.st_size, status.st_mtime)

    def prune(self, max_bytes: int | None, max_age_s: float | None) -> list[Stored]:
        """Remove what was not used for `max_age_s`, then what was used longest ago until the rest fits.

        Parameters
        ----------
        max_bytes : room for all entries; None: any.
        max_age_s : in seconds; None: any.

        Returns
        -------
        What was removed.
        """
        now_s = time.time()
        for file in self._files(_SCRATCH):
            with suppress(OSError):
                if now_s - file.stat().st_mtime > FORGOTTEN_S:
                    os.unlink(file.path)
        kept = sorted(self.entries(), key=lambda entry: entry.used_s)
        total, removed = sum(entry.size_bytes for entry in kept), []
        for entry in kept:
            is_old = max_age_s is not None and now_s - entry.used_s > max_age_s
            is_too_much = max_bytes is not None and total > max_bytes
            if (is_old or is_too_much) and self.remove(entry.key):
                total -= entry.size_bytes
                removed.append(entry)
        return removed

    def _files(self, name: re.Pattern[str]) -> Iterator[os.DirEntry[str]]:
        with suppress(OSError), os.scandir(self.folder) as folders:
            for folder in folders:
                if _FOLDER.fullmatch(folder.name):
                    with suppress(OSError), os.scandir(folder.path) as files:
                        yield from (file for file in files if name.fullmatch(file.name))

"""Folders for a moment: gone when their work is done, or at the next one's start when their process was killed."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "audiokit-scratch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder under the system's place for such (`TMPDIR` leads elsewhere) and delete it in the end."""
    from filelock import FileLock

    _sweep()
    folder = Path(tempfile.gettempdir(), f"{PREFIX}{uuid.uuid4().hex}")
    with FileLock(f"{folder}.lock"):  # a lock ends with its process, however that ends
        try:
            folder.mkdir(0o700)  # not before the lock: another's sweep would take it for one that was left
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            Path(f"{folder}.lock").unlink(missing_ok=True)


def _sweep() -> None:
    """Delete the folders of processes that were killed."""
    from filelock import FileLock, Timeout

    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*.lock"):
        try:
            with FileLock(lock, blocking=False):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink(missing_ok=True)
        except (Timeout, OSError):  # its owner lives, or it is another user's
            continue

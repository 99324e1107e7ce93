"""One at a time: whoever asks for a sentence that another is just paying for waits for it, in any thread or process."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock


class Flight:
    """A file that one at a time may hold; the system takes it from a process that dies.

    Parameters
    ----------
    path : the file; it is there only while somebody holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: FileLock | None = None
        self._is_over = False
        self._guard = threading.Lock()

    def begin(self) -> bool:
        """Try to take it, without waiting; False if another has it.

        Raises
        ------
        OSError : no file can be made there.
        """
        from filelock import FileLock, Timeout

        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path, blocking=False, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            return False
        with self._guard:
            self._lock = lock
        if self._is_over:  # whoever wanted it was cancelled while this thread was on its way
            self.end()
        return True

    def end(self) -> None:
        """Give it back, now and whenever a `begin` still on its way in another thread gets it."""
        self._is_over = True
        with self._guard:
            lock, self._lock = self._lock, None
        if lock is None:
            return
        # Removed while it is held: who opened the old file meanwhile finds it gone, and opens anew. Windows refuses.
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        lock.release()

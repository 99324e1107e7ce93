"""A store that several machines share: any address that fsspec knows, such as s3://bucket/speech or a mounted folder.

It stands behind the local one. Reading it is never waited for long, and what it does not give at once is made again;
writing it is not waited for, except at the end. Its threads end with the process, whatever a store that hangs does.
"""

from __future__ import annotations

import atexit
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from importlib.util import find_spec
from threading import Condition, Thread

from audiokit.errors import CacheError, MissingDependencyError
from audiokit.speech.store import ENDING

WAIT_S = 1.0  # longer than any store in the same region takes; a sentence is synthesized in less
SETTLE_S = 10.0  # a store that takes no entry for so long hangs
MOST_UNWRITTEN = 64  # entries that wait for a slow store; more are not shared, and that is told
REST_S = 60.0  # after a failure, so that a store that is away costs one wait a minute

log = logging.getLogger(__name__)


class SharedStore:
    """Bytes by key behind an address.

    Parameters
    ----------
    url : for fsspec; its protocol's package (s3fs, gcsfs ...) must be installed, credentials are where it looks.
    wait_s, settle_s : longest wait for an answer, and for an entry to be written while `settle` waits, in seconds.

    Raises
    ------
    CacheError : an address that fsspec cannot open.
    MissingDependencyError : fsspec is not installed.
    """

    def __init__(self, url: str, *, wait_s: float = WAIT_S, settle_s: float = SETTLE_S) -> None:
        if find_spec("fsspec") is None:
            raise MissingDependencyError("a shared cache (fsspec)", extra="shared")
        self._url, self._wait_s, self._settle_s = url, wait_s, settle_s
        try:
            self._files, self._root = import_module("fsspec.core").url_to_fs(url)
        except (ImportError, OSError, ValueError) as error:
            raise CacheError(f"the shared cache {url} cannot be opened: {error}") from error
        self._unwritten: deque[tuple[str, bytes, bool]] = deque()
        self._shared: set[str] = set()  # keys that are there, or on their way
        self._is_told = False
        self._news = Condition()
        self._is_writing = False
        self._rests_until_s = 0.0

    def read(self, key: str) -> bytes | None:
        """Give an entry; None if there is none, or none in time."""
        if self._is_resting():
            return None
        answer: Future[bytes | None] = Future()
        _start(lambda: _answer(answer, lambda: self._read(key)), "audiokit-shared")
        try:
            return answer.result(self._wait_s)
        except Exception as error:  # each protocol raises errors of its own package
            self._rest("be read", error)
            return None

    def offer(self, key: str, data: bytes) -> None:
        """Keep an entry if there is none, such as one that was made here before there was a shared store."""
        if key not in self._shared:
            self.write(key, data, replace=False)

    def write(self, key: str, data: bytes, *, replace: bool = True) -> None:
        """Keep an entry, some time before the end of the process, as far as the store lets us."""
        if self._is_resting():
            return
        with self._news:
            if len(self._unwritten) >= MOST_UNWRITTEN:
                self._tell_slow()
                return
            self._shared.add(key)
            self._unwritten.append((key, data, replace))
            if not self._is_writing:
                self._is_writing = True
                atexit.register(self.settle)
                _start(self._write_all, "audiokit-shared-writer")

    def settle(self) -> None:
        """Wait until all is written, as long as the store goes on taking entries."""
        with self._news:
            while self._is_writing and not self._is_resting():
                if not self._news.wait(self._settle_s):
                    self._rest("be written to", TimeoutError(f"nothing for {self._settle_s:g} s"))

    def _write_all(self) -> None:
        """Write one after the other; the thread ends with the last."""
        while True:
            with self._news:
                self._news.notify_all()
                if not self._unwritten:
                    self._is_writing = False
                    atexit.unregister(self.settle)
                    return
                key, data, replace = self._unwritten.popleft()
            if self._is_resting():
                self._shared.discard(key)
                continue
            try:
                if replace or not self._files.exists(self._path(key)):
                    self._write(key, data)
            except Exception as error:  # each protocol raises errors of its own package
                self._shared.discard(key)
                self._rest("be written to", error)

    def _tell_slow(self) -> None:
        if not self._is_told:
            self._is_told = True
            log.warning("the shared cache %s is slow: %d entries wait for it, others are not shared", self._url,
                        MOST_UNWRITTEN)  # fmt: skip

    def _is_resting(self) -> bool:
        return time.monotonic() < self._rests_until_s

    def _rest(self, verb: str, error: Exception) -> None:
        """Leave a store that failed alone for a minute."""
        if not self._is_resting():
            self._rests_until_s = time.monotonic() + REST_S
            log.warning("the shared cache %s cannot %s (%r); going on without it for %.0f s", self._url, verb, error,
                        REST_S)  # fmt: skip

    def _path(self, key: str) -> str:
        return f"{self._root}/{key[:2]}/{key}{ENDING}"

    def _read(self, key: str) -> bytes | None:
        try:
            return bytes(self._files.cat_file(self._path(key)))
        except FileNotFoundError:
            return None

    def _write(self, key: str, data: bytes) -> None:
        """Write at once: an object store shows whole objects only, and elsewhere the check sum tells a torn one."""
        self._files.makedirs(f"{self._root}/{key[:2]}", exist_ok=True)
        self._files.pipe_file(self._path(key), data)


def _start(work: Callable[[], None], name: str) -> None:
    """Work in a thread that nobody waits for: those of a pool are joined at the end of the process."""
    Thread(target=work, name=name, daemon=True).start()


def _answer(answer: Future[bytes | None], work: Callable[[], bytes | None]) -> None:
    try:
        answer.set_result(work())
    except Exception as error:  # it is the reader's, whatever it is
        answer.set_exception(error)

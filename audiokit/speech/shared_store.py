"""A store that several machines share: any address that fsspec knows, such as s3://bucket/speech or a mounted folder.

It stands behind the local one. Reading it is never waited for long, and what it does not give at once is made again;
writing it is not waited for at all.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec

from audiokit.errors import CacheError, MissingDependencyError
from audiokit.speech.store import ENDING

WAIT_S = 1.0  # longer than any store in the same region takes; a sentence is synthesized in less
MOST_UNWRITTEN = 64  # entries that wait for a slow store; more are not shared
REST_S = 60.0  # after a failure, so that a store that is away costs one wait a minute

log = logging.getLogger(__name__)


class SharedStore:
    """Bytes by key behind an address.

    Parameters
    ----------
    url : for fsspec; its protocol's package (s3fs, gcsfs ...) must be installed, credentials are where it looks.
    wait_s : longest wait for one answer, in seconds.

    Raises
    ------
    CacheError : an address that fsspec cannot open.
    MissingDependencyError : fsspec is not installed.
    """

    def __init__(self, url: str, *, wait_s: float = WAIT_S) -> None:
        if find_spec("fsspec") is None:
            raise MissingDependencyError("a shared cache (fsspec)", extra="shared")
        self._url, self._wait_s = url, wait_s
        try:
            self._files, self._root = import_module("fsspec.core").url_to_fs(url)
        except (ImportError, OSError, ValueError) as error:
            raise CacheError(f"the shared cache {url} cannot be opened: {error}") from error
        self._readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="audiokit-shared")
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audiokit-shared-writer")
        self._unwritten: deque[str] = deque()
        self._rests_until_s = 0.0

    def read(self, key: str) -> bytes | None:
        """Give an entry; None if there is none, or none in time."""
        if self._is_resting():
            return None
        try:
            return self._readers.submit(self._read, key).result(self._wait_s)
        except Exception as error:  # each protocol raises errors of its own package
            self._rest("be read", error)
            return None

    def write(self, key: str, data: bytes) -> None:
        """Keep an entry, some time before the end of the process, as far as the store lets us."""
        if not self._is_resting() and len(self._unwritten) < MOST_UNWRITTEN:
            self._unwritten.append(key)
            self._writer.submit(self._write_next, data)

    def settle(self) -> None:
        """Wait until all is written."""
        self._writer.submit(int).result()

    def _write_next(self, data: bytes) -> None:
        key = self._unwritten.popleft()
        if self._is_resting():
            return
        try:
            self._write(key, data)
        except Exception as error:  # each protocol raises errors of its own package
            self._rest("be written to", error)

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

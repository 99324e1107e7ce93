"""A place behind an address that fsspec knows, such as s3://bucket/folder: files by name, errors in our words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audiokit.errors import AudiokitError, ConfigError, DatasetError, MissingDependencyError

EXTRAS = {"s3": "s3", "s3a": "s3"}
"""Our extra that brings a protocol's package; others are named by fsspec itself."""
MARKS = ("ETag", "etag", "md5Hash", "LastModified", "mtime")
"""What stores call the mark that changes with a file, the best first."""


def is_address(place: str | os.PathLike[str]) -> bool:
    """Tell an address such as s3://bucket/folder from a path."""
    return isinstance(place, str) and "://" in place


def shown(address: str) -> str:
    """Give an address for a message or a manifest: without a password and without the signature behind its path."""
    place = re.sub(r"^(\w+://)[^/]*@", r"\1", address)
    return place.partition("?")[0] if place.startswith(("http://", "https://")) else place


def protocols(files: Any) -> set[str]:
    """Name the protocols that one of fsspec's file systems speaks."""
    return {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)


def mark_of(info: Mapping[str, Any]) -> str:
    """Give what changes whenever a file does, as far as its store tells; empty when it tells nothing."""
    mark = next((str(info[name]) for name in MARKS if info.get(name)), "")
    return f"{info.get('size')} {mark.strip(chr(34))}" if mark else ""


def open_files(address: str) -> tuple[Any, str]:
    """Give fsspec's file system for an address, and the path in it.

    Raises
    ------
    MissingDependencyError, ConfigError : see `explained`.
    """
    protocol = address.partition("://")[0]
    if find_spec("fsspec") is None:
        raise MissingDependencyError(f"{protocol}:// (fsspec)", extra=EXTRAS.get(protocol, "shared"))
    options = {"auto_mkdir": True} if protocol in ("file", "local") else {}
    with explaining(address):
        files, path = _opened(address, options)
    files.invalidate_cache()  # file systems live as long as the process, and remember
    return files, str(path)


def _opened(address: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Leave an address to fsspec, but for one with a "::" in a file's name, where fsspec sees a chain of addresses."""
    if all("://" in part or part.isalpha() for part in address.split("::")):
        files, path = import_module("fsspec.core").url_to_fs(address, **options)
        return files, path
    kind = import_module("fsspec").get_filesystem_class(address.partition("://")[0])
    return kind(**kind._get_kwargs_from_urls(address), **options), kind._strip_protocol(address)


@contextmanager
def explaining(address: str) -> Iterator[None]:
    """Translate what a store raises; each protocol has errors of its own package."""
    try:
        yield
    except AudiokitError:
        raise
    except Exception as error:
        raise explained(address, error) from error


def explained(address: str, error: Exception) -> AudiokitError:
    """Say in our words why a store did not do as it was told."""
    place, protocol, said = shown(address), address.partition("://")[0], told(error)
    if isinstance(error, ImportError) and protocol in EXTRAS:
        return MissingDependencyError(f"{protocol}:// (s3fs)", extra=EXTRAS[protocol])
    if isinstance(error, ImportError | ValueError):
        return ConfigError(f"{place} cannot be opened: {said}")
    is_refused = getattr(error, "status", None) in (401, 403)  # over http
    if is_refused or isinstance(error, PermissionError) or "Credentials" in type(error).__name__:
        return ConfigError(
            f"{place}: access refused ({said}). Give credentials where its package looks for them; for s3 that is "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws, or the machine's role. A signed http address may "
            "have expired."
        )
    if isinstance(error, FileNotFoundError):
        return DatasetError(f"{place}: not there ({said}). Is the bucket's name right, and does it exist?")
    return DatasetError(f"{place} does not do as it should: {said}. Run the same again: what is done stays done.")


def told(error: Exception) -> str:
    """Give a store's own words, without what may be secret in an address: its user, its password, its query."""
    words = re.sub(r"(\w+://)[^/\s'\"]*@", r"\1", str(error))
    return re.sub(r"\?[^\s'\"]*", "?...", words) or type(error).__name__


class Store:
    """Files under one address, named by their path from there."""

    def __init__(self, address: str) -> None:
        self.address = shown(address).rstrip("/")
        self._files, root = open_files(address.rstrip("/"))
        self._root = root.rstrip("/")

    def list(self) -> dict[str, int]:
        """List all files with their sizes in bytes.

        Raises
        ------
        DatasetError : a name that leads out of the place; what is fetched by it could be written anywhere.
        """
        with explaining(self.address):
            self._files.invalidate_cache()
            found = self._files.find(self._root, detail=True)
        sizes = {path.removeprefix(self._root).lstrip("/"): int(info["size"] or 0) for path, info in found.items()}
        for name in sizes:
            if ".." in re.split(r"[/\\]", name):
                raise DatasetError(f"{self.address} holds {name!r}, which leads out of it. Don't trust who made it.")
        return {name: size for name, size in sizes.items() if name and not name.endswith("/")}  # marks of folders

    def read(self, name: str) -> bytes | None:
        """Give a file's bytes; None if it is not there."""
        with explaining(self.address):
            try:
                return bytes(self._files.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file, in place of one that is there."""
        with explaining(self.address):
            self._files.pipe_file(self._path(name), data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a file if there is none; tell whether it is ours. Of several who try at once, one succeeds."""
        with explaining(self.address):
            try:
                self._files.pipe_file(self._path(name), data, mode="create")
            except FileExistsError:
                return False
        return True

    def send(self, folder: Path, names: Sequence[str]) -> None:
        """Copy files of a folder here, several at a time where the protocol can."""
        if names:
            with explaining(self.address):
                self._files.put([str(folder / name) for name in names], [self._path(name) for name in names])

    def fetch(self, names: Sequence[str], folder: Path) -> None:
        """Copy files from here into a folder."""
        for parent in {(folder / name).parent for name in names}:
            parent.mkdir(parents=True, exist_ok=True)
        if names:
            with explaining(self.address):
                self._files.get([self._path(name) for name in names], [str(folder / name) for name in names])

    def remove(self, names: Sequence[str]) -> None:
        """Delete files that are there."""
        if names:
            with explaining(self.address):
                self._files.rm([self._path(name) for name in names])

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

"""Recordings on disk and behind addresses: which there are, and bringing one onto this machine's disk for a while."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from audiokit.dataset.layout import DISK_FULL
from audiokit.dataset.scan import Found, is_candidate, scan
from audiokit.dataset.scratch import scratch
from audiokit.dataset.store import explained, explaining, is_address, mark_of, open_files, protocols, shown, told
from audiokit.errors import AudioFileError, DatasetError

BLOCK_BYTES = 8 << 20


def find_recordings(
    sources: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str], folder: Path
) -> list[Found]:
    """List the recordings in `sources`, sorted by name, each once, leaving out what lies in the dataset.

    Parameters
    ----------
    sources : as for `scan`; addresses too, of files, folders and globs. Over http(s) only files can be named.
    out : where the dataset will be, maybe an address.
    folder : the dataset's folder on this machine.

    Raises
    ------
    AudioFileError : a source that is not there (reason "missing").
    ConfigError, DatasetError, MissingDependencyError : a store that cannot be opened or read.
    """
    own = [_spelled(None, str(folder)), *([_spelled(*open_files(os.fspath(out)))] if is_address(out) else [])]
    here = [source for source in sources if not is_address(source)]
    behind = (row for source in sources if is_address(source) for row in _behind(os.fspath(source)))
    found: dict[str, Found] = {}
    for files, path, file in chain(((None, file.place, file) for file in scan(here, folder)), behind):
        if not _lies_in(own, *_spelled(files, path)):
            found.setdefault(file.place, file)
    return list(_distinct(sorted(found.values(), key=lambda file: (file.name, file.place))))


def _spelled(files: Any, path: str) -> tuple[Any, str]:
    """Give a place in one spelling, however it was written; None stands for the file system of this machine."""
    if files is None or "file" in protocols(files):
        return None, Path(os.path.realpath(path)).as_posix()
    return files, path.rstrip("/")


def _lies_in(folders: Iterable[tuple[Any, str]], files: Any, path: str) -> bool:
    return any(files == there and path.startswith(f"{folder}/") for there, folder in folders)


def _distinct(found: Iterable[Found]) -> Iterator[Found]:
    """Count up equal names, as of web pages that differ in their query alone."""
    taken: set[str] = set()
    times: Counter[str] = Counter()
    for file in found:
        name = file.name
        while name in taken:
            times[file.name] += 1
            name = f"{file.name} #{times[file.name] + 1}"
        taken.add(name)
        yield replace(file, name=name)


def _behind(address: str) -> Iterator[tuple[Any, str, Found]]:
    """Give the recordings of an address, each with its file system and its path there."""
    files, path = open_files(address)
    with explaining(address):
        try:
            found = _matching(files, path.rstrip("/") or path)
        except FileNotFoundError as error:
            if (cause := _hidden(files, error)) is not None:
                raise explained(address, cause) from error
            raise _missing(address) from error
    if not found:
        raise _missing(address)
    for info in found:
        place = address if path == info["name"] else _address_of(info["name"], files, address)
        yield files, info["name"], Found(name=shown(place), place=place, mark=mark_of(info))


def _address_of(path: str, files: Any, address: str) -> str:
    """Give the address of a file found under another one: by its path alone, or in the same host or account."""
    own = str(files.unstrip_protocol(path))
    if "::" in address or files._get_kwargs_from_urls(own) == files._get_kwargs_from_urls(address):
        return own
    plain, *pattern = re.split(r"[*?[]", address, maxsplit=1)
    folder = plain.rpartition("/")[0] if pattern else address.rstrip("/")
    return folder + "/" + path.removeprefix(files._strip_protocol(folder)).lstrip("/")


def _hidden(files: Any, error: FileNotFoundError) -> Exception | None:
    """Give what went wrong where it was not that; fsspec calls it so whatever it meets over http."""
    cause = error.__cause__
    is_web = not protocols(files).isdisjoint({"http", "https"})
    if not (is_web and isinstance(cause, Exception)) or isinstance(cause, FileNotFoundError):
        return None
    return None if getattr(cause, "status", None) in (404, 410) else cause


def _matching(files: Any, path: str) -> list[dict[str, Any]]:
    """Find what a path names: a file, else all recordings of a folder, else what a pattern matches."""
    if protocols(files) & {"http", "https"}:  # folders are pages there, and a "?" is no pattern
        return [{**files.info(path), "name": path}]
    if not files.exists(path) and glob.has_magic(path):
        matches = sorted(files.glob(path))
        return [info for match in matches for info in _matching(files, match)]
    info: dict[str, Any] = files.info(path)
    if info["type"] != "directory":
        return [info]
    rows: Iterable[dict[str, Any]] = files.find(path, detail=True).values()
    return [row for row in rows if _is_wanted(PurePosixPath(row["name"].removeprefix(path)))]


def _is_wanted(path: PurePosixPath) -> bool:
    return is_candidate(path.name) and not any(part.startswith(".") for part in path.parts)


def _missing(address: str) -> AudioFileError:
    return AudioFileError(
        f"{shown(address)}: nothing there. Give the address of a file, a folder or a glob such as "
        "'s3://bucket/episodes/*.mp3'.",
        reason="missing",
    )


@contextmanager
def on_disk(place: str, advance: Callable[[float], None]) -> Iterator[Path]:
    """Give a recording's path; one behind an address is brought here, under its own name, and deleted after.

    Parameters
    ----------
    place : a path, or an address.
    advance : told 0 s with each block that comes, a sign of life.

    Raises
    ------
    AudioFileError : it is not there any more (reason "missing").
    ConfigError, MissingDependencyError : its store cannot be opened.
    OSError : its store does not answer; another time may be better.
    """
    if not is_address(place):
        yield Path(place)
        return
    files, path = open_files(place)
    if "file" in protocols(files):  # a folder that several machines mount
        yield Path(path)
        return
    with scratch() as folder:
        target = folder / PurePosixPath(shown(path)).name
        try:
            _fetch(files, path, target, advance)
        except Exception as error:  # each protocol raises errors of its own package
            raise _met(error, files, place, target) from error
        yield target


def _met(error: Exception, files: Any, place: str, target: Path) -> Exception:
    """Say in our words what kept a recording from being brought here."""
    if isinstance(error, FileNotFoundError):
        if (cause := _hidden(files, error)) is None:
            return AudioFileError(f"{target.name}: not there any more", reason="missing")
        error = cause
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return OSError(error.errno, error.strerror, str(target.parent))
    ours = explained(place, error)
    return OSError(f"cannot be fetched: {told(error)}") if isinstance(ours, DatasetError) else ours


def _fetch(files: Any, path: str, target: Path, advance: Callable[[float], None]) -> None:
    """Copy block by block, whole or not at all."""
    part = target.with_name(target.name + ".part")
    with files.open(path, "rb", block_size=BLOCK_BYTES, cache_type="readahead") as source, part.open("wb") as file:
        while block := source.read(BLOCK_BYTES):
            file.write(block)
            advance(0.0)
    os.replace(part, target)

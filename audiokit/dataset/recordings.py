"""Recordings on disk and behind addresses: which there are, and bringing one onto this machine's disk for a while."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

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
    here = [source for source in sources if not is_address(source)]
    found = {file.place: file for file in scan(here, folder)}
    for source in sources:
        if is_address(source):
            for file in _behind(os.fspath(source)):
                if not (is_address(out) and file.place.startswith(f"{os.fspath(out).rstrip('/')}/")):
                    found.setdefault(file.place, file)
    return sorted(found.values(), key=lambda file: file.name)


def _behind(address: str) -> Iterator[Found]:
    files, path = open_files(address)
    with explaining(address):
        try:
            found = _matching(files, path.rstrip("/"))
        except FileNotFoundError as error:
            raise _missing(address) from error
    if not found:
        raise _missing(address)
    for info in found:
        place = address if path == info["name"] else str(files.unstrip_protocol(info["name"]))
        yield Found(name=shown(place), place=place, mark=mark_of(info))


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
    return [row for row in rows if _is_wanted(PurePosixPath(row["name"]).relative_to(path))]


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
        except FileNotFoundError as error:
            raise AudioFileError(f"{target.name}: not there any more", reason="missing") from error
        except Exception as error:  # each protocol raises errors of its own package
            if isinstance(ours := explained(place, error), DatasetError):
                raise OSError(f"cannot be fetched: {told(error)}") from error
            raise ours from error
        yield target


def _fetch(files: Any, path: str, target: Path, advance: Callable[[float], None]) -> None:
    """Copy block by block, whole or not at all."""
    part = target.with_name(target.name + ".part")
    with files.open(path, "rb", block_size=BLOCK_BYTES, cache_type="readahead") as source, part.open("wb") as file:
        while block := source.read(BLOCK_BYTES):
            file.write(block)
            advance(0.0)
    os.replace(part, target)

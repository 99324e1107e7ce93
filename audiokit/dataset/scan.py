"""Which files to prepare: folders, files and globs, in an order that does not depend on the disk."""

from __future__ import annotations

import glob
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiokit.errors import AudioFileError

# In a folder only these are tried; a file that is named itself is always tried, whatever its name.
SUFFIXES = {
    ".aac", ".aax", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".au", ".caf", ".flac", ".m4a", ".m4b", ".m4p", ".m4v",
    ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpga", ".oga", ".ogg", ".opus", ".rf64", ".w64", ".wav",
    ".wave", ".webm", ".wma",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to prepare."""

    name: str
    """How it is called in manifest and messages: as it was given, with forward slashes."""
    place: str
    """Where it lies: a path, or an address."""
    mark: str = ""
    """What changes whenever the file behind an address does; empty for a path, and where nothing is known."""

    @property
    def path(self) -> Path:
        """Where it lies on this machine."""
        return Path(self.place)


def scan(sources: Sequence[str | os.PathLike[str]], out: Path) -> list[Found]:
    """List the recordings in `sources`, sorted, each once, leaving out what lies in `out`.

    Parameters
    ----------
    sources : files, folders (searched whole, but for what is hidden and links to other folders) and glob patterns.
    out : the dataset's folder, which may lie inside a source.

    Raises
    ------
    AudioFileError : a source that is not there, or a pattern that nothing matches (reason "missing").
    """
    found: dict[Path, str] = {}
    dataset = Path(os.path.realpath(out))
    for source in sources:
        for path in _matching(os.fspath(source)):
            for file in _files(path):
                place = Path(os.path.realpath(file))  # Path.resolve() raises at a link to itself
                if dataset not in place.parents:
                    found.setdefault(place, _printable(file.as_posix()))
    return [Found(name=name, place=str(path)) for path, name in sorted(found.items(), key=lambda item: item[1])]


def _matching(source: str) -> Iterable[Path]:
    if os.path.lexists(source):
        return [Path(source)]
    matches = sorted(glob.glob(source, recursive=True)) if glob.has_magic(source) else []
    if not matches:
        raise AudioFileError(
            f"{source}: nothing there. Give files, folders or a glob such as 'episodes/*.mp3'.", reason="missing"
        )
    return [Path(match) for match in matches]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if is_candidate(name))


def is_candidate(name: str) -> bool:
    """Tell whether a file of a folder is tried."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _printable(name: str) -> str:
    r"""Write the bytes of a name that are no UTF-8 as \xff: manifests and terminals could not take them."""
    return os.fsencode(name).decode(errors="backslashreplace")


def source_id(name: str, sha256: str) -> str:
    """Make a name for a recording's clips that is safe as a file name and unique by content."""
    plain = unicodedata.normalize("NFKD", Path(name).stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40].strip("-")
    return f"{slug or 'recording'}-{sha256[:8]}"

"""A cache as one file: to take it along, or to hand phrases to others who would pay for them again."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from audiokit.disk import whole_file
from audiokit.errors import CacheError
from audiokit.progress import SILENT, Progress
from audiokit.speech.cache import SpeechCache
from audiokit.speech.entry import UnreadableEntry, check_sound, packed, unpacked

LARGEST_ENTRY = 256 * 2**20  # 90 minutes of speech; a hostile file could unpack to more than the memory

_NAME = re.compile(r"speech/([0-9a-f]{64})\.speech")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was in a pack."""

    new: int
    """Entries that are in the cache now."""
    known: int
    """Entries that had been there."""
    refused: int
    """What is no whole entry."""


def export_pack(cache: SpeechCache, path: Path, *, progress: Progress = SILENT) -> int:
    """Write all entries into a zip file; give how many.

    Parameters
    ----------
    cache : what to pack.
    path : the file; it takes its name when it is whole.
    progress : called with the file's name and entries, done and in all.

    Raises
    ------
    CacheError : no room or no permission.
    """
    total, count = cache.stats().entries, 0
    try:
        # Stored, not deflated: sound does not get smaller.
        with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as pack:
            for stored, entry in cache.entries():
                pack.writestr(f"speech/{stored.key}.speech", packed(entry))
                count += 1
                progress(path.name, count, total)
    except OSError as error:
        raise CacheError(f"{path}: cannot be written: {error.strerror}. Check the folder and its room.") from error
    return count


def import_pack(cache: SpeechCache, path: Path, *, progress: Progress = SILENT) -> Imported:
    """Take the entries of a pack; each one is checked, and nothing else in the file is unpacked.

    Parameters
    ----------
    cache : where to.
    path : from `export_pack`, perhaps of another machine.
    progress : called with the file's name and entries, done and in all.

    Raises
    ------
    CacheError : missing, or no pack.
    """
    new = known = refused = 0
    try:
        with zipfile.ZipFile(path) as pack:
            members = pack.infolist()
            for number, member in enumerate(members, start=1):
                progress(path.name, number, len(members))
                name = _NAME.fullmatch(member.filename)
                try:
                    if name is None or member.file_size > LARGEST_ENTRY:
                        raise UnreadableEntry("no entry")
                    entry = unpacked(pack.read(member), name[1])
                    check_sound(entry)
                except (UnreadableEntry, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
                    refused += 1
                    continue
                if cache.get(entry.request):
                    known += 1
                else:
                    cache.put(entry)
                    new += 1
    except (OSError, zipfile.BadZipFile) as error:
        raise CacheError(
            f"{path}: no pack of speech: {error}. Expected a file from `audiokit cache export`."
        ) from error
    return Imported(new=new, known=known, refused=refused)

"""A voice in one file, to take to another machine: its entry, its folder, and the consent."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.voices import FORMAT, VoiceBook, checked_name, folder_name
from audiokit.errors import UsageError

ENTRY = "voice.json"
FOLDER = "folder/"
CONSENT = "consent/"
MAX_BYTES = 4_000_000_000  # reference recordings and latents take megabytes; more is no voice


def export_voice(book: VoiceBook, name: str, path: Path) -> Path:
    """Write a voice into a zip file.

    Parameters
    ----------
    book : where it is entered.
    name : of the voice.
    path : the file; it must not be there yet.

    Raises
    ------
    UsageError : no such voice, the file is there already, or it cannot be written.
    """
    entry = book.entry(name)
    if path.exists():
        raise UsageError(f"{path} is there already. Choose another name.")
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(ENTRY, json.dumps({"format": FORMAT, "voice": entry.to_json(book.home)}, indent=2))
            for stored, file in _files(entry, book.home):
                archive.write(file, stored)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    return path


def import_voice(book: VoiceBook, path: Path, name: str = "") -> VoiceEntry:
    """Read a voice that `export_voice` wrote, and enter it.

    Parameters
    ----------
    book : where it is entered.
    path : the file.
    name : what it is called here; empty: as it was.

    Raises
    ------
    UsageError : the name is taken, or the file is no exported voice.
    """
    with _opened(path) as archive:
        entry = _entry(archive, path, book.home)
        name = checked_name(name or entry.voice.name)
        book.check_free(name)
        folder = _unpacked_folder(archive, book.home, name)
        _unpack_consent(archive, entry, book.home)
    imported = replace(entry, voice=replace(entry.voice, name=name, folder=folder))
    book.add(imported)
    return imported


def _files(entry: VoiceEntry, home: Path) -> Iterator[tuple[str, Path]]:
    if entry.voice.folder:
        for file in sorted(path for path in entry.voice.folder.rglob("*") if path.is_file()):
            yield FOLDER + file.relative_to(entry.voice.folder).as_posix(), file
    if entry.consent and entry.consent.recording:
        yield entry.consent.recording, home / entry.consent.recording


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path} is no exported voice: {error}. Make one with audiokit voices export.") from error


def _entry(archive: zipfile.ZipFile, path: Path, home: Path) -> VoiceEntry:
    """Read the entry, after a look at everything else in the file."""
    size = sum(info.file_size for info in archive.infolist())
    strange = [info.filename for info in archive.infolist() if not _is_ours(info.filename)]
    if strange or size > MAX_BYTES:
        what = f"it holds {strange[0]!r}" if strange else f"it unpacks to {size:,} bytes"
        raise UsageError(f"{path} is no exported voice: {what}. Make one with audiokit voices export.")
    try:
        data = json.loads(archive.read(ENTRY))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}, this audiokit reads {FORMAT}")
        return VoiceEntry.from_json(data["voice"], home)
    except (KeyError, ValueError, TypeError) as error:
        raise UsageError(f"{path} is no exported voice: {error}. Make one with audiokit voices export.") from error


def _is_ours(stored: str) -> bool:
    """Nothing that would be written outside of the places meant for it."""
    parts = PurePosixPath(stored).parts
    inside = ".." not in parts and not stored.startswith("/") and "\\" not in stored and ":" not in stored
    return stored == ENTRY or (inside and stored.startswith((FOLDER, CONSENT)))


def _unpacked_folder(archive: zipfile.ZipFile, home: Path, name: str) -> Path | None:
    stored = [info for info in archive.infolist() if info.filename.startswith(FOLDER) and not info.is_dir()]
    if not stored:
        return None
    folder = _free_folder(home / "voices", name)
    for info in stored:
        _unpack(archive, info, folder / info.filename.removeprefix(FOLDER))
    return folder


def _free_folder(parent: Path, name: str) -> Path:
    """Make a folder that can only be this voice's."""
    slug = folder_name(name)
    for number in range(1, 1000):
        folder = parent / (slug if number == 1 else f"{slug}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise UsageError(f"{parent} holds a thousand voices called {slug}. Choose another name.")


def _unpack_consent(archive: zipfile.ZipFile, entry: VoiceEntry, home: Path) -> None:
    if entry.consent and entry.consent.recording in archive.namelist():
        _unpack(archive, archive.getinfo(entry.consent.recording), home / entry.consent.recording)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with archive.open(info) as source, part.open("wb") as file:
        shutil.copyfileobj(source, file)
    os.replace(part, target)

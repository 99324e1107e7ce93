"""A voice in one file, to take to another machine: its entry, its folder, and the consent."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from audiokit.cloning.consent import place_of
from audiokit.cloning.entry import Consent, VoiceEntry
from audiokit.cloning.voices import FORMAT, VoiceBook, checked_name, folder_name
from audiokit.disk import file_sha256, whole_file
from audiokit.errors import AudiokitError, ConfigError, UsageError

ENTRY = "voice.json"
FOLDER = "folder/"
CONSENT = "consent/"
MAX_BYTES = 4_000_000_000  # reference recordings and latents take megabytes; more is no voice
PIECE_BYTES = 1 << 20
ENCRYPTED = 1  # of a zip entry's flag bits
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def export_voice(book: VoiceBook, name: str, path: Path) -> Path:
    """Write a voice into a zip file.

    Parameters
    ----------
    book : where it is entered.
    name : of the voice.
    path : the file; it must not be there yet.

    Raises
    ------
    VoiceNotFoundError : the book has no such voice.
    UsageError : the file is there already, or it cannot be written.
    ConfigError : the recording of the consent is missing, or another one now.
    """
    entry = book.entry(name)
    if path.exists():
        raise UsageError(f"{path} is there already. Choose another name.")
    files = list(_files(entry, book.home))
    try:
        with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(ENTRY, json.dumps({"format": FORMAT, "voice": entry.to_json(book.home)}, indent=2))
            for stored, file in files:
                archive.write(file, stored)
    except OSError as error:
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
    ConfigError : the home folder cannot be written, or the book.
    """
    with _opened(path) as archive:
        entry = _entry(archive, path, book.home)
        name = checked_name(name or entry.voice.name)
        book.check_free(name)
        try:
            _unpack_consent(archive, entry.consent, book.home)
            folder = _unpacked_folder(archive, book.home, name)
        except OSError as error:
            raise ConfigError(
                f"{book.home} cannot be written: {error.strerror}. Set AUDIOKIT_HOME elsewhere."
            ) from error
    imported = replace(entry, voice=replace(entry.voice, name=name, folder=folder))
    try:
        book.add(imported)
    except AudiokitError:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return imported


def _files(entry: VoiceEntry, home: Path) -> Iterator[tuple[str, Path]]:
    if entry.voice.folder:
        for file in sorted(path for path in entry.voice.folder.rglob("*") if path.is_file()):
            yield FOLDER + file.relative_to(entry.voice.folder).as_posix(), file
    if entry.consent and entry.consent.recording:
        yield entry.consent.recording, _recording(entry.consent, home)


def _recording(consent: Consent, home: Path) -> Path:
    """Find the recording of a consent, and that it is the one that was put on record."""
    path = home / consent.recording
    if not path.is_file():
        raise ConfigError(f"{path}: the recording of the consent is missing. Put it back from a copy, then export.")
    if not _is_place_of(consent) or file_sha256(path) != consent.recording_sha256:
        raise ConfigError(f"{path} is not the recording of the consent that was given. Put that back, then export.")
    return path


def _is_place_of(consent: Consent) -> bool:
    """Tell whether a recording is said to be where its hash wants it, and nowhere else."""
    return consent.recording == place_of(consent.recording_sha256, PurePosixPath(consent.recording).suffix)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _no_voice(path, error) from error


def _no_voice(path: Path, why: object) -> UsageError:
    return UsageError(f"{path} is no exported voice: {why}. Make one with audiokit voices export.")


def _entry(archive: zipfile.ZipFile, path: Path, home: Path) -> VoiceEntry:
    """Read the entry, after a look at everything else in the file."""
    _check_contents(archive, path)
    try:
        data = json.loads(archive.read(ENTRY))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}, this audiokit reads {FORMAT}")
        entry = VoiceEntry.from_json(data["voice"], home)
    except (KeyError, ValueError, TypeError) as error:
        raise _no_voice(path, error) from error
    if entry.consent and entry.consent.recording and not _is_packed(archive, entry.consent):
        raise _no_voice(path, f"the consent's recording {entry.consent.recording!r} is missing, or not what was agreed")
    return entry


def _check_contents(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse what would be written elsewhere, is too much, encrypted or damaged, before anything is written."""
    infos = archive.infolist()
    size = sum(info.file_size for info in infos)
    if strange := [info.filename for info in infos if not _is_ours(info.filename)]:
        raise _no_voice(path, f"it holds {strange[0]!r}")
    if size > MAX_BYTES:
        raise _no_voice(path, f"it unpacks to {size:,} bytes")
    if any(info.flag_bits & ENCRYPTED or info.compress_type not in COMPRESSIONS for info in infos):
        raise _no_voice(path, "it is encrypted, or compressed in another way")
    if damaged := archive.testzip():
        raise _no_voice(path, f"{damaged!r} in it is damaged")


def _is_packed(archive: zipfile.ZipFile, consent: Consent) -> bool:
    """Tell whether the recording of a consent is in the file, unchanged."""
    if not _is_place_of(consent) or consent.recording not in archive.namelist():
        return False
    with archive.open(consent.recording) as file:
        sha256 = hashlib.sha256()
        while piece := file.read(PIECE_BYTES):
            sha256.update(piece)
    return sha256.hexdigest() == consent.recording_sha256


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


def _unpack_consent(archive: zipfile.ZipFile, consent: Consent | None, home: Path) -> None:
    """Unpack the recording, which another voice may have brought before; one that is there is never replaced."""
    if not consent or not consent.recording:
        return
    target = home / consent.recording
    if not target.exists():
        _unpack(archive, archive.getinfo(consent.recording), target)
    elif file_sha256(target) != consent.recording_sha256:
        raise ConfigError(f"{target} is there already, with other content. Move it away, then import.")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as part, archive.open(info) as source, part.open("wb") as file:
        shutil.copyfileobj(source, file)

"""What a provider keeps of a voice, reached by the registry: show it, delete it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from audiokit import registry
from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.voices import VoiceBook
from audiokit.errors import ProviderError

_log = logging.getLogger(__name__)

GONE = 404


def kept_by_provider(entry: VoiceEntry) -> bool:
    """Tell whether the provider keeps voices for an account, so that deleting means deleting there."""
    return entry.voice.provider in registry.providers("voices")


def delete(book: VoiceBook, name: str, *, keep_remote: bool = False) -> VoiceEntry:
    """Delete a voice for ever: at its provider, its folder on this machine, and in the book, in this order.

    Parameters
    ----------
    book : where it is entered.
    name : of the voice.
    keep_remote : leave it at the provider.

    Raises
    ------
    UsageError : no such voice.
    ProviderError : the provider did not delete it; nothing else is deleted then.
    """
    entry = book.entry(name)
    if kept_by_provider(entry) and not keep_remote:
        _delete_remote(entry)
    if entry.voice.folder and _is_inside(entry.voice.folder, book.home):
        shutil.rmtree(entry.voice.folder, ignore_errors=True)
    return book.remove(name)


def _is_inside(folder: Path, home: Path) -> bool:
    """Tell whether a folder is ours to delete: below the home, and not the home itself."""
    folder, home = folder.resolve(), home.resolve()
    return folder != home and folder.is_relative_to(home)


def _delete_remote(entry: VoiceEntry) -> None:
    voice = entry.voice
    try:
        registry.provider("voices", voice.provider).delete(voice.voice_id)
    except ProviderError as error:
        if error.status != GONE:
            error.add_note(f"{voice.name} was not deleted. --keep-remote forgets it on this machine only.")
            raise
        _log.warning("%s: %s had no voice %s any more", voice.name, voice.provider, voice.voice_id)

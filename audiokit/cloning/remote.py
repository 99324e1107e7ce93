"""What a provider keeps of a voice, reached by the registry: change it, delete it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from audiokit import registry
from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Setting
from audiokit.errors import ProviderError, UsageError, VoiceNotFoundError

_log = logging.getLogger(__name__)


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
    VoiceNotFoundError : the book has no such voice.
    ProviderError : the provider did not delete it; nothing else is deleted then.
    """
    entry = book.entry(name)
    if kept_by_provider(entry) and not keep_remote:
        _delete_remote(entry)
    if entry.voice.folder and _is_inside(entry.voice.folder, book.home):
        shutil.rmtree(entry.voice.folder, ignore_errors=True)
    return book.remove(name)


def change_settings(
    book: VoiceBook, name: str, changes: Mapping[str, Setting], *, drop: Collection[str] = ()
) -> VoiceEntry:
    """Change what alters the sound of a voice: at a provider that keeps voices, then in the book.

    Parameters
    ----------
    book : where it is entered.
    name : of the voice.
    changes : new values, by the provider's own names.
    drop : settings to forget here; what the provider keeps of them stays.

    Raises
    ------
    VoiceNotFoundError : the book has no such voice.
    UsageError : a setting to drop that it has not.
    ConfigError : a setting that the provider does not take; one of this machine tells when the voice next speaks.
    ProviderError : the provider refused or failed; the book is as it was.
    """
    entry = book.entry(name)
    before = entry.voice.settings
    if unknown := [setting for setting in drop if setting not in before]:
        there_are = f"there are: {', '.join(before)}" if before else "there is none"
        raise UsageError(f"{entry.voice.name} has no setting {unknown[0]!r} of its own; {there_are}")
    if changes and kept_by_provider(entry):
        told = registry.provider("voices", entry.voice.provider).update_settings(entry.voice.voice_id, changes)
        changes = {setting: told.get(setting, value) for setting, value in changes.items()}
    settings = {setting: value for setting, value in {**before, **changes}.items() if setting not in drop}
    changed = replace(entry, voice=replace(entry.voice, settings=settings))
    book.update(changed)
    return changed


def _is_inside(folder: Path, home: Path) -> bool:
    """Tell whether a folder is ours to delete: below the home, and not the home itself."""
    folder, home = folder.resolve(), home.resolve()
    return folder != home and folder.is_relative_to(home)


def _delete_remote(entry: VoiceEntry) -> None:
    voice = entry.voice
    try:
        registry.provider("voices", voice.provider).delete(voice.voice_id)
    except VoiceNotFoundError:
        _log.warning("%s: %s had no voice %s any more", voice.name, voice.provider, voice.voice_id)
    except ProviderError as error:
        error.add_note(f"{voice.name} was not deleted. --keep-remote forgets it on this machine only.")
        raise

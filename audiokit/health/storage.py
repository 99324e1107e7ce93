"""The storage: home folder, settings, kept speech, room on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from audiokit import config
from audiokit.errors import AudiokitError
from audiokit.health.finding import Finding, State
from audiokit.speech.cache import SpeechCache

LEAST_FREE_BYTES = 10**9  # an hour of clips takes 0.32 GB at 44.1 kHz, and a model of Whisper up to 3


def look(*, online: bool = False) -> Iterator[Finding]:
    """Look at the home folder, config.toml, the cache and the disk."""
    home = config.home()
    standing = next(place for place in (home.absolute(), *home.absolute().parents) if place.exists())
    yield _home(home, standing)
    yield _settings(home / "config.toml")
    yield _cache()
    yield _disk(standing)


def _home(home: Path, standing: Path) -> Finding:
    if not (standing.is_dir() and os.access(standing, os.W_OK)):
        found = f"{home} cannot be written: {standing} does not permit it"
        return _line("home", "broken", found, "export AUDIOKIT_HOME=$HOME/audiokit")
    return _line("home", "ok", f"{home}" if home == standing else f"{home}, made when it is needed")


def _settings(path: Path) -> Finding:
    try:
        settings = config.settings_file()
    except AudiokitError as error:
        return _line("settings", "broken", str(error), f"mv '{path}' '{path}.broken'")
    return _line("settings", "ok", f"{path}: {', '.join(settings) or 'empty'}" if path.exists() else "defaults only")


def _cache() -> Finding:
    try:
        cache = SpeechCache()
    except AudiokitError as error:
        return _line("cache", "broken", str(error), "audiokit config show")
    stats, limit = cache.stats(), cache.settings.max_bytes
    room = "" if limit is None else f" of {limit / 1e6:.0f}"
    return _line("cache", "ok", f"{stats.folder}: {stats.entries} entries, {stats.size_bytes / 1e6:.1f}{room} MB")


def _disk(standing: Path) -> Finding:
    free = shutil.disk_usage(standing).free
    if free < LEAST_FREE_BYTES:
        found = f"{free / 1e9:.1f} GB free; expected at least {LEAST_FREE_BYTES / 1e9:.0f}"
        return _line("disk", "broken", found, "audiokit cache prune --max-mb 100")
    return _line("disk", "ok", f"{free / 1e9:.0f} GB free")


def _line(name: str, state: State, found: str, mend: str = "") -> Finding:
    return Finding(area="storage", name=name, state=state, found=found, mend=mend)

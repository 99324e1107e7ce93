"""`VoiceBook`: every voice this user has, by name, in one file of the home folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from audiokit import config
from audiokit.cloning.entry import VoiceEntry
from audiokit.contracts import Voice
from audiokit.disk import replace_text
from audiokit.errors import ConfigError, UsageError, VoiceNotFoundError

FORMAT = 1  # raise it when a reader of today could not read the file any more
LOCK_S = 30.0  # another process writes for milliseconds; longer, and something is wrong


class VoiceBook:
    """Voices by name; written whole or not at all, by one process at a time.

    Parameters
    ----------
    home : folder of `voices.json`; by default `AUDIOKIT_HOME`, or the system's place for a user's data.
    """

    def __init__(self, home: str | os.PathLike[str] | None = None) -> None:
        self.home = config.home() if home is None else Path(home)
        """Folder of the book, and of what its voices keep on this machine."""

    @property
    def path(self) -> Path:
        """The book's file."""
        return self.home / "voices.json"

    def list(self) -> list[VoiceEntry]:
        """Give all voices in the order of their names.

        Raises
        ------
        ConfigError : the file is damaged, or of a newer audiokit.
        """
        return sorted(self._read().values(), key=lambda entry: entry.voice.name.casefold())

    def get(self, name: str) -> Voice:
        """Find a voice by name; upper and lower case are one.

        Raises
        ------
        VoiceNotFoundError : there is none of that name.
        ConfigError : see `list`.
        """
        return self.entry(name).voice

    def entry(self, name: str) -> VoiceEntry:
        """Find all that is remembered of a voice; see `get`."""
        return _found(self._read(), name)

    def add(self, entry: VoiceEntry) -> None:
        """Enter a voice.

        Raises
        ------
        UsageError : the name is taken, or is none.
        ConfigError : the book cannot be read or written.
        """
        with self._writing() as entries:
            _check_free(entries, entry.voice.name)
            entries[_key(entry.voice.name)] = entry

    def update(self, entry: VoiceEntry) -> None:
        """Replace what is remembered of a voice.

        Raises
        ------
        VoiceNotFoundError : there is none of that name.
        ConfigError : the book cannot be read or written.
        """
        with self._writing() as entries:
            _found(entries, entry.voice.name)
            entries[_key(entry.voice.name)] = entry

    def remove(self, name: str) -> VoiceEntry:
        """Forget a voice; what a provider keeps of it, and its folder, stay.

        Raises
        ------
        VoiceNotFoundError : there is none of that name.
        ConfigError : the book cannot be read or written.
        """
        with self._writing() as entries:
            entry = _found(entries, name)
            del entries[_key(name)]
        return entry

    def rename(self, name: str, new_name: str) -> VoiceEntry:
        """Call a voice something else; its folder and the provider's own name for it stay.

        Raises
        ------
        VoiceNotFoundError : there is none of that name.
        UsageError : the new name is taken, or is none.
        ConfigError : the book cannot be read or written.
        """
        with self._writing() as entries:
            entry = _found(entries, name)
            if _key(name) != _key(new_name):
                _check_free(entries, new_name)
            del entries[_key(name)]
            renamed = replace(entry, voice=replace(entry.voice, name=checked_name(new_name)))
            entries[_key(new_name)] = renamed
        return renamed

    def check_free(self, name: str) -> None:
        """Refuse a name that is taken, or none, before anything is paid for.

        Raises
        ------
        UsageError : the name cannot be given to a new voice.
        """
        _check_free(self._read(), name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _key(name) in self._read()

    def __iter__(self) -> Iterator[VoiceEntry]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"VoiceBook({str(self.home)!r})"

    @contextmanager
    def _writing(self) -> Iterator[dict[str, VoiceEntry]]:
        from filelock import FileLock, Timeout

        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=LOCK_S):
                entries = self._read()
                yield entries
                self._write(entries)
        except Timeout as error:
            raise ConfigError(
                f"{self.path} has been locked by another audiokit for {LOCK_S:g} s. Wait for it, or end it."
            ) from error
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror}. Set AUDIOKIT_HOME elsewhere."
            ) from error

    def _read(self) -> dict[str, VoiceEntry]:
        try:
            data = json.loads(self.path.read_text("utf-8"))
            _check_format(data)
            entries = [VoiceEntry.from_json(row, self.home) for row in data["voices"]]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error.strerror}. Set AUDIOKIT_HOME elsewhere.") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{self.path} is damaged: {error}. Mend it, or move it away.") from error
        return {_key(entry.voice.name): entry for entry in entries}

    def _write(self, entries: Mapping[str, VoiceEntry]) -> None:
        rows = [entries[name].to_json(self.home) for name in sorted(entries)]
        text = json.dumps({"format": FORMAT, "voices": rows}, ensure_ascii=False, indent=2) + "\n"
        replace_text(self.path, text)


def checked_name(name: str) -> str:
    """Give the name of a voice without space around it.

    Raises
    ------
    UsageError : empty, longer than 100 characters, or with signs that cannot be printed.
    """
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise UsageError(f"{name!r} is no name for a voice; expected 1 to 100 printable characters")
    return name


def folder_name(name: str) -> str:
    """Make a name for a folder out of a voice's: two voices may get the same."""
    return "".join(sign if sign.isalnum() else "-" for sign in name.lower()).strip("-") or "voice"


def _key(name: str) -> str:
    return name.strip().casefold()


def _found(entries: Mapping[str, VoiceEntry], name: str) -> VoiceEntry:
    if entry := entries.get(_key(name)):
        return entry
    names = sorted(entry.voice.name for entry in entries.values())
    nearest = get_close_matches(name, names, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    there_are = f"there are: {', '.join(names)}." if names else "there is none yet; make one with audiokit clone."
    raise VoiceNotFoundError(f"no voice is named {name!r}; {there_are}{hint}", provider="")


def _check_free(entries: Mapping[str, VoiceEntry], name: str) -> None:
    taken = entries.get(_key(checked_name(name)))
    if taken:
        raise UsageError(
            f"a voice named {taken.voice.name!r} is there already ({taken.voice.provider}, made {taken.created[:10]}). "
            f"Choose another name, or delete it: audiokit voices delete {taken.voice.name!r}"
        )


def _check_format(data: Any) -> None:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}, this audiokit reads {FORMAT}; a newer one wrote it, install that")
